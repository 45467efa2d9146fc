"""What other people's words in a tracker mean: names of columns, states, agencies, people, and ways to write a day.

The shipped mapping is policy/tracker.yaml. A partnership's own file says only what is different; its words win.
Words are compared without case, accents or signs, so "Due-date" is "due date".
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from models.base import Word
from models.directory import PersonId, Slug
from models.likeness import plain
from models.policy import Name, Text

K = TypeVar("K")


class Column(StrEnum):
    """What a column of a tracker is about: of the review, then of the recommendation."""

    REVIEW = "review"
    REVIEW_KIND = "review_kind"
    COMMISSIONED = "commissioned"
    PUBLISHED = "published"
    REVIEW_STATUS = "review_status"
    NUMBER = "number"
    PARAGRAPH = "paragraph"
    TEXT = "text"
    ACTION = "action"
    AGENCY = "agency"
    OWNER = "owner"
    DEPUTY = "deputy"
    SPONSOR = "sponsor"
    MEASURE = "measure"
    BASELINE = "baseline"
    TARGET = "target"
    REVISED = "revised"
    PROGRESS = "progress"
    STATUS = "status"
    COLOUR = "colour"
    EVIDENCE = "evidence"
    THEME = "theme"
    PRIORITY = "priority"
    COMPLETED = "completed"


OF_REVIEW = frozenset(
    {Column.REVIEW, Column.REVIEW_KIND, Column.COMMISSIONED, Column.PUBLISHED, Column.REVIEW_STATUS}
)  # fmt: skip
SEVERAL = frozenset(
    {Column.ACTION, Column.MEASURE, Column.REVISED, Column.PROGRESS, Column.EVIDENCE, Column.THEME}
)  # fmt: skip
"""What may stand in several columns at once, and several times in what continues over rows."""


class ReviewKind(StrEnum):
    SERIOUS_CASE_REVIEW = "serious_case_review"
    LCSPR = "lcspr"
    RAPID_REVIEW = "rapid_review"
    AUDIT = "audit"
    OTHER = "other"


class ReviewStatus(StrEnum):
    """How far a review is: it goes on, it was published, it ended without that, or it is over and nobody says which."""

    UNDER_WAY = "under_way"
    PUBLISHED = "published"
    NOT_PUBLISHED = "not_published"
    OVER = "over"


class Meaning(StrEnum):
    """What a word of the status column means. CLOSED: with evidence if the evidence column says what, or without."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    DELIVERED = "delivered"
    CLOSED = "closed"
    CLOSED_WITH_EVIDENCE = "closed_with_evidence"
    CLOSED_WITHOUT_EVIDENCE = "closed_without_evidence"
    WITHDRAWN = "withdrawn"


class Edge(StrEnum):
    """Which day is meant by a month or a quarter, where somebody has said so."""

    FIRST = "first_day"
    LAST = "last_day"


class Owners(StrEnum):
    """What two people in one owner's cell are, where somebody has said so."""

    OWNER_AND_DEPUTY = "owner_and_deputy"


class Naming(StrEnum):
    """Where the review of a row is named: in a column, by the sheet's name, or on a line of its own above its rows."""

    COLUMN = "column"
    SHEET = "sheet"
    LINE_ABOVE = "line_above"


class Dates(Word):
    """How days are written. `formats` are those of strptime, each with day, month and year."""

    formats: tuple[Text, ...] = ()
    earliest: date | None = None
    latest: date | None = None
    serials: bool | None = None
    """Whether a bare number such as 45382 is a day as Excel counts them."""
    month: Edge | None = None
    quarter: Edge | None = None
    """Of the financial year, which begins in April: "Q3 23/24" is October to December 2023."""
    meant: dict[Text, date] = {}
    undated: tuple[Text, ...] = ()
    """Words in a column of days that name none, and are to be taken as nothing."""


class TrackerMapping(Word):
    """What words in a tracker mean. What is left out of a file of one's own is as in the shipped one."""

    columns: dict[Column, tuple[Text, ...]] = {}
    ignored_columns: tuple[Text, ...] = ()
    ignored_sheets: tuple[Text, ...] = ()
    passed_over: tuple[Text, ...] = ()
    """A row whose first words begin with one of these is no recommendation: a total, a note."""
    review_named: Naming | None = None
    required: tuple[Column, ...] | None = None
    """What every recommendation has to say."""
    required_while_open: tuple[Column, ...] | None = None
    blank: tuple[Text, ...] = ()
    """Words that say no more than an empty cell."""
    statuses: dict[Meaning, tuple[Text, ...]] = {}
    colours: dict[Meaning, tuple[Text, ...]] = {}
    no_evidence: tuple[Text, ...] = ()
    """Words in the evidence column that are no evidence."""
    kinds: dict[ReviewKind, tuple[Text, ...]] = {}
    review_statuses: dict[ReviewStatus, tuple[Text, ...]] = {}
    reviews: dict[Text, tuple[Text, ...]] = {}
    """Other spellings of a review's name."""
    themes: dict[Name, tuple[Text, ...]] = {}
    """For each theme of the policy its words."""
    no_theme: tuple[Text, ...] = ()
    """Words in the column of themes that stand for none of the policy's."""
    reviews_over: bool | None = None
    """Whether a review is over of which nothing says how far it has come; without this each such review is named."""
    agencies: dict[Slug, tuple[Text, ...]] = {}
    people: dict[PersonId, tuple[Text, ...]] = {}
    nobody: tuple[Text, ...] = ()
    """Words in the columns of people that stand for nobody of the directory, such as somebody who has left."""
    two_owners: Owners | None = None
    dates: Dates = Dates()

    def over(self, shipped: "TrackerMapping") -> "TrackerMapping":
        """This mapping, and beneath it the shipped one wherever this says nothing."""
        ignored = {spoken(one) for one in self.ignored_columns}
        columns = {
            column: tuple(one for one in names if spoken(one) not in ignored)
            for column, names in shipped.columns.items()
        }
        return TrackerMapping(
            columns=_joined(self.columns, columns),
            ignored_columns=_more(self.ignored_columns, shipped.ignored_columns),
            ignored_sheets=_more(self.ignored_sheets, shipped.ignored_sheets),
            passed_over=_more(self.passed_over, shipped.passed_over),
            review_named=self.review_named or shipped.review_named,
            required=shipped.required if self.required is None else self.required,
            required_while_open=(
                shipped.required_while_open if self.required_while_open is None else self.required_while_open
            ),
            blank=_more(self.blank, shipped.blank),
            statuses=_joined(self.statuses, shipped.statuses),
            colours=_joined(self.colours, shipped.colours),
            no_evidence=_more(self.no_evidence, shipped.no_evidence),
            kinds=_joined(self.kinds, shipped.kinds),
            review_statuses=_joined(self.review_statuses, shipped.review_statuses),
            reviews=_joined(self.reviews, shipped.reviews),
            reviews_over=shipped.reviews_over if self.reviews_over is None else self.reviews_over,
            themes=_joined(self.themes, shipped.themes),
            no_theme=_more(self.no_theme, shipped.no_theme),
            agencies=_joined(self.agencies, shipped.agencies),
            people=_joined(self.people, shipped.people),
            nobody=_more(self.nobody, shipped.nobody),
            two_owners=self.two_owners or shipped.two_owners,
            dates=_dates(self.dates, shipped.dates),
        )


def spoken(words: str) -> str:
    """How words are compared; signs count only where there is nothing else."""
    return plain(words) or words.strip()


def meanings(words: Mapping[K, Iterable[str]]) -> dict[str, K]:
    """What each word means, by how words are compared."""
    return {spoken(word): meaning for meaning, several in words.items() for word in several}


def _joined(own: Mapping[K, tuple[str, ...]], shipped: Mapping[K, tuple[str, ...]]) -> dict[K, tuple[str, ...]]:
    """Both, without what our own words mean otherwise."""
    taken = meanings(own)
    kept = {key: tuple(one for one in words if spoken(one) not in taken) for key, words in shipped.items()}
    return {key: (*own.get(key, ()), *kept.get(key, ())) for key in {**own, **kept}}


def _more(own: tuple[str, ...], shipped: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*own, *shipped)))


def _dates(own: Dates, shipped: Dates) -> Dates:
    return Dates(
        formats=own.formats or shipped.formats,
        earliest=own.earliest or shipped.earliest,
        latest=own.latest or shipped.latest,
        serials=shipped.serials if own.serials is None else own.serials,
        month=own.month or shipped.month,
        quarter=own.quarter or shipped.quarter,
        meant={**shipped.meant, **own.meant},
        undated=_more(own.undated, shipped.undated),
    )

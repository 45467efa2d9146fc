"""What other people's words in a tracker mean: names of columns, states, agencies, people, and ways to write a day.

The shipped mapping is policy/tracker.yaml. A partnership's own file says only what is different; its words win.
Words are compared without case, accents or signs, so "Due-date" is "due date".
"""

from enum import StrEnum

from models.directory import PersonId, Slug
from models.policy import Name, Text
from models.sheet_mapping import SheetMapping, joined, more


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


class Owners(StrEnum):
    """What two people in one owner's cell are, where somebody has said so."""

    OWNER_AND_DEPUTY = "owner_and_deputy"


class Naming(StrEnum):
    """Where the review of a row is named: in a column, by the sheet's name, or on a line of its own above its rows."""

    COLUMN = "column"
    SHEET = "sheet"
    LINE_ABOVE = "line_above"


class TrackerMapping(SheetMapping):
    """What words in a tracker mean. What is left out of a file of one's own is as in the shipped one."""

    columns: dict[Column, tuple[Text, ...]] = {}
    review_named: Naming | None = None
    required: tuple[Column, ...] | None = None
    """What every recommendation has to say."""
    required_while_open: tuple[Column, ...] | None = None
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

    def over(self, shipped: "TrackerMapping") -> "TrackerMapping":
        """This mapping, and beneath it the shipped one wherever this says nothing."""
        return TrackerMapping(
            columns=joined(self.columns, self.beneath(shipped.columns)),
            ignored_columns=more(self.ignored_columns, shipped.ignored_columns),
            ignored_sheets=more(self.ignored_sheets, shipped.ignored_sheets),
            passed_over=more(self.passed_over, shipped.passed_over),
            review_named=self.review_named or shipped.review_named,
            required=shipped.required if self.required is None else self.required,
            required_while_open=(
                shipped.required_while_open if self.required_while_open is None else self.required_while_open
            ),
            blank=more(self.blank, shipped.blank),
            statuses=joined(self.statuses, shipped.statuses),
            colours=joined(self.colours, shipped.colours),
            no_evidence=more(self.no_evidence, shipped.no_evidence),
            kinds=joined(self.kinds, shipped.kinds),
            review_statuses=joined(self.review_statuses, shipped.review_statuses),
            reviews=joined(self.reviews, shipped.reviews),
            reviews_over=shipped.reviews_over if self.reviews_over is None else self.reviews_over,
            themes=joined(self.themes, shipped.themes),
            no_theme=more(self.no_theme, shipped.no_theme),
            agencies=joined(self.agencies, shipped.agencies),
            people=joined(self.people, shipped.people),
            nobody=more(self.nobody, shipped.nobody),
            two_owners=self.two_owners or shipped.two_owners,
            dates=self.dates.over(shipped.dates),
        )

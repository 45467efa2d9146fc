"""From the cells of a tracker to its reviews and recommendations, with every cell that is not understood.

Read in the order of the sheets. A row whose review, number and words are blank, or those of the row above, continues
it. Where it names the same owner, date and state (or none), it adds to that recommendation; otherwise it is one of its
own with the same words: an agency can only be asked for what is its own.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from models.directory import Directory
from models.grid import Sheet
from models.sheet_heads import Headings, Heads, Spot
from models.sheet_mapping import meanings, spoken
from models.sheet_reading import SheetReading
from models.sheet_words import Remark, line
from models.tracker import Recommendation, Review, Status, Tracker, digest_of, key_of
from models.tracker_mapping import (
    OF_REVIEW,
    SEVERAL,
    Column,
    Meaning,
    Naming,
    ReviewKind,
    ReviewStatus,
    TrackerMapping,
)
from models.tracker_rows import Part, Spots, part_of
from models.tracker_words import Words

_LOOKED_BACK = 50  # parts of one recommendation among which a row finds its own
_NEEDED = (Column.AGENCY, Column.STATUS)  # without these nobody can be asked for anything

NO_REVIEW = "It is not said which review this is from. Fill in the review."
NO_WORDS = (
    "There is no recommendation in this row, and it does not continue the one above. Fill in its words, delete the "
    "row, or say in the mapping file that rows that begin so are passed over."
)
NO_KIND = "It is not known what kind of review this is. Say it in a column of its own, or in the mapping file."
NOT_BEGUN = (
    "This review is not said to be over, so its clock counts from the day on which it was commissioned. Add a column "
    "with that day, or with the day of publication or the state of the review (here or on a sheet of reviews); or say "
    "in the mapping file that reviews of which nothing is said are over."
)
OUT_BEFORE_BEGUN = "This review was published before it was commissioned. Check both days."
NOT_LISTED = (
    "This review is not on the sheet of reviews. Add it there, or say in the mapping file how it is spelt there."
)
BLANK = "Nothing stands here, and it cannot be guessed. Fill it in."
BLANK_STATUS = "Nothing stands here; a colour alone is not read. Write the state as a word."
NOT_REQUIRED = "Nothing stands here. Fill it in, or take `{column}` out of `required` and `required_while_open`."
SAME = "These two rows say the same of one agency, and yet differ. Join them, or say in the action what is different."


def read_tracker(
    sheets: Sequence[Sheet],
    mapping: TrackerMapping,
    directory: Directory,
    tell: Callable[[int, int], None] | None = None,
) -> Tracker:
    """What a tracker says. `mapping`: whole, as over the shipped one. `tell`: how many rows are done, of how many."""
    reading = _Reading(mapping, directory)
    of, done = sum(len(sheet.rows) for sheet in sheets), 0
    for sheet in sheets:
        for row in reading.sheet(sheet):
            if tell:
                tell(done + row + 1, of)
        done += len(sheet.rows)
    return reading.found()


@dataclass
class _Case:
    """What is known of a review; each part with the cell that said it first."""

    name: str
    spot: Spot
    listed: bool
    kind_written: bool = False
    said: dict[Column, tuple[Spot, date | ReviewKind | ReviewStatus]] = field(default_factory=dict)


class _Above(NamedTuple):
    """What the row above was about."""

    review: str = ""
    number: str = ""
    text: str = ""


class _Reading(SheetReading[Column, Words]):
    def __init__(self, mapping: TrackerMapping, directory: Directory) -> None:
        headings = Headings(mapping.columns, mapping.ignored_columns, SEVERAL, frozenset({Column.REVIEW}))
        super().__init__(mapping, headings, Words(mapping, directory))
        self._mapping = mapping
        self._spelt = meanings({name: (name, *others) for name, others in mapping.reviews.items()})
        self._cases: dict[str, _Case] = {}
        self._parts: dict[tuple[str, str, str], list[Part]] = {}
        self._first: dict[tuple[str, str, str], _Above] = {}

    # Sheets and rows

    def sheet(self, sheet: Sheet) -> Iterable[int]:
        """Read one sheet; gives the number of each row that is done."""
        heads = self.heads_of(sheet)
        if heads is None:
            return
        if not _of_reviews(heads) and heads.spot(heads.row, Column.TEXT) is None:
            self.no_column(heads, Column.TEXT)
        above = _Above(sheet.name if self._mapping.review_named is Naming.SHEET else "")
        for row in range(heads.row + 1, len(sheet.rows)):
            above = self._row(heads, row, above)
            yield row

    def _row(self, heads: Heads[Column], row: int, above: _Above) -> _Above:
        """Read one row; gives what the next one may continue."""
        first = self.first_of(heads, row)
        if first is None:
            return above
        spots = heads.spots(row)
        # What an agency owns is a recommendation, however it begins.
        if self.is_passed_over(first, heads, sure=Column.AGENCY in spots or first in spots.get(Column.ACTION, [])):
            return above
        if self._mapping.review_named is Naming.LINE_ABOVE and _is_all(first):
            return _Above(self._case(first.text, first, listed=False))
        if self._is_alone(spots, above, heads):
            self._words.complain(first, NO_WORDS, line(("passed_over",), first.text))
            return above
        if _of_reviews(heads):
            if spots and not self._review_of(spots, heads, listed=True):
                self._complain_of(heads, row, Column.REVIEW, NO_REVIEW)
        elif spots:  # what stands in no known column is told at the column's head
            return self._recommendation(heads, row, spots, above)
        return above

    def _is_alone(self, spots: Spots, above: _Above, heads: Heads[Column]) -> bool:
        """Whether all that a row says is a review, a number or words: a note, more likely than a recommendation."""
        alone = spots.keys() <= {Column.REVIEW, Column.NUMBER} or spots.keys() == {Column.TEXT}
        said = {spot.text for one in spots.values() for spot in one}
        return bool(spots) and alone and not _of_reviews(heads) and not said <= {*above, self._name(above.review)}

    def _name(self, review: str) -> str:
        return self._cases[review].spot.text if review in self._cases else ""

    # Reviews

    def _review_of(self, spots: Spots, heads: Heads[Column], *, listed: bool) -> str:
        """The key of the review that a row names, with all that the row says of it; empty where it names none."""
        if Column.REVIEW not in spots:
            return ""
        key = self._case(spots[Column.REVIEW][0].text, spots[Column.REVIEW][0], listed=listed)
        case = self._cases[key]
        case.kind_written = case.kind_written or Column.REVIEW_KIND in spots
        for column, read in (
            (Column.REVIEW_KIND, self._words.kind),
            (Column.COMMISSIONED, self._words.day),
            (Column.PUBLISHED, self._words.day),
            (Column.REVIEW_STATUS, self._words.review_status),
        ):
            for spot in spots.get(column, []):
                said = read(spot)
                first, before = case.said.setdefault(column, (spot, said)) if said else (spot, said)
                if before != said:
                    self._words.complain(spot, f"Cell {first.cell} says otherwise of this review. Make the two one.")
        return key

    def _case(self, written: str, spot: Spot, *, listed: bool) -> str:
        name = self._spelt.get(spoken(written), written)
        key = key_of(name)
        case = self._cases.setdefault(key, _Case(name, spot, listed))
        case.listed = case.listed or listed
        return key

    # Recommendations

    def _recommendation(self, heads: Heads[Column], row: int, spots: Spots, above: _Above) -> _Above:
        review = self._review_of(spots, heads, listed=False) or above.review
        if self._mapping.review_named is Naming.SHEET:
            review = self._case(heads.sheet.name, Spot(heads.sheet, row, 0, ""), listed=False)
        number = self._words.number(spots[Column.NUMBER][0]) if Column.NUMBER in spots else ""
        text = self._words.number(spots[Column.TEXT][0]) if Column.TEXT in spots else ""
        continues = (not text or text == above.text) and number in ("", above.number) and review == above.review
        now = above if continues and above.text else _Above(review, number, text)
        part = part_of(heads, row, spots, self._words)
        if not now.review:
            self._complain_of(heads, row, Column.REVIEW, NO_REVIEW)
        if not now.text:
            self._complain_of(heads, row, Column.TEXT, NO_WORDS)
        if now.review and now.text:
            self._place(now, part)
        return now

    def _place(self, now: _Above, part: Part) -> None:
        stem = (now.review, spoken(now.number), spoken(now.text))
        self._first.setdefault(stem, now)
        parts = self._parts.setdefault(stem, [])
        if taker := next((one for one in reversed(parts[-_LOOKED_BACK:]) if one.takes(part)), None):
            if part.row + 1 > taker.rows[-1] + 1 and taker.says(part):
                self._warn_of(part, Column.TEXT, f"Row {taker.row + 1} says the same already. It is read once.")
            taker.join(part)
        else:
            parts.append(part)

    # What came of it

    def found(self) -> Tracker:
        reviews = self._reviews()
        recommendations = [
            said
            for stem, parts in self._parts.items()
            for said in self._of_one_stem(self._first[stem], parts, self._cases[stem[0]])
        ]
        return Tracker(
            reviews=tuple(reviews),
            recommendations=tuple(recommendations),
            problems=self.in_order(self._words.problems),
            warnings=self.in_order(self._warnings),
            passed_over=tuple(self._passed),
        )

    def _reviews(self) -> list[Review]:
        there_is_a_list = any(case.listed for case in self._cases.values())
        return [
            self._review(key, case, there_is_a_list=there_is_a_list) for key, case in self._cases.items()
        ]  # fmt: skip

    def _review(self, key: str, case: _Case, *, there_is_a_list: bool) -> Review:
        said = {column: value for column, (_, value) in case.said.items()}
        kind = said.get(Column.REVIEW_KIND) or self._words.kind_in(case.name)
        if kind is None and not case.kind_written:
            kinds = ", ".join(ReviewKind)
            self._words.complain(
                case.spot, f"{NO_KIND} KIND is one of: {kinds}.", line(("kinds", "KIND"), case.name), case.name
            )
        if there_is_a_list and not case.listed:
            self._words.complain(case.spot, NOT_LISTED, line(("reviews", "NAME"), case.name), case.name)
        begun, out = said.get(Column.COMMISSIONED), said.get(Column.PUBLISHED)
        if isinstance(begun, date) and isinstance(out, date) and out < begun:
            self._words.complain(case.said[Column.PUBLISHED][0], OUT_BEFORE_BEGUN)
        status = said.get(Column.REVIEW_STATUS)
        if begun is None and out is None and status is None and self._mapping.reviews_over:
            status = ReviewStatus.OVER
        over = status not in {None, ReviewStatus.UNDER_WAY} or (status is None and out is not None)
        if not over and begun is None and kind is not ReviewKind.AUDIT:
            self._words.complain(case.spot, NOT_BEGUN, "" if status else "reviews_over: true", case.name)
        return Review(
            key=key,
            name=case.name,
            kind=kind if isinstance(kind, ReviewKind) else ReviewKind.OTHER,
            commissioned=begun if isinstance(begun, date) else None,
            published=out if isinstance(out, date) else None,
            status=status if isinstance(status, ReviewStatus) else None,
            cell=case.spot.cell,
        )

    def _of_one_stem(self, about: _Above, parts: list[Part], case: _Case) -> Iterable[Recommendation]:
        stem = key_of(about.review, about.number, about.text)
        actions = [" ".join(part.several[Column.ACTION]) for part in parts]
        often = Counter(map(spoken, actions))
        first: dict[str, int] = {}
        for part, action in zip(parts, actions, strict=True):
            distinct = [action] if often[spoken(action)] == 1 else [action, part.agency or ""]
            key = key_of(about.review, about.number, about.text, *distinct) if len(parts) > 1 else stem
            row = part.row + 1
            if first.setdefault(key, row) != row and part.agency:
                self._complain_of(part.heads, part.row, Column.TEXT, f"{SAME} The other is row {first[key]}.")
            if said := self._whole(part, about, stem, key, case):
                yield said

    def _whole(self, part: Part, about: _Above, stem: str, key: str, case: _Case) -> Recommendation | None:
        """The recommendation, or None where what is needed is missing, which is then a problem."""
        evidence = part.several[Column.EVIDENCE]
        status = _status(part.status, evidence)
        self._needs(part, status)
        if part.agency is None or status is None:
            return None
        said = Recommendation(
            key=key, stem=stem, digest="", review=about.review, number=about.number, paragraph=part.paragraph,
            text=about.text, actions=tuple(part.several[Column.ACTION]), agency=part.agency, owner=part.people[0],
            deputy=part.people[1], sponsor=part.sponsor, measures=tuple(part.several[Column.MEASURE]),
            baseline=part.baseline, target=part.target, revised=tuple(sorted(part.revised)),
            progress=tuple(part.several[Column.PROGRESS]), status=status, evidence=tuple(evidence),
            themes=tuple(part.several[Column.THEME]), priority=part.priority, completed=part.completed,
            sheet=part.heads.sheet.name, row=part.row + 1, rows=tuple(part.rows),
        )  # fmt: skip
        said = said.model_copy(update={"digest": digest_of(said.model_dump(mode="json"))})
        self._doubt(said, part, case)
        return said

    def _needs(self, part: Part, status: Status | None) -> None:
        """Complain of each cell that has to say something and is blank."""
        needed = [*_NEEDED, *(self._mapping.required or ())]
        if status and status.open:
            needed += self._mapping.required_while_open or ()
        for column in dict.fromkeys(needed):
            if column in {Column.REVIEW, Column.TEXT} or self._says(part, column):
                continue
            words = BLANK if column in _NEEDED else NOT_REQUIRED.format(column=column)
            self._complain_of(part.heads, part.row, column, BLANK_STATUS if column is Column.STATUS else words)

    def _says(self, part: Part, column: Column) -> bool:
        also = [Column.COLOUR] if column is Column.STATUS else []
        return any(not self._words.is_blank(spot) for one in (column, *also) for spot in part.spots.get(one, []))

    def _doubt(self, said: Recommendation, part: Part, case: _Case) -> None:
        """Warn of what may well be wrong, and yet can be taken as it is."""
        _, begun = case.said.get(Column.COMMISSIONED, (None, None))
        if isinstance(begun, date):
            for column, day in ((Column.TARGET, said.target), (Column.COMPLETED, said.completed)):
                if day and day < begun:
                    self._warn_of(part, column, "This is before the review was commissioned.")
        if said.target and said.revised and said.revised[0] <= said.target:
            self._warn_of(part, Column.REVISED, "This revised date is not later than the first one.")
        if said.status is Status.CLOSED_WITHOUT_EVIDENCE or (
            said.status is Status.CLOSED_WITH_EVIDENCE and not said.evidence
        ):
            self._warn_of(part, Column.STATUS, "This is closed, and nothing is named that shows it.")
        if said.status.open and said.completed and said.status is not Status.DELIVERED:
            self._warn_of(part, Column.COMPLETED, "A day of completion stands here, and the state is open.")

    def _warn_of(self, part: Part, column: Column, words: str) -> None:
        if spot := part.spot(column) or part.spot(Column.COLOUR):
            self._warn(spot, words)

    def _warn(self, spot: Spot, words: str) -> None:
        self._warnings.append(Remark(cell=spot.cell, column=spot.heading, found=spot.text, words=words))

    def _complain_of(self, heads: Heads[Column], row: int, column: Column, words: str) -> None:
        self.complain_of(heads, row, column, words, self._at(heads, row, column))

    def _at(self, heads: Heads[Column], row: int, column: Column) -> Spot | None:
        also = heads.spot(row, Column.COLOUR) if column is Column.STATUS else None
        return heads.spot(row, column) or also


def _status(meaning: Meaning | None, evidence: Sequence[str]) -> Status | None:
    if meaning is Meaning.CLOSED:
        return Status.CLOSED_WITH_EVIDENCE if evidence else Status.CLOSED_WITHOUT_EVIDENCE
    return None if meaning is None else Status(meaning.value)


def _of_reviews(heads: Heads[Column]) -> bool:
    """Whether the sheet lists reviews, and no recommendations."""
    return set(heads.columns.values()) <= OF_REVIEW


def _is_all(first: Spot) -> bool:
    """Whether nothing else stands in the row of this cell."""
    return not any(value is not None for value in first.sheet.rows[first.row][first.place + 1 :])

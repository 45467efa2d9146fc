"""From the cells of a list of past deaths to its rows, with every cell that is not understood or cannot be.

A row is completed if its stage says so, or if it has no stage and says its category; every other review is open, and
its stage has to be said. What is not known of sex, ethnic group, place and area may be left blank; a day may not.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from models.child_death_commands import Category, Ethnic, Modifiable, Place, Reached, WaitsFor, age
from models.command import Choice
from models.directory import Directory
from models.grid import Sheet
from models.nhs_number import can_be_nhs_number
from models.past_deaths import Children, PastDeath, PastDeaths, Waiting
from models.past_deaths_mapping import SEVERAL, Column, PastDeathsMapping, Stage
from models.referral import OF_AGE, Sex
from models.sheet_heads import Headings, Heads, Spot
from models.sheet_mapping import meanings, spoken
from models.sheet_reading import SheetReading
from models.sheet_words import SheetWords

N = TypeVar("N", bound=Choice)
Days = Mapping[Column, date | None]

REACHED: Mapping[Stage, Reached] = {
    Stage.NOTIFIED: Reached.NOTIFIED, Stage.FIRST_STEPS: Reached.FIRST_STEPS, Stage.FORMS_ASKED: Reached.ASKED,
    Stage.MEETING_HELD: Reached.MET, Stage.ANALYSIS_DRAFTED: Reached.DRAFTED, Stage.LISTED: Reached.DRAFTED,
}  # fmt: skip
NEEDED = (Column.REFERENCE, Column.BORN, Column.DIED, Column.NOTIFIED)
"""What every row has to say."""
DAYS = (Column.BORN, Column.DIED, Column.NOTIFIED, Column.MEETING, Column.ANALYSIS, Column.PANEL)
OF_COMPLETED = (Column.PANEL, Column.CATEGORY, Column.MODIFIABLE)
_AFTER = re.compile(
    r"^(?:awaiting|awaits|waiting for|waiting on|pending|on hold for|on hold pending|held for)\s+", re.IGNORECASE
)
_SEVERAL = re.compile(r"\s*[;+\n]\s*|\s+and\s+")
_NUMBERED = re.compile(r"(?:cat(?:egory)?\s*)?(10|[1-9])(?:\s*[-.:)–]\s*|\s+|$)(.*)", re.IGNORECASE)

BLANK: Mapping[Column, str] = {
    Column.REFERENCE: "Every row needs its reference: by it a row is known again if the list is taken over once more.",
    Column.BORN: "Nothing stands here that is a day. Without the date of birth there is no age band; fill it in.",
    Column.DIED: "Nothing stands here that is a day. Enter the date of death, or the last day they were known alive.",
    Column.NOTIFIED: "Nothing stands here that is a day. How long a review takes counts from its notification.",
    Column.NAME: "An open review needs the name of the child. Fill it in.",
    Column.PANEL: "A completed review needs the day of its panel. Fill it in.",
    Column.CATEGORY: "A completed review needs its category. Fill it in, by its number or its name.",
    Column.MODIFIABLE: "Say whether modifiable factors were found: yes, no, or not enough information.",
    Column.STAGE: "This review has no category, so it is open. Say how far it has come.",
    Column.MEETING: "The review meeting was held. Enter on which day: what is due next counts from it.",
    Column.ANALYSIS: "The analysis is drafted. Enter on which day: what is due next counts from it.",
    Column.WAITS_FOR: "It waits. Say for what.",
    Column.WAITS_SINCE: "It waits. Enter since when: one day, or one for each that it waits for.",
}
TO_COME = "This day is to come. Check the date."
BEFORE_BIRTH = "The death is before the birth. Check both dates."
OF_AGE_BY_THEN = "By these dates they were 18 or older. Deaths of adults are not reviewed here. Check both dates."
BEFORE_DEATH = "The notification is before the death. Check both dates."
BEFORE_NOTIFIED = "This is before the notification. Check both dates."
NOT_HELD = "By its stage the review meeting was not held. If it was, say so; a meeting to come is set here afterwards."
NOT_DRAFTED = "By its stage the analysis is not drafted, so no panel can have it on its list. Make the two one."
BEFORE_MEETING = "The draft is before the review meeting. Check both dates."
BEFORE_PANEL_DAY = "This review is open, so its panel is to come. If it has reviewed the death, say so in the stage."
NOT_A_NUMBER = "This cannot be an NHS number: its digits do not fit together. Check it, or leave it empty."
OPEN_AND_DONE = "A category stands here, and by its stage the review is open. Make the two one."
SAME_REFERENCE = "This reference stands in {cell} already. Each death has its own."
SAME_CHILD = "This is the same child as in row {row}. Leave one of the two out, or mend what is wrong."
NUMBER_AND_NAME = "Number and name are of two categories. Keep the one that is meant."


def read_past_deaths(  # noqa: PLR0913, PLR0917 -- what is read, by whose words, against what, and on which day
    sheets: Sequence[Sheet],
    mapping: PastDeathsMapping,
    directory: Directory,
    areas: Mapping[str, str],
    today: date,
    tell: Callable[[int, int], None] | None = None,
) -> PastDeaths:
    """What a list says. `mapping`: over the shipped one. `areas`: those of the policy, and their names.

    `tell`: how many rows are done, of how many.
    """
    reading = _Reading(mapping, directory, areas, today)
    of, done = sum(len(sheet.rows) for sheet in sheets), 0
    for sheet in sheets:
        if heads := reading.heads_of(sheet):
            for row in range(heads.row + 1, len(sheet.rows)):
                reading.row(heads, row)
                if tell:
                    tell(done + row + 1, of)
        done += len(sheet.rows)
    return reading.found()


class _Words(SheetWords):
    def __init__(self, mapping: PastDeathsMapping, directory: Directory, areas: Mapping[str, str]) -> None:
        super().__init__(mapping)
        self._sexes = _choices(Sex) | meanings(mapping.sexes)
        self._groups = _choices(Ethnic) | meanings(mapping.ethnic_groups)
        self._places = _choices(Place) | meanings(mapping.places)
        self._areas = {spoken(word): id_ for id_, name in areas.items() for word in (id_, name)}
        self._areas |= meanings(mapping.areas)
        self._categories = _choices(Category) | meanings(mapping.categories)
        self._modifiable = _choices(Modifiable) | meanings(mapping.modifiable)
        self._stages = {spoken(one): one for one in Stage} | meanings(mapping.stages)
        self._waits = _choices(WaitsFor) | meanings(mapping.waits)
        self._agencies = {spoken(word): id_ for id_, one in directory.agencies.items() for word in (id_, one.name)}
        self._agencies |= meanings(mapping.agencies)

    def sex(self, spot: Spot | None) -> Sex:
        return (spot and self.one_of(spot, self._sexes, "sexes")) or Sex.NOT_KNOWN

    def ethnic_group(self, spot: Spot | None) -> Ethnic:
        return (spot and self.one_of(spot, self._groups, "ethnic_groups")) or Ethnic.NOT_KNOWN

    def place(self, spot: Spot | None) -> Place:
        return (spot and self.one_of(spot, self._places, "places")) or Place.NOT_KNOWN

    def area(self, spot: Spot | None) -> str:
        return (spot and self.one_of(spot, self._areas, "areas")) or "not_known"

    def modifiable(self, spot: Spot | None) -> Modifiable | None:
        return spot and self.one_of(spot, self._modifiable, "modifiable")

    def category(self, spot: Spot | None) -> Category | None:
        """By its number, its name, or both."""
        if spot is None or not (text := self.text(spot)):
            return None
        numbered = _NUMBERED.fullmatch(text)
        if numbered is None:
            return self.one_of(spot, self._categories, "categories")
        said = Category(numbered[1])
        named = self._categories.get(spoken(numbered[2])) if numbered[2] else said
        if named is None:
            return self.one_of(spot, self._categories, "categories")
        if named is not said:
            self.complain(spot, NUMBER_AND_NAME)
        return said

    def stage(self, spot: Spot | None) -> tuple[Stage | None, list[WaitsFor]]:
        """How far it is; or that it waits, and for what, as in "Awaiting inquest"."""
        if spot is None or not (text := self.text(spot)):
            return None, []
        if (stage := self._stages.get(spoken(text))) or not (after := _AFTER.match(text)):
            return stage or self.one_of(spot, self._stages, "stages"), []
        return Stage.WAITING, self.waits(spot, text[after.end() :])

    def waits(self, spot: Spot, text: str) -> list[WaitsFor]:
        several = [text] if spoken(text) in self._waits else [one for one in _SEVERAL.split(text) if one]
        return [found for one in several if (found := self.one_of(spot, self._waits, "waits", one))]

    def agencies(self, spot: Spot | None) -> tuple[str, ...]:
        text = self.text(spot) if spot else ""
        if spot is None or not text:
            return ()
        several = [text] if spoken(text) in self._agencies else re.split(r"\s*[;,\n]\s*", text)
        found = [self.one_of(spot, self._agencies, "agencies", one) for one in several if one]
        return tuple(dict.fromkeys(one for one in found if one))

    def days(self, spot: Spot | None) -> list[date]:
        """Several days of one cell, apart by semicolons or lines."""
        if spot is None or not isinstance(spot.value, str):
            day = spot and self.day(spot)
            return [day] if day else []
        parts = [one for one in re.split(r"\s*[;\n]\s*", spot.value) if one]
        return [day for one in parts if (day := self.day(spot, one))]


class _Reading(SheetReading[Column, _Words]):
    def __init__(self, mapping: PastDeathsMapping, directory: Directory, areas: Mapping[str, str], today: date) -> None:
        headings = Headings(mapping.columns, mapping.ignored_columns, SEVERAL, frozenset({Column.REFERENCE}))
        super().__init__(mapping, headings, _Words(mapping, directory, areas))
        self._today = today
        self._deaths: list[PastDeath] = []
        self._references: dict[str, str] = {}
        self._children = Children[int]()

    def found(self) -> PastDeaths:
        return PastDeaths(
            deaths=tuple(self._deaths),
            problems=self.in_order(self._words.problems),
            passed_over=tuple(self._passed),
        )

    def row(self, heads: Heads[Column], row: int) -> None:
        first = self.first_of(heads, row)
        if first is None or self.is_passed_over(first, heads, sure=Column.BORN in heads.spots(row)):
            return
        if heads.spots(row) and (death := _Row(self, heads, row).read()):
            self._deaths.append(death)

    # What a row asks for

    @property
    def words(self) -> _Words:
        return self._words

    @property
    def today(self) -> date:
        return self._today

    def same_reference(self, reference: str, cell: str) -> str:
        """The cell in which the same reference stands already; empty if none does."""
        before = self._references.setdefault(spoken(reference), cell)
        return "" if before == cell else before

    def same_child(self, number: str, name: str, born: date | None, row: int) -> int | None:
        """The row in which the same child stands already."""
        return self._children.add(number, name, born, row)


class _Row:
    """One row, cell by cell. Of a cell of which something has been said nothing more is said."""

    def __init__(self, reading: _Reading, heads: Heads[Column], row: int) -> None:
        self._reading, self._words, self._today = reading, reading.words, reading.today
        self._heads, self._row, self._spots = heads, row, heads.spots(row)
        self._before = len(self._words.problems)
        self._lacks = False  # a column, of which something is said once for all rows

    def read(self) -> PastDeath | None:
        """What the row says; None if anything of it is wrong, which has been told by then."""
        days = {column: self._day(column) for column in DAYS}
        reference, number, name = self._text(Column.REFERENCE), self._number(), self._name()
        stage, waits = self._words.stage(self._spot(Column.STAGE))
        category = self._words.category(self._spot(Column.CATEGORY))
        is_reviewed = bool(self._text(Column.CATEGORY))
        is_open = stage is not Stage.COMPLETED and (stage is not None or not is_reviewed)
        self._need(*NEEDED, *((Column.NAME,) if is_open else OF_COMPLETED))
        self._judge(days)
        if not is_open and (panel := days[Column.PANEL]) and panel > self._today:
            self._complain(Column.PANEL, TO_COME)
        if is_open and is_reviewed:
            self._complain(Column.CATEGORY, OPEN_AND_DONE)
        said: dict[str, object] = {column.value: day for column, day in days.items()}
        said |= {
            "reference": reference, "nhs_number": number, "name": name, "category": category,
            "sex": self._words.sex(self._spot(Column.SEX)),
            "ethnic_group": self._words.ethnic_group(self._spot(Column.ETHNIC_GROUP)),
            "place": self._words.place(self._spot(Column.PLACE)), "area": self._words.area(self._spot(Column.AREA)),
            "cell": self._heads.sheet.cell(self._row, 0),
        }  # fmt: skip
        if is_open:
            said |= self._open(stage, waits, days)
        else:
            said["modifiable"] = self._words.modifiable(self._spot(Column.MODIFIABLE))
        self._judge_twice(reference, number, name, days[Column.BORN])
        wrong = self._lacks or len(self._words.problems) > self._before
        return None if wrong else PastDeath.model_validate(said)

    def _open(self, stage: Stage | None, waits: list[WaitsFor], days: Days) -> dict[str, object]:
        """Where an open review stands, and what it waits for."""
        if spot := self._spot(Column.WAITS_FOR):
            text = self._words.text(spot)
            waits = [*waits, *(self._words.waits(spot, _AFTER.sub("", text)) if text else ())]
        if stage is None and not waits:
            self._need(Column.STAGE)
        if stage is Stage.WAITING and not waits:
            self._need(Column.WAITS_FOR)
        reached = REACHED.get(stage or Stage.WAITING) or _by_its_days(days)
        self._judge_stage(stage, reached, days)
        return {
            "reached": reached, "waits": self._waits(list(dict.fromkeys(waits))), "modifiable": None,
            "forms_owed": self._words.agencies(self._spot(Column.FORMS_OWED)),
        }  # fmt: skip

    def _waits(self, kinds: Sequence[WaitsFor]) -> tuple[Waiting, ...]:
        if not kinds:
            return ()
        since = self._words.days(self._spot(Column.WAITS_SINCE))
        if len(since) not in {1, len(kinds)}:
            self._complain(Column.WAITS_SINCE, BLANK[Column.WAITS_SINCE])
            return ()
        if max(since) > self._today:
            self._complain(Column.WAITS_SINCE, TO_COME)
        each = since * len(kinds) if len(since) == 1 else since
        return tuple(Waiting(kind=kind, since=day) for kind, day in zip(kinds, each, strict=True))

    # What cannot be

    def _need(self, *columns: Column) -> None:
        for column in columns:
            spot = self._spot(column)
            if spot is None or not (self._day(column) if column in DAYS else self._words.text(spot)):
                self._complain(column, BLANK[column])

    def _judge(self, days: Days) -> None:
        born, died, notified = (days[column] for column in (Column.BORN, Column.DIED, Column.NOTIFIED))
        for column in (Column.BORN, Column.DIED, Column.NOTIFIED):
            if (day := days[column]) and day > self._today:
                self._complain(column, TO_COME)
        if born and died and died < born:
            self._complain(Column.DIED, BEFORE_BIRTH)
        elif born and died and age(born, died) >= OF_AGE:
            self._complain(Column.BORN, OF_AGE_BY_THEN)
        if died and notified and notified < died:
            self._complain(Column.NOTIFIED, BEFORE_DEATH)
        for column in (Column.MEETING, Column.ANALYSIS, Column.PANEL):
            if notified and (day := days[column]) and day < notified:
                self._complain(column, BEFORE_NOTIFIED)

    def _judge_stage(self, stage: Stage | None, reached: Reached, days: Days) -> None:
        """Whether its days and its stage are of one review."""
        meeting, analysis, panel = (days[column] for column in (Column.MEETING, Column.ANALYSIS, Column.PANEL))
        if reached is Reached.MET:
            self._need(Column.MEETING)
        if reached is Reached.DRAFTED:
            self._need(Column.ANALYSIS)
        for column, day in ((Column.MEETING, meeting), (Column.ANALYSIS, analysis)):
            held = reached is Reached.DRAFTED or (column is Column.MEETING and reached is Reached.MET)
            if day and not held:
                self._complain(column, NOT_HELD if column is Column.MEETING else NOT_DRAFTED)
            elif day and day > self._today:
                self._complain(column, TO_COME)
        if meeting and analysis and analysis < meeting:
            self._complain(Column.ANALYSIS, BEFORE_MEETING)
        if stage is Stage.LISTED:
            self._need(Column.PANEL)
        if panel and panel < self._today:
            self._complain(Column.PANEL, BEFORE_PANEL_DAY)
        elif panel and reached is not Reached.DRAFTED:
            self._complain(Column.PANEL, NOT_DRAFTED)

    def _judge_twice(self, reference: str, number: str, name: str, born: date | None) -> None:
        spot = self._spot(Column.REFERENCE)
        if reference and spot and (cell := self._reading.same_reference(reference, spot.cell)):
            self._complain(Column.REFERENCE, SAME_REFERENCE.format(cell=cell))
        if row := self._reading.same_child(number, name, born, self._row + 1):
            self._complain(Column.NAME if name else Column.NHS_NUMBER, SAME_CHILD.format(row=row))

    # Cells

    def _spot(self, column: Column) -> Spot | None:
        return self._spots[column][0] if column in self._spots else None

    def _text(self, column: Column) -> str:
        spot = self._spot(column)
        return self._words.text(spot) if spot else ""

    def _day(self, column: Column) -> date | None:
        spot = self._spot(column)
        if spot is None or self._is_said(spot):
            return None
        return self._words.day(spot)

    def _name(self) -> str:
        """First names and surnames in the order of their columns."""
        return " ".join(filter(None, (self._words.text(spot) for spot in self._spots.get(Column.NAME, ()))))

    def _number(self) -> str:
        number = "".join(one for one in self._text(Column.NHS_NUMBER) if one.isalnum())
        if number and not can_be_nhs_number(number):
            self._complain(Column.NHS_NUMBER, NOT_A_NUMBER)
        return number

    def _is_said(self, spot: Spot) -> bool:
        return any(one.cell == spot.cell for one in self._words.problems[self._before :])

    def _complain(self, column: Column, words: str) -> None:
        spot = self._heads.spot(self._row, column)
        self._lacks = self._lacks or spot is None
        if spot is None or not self._is_said(spot):
            self._reading.complain_of(self._heads, self._row, column, words)


def _by_its_days(days: Days) -> Reached:
    """How far a review is that waits: its agencies have been asked at least, or what do its days say?"""
    if days[Column.ANALYSIS]:
        return Reached.DRAFTED
    return Reached.MET if days[Column.MEETING] else Reached.ASKED


def _choices(kind: type[N]) -> dict[str, N]:
    """What is always understood: the values of a choice, and the words that people read."""
    return {spoken(word): one for one in kind for word in (one.value, one.words)}

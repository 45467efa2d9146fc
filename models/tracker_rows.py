"""One row of a tracker, and what continues it: its cells understood one by one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from models.sheet_heads import Heads, Spot
from models.tracker_mapping import Column, Meaning
from models.tracker_words import Words

T = TypeVar("T")
Spots = dict[Column, list[Spot]]


@dataclass
class Part:
    """One recommendation to be: a row, and those that continue it."""

    heads: Heads[Column]
    row: int
    spots: Spots
    own: dict[Column, object]
    several: dict[Column, list[str]]
    agency: str | None = None
    people: tuple[str | None, str | None] = (None, None)
    sponsor: str | None = None
    status: Meaning | None = None
    target: date | None = None
    completed: date | None = None
    revised: list[date] = field(default_factory=list)
    paragraph: str = ""
    baseline: str = ""
    priority: str = ""
    rows: list[int] = field(default_factory=list)

    def takes(self, other: "Part") -> bool:
        """Whether the other says nothing of owner, date and state, or the same."""
        return self.heads is other.heads and all(self.own.get(column) == said for column, said in other.own.items())

    def says(self, other: "Part") -> bool:
        """Whether the other has no words that this has not."""
        return all(set(words) <= set(self.several.get(column, [])) for column, words in other.several.items())

    def join(self, other: "Part") -> None:
        for column, words in other.several.items():
            mine = self.several.setdefault(column, [])
            mine += [one for one in words if one not in mine]
        for column, spots in other.spots.items():
            self.spots.setdefault(column, spots)
        self.revised += [day for day in other.revised if day not in self.revised]
        self.paragraph, self.baseline = self.paragraph or other.paragraph, self.baseline or other.baseline
        self.priority, self.sponsor = self.priority or other.priority, self.sponsor or other.sponsor
        self.rows += other.rows

    def spot(self, column: Column) -> Spot | None:
        """The cell that says this, or in which it would stand."""
        said = self.spots.get(column)
        return said[0] if said else self.heads.spot(self.row, column)


def part_of(heads: Heads[Column], row: int, spots: Spots, words: Words) -> Part:
    """What a row says besides its review, its number and its words. What is not understood is told to `words`."""
    one = {column: several[0] for column, several in spots.items()}
    people = _if(one.get(Column.OWNER), words.people) or (None, None)
    deputy = _if(one.get(Column.DEPUTY), words.person)
    part = Part(
        heads,
        row,
        spots,
        own={},
        several=_several(heads, spots, words),
        agency=_if(one.get(Column.AGENCY), words.agency),
        people=(people[0], deputy or people[1]),
        sponsor=_if(one.get(Column.SPONSOR), words.person),
        status=_state(one, words),
        target=_if(one.get(Column.TARGET), words.day),
        completed=_if(one.get(Column.COMPLETED), words.day),
        revised=[day for spot in spots.get(Column.REVISED, []) for day in words.days(spot)],
        paragraph=_if(one.get(Column.PARAGRAPH), words.number) or "",
        baseline=_if(one.get(Column.BASELINE), words.text) or "",
        priority=_if(one.get(Column.PRIORITY), words.text) or "",
        rows=[row + 1],
    )
    part.own = _own(part, one, words)
    return part


def _several(heads: Heads[Column], spots: Spots, words: Words) -> dict[Column, list[str]]:
    read = {Column.ACTION: words.text, Column.MEASURE: words.text, Column.EVIDENCE: words.evidence}
    found = {column: [said for spot in spots.get(column, []) if (said := how(spot))] for column, how in read.items()}
    found[Column.THEME] = [one for spot in spots.get(Column.THEME, []) for one in words.themes(spot)]
    notes = [(spot.heading, words.text(spot)) for spot in spots.get(Column.PROGRESS, [])]
    headed = heads.several(Column.PROGRESS)  # then the heading says of when a note is
    found[Column.PROGRESS] = [f"{heading}: {said}" if headed else said for heading, said in notes if said]
    return found


def _state(one: dict[Column, Spot], words: Words) -> Meaning | None:
    """The state by its word; by the word of a colour where there is none."""
    status = one.get(Column.STATUS)
    if status and not words.is_blank(status):
        return words.status(status)
    return _if(one.get(Column.COLOUR), words.colour)


def _own(part: Part, one: dict[Column, Spot], words: Words) -> dict[Column, object]:
    """What makes a row one of its own. What is not understood counts by its text: it may still be the same."""
    understood = {
        Column.AGENCY: part.agency,
        Column.OWNER: part.people[0] and part.people,
        Column.TARGET: part.target,
        Column.COMPLETED: part.completed,
        Column.STATUS: part.status,
    }
    said = {column: one.get(column) for column in understood}
    said[Column.STATUS] = said[Column.STATUS] or one.get(Column.COLOUR)
    return {
        column: understood[column] or spot.text for column, spot in said.items() if spot and not words.is_blank(spot)
    }


def _if(spot: Spot | None, read: Callable[[Spot], T]) -> T | None:
    return None if spot is None else read(spot)

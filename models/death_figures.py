"""The figures of children's deaths: from coarse values of each death to tables, confidential or for everybody.

Decided here, and tested in tests/models/test_death_figures.py:

- A death counts as notified in the year in which its first notification came, as reviewed in the year in which the
  panel completed its review, and as open at the beginning of a year if it was notified before and not yet reviewed.
- Months are whole ones by the rule of `months_between` in models/death_bands.py. A review took under 6 months (fewer
  than 6 whole months), 6 to under 12 (6 to 11 whole months), or 12 months and more: one that took 12 months to the day
  counts as long.
- Counts come first. A percentage is rounded to a whole number, a half upwards, and so a column may not add up to 100.
  Of nothing there is no percentage.
- Where no figures exist, for a year before records began or after they end, a cell is blank; nought is a count.
- With several years each by itself, category and modifiable factors are of all years together. By year as well they
  would be three tables over the same three things, of which more can be worked out than their sums say.
- What everybody may read says no count of 1 to 4 (or below another threshold), nor what it follows from:
  models/suppression.py. That holds for the tables of one call. Tables of other years, or of some of the areas, can be
  subtracted from each other: print one set, or compare them first.

Child Death Review: Statutory and Operational Guidance (England), 2018.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from models.clocks import add_months
from models.death_bands import Counted, Years
from models.death_counts import (
    ALL,
    BY_YEAR,
    DIMENSIONS,
    NOTHING,
    NOTIFIED,
    REVIEWED,
    coarse,
    counts_of,
    flows_of,
    keys_of,
    relations_of,
    unseen_of,
    weight_of,
)
from models.suppression import Key, Kind, Mark, Published, Relation, protected


def percentage(count: int, of: int) -> int | None:
    """Rounded to a whole number, a half upwards; none of nothing."""
    return (200 * count + of) // (2 * of) if of else None


@dataclass(frozen=True)
class Cell:
    """What is printed. `count`: none if it is blank or not for everybody to read. `percent`: where one is asked for."""

    count: int | None
    percent: int | None = None
    mark: Mark = Mark.SHOWN


class Row(NamedTuple):
    label: str
    cells: tuple[Cell, ...]


class Table(NamedTuple):
    """`heads`: of the column of labels, and of each column of cells. `denominator`: what percentages are of."""

    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row | None
    denominator: str
    notes: tuple[str, ...]


class _Slot(NamedTuple):
    """Which count stands in a cell, and of which other one it is a share."""

    key: Key | None
    of: Key | None = None


_Line = tuple[str, tuple[_Slot, ...]]


class _Layout(NamedTuple):
    name: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[_Line, ...]
    total: _Line | None
    denominator: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Figures:
    """Every count once, and the tables in which they stand.

    `unseen`: counts that stand in none, but cannot be negative. `deaths`: those that were counted.
    """

    counts: Mapping[Key, int]
    unseen: Mapping[Key, int]
    deaths: tuple[Counted, ...]
    years: Years
    relations: tuple[Relation, ...]
    layouts: tuple[_Layout, ...]

    def kinds(self) -> Iterator[Kind]:
        """In which counts the deaths of each kind count, in an order that is not that of the deaths."""
        each = Counter(coarse(one) for one in self.deaths)
        return (kind for kind in sorted({tuple(keys_of(one, self.years)) for one in each}) if kind)

    def confidential(self) -> tuple[Table, ...]:
        """Every count. It may show who a child was, and is for those who may know."""
        return tuple(_printed(one, self.counts, {}, ()) for one in self.layouts)

    def public(self, threshold: int = 5) -> tuple[Table, ...]:
        """For everybody: no count from 1 to one below the threshold, nor what it could be worked out from."""
        weights = {key: weight_of(key) for key in self.counts}
        marks = protected(Published(self.counts, self.relations, self.unseen, self.kinds, weights), threshold)
        note = (
            f"Counts from 1 to {threshold - 1} are not printed, nor are others from which they could be worked out. "
            "Noughts are printed. A percentage is left out with its count, and with the count that it is of."
        )
        return tuple(_printed(one, self.counts, marks, (note,)) for one in self.layouts)


def figures(deaths: Iterable[Counted], years: Years) -> Figures:
    """All tables of these deaths. Deaths that were neither notified nor reviewed in these years count as open only."""
    every = tuple(deaths)
    counts = counts_of(every, years)
    unseen, layouts = unseen_of(counts, every, years), tuple(_layouts(counts, years))
    return Figures(counts, unseen, every, years, tuple(relations_of(years)), layouts)


_OF_REVIEWED: Final = "Deaths whose review was completed in the period."
_OF_NOTIFIED: Final = "Deaths notified in the period."
_ROUNDED: Final = "Percentages are rounded to whole numbers, a half upwards, and may not add up to 100."
_BY_DIMENSION: Final = (
    (NOTIFIED, "age", "Deaths notified, by age at death", "Age at death"),
    (REVIEWED, "time", "Reviews completed, by time since notification", "Time taken"),
    (REVIEWED, "age", "Deaths reviewed, by age at death", "Age at death"),
    (REVIEWED, "category", "Deaths reviewed, by category", "Category of death"),
    (REVIEWED, "place", "Deaths reviewed, by place of death", "Place of death"),
    (REVIEWED, "ethnic_group", "Deaths reviewed, by ethnic group", "Ethnic group"),
    (REVIEWED, "sex", "Deaths reviewed, by sex", "Sex"),
    (REVIEWED, "modifiable", "Deaths reviewed, by whether anything could have been changed", "Modifiable factors"),
)
_EXTRA_NOTES: Final[Mapping[str, str]] = {
    "time": "Counted in whole calendar months. A review that took 12 months to the day counts as 12 months or more.",
    "age": "A year of age begins on the birthday.",
    "category": "Of several categories that apply, the one of the highest rank counts.",
    "modifiable": "Deaths on which there was not enough information are counted apart, and are among those that "
    "percentages are of.",
}


def _layouts(counts: Mapping[Key, int], years: Years) -> Iterator[_Layout]:
    yield _flow_layout(years)
    for measure, dimension, title, head in _BY_DIMENSION:
        yield _layout(counts, years, (measure, dimension), title, head)
    for dimension, head in (("category", "Category of death"), ("age", "Age at death")):
        yield _crossed_layout(counts, years, dimension, head)


def _columns(years: Years) -> tuple[tuple[str, str | None], ...]:
    """The heads of the columns of time, each with when it is; None where there are no figures."""
    recorded = years.recorded()
    if not years.several:
        return ((years.span, ALL if recorded else None),)
    each = [(years.words(year), str(year) if year in recorded else None) for year in range(years.first, years.last + 1)]
    return (*each, ("All years", ALL if recorded else None))


def _flow_layout(years: Years) -> _Layout:
    columns = _columns(years)
    stocks: dict[str, tuple[Key, Key]] = {when: (before, after) for before, after, when in flows_of(years)}
    if years.several and stocks:
        each = list(stocks.values())
        stocks[ALL] = (each[0][0], each[-1][1])
    before = tuple(_Slot(stocks[when][0] if when is not None else None) for _, when in columns)
    after = tuple(_Slot(stocks[when][1] if when is not None else None) for _, when in columns)
    lines = (
        ("Open at the beginning", before),
        ("Notified", _slots(NOTIFIED, columns)),
        ("Reviewed", _slots(REVIEWED, columns)),
        ("Open at the end", after),
    )
    notes = ("Open: notified, and not yet reviewed by the panel.", *_notes(years))
    heads = ("Deaths", *(head for head, _ in columns))
    return _Layout("flow", f"Deaths notified, reviewed and open, {years.span}", heads, lines, None, "", notes)


def _slots(measure: str, columns: Sequence[tuple[str, str | None]], *cell: str) -> tuple[_Slot, ...]:
    """A line of counts; with a `cell` each is a share of all of its column."""
    return tuple(
        _Slot(None) if when is None else _Slot((measure, when, *cell), (measure, when) if cell else None)
        for _, when in columns
    )


def _layout(counts: Mapping[Key, int], years: Years, what: tuple[str, str], title: str, head: str) -> _Layout:
    measure, dimension = what
    columns = _columns(years)
    if dimension not in BY_YEAR[measure]:
        columns = ((years.span, columns[-1][1]),)
    lines = tuple(
        (label, _slots(measure, columns, dimension, value)) for label, value in _labels(counts, measure, dimension)
    )
    notes = (*(_EXTRA_NOTES[one] for one in (dimension,) if one in _EXTRA_NOTES), _ROUNDED, *_notes(years))
    heads = (head, *(words for words, _ in columns))
    denominator = _OF_NOTIFIED if measure == NOTIFIED else _OF_REVIEWED
    total = ("All deaths", _slots(measure, columns))
    return _Layout(f"{measure}_{dimension}", f"{title}, {years.span}", heads, lines, total, denominator, notes)


def _crossed_layout(counts: Mapping[Key, int], years: Years, dimension: str, head: str) -> _Layout:
    crossed = _labels(counts, REVIEWED, "modifiable")
    recorded = bool(years.recorded())

    def line(label: str, *row: str) -> _Line:
        of = (REVIEWED, ALL, *row)
        cells = [_Slot((*of, "modifiable", value), of) for _, value in crossed]
        slots = (*cells, _Slot(of))
        return label, slots if recorded else tuple(_Slot(None) for _ in slots)

    lines = tuple(line(label, dimension, value) for label, value in _labels(counts, REVIEWED, dimension))
    notes = (_EXTRA_NOTES[dimension], _EXTRA_NOTES["modifiable"], _ROUNDED, *_notes(years))
    heads = (head, *(label for label, _ in crossed), "All deaths")
    title = f"Modifiable factors of deaths reviewed, by {head.lower()}, {years.span}"
    denominator = f"In each row: {_OF_REVIEWED[0].lower()}{_OF_REVIEWED[1:-1]}, of that row."
    return _Layout(f"modifiable_by_{dimension}", title, heads, lines, line("All deaths"), denominator, notes)


def _labels(counts: Mapping[Key, int], measure: str, dimension: str) -> tuple[tuple[str, str], ...]:
    """Every value with its words, also where nobody is; "Not recorded" only where somebody is."""
    each = [(one.words, str(one)) for one in DIMENSIONS[dimension]]
    if counts.get((measure, ALL, dimension, NOTHING)):
        each.append(("Not recorded", NOTHING))
    return tuple(each)


def _notes(years: Years) -> Iterator[str]:
    yield f"Years begin on {years.begins.words}."
    if years.since and years.since > years.start(years.first):
        yield f"There are no figures before {years.since:%B %Y}."
    if years.until and add_months(years.until, 1) < years.start(years.last + 1):
        yield f"There are no figures after {years.until:%B %Y}."


def _printed(layout: _Layout, counts: Mapping[Key, int], marks: Mapping[Key, Mark], notes: tuple[str, ...]) -> Table:
    def row(line: _Line) -> Row:
        label, slots = line
        return Row(label, tuple(_cell(slot, counts, marks) for slot in slots))

    lines, total = tuple(map(row, layout.lines)), row(layout.total) if layout.total else None
    texts = (*layout.notes, *notes)
    return Table(layout.name, layout.title, layout.heads, lines, total, layout.denominator, texts)


def _cell(slot: _Slot, counts: Mapping[Key, int], marks: Mapping[Key, Mark]) -> Cell:
    if slot.key is None:
        return Cell(None)
    mark = marks.get(slot.key, Mark.SHOWN)
    if mark is not Mark.SHOWN:
        return Cell(None, None, mark)
    count = counts[slot.key]
    share = slot.of is not None and slot.of not in marks
    return Cell(count, percentage(count, counts[slot.of]) if share and slot.of else None)

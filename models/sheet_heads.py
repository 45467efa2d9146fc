"""Where the headings of a sheet stand, and what each of its columns is about."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from models.grid import Sheet, Value
from models.sheet_mapping import spoken

C = TypeVar("C", bound=StrEnum)

LOOKED_AT = 40
_LONGEST = 80  # no column is named by more characters
_ENOUGH, _ENOUGH_WITH_A_SURE_ONE = 3, 2


class Spot(NamedTuple):
    """A cell, where it stands, and how its column is headed."""

    sheet: Sheet
    row: int
    place: int
    heading: str

    @property
    def value(self) -> Value:
        return self.sheet.rows[self.row][self.place]

    @property
    def text(self) -> str:
        return written(self.value)

    @property
    def cell(self) -> str:
        return self.sheet.cell(self.row, self.place)


class Headings(Generic[C]):
    """What the names of columns mean. A name that ends with `*` stands for all that begin so.

    `several`: what may stand in more than one column. `sure`: columns beside which one other is enough to tell that
    a row is one of headings.
    """

    def __init__(
        self,
        columns: Mapping[C, Iterable[str]],
        ignored: Iterable[str],
        several: frozenset[C] = frozenset(),
        sure: frozenset[C] = frozenset(),
    ) -> None:
        self.several, self.sure = several, sure
        every = [(name, column) for column, names in columns.items() for name in names]
        self._whole = {spoken(name): column for name, column in every if not name.endswith("*")}
        self._beginnings = [(spoken(name), column) for name, column in every if name.endswith("*")]
        self._ignored = {spoken(name) for name in ignored}
        self._seen: dict[str, C | None] = {}  # every row is asked whether it is one of headings

    def column(self, heading: str) -> C | None:
        if heading not in self._seen:
            self._seen[heading] = self._means(spoken(heading))
        return self._seen[heading]

    def _means(self, words: str) -> C | None:
        if words in self._ignored:
            return None
        if words in self._whole:
            return self._whole[words]
        return next((column for start, column in self._beginnings if words.startswith(f"{start} ")), None)

    def is_ignored(self, heading: str) -> bool:
        return spoken(heading) in self._ignored

    def in_row(self, row: tuple[Value, ...]) -> dict[int, C]:
        """The columns that this row would head, by their index."""
        named = {index: cell for index, cell in enumerate(row) if isinstance(cell, str) and len(cell) <= _LONGEST}
        found = {index: self.column(cell) for index, cell in named.items()}
        return {index: column for index, column in found.items() if column}


class Heads(Generic[C]):
    """The row of headings of one sheet: `row` counts from nought."""

    def __init__(self, sheet: Sheet, row: int, headings: Headings[C]) -> None:
        self.sheet, self.row = sheet, row
        self.columns = headings.in_row(sheet.rows[row])
        self._spots = [(column, index, written(sheet.rows[row][index])) for index, column in self.columns.items()]
        self._headings = headings

    def spots(self, row: int) -> dict[C, list[Spot]]:
        """The filled cells of a row, by what they are about."""
        found: dict[C, list[Spot]] = {}
        cells = self.sheet.rows[row]
        for column, index, heading in self._spots:
            if cells[index] is not None:
                found.setdefault(column, []).append(Spot(self.sheet, row, index, heading))
        return found

    def spot(self, row: int, column: C) -> Spot | None:
        """The cell of a row in which this should stand; None where the sheet has no such column."""
        return next((Spot(self.sheet, row, i, name) for one, i, name in self._spots if one is column), None)

    def several(self, column: C) -> bool:
        return Counter(self.columns.values())[column] > 1

    def doubled(self) -> list[Spot]:
        """Headings that name again what stands in one column only."""
        seen: set[C] = set()
        found = []
        for column, index, heading in self._spots:
            if column in seen and column not in self._headings.several:
                found.append(Spot(self.sheet, self.row, index, heading))
            seen.add(column)
        return found

    def unknown(self) -> list[Spot]:
        """Headings that mean nothing to us, above cells that say something; or the first cell where there is none."""
        found = []
        for index, value in enumerate(self.sheet.rows[self.row]):
            heading = written(value)
            if index in self.columns or (heading and self._headings.is_ignored(heading)):
                continue
            below = range(self.row + 1, len(self.sheet.rows))
            first = next((row for row in below if self.sheet.rows[row][index] is not None), None)
            if first is not None:
                found.append(Spot(self.sheet, self.row if heading else first, index, heading))
        return found

    def again(self, row: int) -> bool | None:
        """Whether the headings stand in this row once more (true), or others (false); None where none do."""
        heads = self._headings.in_row(self.sheet.rows[row])
        if len(heads) < max(_ENOUGH, len(self.columns) // 2 + 1):
            return None
        return heads.items() <= self.columns.items()


def find_heads(sheet: Sheet, headings: Headings[C]) -> Heads[C] | None:
    """The row with the most names of columns, of the first ones; None where none has enough of them."""
    best, most = None, 0
    for number, row in enumerate(sheet.rows[:LOOKED_AT]):
        columns = set(headings.in_row(row).values())
        enough = len(columns) >= (_ENOUGH_WITH_A_SURE_ONE if columns & headings.sure else _ENOUGH)
        if enough and len(columns) > most:
            best, most = number, len(columns)
    return None if best is None else Heads(sheet, best, headings)


def written(value: Value) -> str:
    """What a cell says, as text."""
    return "" if value is None else str(value)

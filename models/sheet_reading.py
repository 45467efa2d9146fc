"""From the cells of a sheet to its rows: where its headings stand, which rows are passed over, what is to be said."""

from typing import Generic, TypeVar

from models.grid import Sheet, place, quoted
from models.sheet_heads import C, Headings, Heads, Spot, find_heads
from models.sheet_mapping import SheetMapping, spoken
from models.sheet_words import PassedOver, Remark, SheetWords, line

W = TypeVar("W", bound=SheetWords)

NO_HEADS = "No row of headings was found here. Name the columns in the mapping file, or this sheet as one to leave out."
UNKNOWN_HEAD = "It is not known what this column is about. Say it in the mapping file, or that it is left out."
NO_HEAD = "Something stands here in a column without a heading. Give the column one, or delete what stands in it."
TWICE = "There is a column for this already. Leave one of them out."
OTHER_HEADS = "Headings stand here once more, and not as above. Put what follows on a sheet of its own."
NO_COLUMN = "There is no column for this ({column}). Add one, or say in the mapping file which it is."


class SheetReading(Generic[C, W]):
    """One for each file. `words` keeps what is not understood."""

    def __init__(self, mapping: SheetMapping, headings: Headings[C], words: W) -> None:
        self._headings, self._words = headings, words
        self._ignored = {spoken(name) for name in mapping.ignored_sheets}
        self._passed_over = tuple(spoken(one) for one in mapping.passed_over)
        self._sheets: dict[str, int] = {}
        self._without: set[tuple[str, C]] = set()
        self._warnings: list[Remark] = []
        self._passed: list[PassedOver] = []

    def heads_of(self, sheet: Sheet) -> Heads[C] | None:
        """The headings of a sheet, with what is to be said of them; none where it is left out, or has none."""
        self._sheets[quoted(sheet.name)] = len(self._sheets)
        if spoken(sheet.name) in self._ignored:
            self._passed.append(PassedOver(cell=sheet.cell(0, 0), found=sheet.name, words="This sheet is left out."))
            return None
        heads = find_heads(sheet, self._headings)
        if heads is None:
            row, column = _first_filled(sheet)
            self._words.complain(Spot(sheet, row, column, ""), NO_HEADS, line(("ignored_sheets",), sheet.name))
            return None
        for spot in heads.unknown():
            mend = line(("ignored_columns",), spot.heading) if spot.heading else ""
            self._words.complain(spot, UNKNOWN_HEAD if spot.heading else NO_HEAD, mend)
        for spot in heads.doubled():
            self._words.complain(spot, TWICE, line(("ignored_columns",), spot.heading))
        return heads

    def first_of(self, heads: Heads[C], row: int) -> Spot | None:
        """The first filled cell of a row; none of an empty one."""
        index = next((index for index, value in enumerate(heads.sheet.rows[row]) if value is not None), None)
        return None if index is None else Spot(heads.sheet, row, index, str(heads.sheet.rows[heads.row][index] or ""))

    def is_passed_over(self, first: Spot, heads: Heads[C], *, sure: bool) -> bool:
        """Whether a row is none of the list. `sure`: it is one, however it begins, unless it is one of headings."""
        again = heads.again(first.row)
        if again is False:
            self._words.complain(first, OTHER_HEADS)
            return True
        if again:
            words = "The headings stand here once more."
        elif not sure and any(f"{spoken(first.text)} ".startswith(f"{start} ") for start in self._passed_over):
            words = "Rows that begin so are passed over."
        else:
            return False
        self._passed.append(PassedOver(cell=first.cell, found=first.text, words=words))
        return True

    def complain_of(self, heads: Heads[C], row: int, column: C, words: str, spot: Spot | None = None) -> None:
        """Of a cell that ought to say something; of the missing column, once, where there is none."""
        if spot := spot or heads.spot(row, column):
            self._words.complain(spot, words)
        else:
            self.no_column(heads, column)

    def no_column(self, heads: Heads[C], column: C) -> None:
        if (heads.sheet.name, column) in self._without:
            return
        self._without.add((heads.sheet.name, column))
        spot = Spot(heads.sheet, heads.row, 0, "")
        self._words.complain(spot, NO_COLUMN.format(column=column), line(("columns", column), "HEADING"), "")

    def in_order(self, remarks: list[Remark]) -> tuple[Remark, ...]:
        """As one meets the cells when one goes through the workbook."""

        def where(one: Remark) -> tuple[int, int, int]:
            sheet, row, column = place(one.cell)
            return self._sheets[sheet], row, column

        return tuple(sorted(remarks, key=where))


def _first_filled(sheet: Sheet) -> tuple[int, int]:
    for number, row in enumerate(sheet.rows):
        for index, value in enumerate(row):
            if value is not None:
                return number, index
    return 0, 0

"""A spreadsheet as plain cells: what a file held, and how a person finds a cell of it again."""

import re
from datetime import date, datetime
from typing import NamedTuple

Value = str | int | float | bool | date | datetime | None
"""What a cell says. Nothing: None, never an empty text. A whole number is an int."""

BROKEN = "#ERROR"
"""What a cell says whose formula has failed: its error alone was kept in the file."""


class Sheet(NamedTuple):
    """One sheet from its first cell on; every row is as long as the longest. Merged cells are filled down."""

    name: str
    rows: tuple[tuple[Value, ...], ...]

    def cell(self, row: int, column: int) -> str:
        """The address of a cell, as spreadsheets write it; rows and columns count from nought: "Tracker!D17"."""
        return f"{quoted(self.name)}!{letters(column)}{row + 1}"


def quoted(name: str) -> str:
    """The name of a sheet as it stands in an address: in quotes unless it is one plain word."""
    return name if name.isalnum() else "'" + name.replace("'", "''") + "'"


def letters(column: int) -> str:
    """The letters of a column, which counts from nought: A, Z, AA."""
    found, left = "", column + 1
    while left:
        left, letter = divmod(left - 1, 26)
        found = chr(ord("A") + letter) + found
    return found


def column_of(written: str) -> int:
    """The column (from nought) of letters: the other way round of `letters`."""
    found = 0
    for letter in written.upper():
        found = found * 26 + ord(letter) - ord("A") + 1
    return found - 1


def place(address: str) -> tuple[str, int, int]:
    """Sheet (as quoted), row and column of an address: by it cells are put in order."""
    sheet, _, cell = address.rpartition("!")
    found = re.fullmatch(r"([A-Z]+)([0-9]+)", cell)
    assert found
    return sheet, int(found[2]) - 1, column_of(found[1])

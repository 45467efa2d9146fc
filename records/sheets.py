"""Spreadsheets that other people have kept: .xlsx and .csv, read into cells with their addresses.

A file is bounded before anything of it is built: its size, what it unpacks to, its sheets, rows, columns and cells.
What cannot be read is refused in words that say what to do; no word of a cell stands in them.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import islice
from pathlib import PurePath
from posixpath import basename
from xml.parsers import expat

import python_calamine

from models.grid import BROKEN, Sheet, Value, column_of

LARGEST = 20 * 1024 * 1024
UNPACKED = 200 * 1024 * 1024
SHEETS, ROWS, COLUMNS, CELLS = 50, 20_000, 200, 1_000_000
LONGEST = 32_767  # as many characters as a cell of Excel holds
_SAMPLE = 64 * 1024
_CHUNK = 256 * 1024
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_PRINT = b"%PDF"
_NEVER_TYPED = re.compile(r"[\x00-\x06\x0e-\x1a]")
"""What stands in pictures and programs, and in no text."""
_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_NUMBER = re.compile(r"[0-9]{1,9}")
_PLACE = re.compile(r"([A-Za-z]{1,7})([0-9]{1,9})")

TOO_LARGE = f"This file is larger than {LARGEST // 1024 // 1024} MB. Split it, or take pictures out of it."
BOMB = "This file unpacks to far more than such a file holds. Copy the cells into a new workbook and save that."
TOO_MANY_SHEETS = f"This workbook has more than {SHEETS} sheets. Keep those that are meant."
TOO_MANY_ROWS = f"A sheet has words below row {ROWS:,}. Delete them, or split the file."
TOO_MANY_COLUMNS = f"A sheet has words beyond {COLUMNS} columns. Delete the columns that are not of it."
TOO_MANY_CELLS = f"There are more than {CELLS:,} cells here. Split it."
TOO_LONG = f"A cell holds more than {LONGEST:,} characters. In a CSV file, look for a quote that is never closed."
LOCKED = "This workbook is protected by a password. Take the password away in Excel, then save it again."
OLD_FORM = "This is a workbook of the old form (.xls). Open it, and save it as .xlsx."
OTHER_FORM = "This is not an .xlsx workbook. Open it, and save it as .xlsx or as .csv."
BROKEN_FILE = "This file is broken: it was cut short or changed. Open it in Excel, and save it anew."
NOT_TEXT = "This is neither an .xlsx workbook nor a .csv file of text. Save it as one of the two."
EMPTY = "There is not one word in this file."


class NotASheet(ValueError):
    """A file that cannot be read as a spreadsheet; its words say why and what to do, and nothing of what it holds."""


def read_sheets(raw: bytes, name: str) -> tuple[Sheet, ...]:
    """The sheets of a file that hold words. Its form is told by its bytes; a .csv is one sheet, named as the file.

    Raises NotASheet: too large in any way, broken, empty, protected by a password, or another kind of file.
    """
    if len(raw) > LARGEST:
        raise NotASheet(TOO_LARGE)
    if raw.startswith(_OLD):
        raise NotASheet(LOCKED if _LOCKED in raw else OLD_FORM)
    if raw.startswith(b"PK"):
        sheets = _workbook(raw)
    else:
        sheets = [Sheet(PurePath(name).stem, _bounded(_separated(_decoded(raw))))]
    found = tuple(sheet for sheet in sheets if sheet.rows)
    if not found:
        raise NotASheet(EMPTY)
    return found


# Text with separators


def _decoded(raw: bytes) -> str:
    """The text, by its byte-order mark, or UTF-8, or as Windows writes it in Western Europe."""
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not raw.startswith(_PRINT) and not _NEVER_TYPED.search(text):
            return text
    raise NotASheet(NOT_TEXT)


def _separated(text: str) -> Iterator[list[str]]:
    try:
        found = csv.Sniffer().sniff(text[:_SAMPLE], delimiters=",;\t").delimiter
    except csv.Error:  # one column alone: there is nothing to tell it by
        found = ","
    csv.field_size_limit(LONGEST)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=found)
    except csv.Error:
        raise NotASheet(TOO_LONG) from None


# Workbooks


def _workbook(raw: bytes) -> list[Sheet]:
    parts = _looked_through(raw)
    if "workbook.xml" not in map(basename, parts):
        raise NotASheet(OTHER_FORM)
    try:
        with python_calamine.load_workbook(io.BytesIO(raw)) as book:
            if len(book.sheet_names) > SHEETS:
                raise NotASheet(TOO_MANY_SHEETS)
            failed = _failed(parts)
            return [_sheet(book.get_sheet_by_name(name), failed.get(name, ())) for name in book.sheet_names]
    except python_calamine.PasswordError:
        raise NotASheet(LOCKED) from None
    except (python_calamine.CalamineError, ValueError) as error:
        raise error if isinstance(error, NotASheet) else NotASheet(BROKEN_FILE) from None


def _sheet(sheet: python_calamine.CalamineSheet, failed: Iterable[tuple[int, int]]) -> Sheet:
    if sheet.height == 0:
        return Sheet(sheet.name, ())
    rows = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    for row, column in failed:
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = BROKEN
    filled = 0
    for (first, column), (last, _) in sheet.merged_cell_ranges or ():
        below = range(first + 1, min(last + 1, len(rows)))
        filled += len(below)
        if filled > CELLS:
            raise NotASheet(TOO_MANY_CELLS)
        for row in below:
            rows[row][column] = rows[first][column]
    return Sheet(sheet.name, _bounded(rows))


class _Part:
    """One part of a workbook, looked through while it is unpacked: how far its filled cells reach.

    A reader makes room for every cell between the first and the last; two cells far apart would fill the memory.
    """

    def __init__(self) -> None:
        self.row = self.column = -1
        self.place: tuple[int, int] | None = None
        self.failing = False
        self.cells = 0
        self.failed: list[tuple[int, int]] = []
        self.links: list[dict[str, str]] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.begin

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        match tag.rpartition(":")[2]:
            case "c":
                self._cell(attributes)
            case "v" | "is" if self.place:
                self._filled(*self.place)
            case "row":
                written = attributes.get("r", "")
                known = _NUMBER.fullmatch(written)
                self.row, self.column = int(written) - 1 if known else self.row + 1, -1
            case "sheet" | "Relationship":
                self.links.append(attributes)
            case _:
                pass

    def _cell(self, attributes: Mapping[str, str]) -> None:
        if written := _PLACE.fullmatch(attributes.get("r", "")):
            self.column, self.row = column_of(written[1]), int(written[2]) - 1
        else:
            self.column += 1
        self.place, self.failing = (self.row, self.column), attributes.get("t") == "e"

    def _filled(self, row: int, column: int) -> None:
        self.cells += 1
        self.place = None
        if row >= ROWS:
            raise NotASheet(TOO_MANY_ROWS)
        if column >= COLUMNS:
            raise NotASheet(TOO_MANY_COLUMNS)
        if self.cells > CELLS:
            raise NotASheet(TOO_MANY_CELLS)
        if self.failing:
            self.failed.append((row, column))


def _looked_through(raw: bytes) -> dict[str, _Part]:
    """Every part that is XML, each piece of it let go as soon as it was looked at."""
    found: dict[str, _Part] = {}
    try:
        for name, piece in _unpacked(raw):
            if name.endswith((".xml", ".rels")):
                found.setdefault(name, _Part()).parser.Parse(piece, not piece)
    except NotASheet:
        raise
    except RuntimeError as error:  # as the library says it of a part that is locked
        raise NotASheet(BROKEN_FILE if isinstance(error, NotImplementedError) else LOCKED) from None
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, OSError, LookupError, ValueError):
        raise NotASheet(BROKEN_FILE) from None
    return found


def _unpacked(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The pieces of each part, the last one empty. What a part says of its own size is not believed."""
    left = UNPACKED
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for name in archive.namelist():
            with archive.open(name) as packed:
                piece = b"?"
                while piece:
                    piece = packed.read(_CHUNK)
                    left -= len(piece)
                    if left < 0:
                        raise NotASheet(BOMB)
                    yield name, piece


def _failed(parts: Mapping[str, _Part]) -> dict[str, list[tuple[int, int]]]:
    """The cells of each sheet whose formula has failed, by the sheet's name; readers take them for empty."""
    book = next(part for name, part in parts.items() if basename(name) == "workbook.xml")
    rels = next((part for name, part in parts.items() if basename(name) == "workbook.xml.rels"), _Part())
    targets = {link.get("Id", ""): basename(link.get("Target", "")) for link in rels.links}
    failed = {basename(name): part.failed for name, part in parts.items() if part.failed}
    named = [(link, next((one for key, one in link.items() if key.endswith(":id")), "")) for link in book.links]
    return {link.get("name", ""): failed.get(targets.get(id_, ""), []) for link, id_ in named}


# Cells


def _bounded(rows: Iterable[Iterable[object]]) -> tuple[tuple[Value, ...], ...]:
    """Rows of equal length, without empty ones at the end."""
    found: list[list[Value]] = []
    cells = 0
    for number, row in enumerate(rows):
        values = [_value(cell) for cell in islice(row, COLUMNS + 1)]
        while values and values[-1] is None:
            values.pop()
        cells += len(values)
        if values and number >= ROWS:
            raise NotASheet(TOO_MANY_ROWS)
        if len(values) > COLUMNS:
            raise NotASheet(TOO_MANY_COLUMNS)
        if cells > CELLS:
            raise NotASheet(TOO_MANY_CELLS)
        if number < ROWS:
            found.append(values)
    while found and not found[-1]:
        found.pop()
    width = max(map(len, found), default=0)
    return tuple((*row, *[None] * (width - len(row))) for row in found)


def _value(cell: object) -> Value:
    """What a cell says; text without spaces round it, whole numbers whole, an hour of the day as text."""
    match cell:
        case str():
            text = "\n".join(" ".join(line.split()) for line in cell.replace("\ufeff", "").strip().splitlines())
            if len(text) > LONGEST:
                raise NotASheet(TOO_LONG)
            return BROKEN if text in _ERRORS else text or None
        case bool() | int() | datetime() | date() | None:
            return cell
        case float():
            return int(cell) if cell.is_integer() else cell
        case _:
            return str(cell)

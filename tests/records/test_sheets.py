import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from models.grid import BROKEN, Sheet, column_of, letters, place
from records import sheets
from records.sheets import NotASheet, read_sheets
from tests.support.trackers import as_xlsx

pytestmark = pytest.mark.promise("D8")


def book(write: Callable[[Any, Any], None], name: str = "Tracker") -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as made:
        write(made, made.add_worksheet(name))
    return file.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """The same workbook with another part in the place of one of its own."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            new.writestr(one, content if one == name else old.read(one))
    return file.getvalue()


def refused(raw: bytes, name: str = "tracker.xlsx") -> str:
    with pytest.raises(NotASheet) as wrong:
        read_sheets(raw, name)
    return str(wrong.value)


ONE_CELL = book(lambda _, page: page.write(0, 0, "Review"))
NO_CELL = book(lambda _, page: page.set_column(0, 0, 40))
SHEET = "xl/worksheets/sheet1.xml"
XML = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


# What is read


def test_merged_cells_are_filled_down_and_not_across() -> None:
    def write(_: Any, page: Any) -> None:  # noqa: ANN401
        page.merge_range(0, 0, 2, 0, "Child Alder")
        page.merge_range(3, 0, 3, 2, "a line across")
        page.write(2, 2, "last")

    (sheet,) = read_sheets(book(write), "x.xlsx")
    assert sheet.rows == (
        ("Child Alder", None, None), ("Child Alder", None, None), ("Child Alder", None, "last"),
        ("a line across", None, None),
    )  # fmt: skip


def test_each_kind_of_cell_says_what_it_says_in_the_sheet() -> None:
    def write(made: Any, page: Any) -> None:  # noqa: ANN401
        page.write_row(0, 0, [3, 3.5, True, "  two\u00a0 words \n and a line "])
        page.write_datetime(0, 4, datetime(2024, 3, 31), made.add_format({"num_format": "dd/mm/yyyy"}))  # noqa: DTZ001
        page.write_formula(0, 5, "=1/0", None, "#DIV/0!")
        page.write(0, 6, "   ")
        page.write(0, 7, "#N/A")

    (sheet,) = read_sheets(book(write), "x.xlsx")
    assert sheet.rows == ((3, 3.5, True, "two words\nand a line", date(2024, 3, 31), BROKEN, None, BROKEN),)


def test_hidden_sheets_and_columns_are_read_and_empty_sheets_left_out() -> None:
    def write(made: Any, page: Any) -> None:  # noqa: ANN401
        page.set_column(0, 0, None, None, {"hidden": True})
        page.write(0, 0, "unseen")
        other = made.add_worksheet("Old one")
        other.hide()
        other.write(1, 1, "below")
        made.add_worksheet("Nothing")

    first, second = read_sheets(book(write), "x.xlsx")
    assert first == Sheet("Tracker", (("unseen",),))
    assert (second.name, second.cell(1, 1)) == ("Old one", "'Old one'!B2")


def test_rows_that_are_only_coloured_count_for_nothing() -> None:
    def write(made: Any, page: Any) -> None:  # noqa: ANN401
        page.write(0, 0, "Review")
        page.write_blank(1_000_000, 300, None, made.add_format({"bg_color": "red"}))

    assert read_sheets(book(write), "x.xlsx") == (Sheet("Tracker", (("Review",),)),)


WORDS = [["Title, of; the\ttracker", "", ""], ["", "", ""], ["Case", "Action", "Owner"]] + [
    [f"Child {n}", 'Ask; then "ask", again\nand write – it – down', "A, B"] for n in range(9)
]


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_text_is_read_whatever_stands_between_and_however_it_is_encoded(
    between: str,
    encoding: str,
    quoting: Any,  # noqa: ANN401
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=between, quoting=quoting).writerows(WORDS)
    (sheet,) = read_sheets(text.getvalue().encode(encoding), "Our tracker.csv")
    assert sheet.name == "Our tracker"
    wanted = [tuple(" ".join(cell.split(" ")) or None for cell in row) for row in WORDS]
    assert sheet.rows[1:] == tuple(wanted[1:])
    assert sheet.cell(4, 1) == "'Our tracker'!B5"


def test_text_without_any_separator_is_one_column() -> None:
    assert read_sheets(b"Review\nChild Alder\n", "a.csv") == (Sheet("a", (("Review",), ("Child Alder",))),)


@pytest.mark.parametrize(("number", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_called_as_spreadsheets_call_them(number: int, name: str) -> None:
    assert (letters(number), column_of(name)) == (name, number)
    assert place(Sheet("Bob's list", ()).cell(4, number)) == ("'Bob''s list'", 4, number)


# What is refused


def test_a_file_that_is_too_large_is_refused_before_it_is_opened() -> None:
    assert refused(b"PK" + bytes(sheets.LARGEST)) == sheets.TOO_LARGE


def test_a_bomb_is_refused_while_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "UNPACKED", 1_000_000)
    bomb = with_part(ONE_CELL, SHEET, XML.format(" " * 1_100_000).encode())
    assert len(bomb) < 20_000
    assert refused(bomb) == sheets.BOMB


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    raw = with_part(ONE_CELL, SHEET, XML.format(" " * 500_000).encode())
    true = (len(XML) - 2 + 500_000).to_bytes(4, "little")
    assert refused(raw.replace(true, (100).to_bytes(4, "little"))) == sheets.BROKEN_FILE


def test_entities_that_grow_are_refused() -> None:
    each = [f'<!ENTITY {new} "{f"&{old};" * 100}">' for old, new in zip("bcdefgh", "cdefghz", strict=True)]
    grows = f'<!DOCTYPE a [<!ENTITY b "{"x" * 1000}">{"".join(each)}]><a>&z;</a>'
    assert refused(with_part(ONE_CELL, SHEET, grows.encode())) == sheets.BROKEN_FILE


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', sheets.TOO_MANY_ROWS),
        ('<row r="1048576"><c><v>1</v></c></row>', sheets.TOO_MANY_ROWS),
        ("<row r='1'><c r='&#88;FD1'><v>1</v></c></row>", sheets.TOO_MANY_COLUMNS),
        ("<row><c><v>1</v></c></row>" * 20_001, sheets.TOO_MANY_ROWS),
        (f"<row>{'<c><v>1</v></c>' * 201}</row>", sheets.TOO_MANY_COLUMNS),
    ],
)
def test_cells_that_lie_far_apart_are_refused_before_room_is_made_for_all_between(cell: str, words: str) -> None:
    assert (
        refused(with_part(ONE_CELL, SHEET, XML.format(f'<row r="1"><c r="A1"><v>1</v></c></row>{cell}').encode()))
        == words
    )


def test_merged_cells_that_would_fill_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "CELLS", 1000)

    def write(_: Any, page: Any) -> None:  # noqa: ANN401
        for column in range(12):
            page.merge_range(0, column, 99, column, "x")
        page.write(99, 20, "last")

    assert refused(book(write)) == sheets.TOO_MANY_CELLS


def test_rows_columns_cells_and_sheets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(read_sheets(b"a,b\n" * sheets.ROWS, "a.csv")[0].rows) == sheets.ROWS
    assert refused(b"a,b\n" * (sheets.ROWS + 1), "a.csv") == sheets.TOO_MANY_ROWS
    assert refused(b",".join([b"a"] * (sheets.COLUMNS + 1)), "a.csv") == sheets.TOO_MANY_COLUMNS
    monkeypatch.setattr(sheets, "CELLS", 5)
    assert refused(b"a,b\nc,d\ne,f\n", "a.csv") == sheets.TOO_MANY_CELLS
    monkeypatch.undo()
    monkeypatch.setattr(sheets, "SHEETS", 1)
    assert refused(book(lambda made, page: made.add_worksheet("B").write(0, 0, page.write(0, 0, "a")))) == (
        sheets.TOO_MANY_SHEETS
    )


def test_a_quote_that_is_never_closed_is_said() -> None:
    assert refused(b'a,b\n"' + b"word " * 10_000, "a.csv") == sheets.TOO_LONG


LOCKED_BOOK = sheets._OLD + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
ZIP = io.BytesIO()
with zipfile.ZipFile(ZIP, "w") as _archive:
    _archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (LOCKED_BOOK, sheets.LOCKED),
        (sheets._OLD + bytes(1200), sheets.OLD_FORM),
        (ZIP.getvalue(), sheets.OTHER_FORM),
        (ONE_CELL[:-200], sheets.BROKEN_FILE),
        (ONE_CELL[: len(ONE_CELL) // 2], sheets.BROKEN_FILE),
        (with_part(ONE_CELL, SHEET, b"<worksheet><sheetData><row>"), sheets.BROKEN_FILE),
        (b"PK\x03\x04 not a workbook", sheets.BROKEN_FILE),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", sheets.NOT_TEXT),
        (b"caf\x81", sheets.NOT_TEXT),
        (b"\x89PNG\r\n\x1a\nIHDR", sheets.NOT_TEXT),
        (b"%PDF-1.7\n1 0 obj", sheets.NOT_TEXT),
        (b"", sheets.EMPTY),
        (b" , \n,\n", sheets.EMPTY),
        (NO_CELL, sheets.EMPTY),
    ],
    ids=lambda one: one[:20] if isinstance(one, str) else "",
)
def test_what_cannot_be_read_is_refused_in_words(raw: bytes, words: str) -> None:
    assert refused(raw) == words


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        assert read_sheets(raw, "a.csv")
    except NotASheet as wrong:
        assert str(wrong)  # noqa: PT017 -- either is right


MESSY = as_xlsx(mended=False)
with zipfile.ZipFile(io.BytesIO(MESSY)) as _archive:
    PARTS = {name: _archive.read(name) for name in _archive.namelist()}
ODD = [b"-1", b"9" * 20, b"A0", b"", b"ZZZZ1", b"1e400", b"e", b"s", b"nan", b"A1:XFD9", "é".encode()]


@given(st.sampled_from(sorted(PARTS)), st.integers(0, 2**32), st.sampled_from(ODD))
def test_a_workbook_with_any_odd_value_in_it_is_read_or_refused(part: str, seed: int, odd: bytes) -> None:
    values = list(re.finditer(rb'"[^"<>]*"|>[^<]+<', PARTS[part]))
    found = values[seed % len(values)]
    damaged = PARTS[part][: found.start() + 1] + odd + PARTS[part][found.end() - 1 :]
    try:
        assert read_sheets(with_part(MESSY, part, damaged), "a.xlsx")
    except NotASheet as wrong:
        assert str(wrong)  # noqa: PT017 -- either is right

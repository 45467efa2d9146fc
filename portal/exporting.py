"""Tables for spreadsheets: CSV and xlsx, in which no cell is ever run as a formula, and a date is a date.

In xlsx a date is a number that sorts and filters as one; in CSV it is written as ISO 8601 has it. Times are London's.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import xlsxwriter
from starlette.responses import Response, StreamingResponse

from models.time import london

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
_WIDEST = 60
Cell = str | date | datetime
_DAY, _MOMENT = "d mmm yyyy", "d mmm yyyy hh:mm"


class Sheet(NamedTuple):
    """A table with its heads. `name`: of the file, without a person in it."""

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    second: "Sheet | None" = None
    """What is to be read beside it: a page of its own in xlsx. CSV has one table: its rows stand below."""


def download(sheet: Sheet, form: str) -> Response | None:
    """The table as a file ("csv" or "xlsx"); nothing for any other form."""
    write = {"csv": as_csv, "xlsx": as_xlsx}.get(form)
    if write is None:
        return None
    return Response(write(sheet), media_type=_KINDS[form], headers=_headers(sheet.name, form))


async def export(
    name: str, heads: Sequence[str], rows: AsyncIterator[Sequence[Sequence[Cell]]], form: str
) -> Response | None:
    """A long table as a file: CSV is sent while it is made. What xlsx is like is known only when it is whole."""
    if form == "csv":
        return StreamingResponse(_sent(heads, rows), media_type=_KINDS[form], headers=_headers(name, form))
    if form not in _KINDS:
        return None
    whole = Sheet(name, heads, [row async for some in rows for row in some])
    return await asyncio.to_thread(download, whole, form)


_KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}


def _headers(name: str, form: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.{form}"'}


async def _sent(heads: Sequence[str], rows: AsyncIterator[Sequence[Sequence[Cell]]]) -> AsyncIterator[bytes]:
    yield _lines([heads]).encode("utf-8-sig")
    async for some in rows:
        yield _lines(some).encode()


def as_csv(sheet: Sheet) -> bytes:
    """With a byte-order mark, by which Excel knows the letters; what it would run as a formula gets an apostrophe."""
    below = sheet.second or Sheet("", (), ())
    said = [dict(zip(below.heads, row, strict=True)) for row in below.rows]
    also = [[one.get(head, "") for head in sheet.heads] for one in said]
    return _lines([sheet.heads, *sheet.rows, *also]).encode("utf-8-sig")


def _lines(rows: Sequence[Sequence[Cell]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(_written(cell)) for cell in row] for row in rows)
    return text.getvalue()


def as_xlsx(sheet: Sheet) -> bytes:
    """With heads that stay in sight and a filter in each."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        _page(book, book.add_worksheet(), sheet)
        if sheet.second:
            _page(book, book.add_worksheet(sheet.second.name), sheet.second)
    return file.getvalue()


def _page(book: Any, page: Any, sheet: Sheet) -> None:  # noqa: ANN401 -- xlsxwriter says nothing of its types
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    days = {kind: book.add_format({"num_format": kind, "valign": "top", "align": "left"}) for kind in (_DAY, _MOMENT)}
    page.write_row(0, 0, sheet.heads, bold)
    for number, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                page.write_datetime(number, column, london(cell).replace(tzinfo=None), days[_MOMENT])
            elif isinstance(cell, date):
                page.write_datetime(number, column, cell, days[_DAY])
            else:
                page.write_string(number, column, cell, wrapped)
    for column, head in enumerate(sheet.heads):
        longest = max([len(head), *(len(_written(row[column])) for row in sheet.rows)])
        page.set_column(column, column, min(longest, _WIDEST) + 2)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, len(sheet.rows), len(sheet.heads) - 1)


def _written(cell: Cell) -> str:
    """As text: "2026-03-03", "2026-03-03 14:05", or what it says."""
    if isinstance(cell, datetime):
        return f"{london(cell):%Y-%m-%d %H:%M}"
    return cell.isoformat() if isinstance(cell, date) else cell


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(DANGEROUS) else text

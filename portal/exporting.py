"""Tables for spreadsheets: CSV and xlsx, in which no cell is ever run as a formula."""

import csv
import io
from collections.abc import Sequence
from typing import Final, NamedTuple

import xlsxwriter
from starlette.responses import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
_WIDEST = 60


class Sheet(NamedTuple):
    """A table with its heads. `name`: of the file, without a person in it."""

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def download(sheet: Sheet, form: str) -> Response | None:
    """The table as a file ("csv" or "xlsx"); nothing for any other form."""
    made = {"csv": (as_csv, "text/csv; charset=utf-8"), "xlsx": (as_xlsx, XLSX)}.get(form)
    if made is None:
        return None
    write, kind = made
    headers = {"Content-Disposition": f'attachment; filename="{sheet.name}.{form}"'}
    return Response(write(sheet), media_type=kind, headers=headers)


def as_csv(sheet: Sheet) -> bytes:
    """With a byte-order mark, by which Excel knows the letters; what it would run as a formula gets an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(sheet.heads)
    writer.writerows([f"'{cell}" if cell.startswith(DANGEROUS) else cell for cell in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(sheet: Sheet) -> bytes:
    """With heads that stay in sight and a filter in each."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        page = book.add_worksheet()
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        page.write_row(0, 0, sheet.heads, bold)
        for number, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                page.write_string(number, column, cell, wrapped)
        for column, head in enumerate(sheet.heads):
            longest = max([len(head), *(len(row[column]) for row in sheet.rows)])
            page.set_column(column, column, min(longest, _WIDEST) + 2)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, len(sheet.rows), len(sheet.heads) - 1)
    return file.getvalue()

"""A list of past deaths as a coordinator has kept it for five years: 60 rows by many hands. Wholly invented.

`python -m tests.support.past_deaths` writes tests/data/past_deaths anew; a test shows that what is shipped is this.
"""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import xlsxwriter

from models.past_deaths import PastDeaths
from models.past_deaths_reading import read_past_deaths
from policy.reading import read_directory_file, read_past_deaths_mapping
from records.sheets import read_sheets
from tests.support.house import DIRECTORY

AREAS = {"harrowshire": "Harrowshire", "lowmarsh": "Lowmarsh"}
DATA = Path(__file__).parents[1] / "data" / "past_deaths"
MADE = datetime(2026, 11, 2)  # noqa: DTZ001 -- what a workbook says of itself has no zone
PANEL_TO_COME = date(2031, 1, 9)
"""A day that lies ahead for as long as these tests are run."""
Cell = str | int | date | None

HEADS = [
    "CDOP no", "NHS number", "Forename", "Surname", "D.O.B.", "D.O.D.", "Rec'd", "M/F", "Ethnicity", "POD", "LA",
    "Position", "CDRM", "Form C done", "Panel", "Cat", "Mod?", "On hold for", "Since", "Form Bs due from", "Keyworker",
]  # fmt: skip
(
    REFERENCE, NUMBER, FORENAME, SURNAME, BORN, DIED, NOTIFIED, SEX, ETHNIC, PLACE, AREA, STAGE, MEETING, ANALYSIS,
    PANEL, CATEGORY, MODIFIABLE, WAITS_FOR, SINCE, FORMS, KEYWORKER,
) = range(len(HEADS))  # fmt: skip
FIRST = 3
"""The first row below the headings, from nought."""
COMPLETED = 46

FORENAMES = ["Quillon", "Zephira", "Ottobert", "Mirabelline", "Fenwicka", "Tancredo", "Isoldina", "Barnabus"]
SURNAMES = ["Notareal", "Inventedson", "Fictleigh", "Madeupham", "Pretendworth", "Specimenby", "Dummerley"]
TWICE = len(FORENAMES) * len(SURNAMES)
"""From here on the names would come again."""
SEXES = ["M", "F", "Boy", "Girl", "Male", "female"]
GROUPS = ["White British", "Pakistani", "Not stated", "White", "Black African", "White and Asian", None, "WB"]
PLACES = ["NNU", "Home", "PICU", "A&E", "Hospice", "Road", "Delivery suite", "Own home", "ED"]
LIVED = ["Harrowshire", "Lowmarsh", "HCC"]
CATEGORIES: list[Cell] = ["8", 7, "Malignancy", "NND", "10 - SUDI", "Cat 5", 9, "Suicide", "3", "Chromosomal"]
FACTORS = ["Y", "N", "Not enough information", "No", "Yes"]
AGES = [2, 11, 90, 300, 800, 2100, 4000, 5900]
"""Days that the children lived, over and over: all bands of age."""

OPEN: list[dict[int, Cell]] = [
    {STAGE: "New"},
    {STAGE: "JAR held"},
    {STAGE: "Form Bs requested", FORMS: "Harrowshire Police; HVH"},
    {STAGE: "Forms sent out", FORMS: "Harrowshire Police"},
    {STAGE: "Awaiting PM", SINCE: date(2025, 9, 1)},
    {STAGE: "Awaiting inquest", SINCE: "3rd Sept 2025"},
    {STAGE: "On hold", WAITS_FOR: "Inquest; police", SINCE: "01/08/2025; 15/08/2025"},
    {STAGE: "Awaiting CPS", SINCE: "12.06.2025", MEETING: date(2025, 9, 4)},
    {STAGE: "CDRM held", MEETING: date(2025, 12, 3)},
    {STAGE: "CDRM held", MEETING: date(2025, 12, 10), WAITS_FOR: "PSII", SINCE: date(2025, 10, 1)},
    {STAGE: "Form C drafted", MEETING: date(2025, 11, 3), ANALYSIS: date(2025, 12, 1)},
    {STAGE: "Listed", MEETING: date(2025, 10, 2), ANALYSIS: date(2025, 11, 3), PANEL: PANEL_TO_COME},
    {STAGE: "Ready for panel", ANALYSIS: date(2025, 12, 8), WAITS_FOR: "Coroner", SINCE: date(2025, 7, 1)},
    {STAGE: "Key worker named"},
]
# What nobody can read, or what cannot be, by the number of the row from nought; the mended list says it rightly.
HOPELESS: dict[int, dict[int, Cell]] = {
    2: {BORN: "31/04/2021"},
    5: {DIED: "Not known"},
    8: {DIED: date(2019, 1, 1)},
    11: {BORN: date(2001, 1, 1)},
    14: {NOTIFIED: date(2021, 1, 4)},
    17: {PANEL: date(2021, 2, 1)},
    20: {NUMBER: "999 000 0001"},
    23: {REFERENCE: "CD/2020/001"},
    26: {CATEGORY: "11"},
    29: {CATEGORY: "Heart"},
    32: {MODIFIABLE: None},
    35: {PLACE: "the usual"},
    38: {SEX: "#REF!"},
    46: {STAGE: "In limbo"},
    48: {FORENAME: None, SURNAME: None},
    51: {SINCE: None},
    54: {MEETING: None},
    57: {PANEL: date(2025, 12, 18)},
}
SAME_CHILD = 41
"""This row is of the child of the row before, under another reference."""
FOOT: list[Cell] = ["Total", 60]


def number(index: int) -> str:
    """An NHS number of those that are nobody's, with the check digit that belongs to it."""
    for more in range(10):
        nine = f"999{index:05}{more}"
        check = 11 - sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            ten = f"{nine}{check % 11}"
            return f"{ten[:3]} {ten[3:6]} {ten[6:]}"
    raise AssertionError


def clean() -> list[list[Cell]]:
    """The rows as they would be if one careful person had kept them: 46 completed reviews, and 14 open ones."""
    rows: list[list[Cell]] = []
    for index in range(COMPLETED + len(OPEN)):
        of_open = index - COMPLETED
        died = date(2020, 4, 6) + timedelta(days=33 * index) if of_open < 0 else date(2025, 5, 5 + of_open)
        row: list[Cell] = [None] * len(HEADS)
        row[REFERENCE], row[NUMBER] = f"CD/{died.year}/{index + 1:03}", number(index)
        row[FORENAME], row[SURNAME] = FORENAMES[index % 8], SURNAMES[index % 7] if index < TWICE else "Unheardof"
        row[BORN], row[DIED] = died - timedelta(days=AGES[index % 8]), died
        row[NOTIFIED] = died + timedelta(days=index % 3)
        row[SEX], row[ETHNIC], row[PLACE] = SEXES[index % 6], GROUPS[index % 8], PLACES[index % 9]
        row[AREA], row[KEYWORKER] = LIVED[index % 3], "yes"
        if of_open < 0:
            row[STAGE] = "Closed" if index % 2 else None
            row[PANEL] = died + timedelta(days=90 + 23 * (index % 17))
            row[CATEGORY], row[MODIFIABLE] = CATEGORIES[index % 10], FACTORS[index % 5]
        for column, said in (OPEN[of_open] if of_open >= 0 else {}).items():
            row[column] = said
        rows.append(row)
    return rows


def lines(*, mended: bool) -> list[list[Cell]]:
    rows = clean()
    for index, wrong in {} if mended else HOPELESS.items():
        for column, said in wrong.items():
            rows[index][column] = said
    if not mended:
        for column in (NUMBER, FORENAME, SURNAME, BORN):
            rows[SAME_CHILD][column] = rows[SAME_CHILD - 1][column]
    return rows


def as_xlsx(*, mended: bool) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_numbers": False}) as book:
        book.set_properties({"created": MADE})
        day, page = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_worksheet("Deaths")
        page.write(0, 0, "Child deaths since April 2020, Harrowshire and Lowmarsh")
        page.write_row(FIRST - 1, 0, HEADS)
        for number_, row in enumerate([*lines(mended=mended), FOOT], FIRST):
            for column, cell in enumerate(row):
                _write(page, number_, column, cell, day)
        book.add_worksheet("Lookups").write_column(0, 0, ["Sex", "M", "F"])
    return file.getvalue()


def _write(page: Any, row: int, column: int, cell: Cell, day: Any) -> None:  # noqa: ANN401
    if cell == "#REF!":
        page.write_formula(row, column, "=Old!#REF!", None, "#REF!")
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, day)
    elif cell is not None:
        page.write(row, column, cell)


def as_csv(*, mended: bool) -> bytes:
    """The same as a spreadsheet saves it in England."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Child deaths since April 2020, Harrowshire and Lowmarsh", *[""] * (len(HEADS) - 1)])
    writer.writerows([[""] * len(HEADS), HEADS])
    for row in [*lines(mended=mended), FOOT]:
        writer.writerow([f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell for cell in row])
    return text.getvalue().encode("cp1252")


FILES: dict[str, Callable[[], bytes]] = {
    "messy.xlsx": partial(as_xlsx, mended=False), "messy.csv": partial(as_csv, mended=False),
    "mended.xlsx": partial(as_xlsx, mended=True), "mended.csv": partial(as_csv, mended=True),
}  # fmt: skip


def understood(name: str, today: date) -> PastDeaths:
    """What a file of tests/data/past_deaths says, by its mapping."""
    directory, words = read_directory_file(DIRECTORY), (DATA / "mapping.yaml").read_text(encoding="utf-8")
    mapping = read_past_deaths_mapping(words, "mapping.yaml", directory, AREAS)
    return read_past_deaths(read_sheets((DATA / name).read_bytes(), name), mapping, directory, AREAS, today)


if __name__ == "__main__":
    for name, make in FILES.items():
        (DATA / name).write_bytes(make())

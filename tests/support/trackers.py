"""A tracker as partnerships have kept them for twelve years: 16 reviews, 120 actions, many hands. Wholly invented.

`python -m tests.support.trackers` writes tests/data/tracker anew; a test shows that what is shipped is what this makes.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import xlsxwriter

DATA = Path(__file__).parents[1] / "data" / "tracker"
MADE = datetime(2026, 11, 2)  # noqa: DTZ001 -- what a workbook says of itself has no zone
Cell = str | int | float | date | None

REVIEWS = [  # name, type, decided, published, status
    ("SCR Child Alder", "SCR", date(2014, 3, 10), date(2015, 2, 2), "Published"),
    ("SCR Baby Birch", "SCR", date(2014, 11, 3), date(2015, 12, 7), "Published"),
    ("SCR Child Cedar", "Serious case review", date(2015, 6, 15), date(2016, 9, 19), "Published"),
    ("SCR Young Person Damson", "SCR", date(2016, 1, 18), date(2017, 5, 22), "Published"),
    ("SCR Siblings Elder", "SCR", date(2016, 10, 3), None, "Not published"),
    ("SCR Baby Fir", "SCR", date(2017, 9, 11), date(2018, 11, 5), "Published"),
    ("RR Child Gorse", "Rapid review", date(2019, 2, 4), None, "Not published"),
    ("LCSPR Child Hazel", "LCSPR", date(2019, 11, 25), date(2020, 12, 14), "Published"),
    ("LCSPR Baby Ivy", "LCSPR", date(2020, 9, 7), date(2021, 6, 28), "Published"),
    ("Audit of neglect", "Audit", date(2021, 3, 1), None, "Not published"),
    ("LCSPR Child Juniper", "LCSPR", date(2021, 5, 17), date(2022, 2, 21), "Published"),
    ("Neonatal learning event", "Learning event", date(2022, 1, 10), None, "Not published"),
    ("LCSPR Young Person Larch", "LCSPR", date(2022, 6, 6), date(2023, 3, 13), "Published"),
    ("RR Baby Maple", "Rapid review", date(2023, 4, 24), None, "Not published"),
    ("LCSPR Child Oak", "LCSPR", date(2024, 1, 15), date(2024, 9, 30), "Published"),
    ("LCSPR Siblings Pine", "LCSPR", date(2025, 5, 12), None, "In progress"),
]
HEADS = [
    "Case", "Rec. No", "Recommendation", "Agreed action", "Lead agency", "Owner", "Old ref", "Due date", "Revised date",
    "Status", "Update March 2024", "Update September 2024", "Evidence", "Date closed", "Themes",
]  # fmt: skip
(
    CASE,
    NUMBER,
    TEXT,
    ACTION,
    AGENCY,
    OWNER,
    OLD,
    DUE,
    REVISED,
    STATUS,
    MARCH,
    SEPTEMBER,
    EVIDENCE,
    CLOSED,
    THEMES,
    STRAY,
) = range(16)
FIRST = 4  # the first row of the tracker below its headings, from nought

SUBJECTS = [
    "bruising in babies who do not yet crawl", "fathers and other men of the household", "missed health appointments",
    "children who are taught at home", "neglect that goes on for years", "moves between areas",
    "injuries that are explained in several ways", "parents who drink", "exploitation outside the home",
    "unborn children of parents who were in care", "safe sleeping", "disabled children's own words",
    "domestic abuse when a couple has parted", "strategy meetings out of hours", "self-harm of older children",
]  # fmt: skip
WORDS = [
    "The partnership should be assured that practitioners recognise {}",
    "Agencies should agree one pathway for {}",
    "Supervision should ask every time about {}",
    "Training should be renewed on {}",
]
ACTIONS = [
    "Write the guidance and have it adopted", "Train the teams that meet families", "Audit twenty records",
    "Change the template of the assessment", "Brief managers in supervision",
]  # fmt: skip
AGENCIES = [
    ("Harrowshire Council", "Barnaby Sampleton"), ("Harrowshire Police", "Esmeralda Dummett"),
    ("Harrowshire Integrated Care Board", "Horatio Fictley"), ("Harrow Vale Hospitals NHS Trust", "Keziah Specimen"),
    ("Harrowshire Schools Federation", "Mehitabel Notreal"),
    ("Harrowshire Probation Delivery Unit", "Ottoline Faxample"),
    ("Lantern Young People's Charity", "Quintina Supposed"),
]  # fmt: skip
TOPICS = ["Neglect", "Babies", "Information sharing; Neglect", "Professional curiosity", "Exploitation, Transition"]


@dataclass
class Line:
    """One row. `joined`: columns merged with the row above. `filled`: the cell of the state has this colour."""

    cells: list[Cell]
    joined: frozenset[int] = frozenset()
    filled: str = ""


# Words that only somebody who knows the place understands (tests/data/tracker/mapping.yaml says them), and those that
# can be read by anybody. By the number of the action, from nought.
SPELLINGS: dict[int, dict[int, Cell]] = {
    0: {STATUS: "Complete - see email", EVIDENCE: None},
    2: {AGENCY: "ICB"},
    5: {AGENCY: "Schools", OWNER: "Notreal, Mehitabel"},
    9: {AGENCY: "CSC"},
    10: {AGENCY: "Police", OWNER: "E. Dummett"},
    13: {AGENCY: "HVH NHS Trust"},
    18: {CASE: "Child Cedar (SCR)"},
    21: {DUE: "end of March 2017"},
    22: {DUE: "Q3 16/17"},
    23: {DUE: "March 2017"},
    25: {DUE: 42786},
    26: {DUE: "31st Mar 2017"},
    27: {OWNER: "Cressida Formerly (left)"},
    30: {OWNER: "Horatio Fictley / Isolde Pretendham"},
    46: {STATUS: "WIP"},
    50: {DUE: "asap"},
    57: {STATUS: "In hand"},
    60: {OWNER: "keziah.specimen@hospitals.example.org"},
    61: {REVISED: "01/03/2022; 30/09/2022"},
    66: {STATUS: "Amber"},
    73: {STATUS: "Compleet"},
    82: {DUE: "06.12.22"},
    88: {MARCH: 'Discussed; chair not content.\n- Ask again in "May", said the sub-group'},
    94: {DUE: date(2022, 2, 18)},  # before the review was decided on: a warning
    95: {STATUS: "on-track"},
    99: {AGENCY: "Harrowshire Police", OWNER: "D Placeholder & Esmeralda Dummett"},
}
# What nobody can read; the mended tracker says it rightly.
HOPELESS: dict[int, dict[int, Cell]] = {
    1: {DUE: "31/04/2015"},
    17: {AGENCY: "Police / Health"},
    29: {AGENCY: "All agencies"},
    32: {NUMBER: date(2017, 2, 1)},
    38: {CLOSED: "see minutes"},
    44: {OWNER: "Keziah Specimen, Jolyon Madeup and Horatio Fictley"},
    53: {OWNER: None},
    54: {STATUS: None},
    58: {STATUS: None},
    70: {DUE: "11/04/2204"},
    76: {SEPTEMBER: "#REF!"},
    83: {OWNER: "The new manager"},
    86: {STRAY: "chase!"},
    92: {TEXT: None},
    104: {DUE: None},
    111: {AGENCY: None},
}
COLOURED = {54: "#FFC000", 58: "#92D050"}
SECOND_HEAD = 65  # before this action the headings stand once more
EARLY = 11  # the review of whose decision nobody knows the day
FOOT: list[Cell] = [
    None,
    "Total",
    None,
    "Notes from the sub-group: blue means closed",
    "RT to chase Police before June",
]


def clean() -> list[Line]:
    """The rows as they would be if one careful person had kept them: 120 actions, some under one recommendation."""
    subjects, words, actions = cycle(SUBJECTS), cycle(WORDS), cycle(ACTIONS)
    agencies, topics = cycle(AGENCIES), cycle(TOPICS)
    lines: list[Line] = []
    for index, (name, _, decided, _, _) in enumerate(REVIEWS):
        for number in range(1, 7 if index % 2 else 6):
            text = next(words).format(next(subjects)) + "."
            (agency, owner), topic = next(agencies), next(topics)
            due = decided + timedelta(days=270 + 30 * number)
            several = 2 if (index + number) % 3 == 0 else 1
            for again in range(several):
                cells: list[Cell] = [None] * (len(HEADS) + 1)
                cells[CASE], cells[NUMBER], cells[TEXT], cells[ACTION] = name, number, text, next(actions)
                cells[AGENCY], cells[OWNER], cells[OLD] = agency, owner, f"{100 + len(lines)}/old"
                cells[DUE], cells[THEMES] = due, topic
                _state(cells, index, number)
                joined = frozenset({CASE, NUMBER, TEXT, AGENCY, OWNER, DUE, STATUS, EVIDENCE, CLOSED, THEMES})
                lines.append(Line(cells, joined if again else frozenset({CASE} if number > 1 else ())))
    return lines


def _state(cells: list[Cell], index: int, number: int) -> None:
    """The older a review, the more of it is closed."""
    due = cells[DUE]
    assert isinstance(due, date)
    if index < 6 + number % 3:
        cells[STATUS], cells[CLOSED] = "Closed", due + timedelta(days=20)
        cells[EVIDENCE] = "Audit of twenty records in the folder of the sub-group"
    elif index > 13:
        cells[STATUS] = "Not started"
    elif number % 4 == 0:
        cells[STATUS] = "Delivered"
    else:
        cells[STATUS], cells[MARCH] = "In progress", "Draft shared with the sub-group."
    if cells[STATUS] == "In progress" and number % 2:
        cells[REVISED] = due + timedelta(days=180)


def lines(*, mended: bool) -> list[Line]:
    """The rows of the tracker, with everything that hands have done to them; below them totals and notes."""
    rows = clean()
    for number, row in enumerate(rows):
        row.cells[:] = _with(row.cells, SPELLINGS.get(number, {}))
        if not mended:
            row.cells[:] = _with(row.cells, HOPELESS.get(number, {}))
            row.filled = COLOURED.get(number, "")
        if CASE in SPELLINGS.get(number, {}):
            row.joined -= {CASE}
    rows.insert(SECOND_HEAD, Line([*HEADS, None]))
    foot = FOOT[:-1] if mended else FOOT
    return [*rows, *(Line([words, *[None] * len(HEADS)]) for words in foot)]


def _with(cells: list[Cell], other: dict[int, Cell]) -> list[Cell]:
    return [other.get(column, cell) for column, cell in enumerate(cells)]


def as_xlsx(*, mended: bool) -> bytes:
    """The workbook: a list of reviews, the tracker, lists to choose from, and a sheet that somebody forgot."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_numbers": False}) as book:
        book.set_properties({"created": MADE})
        forms = {"day": book.add_format({"num_format": "dd/mm/yyyy"}), "bold": book.add_format({"bold": True})}
        reviews = book.add_worksheet("Reviews")
        reviews.write(0, 0, "Reviews since 2014", forms["bold"])
        reviews.write_row(2, 0, ["Case name", "Type of review", "Decision date", "Publication date", "Review status"])
        for number, review in enumerate(REVIEWS):
            said: list[Cell] = list(review)
            if number == EARLY and not mended:
                said[2] = "early 2022"
            for column, cell in enumerate(said):
                _write(reviews, 3 + number, column, cell, forms)
        _write_tracker(book, book.add_worksheet("Tracker"), lines(mended=mended), forms)
        book.add_worksheet("Lookups").write_column(0, 0, ["Status", "In progress", "Closed"])
        book.add_worksheet("Sheet3").write(4, 2, "old list, see J drive")
    return file.getvalue()


def _write_tracker(book: Any, page: Any, rows: list[Line], forms: dict[str, Any]) -> None:  # noqa: ANN401
    page.write(0, 0, "Harrowshire Safeguarding Children Partnership", forms["bold"])
    page.write(1, 0, "Multi-agency action tracker, kept by hand")
    page.write_row(FIRST - 1, 0, HEADS, forms["bold"])
    page.set_column(OLD, OLD, None, None, {"hidden": True})
    for column in range(STRAY + 1):
        start = 0
        while start < len(rows):
            end = start + 1
            while end < len(rows) and column in rows[end].joined:
                end += 1
            cell, first = rows[start].cells[column], FIRST + start
            if end > start + 1 and cell is not None:
                page.merge_range(first, column, FIRST + end - 1, column, "")
            coloured = book.add_format({"bg_color": rows[start].filled}) if rows[start].filled else None
            if column == STATUS and coloured:
                page.write_blank(first, column, None, coloured)
            _write(page, first, column, cell, forms)
            start = end


def _write(page: Any, row: int, column: int, cell: Cell, forms: dict[str, Any]) -> None:  # noqa: ANN401
    if cell == "#REF!":
        page.write_formula(row, column, "=Old!#REF!", None, "#REF!")
    elif isinstance(cell, date):
        page.write_datetime(row, column, cell, forms["day"])
    elif cell is not None:
        page.write(row, column, cell)


def as_csv(*, mended: bool) -> bytes:
    """The sheet "Tracker" as a spreadsheet saves it in England: of merged cells only the first says something."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Harrowshire Safeguarding Children Partnership", *[""] * len(HEADS)])
    writer.writerow(["Multi-agency action tracker, kept by hand", *[""] * len(HEADS)])
    writer.writerows([[""] * (len(HEADS) + 1), [*HEADS, ""]])
    for row in lines(mended=mended):
        said = [None if column in row.joined else cell for column, cell in enumerate(row.cells)]
        writer.writerow([f"{cell:%d/%m/%Y}" if isinstance(cell, date) else cell for cell in said])
    return text.getvalue().encode("cp1252")


def many(count: int) -> bytes:
    """A clean tracker of `count` rows, each a recommendation of its own."""
    file = io.BytesIO()
    rows = clean()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        forms = {"day": book.add_format({"num_format": "dd/mm/yyyy"})}
        page = book.add_worksheet("Tracker")
        page.write_row(0, 0, HEADS)
        for number in range(count):
            cells = rows[number % len(rows)].cells[:]
            cells[NUMBER] = number + 1
            for column, cell in enumerate(cells):
                _write(page, 1 + number, column, cell, forms)
    return file.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "messy.xlsx": partial(as_xlsx, mended=False), "messy.csv": partial(as_csv, mended=False),
    "mended.xlsx": partial(as_xlsx, mended=True), "mended.csv": partial(as_csv, mended=True),
}  # fmt: skip

if __name__ == "__main__":
    for name, make in FILES.items():
        (DATA / name).write_bytes(make())

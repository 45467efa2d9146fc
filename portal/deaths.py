"""The figures of children's deaths: tables with their charts, confidential or for everybody, as page, file and PDF."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.death_backlog import backlog
from models.death_bands import Begins, Years
from models.death_figures import Cell, Table, figures
from models.rights import OF_DEATHS
from models.suppression import Mark
from models.time import day_of
from portal.exporting import Sheet, download
from portal.pages import Message
from portal.printing import CannotPrint, Printer, attached
from portal.visiting import Portal
from records.counted import counted, open_reviews

EARLIEST, MOST_YEARS = 1990, 30
USUAL_YEARS = 3
"""So many years are shown to whoever asks for none."""


@dataclass(frozen=True)
class Asked:
    """Which years, and for whom: everybody, or those who may know every count."""

    years: Years
    public: bool

    @property
    def query(self) -> str:
        years = self.years
        return (
            f"first={years.first}&last={years.last}&begins={years.begins.value}"
            f"{'&together=yes' if years.together else ''}{'&public=yes' if self.public else ''}"
        )

    @property
    def title(self) -> str:
        return f"Deaths of children, {self.years.span}"

    @property
    def file(self) -> str:
        return f"deaths-{self.years.first}-{self.years.last}{'-public' if self.public else ''}"


class Bar(NamedTuple):
    """One line of a chart: its label, what is printed beside its bar, and its share of the longest one in per cent."""

    label: str
    words: str
    share: float


def router(portal: Portal) -> APIRouter:  # noqa: C901 -- one function for each page
    pages, printer = APIRouter(), Printer()

    async def shown(request: Request, what: str) -> dict[str, Any] | Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(OF_DEATHS):
            return await portal.refuse(request, 403)
        asked = _asked(request, portal.clock())
        if asked is None:
            return await portal.refuse(request, 400)
        await portal.questions.note_read(visitor.person, "", what, portal.clock())
        rules = await portal.rules()
        threshold = rules.child_deaths.small_number if rules.child_deaths else _STRICT
        async with portal.there.database.reading() as session:
            deaths = await counted(session, asked.years)
            waiting = [] if asked.public else await open_reviews(session)
        made = await asyncio.to_thread(figures, deaths, asked.years)
        today = day_of(portal.clock())
        tables = (
            await asyncio.to_thread(made.public, threshold)
            if asked.public
            else (backlog(waiting, today), *made.confidential())
        )

        def words(cell: Cell) -> str:
            return words_of(cell, threshold)

        return {
            "asked": asked, "tables": tables, "notes": shared(tables), "words": words,
            "bars": {one.name: bars(one, words) for one in tables},
            "begins_items": [
                {"value": one.value, "text": one.words, "selected": one is asked.years.begins} for one in Begins
            ],
        }  # fmt: skip

    @pages.get("/deaths")
    async def page(request: Request) -> Response:
        found = await shown(request, "figures of deaths")
        if isinstance(found, Response):
            return found
        if form := request.query_params.get("as", ""):
            sheet = sheet_of(found["asked"], found["tables"], found["words"])
            return download(sheet, form) or await portal.refuse(request, 400)
        return await portal.page(request, "deaths.html", found["asked"].title, wide=True, **found)

    @pages.get("/deaths.pdf")
    async def as_file(request: Request) -> Response:
        found = await shown(request, "figures of deaths as PDF")
        if isinstance(found, Response):
            return found
        asked, rules = found["asked"], await portal.rules()
        template = portal.pages.get_template("deaths_print.html")
        html = template.render(title=asked.title, area=rules.area, now=portal.clock(), **found)
        try:
            made = await printer.as_pdf(html, portal.settings.address)
        except CannotPrint as error:
            return await portal.say(request, Message("This cannot be made as PDF", (error.words,)), 503)
        return attached(made, asked.file)

    return pages


_STRICT: Final = 5
"""Below this no count is for everybody, where the policy says nothing."""


def _asked(request: Request, now: datetime) -> Asked | None:
    """The years that were asked for, or the last ones; nothing where they cannot be."""
    said = request.query_params
    try:
        begins = Begins(said.get("begins", Begins.APRIL.value))
        today = day_of(now)
        this = Years(first=today.year, last=today.year, begins=begins).of(today)
        last = int(said.get("last") or this)
        first = int(said.get("first") or last - USUAL_YEARS + 1)
        if not EARLIEST <= first <= last <= this or last - first >= MOST_YEARS:
            return None
    except ValueError:
        return None
    years = Years(
        first=first, last=last, begins=begins, together=bool(said.get("together")), until=today.replace(day=1)
    )
    return Asked(years, bool(said.get("public")))


def shared(tables: Sequence[Table]) -> list[str]:
    """What is to be known of every table, and is said once."""
    first, *others = [one for one in tables if one.notes]
    return [note for note in first.notes if all(note in one.notes for one in others)]


def words_of(cell: Cell, threshold: int) -> str:
    """What is printed: the count, with its percentage where one is asked for; or why there is none."""
    match cell.mark:
        case Mark.FEW:
            return f"fewer than {threshold}"
        case Mark.WITHHELD:
            return "withheld"
        case _ if cell.count is None:
            return ""
        case _:
            return f"{cell.count} ({cell.percent}%)" if cell.percent is not None else str(cell.count)


def bars(table: Table, words: Any) -> list[Bar]:  # noqa: ANN401 -- the words of a cell
    """The last column as a chart: of several years it is all of them."""
    cells = [row.cells[-1] for row in table.rows]
    most = max((cell.count or 0 for cell in cells), default=0)
    return [
        Bar(row.label, words(cell), round(100 * cell.count / most, 1) if cell.count else 0)
        for row, cell in zip(table.rows, cells, strict=True)
    ]


def sheet_of(asked: Asked, tables: Sequence[Table], words: Any) -> Sheet:  # noqa: ANN401 -- the words of a cell
    """Every table below the other, as wide as the widest, with its title, its denominator and its notes."""
    rows: list[list[str]] = []
    for table in tables:
        rows += [[table.title], list(table.heads)]
        rows += [[row.label, *map(words, row.cells)] for row in (*table.rows, *((table.total,) if table.total else ()))]
        rows += [[note] for note in (table.denominator, *table.notes) if note] + [[]]
    wide = max((len(row) for row in rows), default=1)
    return Sheet(asked.file, [asked.title, *[""] * (wide - 1)], [[*row, *[""] * (wide - len(row))] for row in rows])

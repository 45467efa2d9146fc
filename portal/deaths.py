"""The figures of children's deaths: tables with their charts, confidential or for everybody, as page, file and PDF."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    """Which years, for whom (everybody, or those who may know every count), and of which area (empty: of all)."""

    years: Years
    public: bool
    area: str = ""
    title_of_area: str = ""

    @property
    def query(self) -> str:
        years = self.years
        return (
            f"first={years.first}&last={years.last}&begins={years.begins.value}"
            f"{'&together=yes' if years.together else ''}{'&public=yes' if self.public else ''}"
            f"{f'&area={self.area}' if self.area else ''}"
        )

    @property
    def title(self) -> str:
        return f"Deaths of children, {f'{self.title_of_area}, ' if self.area else ''}{self.years.span}"

    @property
    def file(self) -> str:
        area, public = f"-{self.area}" if self.area else "", "-public" if self.public else ""
        return f"deaths{area}-{self.years.first}-{self.years.last}{public}"


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
        rules = await portal.rules()
        deaths_of = rules.child_deaths
        areas = deaths_of.areas if deaths_of else {}
        asked, problems = _asked(request, areas, portal.clock())
        await portal.questions.note_read(visitor.person, "", what, portal.clock())
        threshold = deaths_of.small_number if deaths_of else _STRICT
        async with portal.there.database.reading() as session:
            deaths = await counted(session, asked.years, asked.area)
            waiting = [] if asked.public else await open_reviews(session, asked.area)
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
            "area_items": [
                {"value": name, "text": words, "selected": name == asked.area}
                for name, words in {"": "All areas", **areas}.items()
            ],
            "problems": problems, "said": request.query_params,
            "errors": [{"text": words, "href": f"#{field}"} for field, words in problems.items()],
        }  # fmt: skip

    @pages.get("/deaths")
    async def page(request: Request) -> Response:
        found = await shown(request, "figures of deaths")
        if isinstance(found, Response):
            return found
        form = request.query_params.get("as", "")
        if found["problems"] and not form:
            found |= {"tables": (), "notes": ()}
            return await portal.page(request, "deaths.html", "Deaths of children", status=400, wide=True, **found)
        if found["problems"]:
            return await portal.refuse(request, 400)
        if form:
            sheet = sheet_of(found["asked"], found["tables"], found["words"])
            return download(sheet, form) or await portal.refuse(request, 400)
        return await portal.page(request, "deaths.html", found["asked"].title, wide=True, **found)

    @pages.get("/deaths.pdf")
    async def as_file(request: Request) -> Response:
        found = await shown(request, "figures of deaths as PDF")
        if isinstance(found, Response):
            return found
        if found["problems"]:
            return await portal.refuse(request, 400)
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


def _asked(request: Request, areas: Mapping[str, str], now: datetime) -> tuple[Asked, dict[str, str]]:
    """What was asked for, and what is wrong with it by its field; the usual years in the place of what cannot be."""
    said, today, problems = request.query_params, day_of(now), dict[str, str]()
    begins = next((one for one in Begins if one.value == said.get("begins")), Begins.APRIL)
    this = Years(first=today.year, last=today.year, begins=begins).of(today)
    years = {"first": this - USUAL_YEARS + 1, "last": this}
    for name in ("last", "first"):
        typed = said.get(name) or str(years["last"] - USUAL_YEARS + 1 if name == "first" else this)
        if typed.isascii() and typed.isdigit() and EARLIEST <= int(typed) <= this:
            years[name] = int(typed)
        else:
            problems[name] = f"Enter the {name} year, from {EARLIEST} to {this}."
    if not problems and years["first"] > years["last"]:
        problems["first"] = "The first year is after the last one. Change one of them."
    if not problems and years["last"] - years["first"] >= MOST_YEARS:
        problems["first"] = f"Ask for at most {MOST_YEARS} years together."
    area, public = said.get("area", ""), bool(said.get("public"))
    if area and (public or area not in areas):
        problems["area"] = (
            "What everybody may read is of all areas together: two sets of figures can be subtracted from each other."
            if area in areas
            else "Choose one of these areas."
        )
    if said.get("begins", begins.value) != begins.value:
        problems["begins"] = "Choose when a year begins."
    usual = Years(first=this - USUAL_YEARS + 1, last=this, begins=begins, until=today.replace(day=1))
    if problems:
        return Asked(usual, public), problems
    chosen = replace(usual, first=years["first"], last=years["last"], together=bool(said.get("together")))
    return Asked(chosen, public, area, areas.get(area, "")), {}


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

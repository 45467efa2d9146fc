"""The child death overview panel: its days, what is listed for each, and the anonymous papers that it reads."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import takewhile
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models import shelf
from models.calendar import WorkingDays
from models.clocks import add_months
from models.panels import meetings
from models.policy import Panel
from models.rights import DEATHS, PANEL, UNIT
from models.time import day_of
from portal.pages import Message, day
from portal.printing import CannotPrint, Printer, attached
from portal.visiting import Portal
from records.panels import Listed, before_panel, papers
from records.policies import in_force

PREPARES: Final = DEATHS | PANEL | UNIT
"""Who lists deaths and has the papers made; the panel gets them without a name."""
AHEAD = 12
"""So many months ahead the days of each panel are shown; later ones nothing can be listed for."""


def router(portal: Portal) -> APIRouter:  # noqa: C901 -- one function for each page
    pages, printer = APIRouter(), Printer()

    async def rules() -> tuple[Mapping[str, Panel], WorkingDays | None]:
        async with portal.there.database.reading() as session:
            names = await in_force(session)
        deaths = shelf.policy(names[0]).child_deaths if names else None
        return (deaths.panels, shelf.days(names[1])) if names and deaths else ({}, None)

    @pages.get("/deaths/panels")
    async def panels(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(PREPARES):
            return await portal.refuse(request, 403)
        async with portal.there.database.reading() as session:
            found = await before_panel(session)
        await portal.questions.note_read(visitor.person, "", "panels", portal.clock())
        known, work = await rules()
        today = day_of(portal.clock())
        listed = {name: [each for each in found if each.on and each.panels == (name,)] for name in known}
        days = {name: _days(one, listed[name], work, today) for name, one in known.items() if work}
        waits = [each for each in found if not each.on]
        return await portal.page(
            request,
            "panels.html",
            "Panels",
            back="/deaths",
            panels=[(name, known[name].title, list(found)) for name, found in days.items()],
            ready=[each for each in waits if not each.waits],
            waiting=[each for each in waits if each.waits],
            titles={name: one.title for name, one in known.items()},
        )

    async def packed(request: Request, panel: str, on: str, what: str) -> dict[str, Any] | Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(PREPARES):
            return await portal.refuse(request, 403)
        try:
            when = date.fromisoformat(on)
        except ValueError:
            return await portal.refuse(request, 404)
        async with portal.there.database.writing() as session:  # the family of a case is locked while it is read
            found = await papers(session, portal.there.vault, panel, when)
        known, _ = await rules()
        if not found or panel not in known:
            return await portal.refuse(request, 404)
        await portal.questions.note_read(visitor.person, "", what, portal.clock())
        title = f"{known[panel].title}, {day(when.isoformat())}: papers"
        return {"papers": found, "panel": panel, "on": when, "title": title}

    @pages.get("/deaths/panels/{panel}/{on}")
    async def page(request: Request, panel: str, on: str) -> Response:
        found = await packed(request, panel, on, "panel papers")
        if isinstance(found, Response):
            return found
        title = found.pop("title")
        return await portal.page(request, "panel.html", title, back="/deaths/panels", **found)

    @pages.get("/deaths/panels/{panel}/{on}/papers.pdf")
    async def as_file(request: Request, panel: str, on: str) -> Response:
        found = await packed(request, panel, on, "panel papers as PDF")
        if isinstance(found, Response):
            return found
        html = portal.pages.get_template("panel_print.html").render(
            area=(await portal.rules()).area, now=portal.clock(), **found
        )
        try:
            made = await printer.as_pdf(html, portal.settings.address)
        except CannotPrint as error:
            return await portal.say(request, Message("This cannot be made as PDF", (error.words,)), 503)
        return attached(made, f"panel-{found['panel']}-{found['on']}")

    return pages


def _days(
    one: Panel, listed: Sequence[Listed], work: WorkingDays, today: date
) -> Iterator[tuple[date, str, list[Listed]]]:
    """The days of a panel that are ahead, and every day for which something is listed: (day, theme, what is listed)."""
    ahead = takewhile(lambda on: on <= add_months(today, AHEAD), meetings(one, today, work))
    for on in sorted({*ahead, *(each.on for each in listed if each.on)}):
        yield on, one.themed.get(on, ""), [each for each in listed if each.on == on]

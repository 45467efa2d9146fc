"""The child death overview panel: its days, what is listed for each, and the anonymous papers that it reads."""

from datetime import date
from itertools import islice
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models import shelf
from models.panels import meetings
from models.rights import DEATHS, PANEL, UNIT
from models.time import day_of
from portal.pages import Message, day
from portal.printing import CannotPrint, Printer, attached
from portal.visiting import Portal
from records.panels import before_panel, papers
from records.policies import in_force

PREPARES: Final = DEATHS | PANEL | UNIT
"""Who lists deaths and has the papers made; the panel gets them without a name."""
AHEAD = 6
"""So many days of the panel are shown ahead."""


def router(portal: Portal) -> APIRouter:  # noqa: C901 -- one function for each page
    pages, printer = APIRouter(), Printer()

    async def days_ahead(today: date) -> list[date]:
        async with portal.there.database.reading() as session:
            names = await in_force(session)
        plan = shelf.policy(names[0]).child_deaths if names else None
        if names is None or plan is None or plan.panels is None:
            return []
        return list(islice(meetings(plan.panels, today, shelf.days(names[1])), AHEAD))

    @pages.get("/deaths/panels")
    async def panels(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(PREPARES):
            return await portal.refuse(request, 403)
        async with portal.there.database.reading() as session:
            found = await before_panel(session)
        await portal.questions.note_read(visitor.person, "", "panels", portal.clock())
        rules, ahead = await portal.rules(), await days_ahead(day_of(portal.clock()))
        themes = rules.child_deaths.panels.themed if rules.child_deaths and rules.child_deaths.panels else {}
        days = sorted({*ahead, *(one.on for one in found if one.on)})
        return await portal.page(
            request,
            "panels.html",
            "Panels",
            back="/deaths",
            days=[(on, themes.get(on, ""), [one for one in found if one.on == on]) for on in days],
            ready=[one for one in found if not one.on and not one.waits],
            waiting=[one for one in found if not one.on and one.waits],
        )

    async def packed(request: Request, on: str, what: str) -> dict[str, Any] | Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(PREPARES):
            return await portal.refuse(request, 403)
        try:
            when = date.fromisoformat(on)
        except ValueError:
            return await portal.refuse(request, 404)
        async with portal.there.database.writing() as session:  # the family of a case is locked while it is read
            found = await papers(session, portal.there.vault, when)
        if not found:
            return await portal.refuse(request, 404)
        await portal.questions.note_read(visitor.person, "", what, portal.clock())
        return {"papers": found, "on": when, "title": f"Panel of {day(when.isoformat())}: papers"}

    @pages.get("/deaths/panels/{on}")
    async def page(request: Request, on: str) -> Response:
        found = await packed(request, on, "panel papers")
        if isinstance(found, Response):
            return found
        return await portal.page(
            request, "panel.html", found["title"], back="/deaths/panels", papers=found["papers"], on=found["on"]
        )

    @pages.get("/deaths/panels/{on}/papers.pdf")
    async def as_file(request: Request, on: str) -> Response:
        found = await packed(request, on, "panel papers as PDF")
        if isinstance(found, Response):
            return found
        html = portal.pages.get_template("panel_print.html").render(
            area=(await portal.rules()).area, now=portal.clock(), **found
        )
        try:
            made = await printer.as_pdf(html, portal.settings.address)
        except CannotPrint as error:
            return await portal.say(request, Message("This cannot be made as PDF", (error.words,)), 503)
        return attached(made, f"panel-{found['on']}")

    return pages

"""The pack for the sub-group's next meeting, and the list of what is looked at between meetings; as page and as PDF.

References and what people owe; of a review the name by which it is known, of children none. Everybody finds in it what
they may see anyway.
"""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.agenda import Overdue, Period
from models.rights import CASE_WIDE, UNIT
from portal.pages import Message
from portal.printing import CannotPrint, Printer, attached
from portal.visiting import TITLES, Portal, Visitor
from records.agenda import Agendas

BETWEEN = UNIT | {"subgroup_chair"}
"""Who looks at what is outstanding between meetings."""


def router(portal: Portal) -> APIRouter:  # noqa: C901 -- one function for each page
    pages = APIRouter()
    agendas, printer = Agendas(portal.there.recorder), Printer()

    async def pack(request: Request, what: str) -> dict[str, Any] | Response:
        """All that the pack shows; or why there is none."""
        visitor, asked = await portal.signed_in(request), request.query_params
        until, for_all = asked.get("until", ""), bool(asked.get("for_all"))
        try:
            named = date.fromisoformat(until) if until else None
        except ValueError:
            return await portal.refuse(request, 400)
        agenda, of = await agendas.next(visitor.actor, portal.clock(), named, for_all=for_all)
        await portal.questions.note_read(visitor.person, "", what, portal.clock())
        return {
            "names": await portal.names(agenda.cases, visitor),
            "agenda": agenda, "of": of, "agencies": by_agency(agenda.overdue), "titles": TITLES,
            "directory": await portal.directory(), "between": looks_between(visitor), "for_all": for_all,
            "sees_all": bool(visitor.actor.anywhere(CASE_WIDE)),
        }  # fmt: skip

    async def outstanding(request: Request, what: str) -> dict[str, Any] | Response:
        """What is overdue, agency by agency, for those who meet between the meetings."""
        visitor = await portal.signed_in(request)
        return await pack(request, what) if looks_between(visitor) else await portal.refuse(request, 403)

    async def printed(request: Request, template: str, title: str, name: str, shown: dict[str, Any]) -> Response:
        rules, now = await portal.rules(), portal.clock()
        html = portal.pages.get_template(template).render(title=title, area=rules.area, now=now, **shown)
        try:
            made = await printer.as_pdf(html, portal.settings.address)
        except CannotPrint as error:
            return await portal.say(request, Message("This cannot be made as PDF", (error.words,)), 503)
        return attached(made, name)

    @pages.get("/subgroup")
    async def page(request: Request) -> Response:
        shown = await pack(request, "sub-group pack")
        if isinstance(shown, Response):
            return shown
        return await portal.page(request, "subgroup.html", _title(shown["of"]), wide=True, **shown)

    @pages.get("/subgroup.pdf")
    async def as_file(request: Request) -> Response:
        shown = await pack(request, "sub-group pack as PDF")
        if isinstance(shown, Response):
            return shown
        name = f"subgroup-{shown['of'].until}"
        return await printed(request, "subgroup_print.html", _title(shown["of"]), name, shown)

    @pages.get("/subgroup/between")
    async def between(request: Request) -> Response:
        shown = await outstanding(request, "list between meetings")
        if isinstance(shown, Response):
            return shown
        return await portal.page(request, "between.html", BETWEEN_TITLE, wide=True, back="/subgroup", **shown)

    @pages.get("/subgroup/between.pdf")
    async def between_as_file(request: Request) -> Response:
        shown = await outstanding(request, "list between meetings as PDF")
        if isinstance(shown, Response):
            return shown
        return await printed(request, "between_print.html", BETWEEN_TITLE, "between-meetings", shown)

    return pages


BETWEEN_TITLE = "Overdue recommendations, between meetings"


def looks_between(visitor: Visitor) -> bool:
    return bool(visitor.actor.anywhere(BETWEEN))


def by_agency(found: Iterable[Overdue]) -> list[tuple[str, list[Overdue]]]:
    """What is overdue by the agency that owes it; an agenda has it in that order."""
    return [(agency, list(of)) for agency, of in groupby(found, key=lambda one: one.agency)]


def _title(of: Period) -> str:
    return f"Sub-group pack, {of.until.day} {of.until:%B %Y}"

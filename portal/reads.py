"""Who opened what: for those offices that see every case, on a page and as a table."""

import re
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.command import REFERENCE
from models.lifecycles import COMMANDS
from models.rights import NAMED_OFFICES
from portal.exporting import Sheet, download
from portal.pages import moment
from portal.visiting import Portal
from records.questions import EVERY_READ

COLUMNS = ("When", "Who", "Case", "What")
SHOWN = 500
FORMS: Final[Mapping[str, str]] = {kind: f"Form: {one.TITLE}" for of in COMMANDS.values() for kind, one in of.items()}
"""What is read where a command is given: its form, with what stands beside it."""


def router(portal: Portal) -> APIRouter:
    pages = APIRouter()

    @pages.get("/reads")
    async def reads(request: Request) -> Response:
        visitor, asked, now = await portal.signed_in(request), request.query_params, portal.clock()
        if not visitor.actor.anywhere(NAMED_OFFICES):
            return await portal.refuse(request, 403)
        case, person, form = asked.get("case", "").strip().upper(), asked.get("person", ""), asked.get("as", "")
        about = case if re.fullmatch(REFERENCE, case) else ""  # what somebody typed may be a name
        await portal.questions.note_read(visitor.person, about, "reads exported" if form else "reads", now)
        most = EVERY_READ if form else SHOWN
        found = await portal.questions.reads(visitor.actor, now, case, person, most=most)
        if form:
            cells = [(one.at, one.name, one.case, what(one.what)) for one in found]
            return download(Sheet("reads", COLUMNS, cells), form) or await portal.refuse(request, 404)
        rows = [(moment(one.at), one.name, one.case, what(one.what)) for one in found]
        people = (await portal.directory()).people
        return await portal.page(
            request,
            "reads.html",
            "Who opened what",
            wide=True,
            rows=rows,
            columns=COLUMNS,
            most=SHOWN,
            people=sorted(((name, one.name) for name, one in people.items()), key=lambda one: one[1]),
            wanted={"case": case, "person": person},
        )

    return pages


def what(read: str) -> str:
    """What was opened, as people read it."""
    return FORMS.get(read) or read[:1].upper() + read[1:]

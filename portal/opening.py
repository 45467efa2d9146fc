"""The pages of commands that open a case: a review that was decided elsewhere, a register, a disagreement."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from door.refusals import NotConfirmed, Refusal
from models.case import Case
from models.command import Command
from models.facts import Problem
from models.lifecycles import COMMANDS, OPENINGS, OPENS
from models.rights import may_open
from portal.doing import BUTTONS
from portal.forms import DO, Form
from portal.giving import DONE, RECORD
from portal.pages import Link, Sheet
from portal.rows import fixed_for, rows_for
from portal.visiting import TITLES, Portal, Visitor, one_of, typed
from portal.ways_in import OPENED_AT
from records.drafts import Draft
from records.policies import in_force


@dataclass(frozen=True)
class Opening:
    """One of these commands, by one person, and the case that it would open, still empty."""

    visitor: Visitor
    kind: str
    fresh: Case

    @property
    def command(self) -> type[Command]:
        return COMMANDS[OPENINGS[self.kind]][self.kind]

    @property
    def address(self) -> str:
        return f"/open/{self.kind}"


def router(portal: Portal) -> APIRouter:  # noqa: C901 -- one function for each page
    pages = APIRouter()

    async def ready(request: Request, kind: str) -> Opening | Response:
        visitor = await portal.signed_in(request)
        if kind not in OPENS:
            return await portal.refuse(request, 404)
        if kind in OPENED_AT:
            return portal.go(OPENED_AT[kind])
        if isinstance(may_open(visitor.actor, kind, {}), Problem):
            return await portal.refuse(request, 403)
        async with portal.there.database.reading() as session:
            names = await in_force(session)
        assert names, "first_start puts a policy in force"
        fresh = Case(ref="", kind=OPENINGS[kind], policy=names[0], calendar=names[1], opened=portal.clock())
        return Opening(visitor, kind, fresh)

    async def kept(opening: Opening) -> Draft | None:
        return await portal.drafts.open(opening.visitor.person, "", opening.kind)

    async def keep(opening: Opening, form: Form) -> None:
        now = portal.clock()
        draft = await kept(opening) or await portal.drafts.begin(opening.visitor.person, "", opening.kind, now)
        await portal.drafts.save(draft.model_copy(update={"typed": form.typed}), now)

    async def form_of(opening: Opening, pairs: Sequence[tuple[str, str]] | None = None) -> Form:
        rows = rows_for(opening.fresh, opening.kind, await portal.directory(), opening.visitor.actor, [])
        fixed = fixed_for(opening.fresh, opening.kind, "", rows)
        if pairs is not None:
            return Form.posted(opening.command, pairs, rows, fixed)
        draft = await kept(opening)
        return Form.resumed(opening.command, draft.typed if draft else {}, rows, fixed)

    async def show(request: Request, opening: Opening, form: Form, asked: str = "", status: int = 200) -> Response:
        sheet = Sheet(
            form=form,
            action=opening.address,
            csrf=opening.visitor.form_token,
            request=asked or f"o-{uuid4().hex}",
            button=BUTTONS.get(opening.kind, RECORD),
            autosave=f"{opening.address}/save",
            caption=TITLES[OPENINGS[opening.kind]],
            intro=((opening.command.__doc__ or "").strip().split("\n")[0],),
            saved="Your draft is kept." if await kept(opening) else "",
            links=(Link("Cancel", "/cases"),),
        )
        title = opening.command.TITLE
        return await portal.page(request, "form.html", title, status=status, back="/cases", sheet=sheet)

    @pages.get("/open/{kind}")
    async def blank(request: Request, kind: str) -> Response:
        opening = await ready(request, kind)
        return opening if isinstance(opening, Response) else await show(request, opening, await form_of(opening))

    @pages.post("/open/{kind}/save")
    async def save(request: Request, kind: str) -> Response:
        pairs, opening = await typed(request), await ready(request, kind)
        if isinstance(opening, Response):
            return opening
        portal.check_token(request, one_of(pairs, "_csrf"), opening.visitor)
        if await portal.questions.recorded(one_of(pairs, "_request")):
            return Response(status_code=204)  # sent meanwhile: a late draft must not come back
        await keep(opening, await form_of(opening, [pair for pair in pairs if pair[0] != DO]))
        return await portal.fragment("saved.html", at=portal.clock())

    @pages.post("/open/{kind}")
    async def give(request: Request, kind: str) -> Response:
        pairs, opening = await typed(request), await ready(request, kind)
        if isinstance(opening, Response):
            return opening
        asked = one_of(pairs, "_request")
        portal.check_token(request, one_of(pairs, "_csrf"), opening.visitor)
        form = await form_of(opening, pairs)
        if not await portal.questions.recorded(asked):
            await keep(opening, form)
        if form.reshaped:
            return await show(request, opening, form, asked)
        command, form = form.checked(portal.clock())
        if command is None:
            return await show(request, opening, form, asked, 422)
        try:
            done = await portal.door.open(opening.visitor.actor, kind, form.answers, asked)
        except NotConfirmed as refusal:
            return await show(request, opening, form.refused(refusal.problems), asked, refusal.status)
        except Refusal as refusal:
            # A new request: the old one was answered, and what is sent next may have other words.
            return await show(request, opening, form.refused(refusal.problems), "", refusal.status)
        if draft := await kept(opening):
            await portal.drafts.save(draft.model_copy(update={"done": done.case}), portal.clock())
        return portal.go(f"/cases/{done.case}?{DONE}={done.fact.number}")

    return pages

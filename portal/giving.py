"""The page of every command that a case takes: shown, kept as it is typed, previewed where dates move, and given."""

from collections.abc import Sequence
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from door.refusals import NotConfirmed, OtherBody, Refusal
from models.command import Command
from models.facts import Problem
from models.lifecycles import COMMANDS
from models.preview import Move, preview
from portal.doing import BUTTONS, stands_in_the_way
from portal.forms import DO, Form
from portal.happened import mark_words, title_of
from portal.pages import Link, Message, Sheet
from portal.rows import fixed_for, rows_for
from portal.visiting import TITLES, Portal, Visitor, one_of, typed
from records.questions import CaseView

SHOWN_BEFORE = frozenset({"correct", "suspend", "review_suspension", "answer_time", "adopt_calendar", "adopt_policy"})
"""Commands that move dates: what they move is shown before they are recorded."""

DONE = "done"


    # Commands

    async def form_for(visitor: Visitor, view: CaseView, kind: str, about: str, pairs: Sequence[tuple[str, str]] | None = None) -> Form:
        people = await portal.questions.children(view.state.said.get("referral", view.ref)) if view.whole else []
        rows = rows_for(view.state, kind, await portal.directory(), visitor.actor, people)
        fixed = fixed_for(view.state, kind, about)
        command = COMMANDS[view.kind][kind]
        if pairs is not None:
            return Form.posted(command, pairs, rows, fixed)
        draft = await portal.drafts.open(visitor.person, view.ref, f"{kind}/{about}")
        return Form.resumed(command, draft.typed if draft else {}, rows, fixed)

    async def show(  # noqa: PLR0913 -- the parts of the page
        request: Request, visitor: Visitor, view: CaseView, kind: str, about: str, form: Form, asked: str, status: int = 200, moves: Sequence[tuple[str, ...]] | None = None
    ) -> Response:
        command = COMMANDS[view.kind][kind]
        draft = await portal.drafts.open(visitor.person, view.ref, f"{kind}/{about}")
        query = f"?about={about}" if about else ""
        sheet = Sheet(
            form=form, action=f"/cases/{view.ref}/{kind}{query}", csrf=visitor.form_token, request=asked or f"w-{uuid4().hex}",
            button="Record this" if moves is None else "Yes, record this", autosave=f"/cases/{view.ref}/{kind}/save{query}",
            caption=f"{TITLES[view.kind]} {view.ref}", intro=_intro(view, command, about), saved="Your draft is kept." if draft else "",
            links=(Link("Cancel", f"/cases/{view.ref}"),),
        )  # fmt: skip
        return await portal.page(
            request, "command.html", command.TITLE, status=status, back=f"/cases/{view.ref}", sheet=sheet, seen=view.state.known, moves=moves
        )

    async def allowed(request: Request, ref: str, kind: str) -> tuple[Visitor, CaseView] | Response:
        visitor = await portal.signed_in(request)
        view = await seen(request, visitor, ref, kind)
        if isinstance(view, Response):
            return view
        if kind not in COMMANDS[view.kind] or kind == "submit_referral":
            return await portal.refuse(request, 404)
        return (visitor, view) if kind in view.can else await portal.refuse(request, 403)

    @pages.get("/cases/{ref}/{kind}")
    async def open_command(request: Request, ref: str, kind: str) -> Response:
        found = await allowed(request, ref, kind)
        if isinstance(found, Response):
            return found
        visitor, view = found
        about = request.query_params.get("about", "")
        if _needs(COMMANDS[view.kind][kind], "obligation") and about not in view.state.obligations:
            return await portal.refuse(request, 404)
        if kind == "correct" and about not in view.state.marks:
            return await portal.refuse(request, 404)
        return await show(request, visitor, view, kind, about, await form_for(visitor, view, kind, about), "")

    @pages.post("/cases/{ref}/{kind}/save")
    async def save(request: Request, ref: str, kind: str) -> Response:
        found = await allowed(request, ref, kind)
        if isinstance(found, Response):
            return found
        visitor, view = found
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), visitor)
        about = request.query_params.get("about", "")
        if await portal.questions.recorded(one_of(pairs, "_request")):
            return Response(status_code=204)  # sent meanwhile: a late draft must not come back
        form = await form_for(visitor, view, kind, about, [pair for pair in pairs if pair[0] != DO])
        await keep(visitor, view, kind, about, form)
        return await portal.fragment("saved.html", at=portal.clock())

    async def keep(visitor: Visitor, view: CaseView, kind: str, about: str, form: Form) -> None:
        draft = await portal.drafts.open(visitor.person, view.ref, f"{kind}/{about}")
        draft = draft or await portal.drafts.begin(visitor.person, view.ref, f"{kind}/{about}", portal.clock())
        await portal.drafts.save(draft.model_copy(update={"typed": form.typed}), portal.clock())

    @pages.post("/cases/{ref}/{kind}")
    async def give(request: Request, ref: str, kind: str) -> Response:
        found = await allowed(request, ref, kind)
        if isinstance(found, Response):
            return found
        visitor, view = found
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), visitor)
        about, asked = request.query_params.get("about", ""), one_of(pairs, "_request")
        form = await form_for(visitor, view, kind, about, pairs)
        await keep(visitor, view, kind, about, form)
        if form.reshaped:
            return await show(request, visitor, view, kind, about, form, asked)
        command, form = form.checked()
        if command is None:
            return await show(request, visitor, view, kind, about, form, asked, 422)
        if kind in SHOWN_BEFORE and not one_of(pairs, "_shown"):
            form = form.refused(command.impossible(portal.clock()))
            moves = None if form.problems else _moves(portal, visitor, view.state, command)
            if moves is not None:
                return await show(request, visitor, view, kind, about, form, asked, moves=moves)
        known = one_of(pairs, "_seen")
        try:
            done = await portal.door.act(
                visitor.actor, ref, kind, form.answers, asked, int(known) if known.isdigit() else None
            )
        except NotConfirmed as refusal:
            return await show(request, visitor, view, kind, about, form.refused(refusal.problems), asked, refusal.status)
        except Refusal as refusal:
            # A new request: the old one was answered, and what is sent next may have other words.
            return await show(request, visitor, view, kind, about, form.refused(refusal.problems), "", refusal.status)
        draft = await portal.drafts.open(visitor.person, ref, f"{kind}/{about}")
        if draft is not None:
            await portal.drafts.save(draft.model_copy(update={"done": str(done.fact.number)}), portal.clock())
        return portal.go(f"/cases/{ref}?{DONE}={done.fact.number}")


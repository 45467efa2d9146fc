"""The board, the page of a case, and the page of every command that a case takes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from fastapi import APIRouter
from icalendar import Calendar, Event
from starlette.requests import Request
from starlette.responses import Response

from door.refusals import NotConfirmed, Refusal
from models.case import Case
from models.command import Command, split
from models.fold import after
from models.lifecycles import COMMANDS
from models.making import fact_of
from models.command import Signed
from models.facts import Problem
from models.policy import MARKS
from portal.forms import DO, Form
from portal.pages import Link, Sheet
from portal.rows import fixed_for, rows_for
from portal.said import answered
from portal.visiting import TITLES, Portal, Visitor, one_of, typed
from records.questions import CaseView, deadlines

SHOWN_BEFORE = frozenset({"correct", "suspend", "review_suspension", "answer_time", "adopt_calendar", "adopt_policy"})
"""Commands that move dates: what they move is shown before they are recorded."""

DONE = "done"


def router(portal: Portal) -> APIRouter:  # noqa: C901, PLR0915 -- one function for each page
    pages = APIRouter()

    @pages.get("/cases")
    async def board(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        wanted = {name: request.query_params.get(name, "") for name in ("kind", "colour", "closed")}
        lines = await portal.questions.board(visitor.actor, portal.clock(), closed=bool(wanted["closed"]))
        shown = [
            line
            for line in lines
            if wanted["kind"] in ("", line.kind) and wanted["colour"] in ("", line.colour.name.lower())
        ]
        directory = await portal.directory()
        return await portal.page(
            request, "board.html", "Cases", wide=True, lines=shown, all=len(lines), wanted=wanted, titles=TITLES, directory=directory
        )

    async def seen(request: Request, visitor: Visitor, ref: str, what: str) -> CaseView | Response:
        """The case as this visitor may see it, with the reading noted; or the page that says why not."""
        found = await portal.questions.case(ref, visitor.actor, portal.clock())
        if found is None:
            return await portal.refuse(request, 404)
        if isinstance(found, Problem):
            return await portal.refuse(request, 403)
        await portal.questions.note_read(visitor.person, ref, what, portal.clock())
        return found

    @pages.get("/cases/{ref}")
    async def case(request: Request, ref: str) -> Response:
        visitor = await portal.signed_in(request)
        view = await seen(request, visitor, ref, "case")
        if isinstance(view, Response):
            return view
        people = await portal.questions.children(view.state.said.get("referral", ref)) if view.whole else []
        wanted = view.state.said.get("children", [])
        return await portal.page(
            request, "case.html", f"{TITLES[view.kind]} {ref}", wide=True, back="/cases", view=view, titles=TITLES,
            children=[(number, child) for number, child in people if number in wanted],
            entries=[(entry, _title(view.kind, entry.kind), _said(view.kind, entry.kind, entry.words or entry.data)) for entry in reversed(view.entries)],
            commands=_commands(view), directory=await portal.directory(), marks={**MARKS["any"], **MARKS[view.kind]}, done=request.query_params.get(DONE, ""),
        )  # fmt: skip

    @pages.get("/cases/{ref}/chronology")
    async def chronology(request: Request, ref: str) -> Response:
        visitor = await portal.signed_in(request)
        view = await seen(request, visitor, ref, "chronology")
        if isinstance(view, Response):
            return view
        rows = sorted(
            (
                {**event, "agency": entry.agency, "number": entry.number}
                for entry in view.entries
                if entry.kind == "return_received"
                for event in (entry.words or {}).get("events", [])
            ),
            key=lambda row: row["on"],
        )
        wanted = {name: request.query_params.get(name, "") for name in ("agency", "significance")}
        shown = [row for row in rows if all(value in ("", row.get(name)) for name, value in wanted.items())]
        return await portal.page(
            request, "chronology.html", f"Chronology of {ref}", wide=True, back=f"/cases/{ref}", ref=ref, rows=shown, all=len(rows),
            wanted=wanted, directory=await portal.directory(),
        )  # fmt: skip

    @pages.get("/cases/{ref}/pack")
    async def pack(request: Request, ref: str) -> Response:
        visitor = await portal.signed_in(request)
        view = await seen(request, visitor, ref, "pack")
        if isinstance(view, Response):
            return view
        if not view.whole:
            return await portal.refuse(request, 403)
        kinds = ("return_received", "analysis_recorded", "meeting_arranged")
        papers = [(entry, _title(view.kind, entry.kind), _said(view.kind, entry.kind, entry.words or {})) for entry in view.entries if entry.kind in kinds]
        missing = [one for one in view.state.of_block("agency_return") if not one.ended]
        return await portal.page(
            request, "pack.html", f"Meeting pack of {ref}", wide=True, back=f"/cases/{ref}", view=view, papers=papers, missing=missing,
            directory=await portal.directory(),
        )  # fmt: skip

    @pages.get("/cases/{ref}/meeting.ics")
    async def invitation(request: Request, ref: str) -> Response:
        """The meeting for a calendar: reference, time and link, and nothing else."""
        visitor = await portal.signed_in(request)
        view = await seen(request, visitor, ref, "invitation")
        if isinstance(view, Response):
            return view
        arranged = next((entry for entry in reversed(view.entries) if entry.kind == "meeting_arranged"), None)
        moment = view.state.said.get("meeting_at")
        if moment is None:
            return await portal.refuse(request, 404)
        minutes = int(arranged.data["minutes"]) if arranged else 120
        return Response(_ics(ref, datetime.fromisoformat(moment), minutes, portal), media_type="text/calendar")

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

    return pages


def _commands(view: CaseView) -> list[tuple[str, str]]:
    """What this person can do now, as links: (kind, title)."""
    all_of_them = COMMANDS[view.kind]
    return [
        (kind, all_of_them[kind].TITLE)
        for kind in view.can
        if not _needs(all_of_them[kind], "obligation") and kind != "correct" and (kind == "reopen") == (view.state.closed is not None)
    ]


def _needs(command: type[Command], field: str) -> bool:
    return field in command.model_fields


def _title(lifecycle: str, fact: str) -> str:
    return next((one.TITLE for one in COMMANDS[lifecycle].values() if one.FACT == fact), fact.replace("_", " ").capitalize())


def _said(lifecycle: str, fact: str, words: dict[str, object]) -> list[tuple[str, str]]:
    command = next((one for one in COMMANDS[lifecycle].values() if one.FACT == fact), None)
    return answered(command, words) if command else []


def _intro(view: CaseView, command: type[Command], about: str) -> tuple[str, ...]:
    found = next((one for one in view.deadlines if one.key == about), None)
    lines = [(command.__doc__ or "").strip().split("\n")[0]]
    if found is not None:
        lines.append(f"This is about: {found.title}.")
    return tuple(line for line in lines if line)


def _moves(portal: Portal, visitor: Visitor, case: Case, command: Command) -> list[tuple[str, ...]] | None:
    """Which dates would move, and how: (what, now, then); None if the state does not allow it, so that the door says why."""
    from models.judging import judge

    now = portal.clock()
    body = {**split(command)[0], **command.also()}
    if judge(case, command.KIND, body, now):
        return None
    signed = Signed(request="preview", case=case.ref, kind=command.KIND, actor=visitor.person, body=body, asked=now)
    then = after(case, fact_of(case, signed, "", now))
    was = {one.key: one for one in deadlines(case, visitor.actor, now)}
    return [
        (one.title, str(was[one.key].due or ""), str(one.due or ""))
        for one in deadlines(then, visitor.actor, now)
        if one.key in was and was[one.key].due != one.due
    ]


def _ics(ref: str, begins: datetime, minutes: int, portal: Portal) -> bytes:
    from datetime import timedelta

    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//Case reviews//EN")
    calendar.add("version", "2.0")
    event.add("uid", f"{ref}-meeting@case-reviews")
    event.add("dtstamp", portal.clock())
    event.add("dtstart", begins)
    event.add("dtend", begins + timedelta(minutes=minutes))
    event.add("summary", f"Meeting {ref}")
    event.add("url", f"{portal.settings.address}/cases/{ref}")
    calendar.add_component(event)
    return calendar.to_ical()



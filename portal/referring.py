"""Ways in for professionals without an account: a form that is saved as it goes, resumed anywhere, sent once proven.

A serious incident is referred so, and the death of a child notified (portal/ways_in.py). Whoever holds the secret of
the form (in a cookie, or in the link that was mailed) owns it. Opening a mailed link shows a page; only its button uses
the link up, because mail scanners open links too.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from fastapi import APIRouter
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from door.refusals import Invalid, Refusal
from models.case import Case
from models.child_death import ChildDeath
from models.facts import Problem
from models.lifecycles import OPENINGS
from models.referral import ToldHow
from models.rights import REFERRER, Actor
from models.tables import OneTimeRow
from notifier.post import Mail, Post
from notifier.receipts import STATUS, receipt, status_link
from portal.forms import DO, STEPS, Form, steps
from portal.pages import Link, Message, Sheet
from portal.questions import Rows
from portal.said import Pair, answered
from portal.typed import text_in
from portal.visiting import Portal, code_in, cookie, one_of, typed
from portal.ways_in import DEATH, REFERRAL, WAYS, WayIn
from records.accounts import REPLACED
from records.drafts import Draft, owner_of
from records.sealing import fingerprint

KEPT_FOR = timedelta(days=60)
NOT_TOLD = "You are not told the outcome, for a reason that is on record. The business unit can say more"
LINK = "referral"
"""Mailed links: the newest of what somebody is writing, and those that ended with it."""
LINKS_A_DAY, A_DAY = 5, timedelta(days=1)
"""So many links a day go to one address, whoever asks for them."""
SAVED = "Everything that you typed is saved. If you asked for a link before, only the newest works."
MAILED = Message(
    "Check your e-mail",
    ("We send you a link. Open it and press the button on the page, on this device or another.", SAVED),
)
OFTEN = (
    f"{LINKS_A_DAY} links were made for this address within a day. Use the newest.",
    "Everything that you typed is saved. Tomorrow you can ask for another link.",
)
MAILED_OFTEN = Message("No more links today", OFTEN)
ELSEWHERE = (
    "What you type here is not saved: this {thing} is not open in this browser any more. It has been sent, or its "
    "link was opened on another device. Copy from this page what is not there yet, and go on there."
)
CHANGING = "change"
"""Says in the address of a page that somebody came from the check, and goes back there."""
LATER = "Save and come back later"
SPENT = f"This link has been used already or is too old. Ask for a new one with “{LATER}”."


def router(portal: Portal) -> APIRouter:
    pages = APIRouter()
    for way in WAYS:
        _journey(portal, way, pages)
    _statuses(portal, pages)
    return pages


def _journey(portal: Portal, way: WayIn, pages: APIRouter) -> None:  # noqa: C901, PLR0915 -- one function for each page of the journey
    """The pages of one way in: what it is, its questions page by page, the check, the receipt."""
    steps_of, path = steps(way.command), way.path
    elsewhere = ELSEWHERE.format(thing=way.thing)
    post = Post(portal.there.database, portal.there.vault)

    async def draft_of(request: Request) -> tuple[Draft | None, str]:
        """The referral that this browser is writing, and its owner."""
        visitor = await portal.visitor(request)
        token = cookie(request, way.cookie)
        owner = visitor.person if visitor else owner_of(token) if token else ""
        return (await portal.drafts.open(owner, "", way.command.KIND) if owner else None), owner

    async def rows_of() -> Rows:
        return way.rows(await portal.rules())

    def proves(draft: Draft, email: str) -> str:
        """What a link stands for: this referral, and the address to which it goes."""
        return f"{draft.id}/{portal.there.vault.look_up(email)}"

    async def proven(draft: Draft) -> bool:
        """Whether a link has been used that went to the address as it is typed now."""
        mine = select(OneTimeRow.id).where(
            OneTimeRow.purpose == LINK, OneTimeRow.subject == proves(draft, email_in(way, draft))
        )
        async with portal.there.database.reading() as session:
            return (await session.scalars(mine.where(OneTimeRow.used.is_not(None)))).first() is not None

    async def send_link(request: Request, draft: Draft, email: str) -> Response:
        """Mail a link by which this referral is found again, and its address proven. An earlier one ends with it."""
        now, proof = portal.clock(), proves(draft, email)
        async with portal.there.database.writing() as session:
            enough = await _sent_since(now - A_DAY, proof, session) >= LINKS_A_DAY
            if not enough:
                live = update(OneTimeRow).where(OneTimeRow.purpose == LINK, OneTimeRow.used.is_(None))
                await session.execute(
                    live.where(OneTimeRow.subject.startswith(f"{draft.id}/")).values(purpose=REPLACED)
                )
                token = await portal.accounts.link(session, LINK, proof, now + KEPT_FOR)
                text = (
                    f"You are writing a {way.thing} to the safeguarding children partnership.\n\n"
                    f"Open this page and press its button to go on:\n{portal.settings.address}{path}/return#{token}\n\n"
                    "If you did not ask for this, you need do nothing."
                )
                subject, link = f"Your {way.thing}: go on here", fingerprint(token)
                mail = Mail(to=email, subject=subject, text=text, written=now, link=link)
                await post.write(session, mail)
        if enough:
            return await portal.say(request, MAILED_OFTEN, 429)
        return await portal.say(request, MAILED if portal.mails else await by_hand())

    async def by_hand() -> Message:
        """Where no mail goes out: who passes the link on, and how to reach them."""
        write = f"write to {(await portal.rules()).area.contact_email}, without details of a child"
        words = (
            "This service sends no mail by itself. The business unit has been told that a link waits for you.",
            "They send it to the address that you gave. Open it and press its button, on this device or another.",
            f"If nothing comes, {write}. If a child is in danger now, call 999.",
            SAVED,
        )
        links = (Link("Mail of this demonstration", "/demonstration/mail"),) if portal.settings.demonstration else ()
        return Message("The business unit sends you the link", words, links=links)

    def sheet(draft: Draft | None, step: str, form: Form, token: str, query: str) -> Sheet:
        number = steps_of.index(step) + 1
        return Sheet(
            form=form,
            action=f"{path}/{step}{query}",
            csrf=token,
            request=draft.request if draft else "",
            button="Save and continue",
            step=step,
            autosave=f"{path}/{step}/save",
            caption=f"Step {number} of {len(steps_of)}",
            aside=LATER,
        )

    async def closed() -> Message | None:
        """That nothing is taken here: the policy in force does not know this kind of case."""
        rules = await portal.rules()
        if OPENINGS[way.command.KIND] in rules.lifecycles:
            return None
        words = f"To send it, write to {rules.area.contact_email}, without details of a child. They tell you how."
        return Message(f"{way.title}: this is not open yet", (words, "If a child is in danger now, call 999."))

    @pages.get(path)
    async def start(request: Request) -> Response:
        if said := await closed():
            return await portal.say(request, said)
        draft, _ = await draft_of(request)
        return await portal.page(request, way.start, way.title, draft=draft, way=way)

    @pages.post(path)
    async def begin(request: Request) -> Response:
        visitor = await portal.visitor(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        if await closed():
            return portal.go(path)
        draft, _ = await draft_of(request)
        answer = portal.go(f"{path}/{steps_of[0]}")
        if draft is None:
            token = secrets.token_urlsafe(32)
            await portal.drafts.begin(
                visitor.person if visitor else owner_of(token), "", way.command.KIND, portal.clock()
            )
            if not visitor:
                portal.give_cookie(request, answer, way.cookie, token, KEPT_FOR)
        return answer

    @pages.get(f"{path}/later")
    async def later(request: Request) -> Response:
        draft, _ = await draft_of(request)
        if draft is None:
            return portal.go(path)
        return await _later(request, email_in(way, draft))

    async def _later(request: Request, email: str, problem: str = "") -> Response:
        return await portal.page(
            request,
            "refer_later.html",
            "Come back later",
            status=422 if problem else 200,
            back=f"{path}/{steps_of[0]}",
            way=way,
            email=email,
            problem=problem,
        )

    @pages.post(f"{path}/later")
    async def mail_later(request: Request) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        draft, _ = await draft_of(request)
        if draft is None:
            return portal.go(path)
        email = one_of(pairs, "email").strip()
        problem = _email_problem(email)
        if problem:
            return await _later(request, email, problem)
        await portal.drafts.type(draft, {way.email: [email]}, portal.clock())
        return await send_link(request, draft, email)

    @pages.get(f"{path}/return")
    async def return_(request: Request) -> Response:
        return await portal.page(
            request,
            "token.html",
            f"Go on with your {way.thing}",
            action=f"{path}/return",
            button=f"Go on with my {way.thing}",
            words=("Press the button to prove your e-mail address and go on where you were.",),
            problem="",
        )

    @pages.post(f"{path}/return")
    async def prove(request: Request) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        async with portal.there.database.writing() as session:
            subject = await portal.accounts.use(session, code_in(pairs), LINK, portal.clock())
        if subject is None:
            return await portal.page(
                request,
                "token.html",
                f"Go on with your {way.thing}",
                status=422,
                action=f"{path}/return",
                button=f"Go on with my {way.thing}",
                words=(),
                problem=SPENT,
            )
        token = secrets.token_urlsafe(32)
        draft = await portal.drafts.hand_over(subject.partition("/")[0], owner_of(token), portal.clock())
        answer = portal.go(_onward(way, form_of(way, draft, await rows_of()), portal.clock()))
        portal.give_cookie(request, answer, way.cookie, token, KEPT_FOR)
        return answer

    @pages.get(f"{path}/check")
    async def check(request: Request) -> Response:
        draft, _ = await draft_of(request)
        if draft is None:
            return portal.go(path)
        command, form = form_of(way, draft, await rows_of()).checked(portal.clock())
        if form.problems:
            return portal.go(_onward(way, form_of(way, draft, await rows_of()), portal.clock()))
        visitor = await portal.visitor(request)
        return await portal.page(
            request,
            "refer_check.html",
            "Check your answers",
            back=f"{path}/{steps_of[-1]}",
            draft=draft,
            way=way,
            proven=bool(visitor) or await proven(draft),
            sections=_sections(way, form, steps_of),
            problems=(),
            likely=await portal.like(command, visitor.actor) if visitor and command else [],
        )

    @pages.post(f"{path}/check")
    async def send(request: Request) -> Response:
        pairs = await typed(request)
        visitor = await portal.visitor(request)
        portal.check_token(request, one_of(pairs, "_csrf"), visitor)
        draft, _ = await draft_of(request)
        if draft is None:
            return portal.go(path)
        form = form_of(way, draft, await rows_of())
        if visitor is None and not await proven(draft):
            if _email_problem(email_in(way, draft)):
                return portal.go(f"{path}/{steps_of[-1]}")
            return await send_link(request, draft, email_in(way, draft))
        try:
            sender = Actor(person=visitor.person if visitor else REFERRER)
            done = await portal.door.open(sender, way.command.KIND, form.answers, draft.request)
        except Invalid:
            return portal.go(_onward(way, form_of(way, draft, await rows_of()), portal.clock()))
        except Refusal as refusal:
            return await _again(request, draft, form, refusal)
        await portal.drafts.save(draft.model_copy(update={"done": done.case}), portal.clock())
        token = await receipt(portal.there, done.case, way.thing, str(form.answers[way.email]), portal.clock())
        answer = portal.go(f"{path}/received")
        portal.give_cookie(request, answer, STATUS, token, KEPT_FOR)
        portal.take_cookie(request, answer, way.cookie)
        return answer

    async def _again(request: Request, draft: Draft, form: Form, refusal: Refusal) -> Response:
        return await portal.page(
            request,
            "refer_check.html",
            "Check your answers",
            status=refusal.status,
            back=f"{path}/{steps_of[-1]}",
            draft=draft,
            way=way,
            proven=True,
            sections=_sections(way, form, steps_of),
            problems=refusal.problems,
            likely=[],
        )

    @pages.get(f"{path}/received")
    async def received(request: Request) -> Response:
        case = await status_case(portal, cookie(request, STATUS))
        if case is None:
            return portal.go(path)
        link = status_link(portal.there, cookie(request, STATUS))
        await portal.questions.note_read(REFERRER, case, "receipt", portal.clock())
        return await portal.page(request, way.received, f"{way.thing.capitalize()} received", case=case, link=link)

    @pages.get(f"{path}/{{step}}")
    async def show(request: Request, step: str) -> Response:
        draft, _ = await draft_of(request)
        if draft is None or step not in steps_of:
            return portal.go(path)
        form = form_of(way, draft, await rows_of())
        if request.query_params.get("check"):
            form = form_of(way, draft, await rows_of()).checked(portal.clock())[1].only(step)
        return await show_step(request, draft, step, form)

    async def show_step(request: Request, draft: Draft | None, step: str, form: Form, status: int = 200) -> Response:
        visitor = await portal.visitor(request)
        number, changing = steps_of.index(step), CHANGING in request.query_params
        before = f"{path}/{steps_of[number - 1]}" if number else path
        return await portal.page(
            request,
            "form.html",
            STEPS[step],
            status=status,
            back=f"{path}/check" if changing else before,
            sheet=sheet(draft, step, form, portal.token(request, visitor), f"?{CHANGING}=yes" if changing else ""),
        )

    @pages.post(f"{path}/{{step}}/save")
    async def autosave(request: Request, step: str) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        draft, _ = await draft_of(request)
        if step not in steps_of:
            return await portal.refuse(request, 404)
        if draft is None:
            return await portal.tell(request, Message("Not saved", (elsewhere,)), 409)
        form = form_of(way, draft, await rows_of()).with_step(step, [pair for pair in pairs if pair[0] != DO])
        await portal.drafts.save(draft.model_copy(update={"typed": form.typed}), portal.clock())
        return await portal.fragment("saved.html", at=portal.clock())

    @pages.post(f"{path}/{{step}}")
    async def keep(request: Request, step: str) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        draft, _ = await draft_of(request)
        if step not in steps_of:
            return portal.go(path)
        if draft is None:
            lost = Form.empty(way.command, await rows_of()).with_step(step, pairs)
            return await show_step(request, None, step, lost.refused([Problem(words=elsewhere)]), 409)
        form = form_of(way, draft, await rows_of()).with_step(step, pairs)
        draft = await portal.drafts.save(draft.model_copy(update={"typed": form.typed}), portal.clock())
        if one_of(pairs, "_aside"):
            return portal.go(f"{path}/later")
        if form.reshaped:
            return await show_step(request, draft, step, form)
        _, checked = form.checked(portal.clock(), step)
        if checked.problems:
            return await show_step(request, draft, step, checked, 422)
        following = len(steps_of) if CHANGING in request.query_params else steps_of.index(step) + 1
        return portal.go(f"{path}/{steps_of[following]}" if following < len(steps_of) else f"{path}/check")


def _statuses(portal: Portal, pages: APIRouter) -> None:
    """How far it has come, for whoever sent it and has the private link."""

    @pages.get("/status")
    async def status(request: Request) -> Response:
        case = await status_case(portal, cookie(request, STATUS))
        if case is None:
            return await portal.page(
                request,
                "token.html",
                "Status of what you sent",
                action="/status",
                button="Show the status",
                words=("This page shows how far what you sent has come. It never shows what it is about.",),
                problem="",
            )
        await portal.questions.note_read(REFERRER, case, "status by link", portal.clock())
        return await portal.page(
            request,
            "status.html",
            f"Status of your {way_of(case).thing}",
            case=case,
            thing=way_of(case).thing,
            steps=await _status(portal, case),
        )

    @pages.post("/status")
    async def show_status(request: Request) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        token = code_in(pairs)
        if await status_case(portal, token) is None:
            return await portal.page(
                request,
                "token.html",
                "Status of what you sent",
                status=422,
                action="/status",
                button="Show the status",
                words=(),
                problem="This is not a link that we sent. Copy the whole link from your receipt.",
            )
        first = update(OneTimeRow).where(OneTimeRow.id == fingerprint(token), OneTimeRow.used.is_(None))
        async with portal.there.database.writing() as session:
            await session.execute(first.values(used=portal.clock()))
        answer = portal.go("/status")
        portal.give_cookie(request, answer, STATUS, token)
        return answer


async def status_case(portal: Portal, token: str) -> str | None:
    async with portal.there.database.reading() as session:
        row = await portal.accounts.kept(session, token, STATUS)
    return row.subject if row is not None else None


def _onward(way: WayIn, form: Form, now: datetime) -> str:
    """Where the writer goes on: the check, or the first page with something to answer or to mend.

    What was not answered is not called wrong before its page was sent; what cannot be is said at once.
    """
    command, form = form.checked(now)
    if not form.problems:
        return f"{way.path}/check"
    return f"{way.path}/{form.step_at_fault or steps(way.command)[-1]}{'?check=yes' if command else ''}"


async def _sent_since(moment: datetime, subject: str, session: AsyncSession) -> int:
    """How many links went to this address, of whatever referral."""
    links = select(func.count()).where(OneTimeRow.purpose.in_((LINK, REPLACED)), OneTimeRow.until > moment + KEPT_FOR)
    return await session.scalar(links.where(OneTimeRow.subject.endswith(subject.partition("/")[2]))) or 0


def email_in(way: WayIn, draft: Draft) -> str:
    """The address of whoever writes it, as far as it is typed."""
    return text_in(draft.typed, way.email).strip()


def form_of(way: WayIn, draft: Draft, rows: Rows) -> Form:
    return Form.resumed(way.command, draft.typed, rows)


def _email_problem(email: str) -> str:
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        return "Enter an e-mail address in the correct form, like name@example.org."
    return ""


async def _status(portal: Portal, case: str) -> list[tuple[str, str, Any]]:
    """How far it has come, in plain steps, without a word of its content: (words, state, when)."""
    state = await portal.questions.state(case)
    assert state is not None
    if state.kind == "child_death":
        return _of_death(state)
    silent = state.said.get("told") == ToldHow.SILENCE
    considered = "triaged" in state.marks and not state.is_open("triage_again")
    told = considered and "referrer_told" in state.marks and not state.is_open("tell_referrer")

    def at(name: str, *, reached: bool) -> Any:  # noqa: ANN401 -- a moment, or nothing
        return state.marks[name].at if reached else None

    return [
        ("Received", "done", at("referral_received", reached=True)),
        ("Considered by the business unit", "done" if considered else "now", at("triaged", reached=considered)),
        (
            NOT_TOLD if told and silent else "You are told the outcome",
            "done" if told else "now" if considered else "later",
            at("referrer_told", reached=told),
        ),
        ("The referral is closed", "done" if state.closed else "later", state.closed),
    ]


def _of_death(state: Case) -> list[tuple[str, str, Any]]:
    """The same of the review of a death."""
    steps_: tuple[tuple[str, str], ...] = (
        ("Received", "death_notified"),
        ("Those who knew the child are asked for what they know", "information_requested"),
        ("They meet", "meeting_held"),
        ("The panel reviews the death", "panel_reviewed"),
        ("The family is told", "family_told"),
    )
    at = {mark: state.marks[mark].at for _, mark in steps_ if mark in state.marks}
    first = next((mark for _, mark in steps_ if mark not in at), "")
    found = [
        (words, "done" if mark in at else "now" if mark == first else "later", at.get(mark)) for words, mark in steps_
    ]
    return [*found, ("The review is closed", "done" if state.closed else "later", state.closed)]


def way_of(case: str) -> WayIn:
    """How what has this reference was sent."""
    return DEATH if case.startswith(ChildDeath.prefix) else REFERRAL


def _sections(way: WayIn, form: Form, steps_of: Sequence[str]) -> list[tuple[str, str, list[Pair]]]:
    """What was answered, page by page, in words: its head, its step, and each question with its answer."""
    names = {key: title for rows in form.rows.values() for key, title, _ in rows}
    return [(STEPS[step], step, answered(way.command, form.answers, step, names)) for step in steps_of]

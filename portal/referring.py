"""The referral: a form for professionals without an account, saved as it goes, resumed anywhere, sent once proven.

Whoever holds the secret of the form (in a cookie, or in the link that was mailed) owns it. Opening a mailed link shows
a page; only its button uses the link up, because mail scanners open links too.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from fastapi import APIRouter
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from door.door import REFERRER
from door.refusals import Invalid, Refusal
from models.facts import Problem
from models.referral import SubmitReferral, ToldHow
from models.tables import OneTimeRow
from notifier.post import Mail, Post
from notifier.receipts import STATUS, receipt, status_link
from portal.forms import DO, STEPS, Form, steps
from portal.pages import Link, Message, Sheet
from portal.said import answered
from portal.typed import text_in
from portal.visiting import Portal, code_in, cookie, one_of, typed
from records.accounts import REPLACED
from records.drafts import Draft, owner_of
from records.sealing import fingerprint

KIND, COOKIE = "submit_referral", "referral"
KEPT_FOR = timedelta(days=60)
PAGES = steps(SubmitReferral)
NOT_TOLD = "You are not told the outcome, for a reason that is on record. The business unit can say more"
LINK = "referral"
"""Mailed links: the newest of a referral, and those that ended with it."""
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
    "What you type here is not saved: this referral is not open in this browser any more. It has been sent, or its "
    "link was opened on another device. Copy from this page what is not there yet, and go on there."
)
CHANGING = "change"
"""Says in the address of a page that somebody came from the check, and goes back there."""
LATER = "Save and come back later"
SPENT = f"This link has been used already or is too old. Ask for a new one with “{LATER}”."


def router(portal: Portal) -> APIRouter:  # noqa: C901, PLR0915 -- one function for each page of the journey
    pages = APIRouter()
    post = Post(portal.there.database, portal.there.vault)

    async def draft_of(request: Request) -> tuple[Draft | None, str]:
        """The referral that this browser is writing, and its owner."""
        visitor = await portal.visitor(request)
        token = cookie(request, COOKIE)
        owner = visitor.person if visitor else owner_of(token) if token else ""
        return (await portal.drafts.open(owner, "", KIND) if owner else None), owner

    def proves(draft: Draft, email: str) -> str:
        """What a link stands for: this referral, and the address to which it goes."""
        return f"{draft.id}/{portal.there.vault.look_up(email)}"

    async def proven(draft: Draft) -> bool:
        """Whether a link has been used that went to the address as it is typed now."""
        mine = select(OneTimeRow.id).where(
            OneTimeRow.purpose == LINK, OneTimeRow.subject == proves(draft, email_in(draft))
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
                    "You are writing a referral to the safeguarding children partnership.\n\n"
                    f"Open this page and press its button to go on:\n{portal.settings.address}/refer/return#{token}\n\n"
                    "If you did not ask for this, you need do nothing."
                )
                subject, link = "Your referral: go on here", fingerprint(token)
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
        number = PAGES.index(step) + 1
        return Sheet(
            form=form,
            action=f"/refer/{step}{query}",
            csrf=token,
            request=draft.request if draft else "",
            button="Save and continue",
            step=step,
            autosave=f"/refer/{step}/save",
            caption=f"Step {number} of {len(PAGES)}",
            aside=LATER,
        )

    @pages.get("/refer")
    async def start(request: Request) -> Response:
        draft, _ = await draft_of(request)
        return await portal.page(request, "refer_start.html", "Refer a serious incident", draft=draft)

    @pages.post("/refer")
    async def begin(request: Request) -> Response:
        visitor = await portal.visitor(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        draft, _ = await draft_of(request)
        answer = portal.go(f"/refer/{PAGES[0]}")
        if draft is None:
            token = secrets.token_urlsafe(32)
            await portal.drafts.begin(visitor.person if visitor else owner_of(token), "", KIND, portal.clock())
            if not visitor:
                portal.give_cookie(request, answer, COOKIE, token, KEPT_FOR)
        return answer

    @pages.get("/refer/later")
    async def later(request: Request) -> Response:
        draft, _ = await draft_of(request)
        if draft is None:
            return portal.go("/refer")
        return await _later(request, email_in(draft))

    async def _later(request: Request, email: str, problem: str = "") -> Response:
        return await portal.page(
            request,
            "refer_later.html",
            "Come back later",
            status=422 if problem else 200,
            back=f"/refer/{PAGES[0]}",
            email=email,
            problem=problem,
        )

    @pages.post("/refer/later")
    async def mail_later(request: Request) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        draft, _ = await draft_of(request)
        if draft is None:
            return portal.go("/refer")
        email = one_of(pairs, "email").strip()
        problem = _email_problem(email)
        if problem:
            return await _later(request, email, problem)
        await portal.drafts.type(draft, {"referrer_email": [email]}, portal.clock())
        return await send_link(request, draft, email)

    @pages.get("/refer/return")
    async def return_(request: Request) -> Response:
        return await portal.page(
            request,
            "token.html",
            "Go on with your referral",
            action="/refer/return",
            button="Go on with my referral",
            words=("Press the button to prove your e-mail address and go on where you were.",),
            problem="",
        )

    @pages.post("/refer/return")
    async def prove(request: Request) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        async with portal.there.database.writing() as session:
            subject = await portal.accounts.use(session, code_in(pairs), LINK, portal.clock())
        if subject is None:
            return await portal.page(
                request,
                "token.html",
                "Go on with your referral",
                status=422,
                action="/refer/return",
                button="Go on with my referral",
                words=(),
                problem=SPENT,
            )
        token = secrets.token_urlsafe(32)
        draft = await portal.drafts.hand_over(subject.partition("/")[0], owner_of(token), portal.clock())
        answer = portal.go(_onward(draft, portal.clock()))
        portal.give_cookie(request, answer, COOKIE, token, KEPT_FOR)
        return answer

    @pages.get("/refer/check")
    async def check(request: Request) -> Response:
        draft, _ = await draft_of(request)
        if draft is None:
            return portal.go("/refer")
        command, form = _judged(draft, portal.clock())
        if form.problems:
            return portal.go(_onward(draft, portal.clock()))
        visitor = await portal.visitor(request)
        return await portal.page(
            request,
            "refer_check.html",
            "Check your answers",
            back=f"/refer/{PAGES[-1]}",
            draft=draft,
            proven=bool(visitor) or await proven(draft),
            sections=[(STEPS[step], step, answered(SubmitReferral, form.answers, step)) for step in PAGES],
            problems=(),
            likely=await portal.like(command, visitor.actor) if visitor and command else [],
        )

    @pages.post("/refer/check")
    async def send(request: Request) -> Response:
        pairs = await typed(request)
        visitor = await portal.visitor(request)
        portal.check_token(request, one_of(pairs, "_csrf"), visitor)
        draft, _ = await draft_of(request)
        if draft is None:
            return portal.go("/refer")
        form = Form.resumed(SubmitReferral, draft.typed)
        if visitor is None and not await proven(draft):
            if _email_problem(email_in(draft)):
                return portal.go(f"/refer/{PAGES[-1]}")
            return await send_link(request, draft, email_in(draft))
        try:
            done = await portal.door.refer(form.answers, draft.request, visitor.person if visitor else "referrer")
        except Invalid:
            return portal.go(_onward(draft, portal.clock()))
        except Refusal as refusal:
            return await _again(request, draft, form, refusal)
        await portal.drafts.save(draft.model_copy(update={"done": done.case}), portal.clock())
        token = await receipt(portal.there, done.case, str(form.answers["referrer_email"]), portal.clock())
        answer = portal.go("/refer/received")
        portal.give_cookie(request, answer, STATUS, token, KEPT_FOR)
        portal.take_cookie(request, answer, COOKIE)
        return answer

    async def _again(request: Request, draft: Draft, form: Form, refusal: Refusal) -> Response:
        return await portal.page(
            request,
            "refer_check.html",
            "Check your answers",
            status=refusal.status,
            back=f"/refer/{PAGES[-1]}",
            draft=draft,
            proven=True,
            sections=[(STEPS[step], step, answered(SubmitReferral, form.answers, step)) for step in PAGES],
            problems=refusal.problems,
            likely=[],
        )

    @pages.get("/refer/received")
    async def received(request: Request) -> Response:
        case = await status_case(cookie(request, STATUS))
        if case is None:
            return portal.go("/refer")
        link = status_link(portal.there, cookie(request, STATUS))
        await portal.questions.note_read(REFERRER, case, "receipt", portal.clock())
        return await portal.page(request, "refer_received.html", "Referral received", case=case, link=link)

    async def status_case(token: str) -> str | None:
        async with portal.there.database.reading() as session:
            row = await portal.accounts.kept(session, token, STATUS)
        return row.subject if row is not None else None

    @pages.get("/status")
    async def status(request: Request) -> Response:
        case = await status_case(cookie(request, STATUS))
        if case is None:
            return await portal.page(
                request,
                "token.html",
                "Status of your referral",
                action="/status",
                button="Show the status",
                words=("This page shows how far a referral has come. It never shows what it is about.",),
                problem="",
            )
        await portal.questions.note_read(REFERRER, case, "status by link", portal.clock())
        return await portal.page(
            request, "status.html", "Status of your referral", case=case, steps=await _status(portal, case)
        )

    @pages.post("/status")
    async def show_status(request: Request) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        token = code_in(pairs)
        if await status_case(token) is None:
            return await portal.page(
                request,
                "token.html",
                "Status of your referral",
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

    @pages.get("/refer/{step}")
    async def show(request: Request, step: str) -> Response:
        draft, _ = await draft_of(request)
        if draft is None or step not in PAGES:
            return portal.go("/refer")
        form = Form.resumed(SubmitReferral, draft.typed)
        if request.query_params.get("check"):
            form = _judged(draft, portal.clock())[1].only(step)
        return await show_step(request, draft, step, form)

    async def show_step(request: Request, draft: Draft | None, step: str, form: Form, status: int = 200) -> Response:
        visitor = await portal.visitor(request)
        number, changing = PAGES.index(step), CHANGING in request.query_params
        before = f"/refer/{PAGES[number - 1]}" if number else "/refer"
        return await portal.page(
            request,
            "form.html",
            STEPS[step],
            status=status,
            back="/refer/check" if changing else before,
            sheet=sheet(draft, step, form, portal.token(request, visitor), f"?{CHANGING}=yes" if changing else ""),
        )

    @pages.post("/refer/{step}/save")
    async def autosave(request: Request, step: str) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        draft, _ = await draft_of(request)
        if step not in PAGES:
            return await portal.refuse(request, 404)
        if draft is None:
            return await portal.tell(request, Message("Not saved", (ELSEWHERE,)), 409)
        form = Form.resumed(SubmitReferral, draft.typed).with_step(step, [pair for pair in pairs if pair[0] != DO])
        await portal.drafts.save(draft.model_copy(update={"typed": form.typed}), portal.clock())
        return await portal.fragment("saved.html", at=portal.clock())

    @pages.post("/refer/{step}")
    async def keep(request: Request, step: str) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        draft, _ = await draft_of(request)
        if step not in PAGES:
            return portal.go("/refer")
        if draft is None:
            lost = Form.empty(SubmitReferral).with_step(step, pairs)
            return await show_step(request, None, step, lost.refused([Problem(words=ELSEWHERE)]), 409)
        form = Form.resumed(SubmitReferral, draft.typed).with_step(step, pairs)
        draft = await portal.drafts.save(draft.model_copy(update={"typed": form.typed}), portal.clock())
        if one_of(pairs, "_aside"):
            return portal.go("/refer/later")
        if form.reshaped:
            return await show_step(request, draft, step, form)
        _, checked = form.checked(portal.clock(), step)
        if checked.problems:
            return await show_step(request, draft, step, checked, 422)
        following = len(PAGES) if CHANGING in request.query_params else PAGES.index(step) + 1
        return portal.go(f"/refer/{PAGES[following]}" if following < len(PAGES) else "/refer/check")

    return pages


def _judged(draft: Draft, now: datetime) -> tuple[SubmitReferral | None, Form]:
    """The whole referral, if it can be sent; and its form with every problem."""
    command, form = Form.resumed(SubmitReferral, draft.typed).checked(now)
    assert command is None or isinstance(command, SubmitReferral)
    return command, form


def _onward(draft: Draft, now: datetime) -> str:
    """Where the writer goes on: the check, or the first page with something to answer or to mend.

    What was not answered is not called wrong before its page was sent; what cannot be is said at once.
    """
    command, form = _judged(draft, now)
    if not form.problems:
        return "/refer/check"
    return f"/refer/{form.step_at_fault or PAGES[-1]}{'?check=yes' if command else ''}"


async def _sent_since(moment: datetime, subject: str, session: AsyncSession) -> int:
    """How many links went to this address, of whatever referral."""
    links = select(func.count()).where(OneTimeRow.purpose.in_((LINK, REPLACED)), OneTimeRow.until > moment + KEPT_FOR)
    return await session.scalar(links.where(OneTimeRow.subject.endswith(subject.partition("/")[2]))) or 0


def email_in(draft: Draft) -> str:
    """The referrer's address, as far as it is typed."""
    return text_in(draft.typed, "referrer_email").strip()


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

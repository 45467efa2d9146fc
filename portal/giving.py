"""The page of every command that a case takes: shown, kept as it is typed, previewed where dates move, and given."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from door.refusals import NotConfirmed, NotThere, Refusal
from models.case import Case, whole_item
from models.command import Command, split
from models.directory import Directory
from models.doing import stands_in_the_way
from models.facts import Problem
from models.files import asks_files
from models.judging import reach
from models.lifecycles import COMMANDS, OPENINGS
from models.listed import all_of
from models.offered import PURPOSES, decided_against
from models.panels import meetings
from models.preview import CannotBe, Move, preview
from models.rights import BY_RELATION, FOUR_EYES, access_of, actor_of, acts, second, sees
from models.shelf import days, policy
from models.standing import Deadline
from models.time import day_of
from models.titles import about, named
from models.tracking import Tracked
from portal.advising import advice
from portal.before import Earlier, came_of, was_closed
from portal.challenge import challenge_of
from portal.doing import ABOUT_ITEM, BUTTONS
from portal.forms import DO, Form
from portal.happened import Happened, mark_words, quorum_words, time_line
from portal.pages import Link, Sheet, by, day, moment
from portal.rows import fixed_for, rows_for, suggested_for, with_evidence
from portal.said import Pair
from portal.showing import Uploads
from portal.typed import text_in
from portal.uploads import Received, is_multipart, received
from portal.visiting import TITLES, Portal, Visitor, one_of, titles, typed
from records.drafts import Draft
from records.file_types import TAKEN
from records.files import in_words
from records.questions import CaseView, Newer
from records.sealing import fingerprint

ADOPTING: Final[Mapping[str, str]] = {"adopt_policy": "policy", "adopt_calendar": "calendar"}
"""Commands that let a case follow other rules; what they name is what is in force, so what moves is shown at once."""
SHOWN_BEFORE: Final = frozenset({"correct", "suspend", "review_suspension", "answer_time", *ADOPTING})
"""Commands that move dates: what they move is shown before they are recorded. So it is of what is entered late."""

CHALLENGED: Final = (
    "answer_disagreement", "respond_disagreement", "decide_disagreement", "change_risk", "withdraw_disagreement",
)  # fmt: skip
"""Commands of a disagreement that is going on: what it is about is shown beside each."""
BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "triage": ("referral_received", "triaged"),
    "answer_safety": (
        "referral_received",
        "triaged",
        "meeting_recorded",
        "submission_sent",
        "death_notified",
        "immediate_decisions_recorded",
        "siblings_safety_answered",
    ),
    "record_notification": ("opened",),
    "record_analysis": ("return_received",),
    "pass_on": ("triaged",),
    "record_review_learning": ("triaged",),
    "decide": ("analysis_recorded", "meeting_recorded", "decision_recorded", "event_recorded", "panel_answered"),
    "record_submission": ("decision_recorded",),
    "send_information": ("panel_answered",),
    "tell_referrer": ("triaged", "decision_recorded"),
    "record_immediate_decisions": ("death_notified", "death_entered"),
    "record_death_meeting": ("return_received",),
    "draft_analysis": ("death_meeting_held",),
    "complete_analysis": ("analysis_drafted", "panel_deferred"),
    "consider_review": (
        "death_notified",
        "death_entered",
        "immediate_decisions_recorded",
        "review_considered",
        "wait_reviewed",
    ),
    "settle_dispute": ("disputed",),
    "answer_time": ("time_asked",),
    "review_suspension": ("suspended", "suspension_reviewed"),
    **dict.fromkeys(CHALLENGED, ("disagreement_answered", "disagreement_responded", "risk_changed")),
}
"""What whoever fills in a form has to have read: shown beside it, folded."""

REFERRER: Final[Mapping[str, str]] = {
    "referrer_name": "Name",
    "referrer_role": "Role",
    "referrer_agency": "Organisation",
    "referrer_email": "E-mail address",
    "referrer_phone": "Telephone",
}
"""Whom to tell, of what the referral says."""

DONE = "done"
RECORD = "Record this"


@dataclass(frozen=True)
class Giving:
    """One command on one case by one person, about one obligation or date where it needs one."""

    visitor: Visitor
    view: CaseView
    kind: str
    about: str
    seen: int | None = None
    """The last fact on the page from which this was sent."""

    @property
    def command(self) -> type[Command]:
        return COMMANDS[self.view.kind][self.kind]

    @property
    def address(self) -> str:
        return f"/cases/{self.view.ref}/{self.kind}"

    @property
    def query(self) -> str:
        return f"?about={quote(self.about, safe='/')}" if self.about else ""

    @property
    def page(self) -> str:
        """The page to which it belongs: that of its recommendation, where it is about one, else that of its case."""
        one = whole_item(self.about) if self.kind in ABOUT_ITEM else ""
        return f"/cases/{self.view.ref}{f'/recommendations/{one}' if one else ''}"

    @property
    def draft(self) -> str:
        """The name under which what was typed is kept."""
        return f"{self.kind}/{self.about}"


class Giver:
    """What the pages of commands share."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    async def ready(
        self, request: Request, ref: str, kind: str, asked: str = "", *, shows: bool = True
    ) -> Giving | Response:
        """Who gives what on which case; or the page that says why that cannot be.

        `asked`: a request that was recorded already is let through, so that sending it twice is answered twice alike.
        `shows`: whether the answer shows anything of the case.
        """
        visitor = await self.portal.signed_in(request)
        view = await self.portal.seen(request, visitor, ref, kind if shows else "")
        if isinstance(view, Response):
            return view
        if kind not in COMMANDS[view.kind] or kind in OPENINGS:
            return await self.portal.refuse(request, 404)
        giving = Giving(visitor, view, kind, request.query_params.get("about", ""))
        if asked and await self.portal.questions.recorded(asked):
            return giving
        status = _barred(giving)
        return await self.portal.refuse(request, status) if status else giving

    async def received(self, request: Request, ref: str, kind: str) -> Received:
        """What was typed, and with which files. They are kept at once, for whoever typed into the form.

        That is whoever opened it, in whichever session of theirs; so that a session that has ended loses none.
        """
        if not is_multipart(request):
            return Received(await typed(request), [])

        async def keep(pairs: list[tuple[str, str]], name: str, content: AsyncIterator[bytes]) -> str:
            now, evidence = self.portal.clock(), self.portal.evidence
            person = await self.portal.typed_by(request, one_of(pairs, "_csrf"))
            asks = any(kind in of and asks_files(of[kind]) for of in COMMANDS.values())
            if not person or not asks:
                return ""
            actor = actor_of(await self.portal.directory(), person, now)
            try:
                return (await evidence.keep(actor, ref, name, content, now)).id
            except NotThere:
                return ""

        return await received(request, keep)

    async def with_files(self, giving: Giving, form: Form) -> Form:
        """The form with what is known of the files that stand in it."""
        if not form.asks_files:
            return form
        evidence = self.portal.evidence
        theirs = await evidence.theirs(giving.visitor.person, giving.view.ref, form.files)
        kept = {id_: f"{one.name}, {in_words(one.size)}" for id_, one in theirs.items()}
        return replace(form, uploads=Uploads(f"At most {in_words(evidence.files.most)}: {TAKEN}.", kept))

    async def form(self, giving: Giving, pairs: Sequence[tuple[str, str]] | None = None) -> Form:
        view, directory = giving.view, await self.portal.directory()
        people = await self.portal.questions.children(view.state.said.get("referral", view.ref)) if view.whole else []
        said = {entry.number: entry.words for entry in view.entries if entry.words}
        rows = rows_for(view.state, giving.kind, directory, giving.visitor.actor, people, giving.about, said)
        rows = with_evidence(rows, view.entries, giving.about)
        fixed = fixed_for(view.state, giving.kind, giving.about, rows)
        if pairs is not None:
            return Form.posted(giving.command, pairs, rows, fixed)
        draft = await self.kept(giving)
        if draft:
            return Form.resumed(giving.command, draft.typed, rows, fixed)
        return Form.filled(giving.command, suggested_for(view, giving.kind, giving.about), rows, fixed)

    async def kept(self, giving: Giving) -> Draft | None:
        return await self.portal.drafts.open(giving.visitor.person, giving.view.ref, giving.draft)

    async def keep(self, giving: Giving, form: Form) -> None:
        drafts, now = self.portal.drafts, self.portal.clock()
        draft = await self.kept(giving) or await drafts.begin(giving.visitor.person, giving.view.ref, giving.draft, now)
        await drafts.save(draft.model_copy(update={"typed": form.typed}), now)

    async def referrer(self, giving: Giving) -> list[Pair]:
        """Whoever is to be told of the outcome: name, office, address and telephone. A reading that is noted."""
        if giving.kind != "tell_referrer":
            return []
        now = self.portal.clock()
        said = await self.portal.questions.referral(giving.view, giving.visitor.actor, "referrer", now)
        return [(title, str(said[name])) for name, title in REFERRER.items() if said.get(name)]

    async def before(self, giving: Giving, form: Form) -> list[Earlier]:
        """What was recommended before that is like what is being written, once the door has asked to look at it."""
        asked = any(one.field == "seen" for one in form.problems)
        text = text_in(form.typed, "text")
        if giving.kind != "recommend" or not text or not (asked or text_in(form.typed, "seen")):
            return []
        found = await self.portal.door.said_before.like(text, giving.visitor.actor, self.portal.clock())
        return [Earlier(one, await self._came_of(one.line.of, giving.visitor)) for one in found]

    async def _came_of(self, of: Tracked, visitor: Visitor) -> list[Pair]:
        """How it was closed, and on what. It is read as on its own page, and that is noted as there."""
        if not was_closed(of):
            return []
        questions, now = self.portal.questions, self.portal.clock()
        await questions.note_read(visitor.person, of.case, f"recommendation {of.item}", now)
        entries = await questions.of_recommendation(of.case, of.item, visitor.actor, now)
        return came_of(of, entries, titles(await self.portal.rules()))

    async def drop(self, giving: Giving, fact: int) -> None:
        """What was typed has become a fact."""
        draft = await self.kept(giving)
        if draft is not None:
            await self.portal.drafts.save(draft.model_copy(update={"done": str(fact)}), self.portal.clock())

    def moves(self, giving: Giving, command: Command) -> list[Move] | None:
        """What has to be seen before this is recorded; none if nothing has, or if it cannot be recorded at all."""
        now = self.portal.clock()
        if giving.kind not in SHOWN_BEFORE and not command.is_late(now):
            return None
        state, body = giving.view.state, {**split(command)[0], **command.also()}
        if isinstance(acts(giving.visitor.actor, state, access_of(state, now), giving.kind, body), Problem):
            return None
        try:
            found = preview(state, [command], giving.visitor.person, now)
        except CannotBe:
            return None
        return found if found or giving.kind in SHOWN_BEFORE else None

    async def show(  # noqa: PLR0913, PLR0917 -- the parts of the page
        self,
        request: Request,
        giving: Giving,
        form: Form,
        asked: str = "",
        status: int = 200,
        moves: list[Move] | None = None,
        shown: str = "",
    ) -> Response:
        view, directory = giving.view, await self.portal.directory()
        form = await self.with_files(giving, form)
        button = BUTTONS.get(giving.kind, RECORD)
        sheet = Sheet(
            form=form,
            action=f"{giving.address}{giving.query}",
            csrf=giving.visitor.form_token,
            request=asked or f"w-{uuid4().hex}",
            button=button if moves is None else f"Yes, {button[0].lower()}{button[1:]}",
            autosave=f"{giving.address}/save{giving.query}",
            caption=f"{TITLES[view.kind]} {view.ref}",
            intro=_intro(giving, "" if giving.kind in ABOUT_ITEM else named(view.state, giving.about, directory)),
            saved="Your draft is kept." if await self.kept(giving) else "",
            links=(Link("Cancel", giving.page),),
        )
        names = {name: one.name for name, one in directory.agencies.items()}
        agency = text_in(form.typed, "agency") or form.fixed.get("agency", "")
        now, whole = self.portal.clock(), view.whole or giving.kind != "submit_return"
        asked_about = None if whole else await self.portal.questions.asked_about(view, giving.visitor.actor, now)
        getting = request.method == "GET"
        first = stands_in_the_way(view, giving.kind, agency, now, giving.about) if getting else ""
        return await self.portal.page(
            request,
            "command.html",
            giving.command.TITLE,
            status=status,
            back=giving.page,
            sheet=sheet,
            seen=view.state.known,
            pursued=_pursued(giving),
            moves=moves,
            shown=shown,
            agencies=names,
            first=first,
            notes=[] if first else _notes(giving, directory, now),
            asked=asked_about,
            referrer=await self.referrer(giving),
            challenge=challenge_of(view, directory) if giving.kind in CHALLENGED else [],
            beside=_beside(giving, directory),
            news=_news(giving, directory),
            likely=await self.portal.likely(view, giving.visitor.actor) if giving.kind == "triage" else [],
            before=await self.before(giving, form),
            advice=[] if getting else advice(view, giving.kind, form),
        )


def router(portal: Portal) -> APIRouter:  # noqa: C901 -- one function for each page
    pages, giver = APIRouter(), Giver(portal)

    @pages.get("/cases/{ref}/{kind}")
    async def open_command(request: Request, ref: str, kind: str) -> Response:
        giving = await giver.ready(request, ref, kind)
        if isinstance(giving, Response):
            return giving
        form = await giver.form(giving)
        if kind not in ADOPTING:
            return await giver.show(request, giving, form)
        adopted = giving.command.model_validate({ADOPTING[kind]: giving.about, "reason": "-"})
        return await giver.show(request, giving, form, moves=giver.moves(giving, adopted), shown=_as_shown(adopted))

    @pages.post("/cases/{ref}/{kind}/save")
    async def save(request: Request, ref: str, kind: str) -> Response:
        pairs = await typed(request)
        giving = await giver.ready(request, ref, kind, shows=False)
        if isinstance(giving, Response):
            return giving
        portal.check_token(request, one_of(pairs, "_csrf"), giving.visitor)
        if await portal.questions.recorded(one_of(pairs, "_request")):
            return Response(status_code=204)  # sent meanwhile: a late draft must not come back
        await giver.keep(giving, await giver.form(giving, [pair for pair in pairs if pair[0] != DO]))
        return await portal.fragment("saved.html", at=portal.clock())

    @pages.post("/cases/{ref}/{kind}")
    async def give(request: Request, ref: str, kind: str) -> Response:  # noqa: PLR0911 -- each answer that there is
        pairs, wrong = await giver.received(request, ref, kind)
        asked = one_of(pairs, "_request")
        giving = await giver.ready(request, ref, kind, asked)
        if isinstance(giving, Response):
            return giving
        portal.check_token(request, one_of(pairs, "_csrf"), giving.visitor)
        known = one_of(pairs, "_seen")
        giving = replace(giving, seen=int(known) if known.isascii() and known.isdigit() else None)
        form = await giver.form(giving, pairs)
        if wrong:
            form = form.refused(wrong)
        if not await portal.questions.recorded(asked):
            await giver.keep(giving, form)
        if form.reshaped:
            return await giver.show(request, giving, form, asked)
        command, form = form.checked(portal.clock())
        if command is None:
            return await giver.show(request, giving, form, asked, 422)
        shown = one_of(pairs, "_shown")
        advised = not shown and bool(advice(giving.view, kind, form))
        if shown != _as_shown(command) and not form.problems:  # else the door says what is wrong besides
            moves = giver.moves(giving, command)
            if moves is not None or advised:
                return await giver.show(request, giving, form, asked, moves=moves, shown=_as_shown(command))
        try:
            done = await portal.door.act(giving.visitor.actor, ref, kind, form.answers, asked, giving.seen)
        except NotConfirmed as refusal:
            return await giver.show(request, giving, form.refused(refusal.problems), asked, refusal.status)
        except Refusal as refusal:
            # A new request: the old one was answered, and what is sent next may have other words.
            again = form.refused(refusal.problems)
            shown = _as_shown(command) if advised else shown  # advice stands beside what is wrong, and is given once
            return await giver.show(request, giving, again, "", refusal.status, shown=shown)
        await giver.drop(giving, done.fact.number)
        return portal.go(f"{giving.page}?{DONE}={done.fact.number}")

    return pages


def _barred(giving: Giving) -> int:
    """The status with which this person is turned away; 0 if they are not. What is not theirs to see is not there."""
    if _is_about_nothing(giving):
        return 404
    if giving.kind == "submit_return" and not any(map(giving.visitor.actor.of_agency, giving.view.state.agencies)):
        return 403
    if giving.kind in ABOUT_ITEM and giving.kind in giving.view.may:
        about, state = {"item": giving.about}, giving.view.state
        access = access_of(state, state.opened)
        return 403 if isinstance(acts(giving.visitor.actor, state, access, giving.kind, about), Problem) else 0
    related = giving.kind not in BY_RELATION or any(one.mine for one in _deadlines(giving))
    waits = giving.kind in FOUR_EYES and isinstance(
        second(giving.visitor.actor, giving.view.state, giving.kind, giving.about), Problem
    )
    return 0 if giving.kind in giving.view.may and related and not waits else 403


def _deadlines(giving: Giving) -> list[Deadline]:
    """What is owed that this page is about, if whoever opens it may see it."""
    return [one for one in giving.view.deadlines if one.key == giving.about]


def _is_about_nothing(giving: Giving) -> bool:
    """Whether the address names something that is not there, or not theirs to see."""
    if giving.kind == "correct":
        return giving.about not in giving.view.state.marks
    if giving.kind in ADOPTING:
        return not _newer(giving)
    if giving.kind == "decide_duplicate":
        return False  # it names another case, which the form asks for
    if "item" in giving.command.model_fields:
        return not _is_theirs(giving)
    needs = bool({"obligation", "recommendation"} & set(giving.command.model_fields))
    return (needs or bool(giving.about)) and not _deadlines(giving)


def _is_theirs(giving: Giving) -> bool:
    """Whether the item that this page is about is there, and theirs to see; some pages ask for it themselves."""
    if giving.kind in ABOUT_ITEM:
        one = giving.view.state.recommendations.get(whole_item(giving.about))
        return one is not None and sees(giving.visitor.actor, giving.view.whole, one)
    return not giving.about or any(giving.about in {one.key, one.item} for one in giving.view.deadlines)


def _as_shown(command: Command) -> str:
    """Stands for the answers on which the dates hang: what is changed after it was shown is shown again."""
    return fingerprint(json.dumps(split(command)[0], sort_keys=True))


def _newer(giving: Giving) -> list[Newer]:
    """The rules in force that this page lets the case follow; none when it is about others, or follows them."""
    return [one for one in giving.view.newer if (one.kind, one.name) == (giving.kind, giving.about)]


def _intro(giving: Giving, about: str) -> tuple[str, ...]:
    first = (giving.command.__doc__ or "").strip().split("\n")[0]
    return tuple(line for line in (first, f"This is about: {about}." if about else "") if line)


def _pursued(giving: Giving) -> tuple[str, str]:
    """Which recommendation this is about, and its text as far as this person may read it; empty if about none."""
    state = giving.view.state
    one = state.obligations.get(giving.about)
    item = one.item if one else giving.about
    found = state.recommendations.get(whole_item(item))
    if found is None or not sees(giving.visitor.actor, giving.view.whole, found):
        return "", ""
    said = next((entry.words for entry in giving.view.entries if entry.number == found.fact), None) or {}
    number, words = item.partition(".")[2][1:], [str(said.get("text", ""))]
    if number.isdigit() and isinstance(said.get("actions"), list):
        words += [str(row["action"]) for row in said["actions"][int(number) - 1 : int(number)]]
    return about(state, item).capitalize(), "\n".join(words)


def _beside(giving: Giving, directory: Directory) -> list[Happened]:
    """What was recorded before that this form answers, the newest first."""
    kinds = BESIDE.get(giving.kind, ())
    one = giving.view.state.obligations.get(giving.about)
    found = [
        entry
        for entry in giving.view.entries
        if entry.kind in kinds
        and (not giving.about or giving.about == entry.data.get("obligation") or (one and one.since == entry.number))
    ]
    line = time_line(giving.view.state, found, directory)
    return [one for one in line if isinstance(one, Happened) and one.pairs]


def _news(giving: Giving, directory: Directory) -> list[Happened]:
    """What has been recorded since the page was opened from which this was sent, as far as this person sees it."""
    if giving.seen is None:
        return []
    found = [entry for entry in giving.view.entries if entry.number > giving.seen and entry.kind != "told"]
    return [one for one in time_line(giving.view.state, found, directory) if isinstance(one, Happened)]


def _notes(  # noqa: PLR0911 -- one answer for each kind of form
    giving: Giving, directory: Directory, now: datetime
) -> list[str]:
    """What stands at the head of a form: the text decided against, the date corrected, how far a date may reach."""
    case = giving.view.state
    if giving.kind == "correct" and giving.about in case.marks:
        words = mark_words(case, giving.about, directory)
        recorded = f"It is recorded that {words} on {moment(case.marks[giving.about].at)}."
        others = [ref for ref in (giving.view.parent, *giving.view.children) if ref and giving.about == "awareness"]
        return [recorded, *(f"{ref} keeps this date for itself: correct it there as well." for ref in others)]
    if giving.kind in ADOPTING:
        return [f"This case follows {one.was}. In force now is {one.then}." for one in _newer(giving)]
    if giving.kind == "record_meeting":
        return [quorum_words(case)]
    if giving.kind == "list_for_panel":
        return list(_panel_days(case, day_of(now)))
    if giving.kind == "complete_analysis":
        return [*_on_the_list(case), quorum_words(case, "child_death_panel")]
    if giving.kind in PURPOSES:
        _, text = decided_against(case, giving.kind)
        source = policy(case.policy).sources[text.source]
        return [f"Decided against: {text.title}. {source.citation}, {source.edition}."]
    one = case.obligations.get(giving.about)
    last = reach(case, giving.kind, one, now) if one else None
    if one is None or last is None or last < day_of(now):
        return []
    due = [f"It is due {by(one.due)}."] if one.due else []
    return [*due, f"The policy lets a date reach to {day(last)}."]


def _panel_days(case: Case, today: date) -> Iterator[str]:
    """When each panel that may review this death meets next."""
    deaths = policy(case.policy).child_deaths
    assert deaths is not None, "only the review of a child's death is listed for a panel"
    for plan in map(deaths.panels.__getitem__, deaths.panels_of(case.said.get("area", ""))):
        near = [day(on) for on in islice(meetings(plan, today, days(case.calendar)), 3)]
        yield f"{plan.title}: meets on {all_of(near)}."


def _on_the_list(case: Case) -> list[str]:
    on = case.said.get("panel_on")
    return [f"It is on the list for {day(on)}."] if on else []

"""What is read about a case beside its page: its dates, the chronology, the packs, the invitation. Each is noted."""

from datetime import date, datetime
from itertools import zip_longest
from typing import NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.clocks import Pause
from models.directory import Directory
from models.facts import Fact
from models.lifecycles import COMMANDS
from models.obligation import Ended
from models.policy import AgencyKind
from models.rapid_review import Significance, asked, gave_none, has_met
from models.referral import AnswerSafety, SubmitReferral
from models.shelf import policy
from models.standing import Deadline
from models.steps import came_about
from models.suspensions import looked_at_again, stopped_by
from models.time import day_of
from models.titles import about
from models.why import Explanation, explain
from portal.calendars import calendar_file, meeting_event
from portal.exporting import Sheet, download
from portal.happened import quorum_words, time_line
from portal.notification import Sender, fields
from portal.said import Pair, answered
from portal.visiting import Portal, Visitor
from records.questions import CaseView

TOLD_OF_IT = ("incident", "safety")
"""The parts of a referral that its meeting reads; who sent it is no part of the papers."""
OVERTAKEN = "siblings_safe"
"""What the referral says of the other children stands only until somebody has answered it again."""
PACKED = ("return_received", "return_not_given", "analysis_recorded", "meeting_arranged", "meeting_recorded")


class Stopped(NamedTuple):
    """A suspension of one clock. `proceedings`: for which it waits; `review`: by when it is looked at again."""

    pause: Pause
    authority: str
    proceedings: str
    review: datetime | None


def router(portal: Portal) -> APIRouter:  # noqa: C901, PLR0915 -- one function for each page
    pages = APIRouter()

    async def opened(
        request: Request, ref: str, what: str, *, whole: bool = False, for_meeting: bool = False
    ) -> CaseView | Response:
        visitor = await portal.signed_in(request)
        view = await portal.seen(request, visitor, ref, what, for_meeting=for_meeting)
        if isinstance(view, Response) or view.whole or not whole:
            return view
        return await portal.refuse(request, 403)

    @pages.get("/cases/{ref}/deadlines")
    async def deadlines(request: Request, ref: str) -> Response:
        view = await opened(request, ref, "deadlines")
        if isinstance(view, Response):
            return view
        facts, directory = await portal.questions.facts(ref), await portal.directory()
        told: dict[str, Explanation] = {}
        steps = came_about(facts)
        for one in view.deadlines:
            messages = await portal.questions.messages(ref, one.key)
            told[one.key] = explain(view.state, one.key, facts, messages, directory, portal.clock(), steps)
        return await portal.page(
            request,
            "deadlines.html",
            f"Deadlines of {ref}",
            wide=True,
            back=f"/cases/{ref}",
            view=view,
            told=told,
            suspended={one.key: _suspended(view, one) for one in view.deadlines},
            directory=directory,
        )

    @pages.get("/cases/{ref}/chronology")
    async def chronology(request: Request, ref: str) -> Response:
        asked = request.query_params
        form = asked.get("as", "")
        view = await opened(request, ref, "chronology exported" if form else "chronology")
        if isinstance(view, Response):
            return view
        directory = await portal.directory()
        wanted = {name: asked.get(name, "") for name in ("agency", "significance")}
        rows, absent = _events(view), _not_in_it(view, directory)
        shown = [row for row in rows if all(value in ("", row[name]) for name, value in wanted.items())]
        if form:
            cells = [
                (
                    date.fromisoformat(row["on"]),
                    directory.called(row["agency"]),
                    row["event"],
                    Significance(row["significance"]).words if row["significance"] else "",
                )
                for row in shown
            ]
            second = Sheet("Not in it", ("Agency", "Event"), absent) if absent else None
            heads = ("Date", "Agency", "Event", "Significance")
            answer = download(Sheet(f"chronology-{ref}", heads, cells, second), form)
            return answer or await portal.refuse(request, 404)
        agencies = {row["agency"]: directory.called(row["agency"]) for row in rows}
        return await portal.page(
            request,
            "chronology.html",
            f"Chronology of {ref}",
            wide=True,
            back=f"/cases/{ref}",
            ref=ref,
            whole=view.whole,
            rows=shown,
            all=len(rows),
            absent=absent,
            directory=directory,
            wanted=wanted,
            agencies=agencies,
            significances={one.value: one.words for one in Significance},
            significances_pairs=[(one.value, one.words) for one in Significance],
        )

    @pages.get("/cases/{ref}/pack")
    async def pack(request: Request, ref: str) -> Response:
        """Everything that whoever is asked to the meeting has to have read; it says of whom it is."""
        view = await opened(request, ref, "pack", whole=True, for_meeting=True)
        if isinstance(view, Response):
            return view
        directory, actor = await portal.directory(), (await portal.signed_in(request)).actor
        referral = await portal.questions.referral(view, actor, "pack", portal.clock())
        people = await portal.questions.children(str(view.state.said.get("referral", ref)))
        safety = await _safety(portal, view, ref)
        returns, absent = view.state.of_block("agency_return"), gave_none(view.state)
        line = time_line(view.state, [entry for entry in view.entries if entry.kind in PACKED], directory)
        return await portal.page(
            request,
            "pack.html",
            f"Meeting pack of {ref}",
            wide=True,
            back=f"/cases/{ref}",
            view=view,
            papers=line[::-1],
            arrived=[one for one in returns if one.ended not in {None, Ended.WITHDRAWN} and one.agency not in absent],
            withdrawn=sorted({one.agency for one in returns} - asked(view.state)),
            safety=safety,
            gave_none=absent,
            missing=[one for one in returns if not one.ended],
            analysed="analysis_recorded" in view.state.marks,
            events=_events(view),
            directory=directory,
            quorum=quorum_words(view.state),
            meeting=await portal.questions.meeting(view),
            met=has_met(view.state),
            children=[child for number, child in people if number in view.state.said.get("children", [])],
            referral=[
                pair
                for step in TOLD_OF_IT
                for pair in answered(SubmitReferral, {**referral, **({OVERTAKEN: None} if safety else {})}, step, {})
            ],
        )

    @pages.get("/cases/{ref}/meeting.ics")
    async def invitation(request: Request, ref: str) -> Response:
        """The meeting for a calendar: reference, time and link, and nothing else."""
        view = await opened(request, ref, "invitation")
        if isinstance(view, Response):
            return view
        moment = view.state.said.get("meeting_at")
        if moment is None:
            return await portal.refuse(request, 404)
        arranged = [fact for fact in await portal.questions.facts(ref) if fact.kind == "meeting_arranged"]
        event = meeting_event(
            ref,
            datetime.fromisoformat(moment),
            int(arranged[-1].data["minutes"]),
            portal.settings.address,
            portal.clock(),
            len(arranged),
        )
        file = calendar_file([event])
        headers = {"Content-Disposition": f'attachment; filename="meeting-{ref}.ics"'}
        return Response(file, media_type="text/calendar", headers=headers)

    @pages.get("/cases/{ref}/notification-pack")
    async def notification(request: Request, ref: str) -> Response:
        view = await opened(request, ref, "notification pack", whole=True)
        if isinstance(view, Response):
            return view
        referral = view.state.said.get("referral", ref)
        visitor, directory = await portal.signed_in(request), await portal.directory()
        source = view if referral == ref else await portal.questions.case(referral, visitor.actor, portal.clock())
        if not isinstance(source, CaseView):
            return await portal.refuse(request, 403)
        await portal.questions.note_read(visitor.person, referral, "notification pack", portal.clock())
        submitted = next((entry.words or {} for entry in source.entries if entry.kind == "referral_received"), {})
        children = await portal.questions.children(referral)
        if last := await _safe(portal, view, ref):
            words = await portal.questions.words(last)
            carers = words.get("siblings_words") or words.get("words", "")
            submitted = {**submitted, OVERTAKEN: last.data[OVERTAKEN], "carers": carers}
        due = next((one.due for one in view.deadlines if one.block == "submission"), None)
        wanted = view.state.said.get("children", [])
        return await portal.page(
            request,
            "notification.html",
            f"National notification of {ref}",
            back=f"/cases/{ref}",
            ref=ref,
            sections=fields(
                submitted,
                [child for number, child in children if number in wanted],
                _sender(visitor, view, directory),
                due,
                day_of(view.state.marks["awareness"].at),
            ),
        )

    return pages


async def _safe(portal: Portal, view: CaseView, ref: str) -> Fact | None:
    """The fact that says last whether the other children are safe; nothing if only the referral does."""
    before = await portal.questions.facts(str(view.state.said.get("referral", ref)))
    found = [fact for fact in (*before, *await portal.questions.facts(ref)) if fact.data.get(OVERTAKEN)]
    last = max(found, key=lambda fact: (fact.recorded, fact.case == ref, fact.number), default=None)
    return None if last is None or last.kind == SubmitReferral.FACT else last


async def _safety(portal: Portal, view: CaseView, ref: str) -> tuple[datetime, list[Pair]] | None:
    """Whether the other children are safe as it was answered last, and when; nothing if only the referral says it."""
    last = await _safe(portal, view, ref)
    if last is None:
        return None
    said = await portal.questions.words(last)
    names = (OVERTAKEN, "siblings_words", *(["words"] if last.kind == AnswerSafety.FACT else []))
    command = next(one for of_kind in COMMANDS.values() for one in of_kind.values() if last.kind == one.FACT)
    return last.occurred, answered(command, {name: said[name] for name in names if name in said})


def _suspended(view: CaseView, one: Deadline) -> list[Stopped]:
    made, review = stopped_by(one.key, view.entries), looked_at_again(view.state, one.key)
    return [
        Stopped(
            pause,
            str((entry.words or {}).get("authority", "")) if entry else "",
            about(view.state, str(entry.data["item"])) if entry and "item" in entry.data else "",
            None if pause.until else review,
        )
        for pause, entry in zip_longest(one.pauses, made[: len(one.pauses)])
    ]


def _sender(visitor: Visitor, view: CaseView, directory: Directory) -> Sender:
    authorities = [one.name for one in directory.agencies.values() if one.kind is AgencyKind.LOCAL_AUTHORITY]
    offices = policy(view.state.policy).offices
    roles = [offices[held.office].title for held in visitor.actor.offices if held.office in offices]
    return Sender(
        ", ".join(authorities), visitor.name, roles[0] if roles else "", directory.people[visitor.person].email
    )


def _not_in_it(view: CaseView, directory: Directory) -> list[tuple[str, str]]:
    """Each agency of which no event can stand in the chronology, and why not."""
    silent = gave_none(view.state)
    found = [
        (directory.called(entry.agency), f"did not contribute: {(entry.words or {}).get('reason', '')}")
        for entry in view.entries
        if entry.kind == "return_not_given" and entry.agency in silent
    ]
    awaited = [one.agency for one in view.state.of_block("agency_return") if one.ended is None] if view.whole else []
    return found + [(directory.called(agency), "has not answered yet") for agency in awaited]


def _events(view: CaseView) -> list[dict[str, str]]:
    """The lines of all returns, in the order of their dates."""
    found = [
        {
            "on": str(event["on"]),
            "event": str(event["event"]),
            "significance": str(event["significance"] or ""),
            "agency": entry.agency,
        }
        for entry in view.entries
        if entry.kind == "return_received"
        for event in (entry.words or {}).get("events", [])
    ]
    return sorted(found, key=lambda row: (row["on"], row["agency"]))

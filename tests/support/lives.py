"""How to bring a case into a state that accepts a command: one way for every command of every lifecycle."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, Protocol

import pytest

from door.adopting import with_holiday
from door.door import Done
from models.case import Case
from models.lifecycles import COMMANDS, REFERRING
from models.policy import Ladder, Span, Unit
from models.rapid_review import silent
from models.time import at as shown_at
from models.time import day_of
from records.opening import Installation
from records.policies import put_in_force
from tests.support.house import decision, of_death, referral, shipped_policy, triage
from tests.support.lives_of_deaths import Deaths, owing
from tests.support.lives_of_reviews import OVER, OWING, ways

MANAGER, DEPUTY, CHAIR, AUTHORITY, SUBGROUP = "p-018", "p-019", "p-021", "p-001", "p-020"
POLICE, ICB = "p-005", "p-008"
POLICE_AGENCY, ICB_AGENCY = "harrowshire-police", "harrowshire-icb"

ALL = [(lifecycle, kind) for lifecycle, kinds in COMMANDS.items() for kind in kinds]
"""Every kind of command, generated: a new one without a way to reach it fails the tests that use this table."""


def _by_turns() -> Iterator[tuple[str, str]]:
    homes: dict[str, list[str]] = {}
    for lifecycle, kind in ALL:
        homes.setdefault(kind, []).append(lifecycle)
    for number, (kind, lifecycles) in enumerate(homes.items()):
        yield lifecycles[number % len(lifecycles)], kind


EACH = list(_by_turns())
"""Every kind of command once; those that several kinds of case take by turns in one of them, so that each has some."""
_WHOLE = pytest.param(ALL, id="each in each kind of case", marks=[pytest.mark.proof, pytest.mark.timeout(1500)])
SOME_OR_ALL = pytest.mark.parametrize("commands", [
    pytest.param([*EACH[::3], ("rapid_review", "arrange_meeting")], id="each third command"), _WHOLE,
])  # fmt: skip
"""For a test that goes through the commands one after the other on a real engine or a database.

Together they tell everything that is ever told of a case: only the meeting's invitations are of one command alone.
"""


class Doer(Protocol):
    """Whoever can refer, act and look: the house with time skipping, and the one on the real engine."""

    there: Installation

    @property
    def now(self) -> datetime: ...
    async def refer(self, **answers: Any) -> Done: ...  # noqa: ANN401 -- the answers of a form
    async def open(self, person: str, kind: str, /, **answers: Any) -> Done: ...  # noqa: ANN401 -- the answers of a form
    async def act(self, person: str, case: str, kind: str, /, **answers: Any) -> Done: ...  # noqa: ANN401 -- the answers of a form
    async def case(self, ref: str) -> Case: ...
    async def child_of(self, ref: str) -> str: ...


class Next(NamedTuple):
    """A command that its case accepts now, and who gives it. Without a case it opens one."""

    person: str
    case: str
    kind: str
    answers: Mapping[str, Any]


class Owing(NamedTuple):
    """A fresh case in which somebody owes something, and a date of it that can be corrected."""

    person: str
    case: str
    obligation: str
    mark: str


Words = Callable[[str], str]
"""What is written into a private field, by a name for it: so that a test can find it again."""


def plain(field: str) -> str:
    return f"Words about {field.replace('_', ' ')}."


class Lives:
    """Brings cases to where a command is accepted."""

    def __init__(self, doer: Doer, words: Words = plain, answers: Mapping[str, Any] | None = None) -> None:
        self.doer, self.words, self._referral = doer, words, dict(answers or {})

    @property
    def child(self) -> Mapping[str, Any]:
        """What the test says of the child, if it says anything, as the notification of a death asks it."""
        return {
            name: value
            for child in self._referral.get("children", ())[:1]
            for name, value in child.items()
            if name in {"name", "born", "nhs_number", "address"}
        }

    async def ready(self, lifecycle: str, kind: str) -> Next:
        """A fresh case of this lifecycle, brought to where it accepts this command."""
        own: Mapping[str, Callable[[], Awaitable[Next]]] = {
            "referral": self._referral_commands(),
            "rapid_review": self._review_commands(),
        }.get(lifecycle, {})
        if kind in own:
            return await own[kind]()
        later = Deaths(self).ways() if lifecycle == "child_death" else ways(self, lifecycle)
        if kind in later:
            person, case, answers = await later[kind]()
            return Next(person, case, kind, answers)
        return await self._answer(lifecycle, kind)

    async def give(self, command: Next) -> Done:
        if command.kind == REFERRING:
            return await self.doer.refer(**command.answers)
        if not command.case:
            return await self.doer.open(command.person, command.kind, **command.answers)
        return await self.doer.act(command.person, command.case, command.kind, **command.answers)

    # Where a case can be.

    def referring(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
        return of_death({**referral(self.doer.now), **self._referral, **more})

    def triaging(self, route: str = "rapid_review") -> dict[str, Any]:
        said = triage(route)
        child = said["children"][0]
        child["reason"] = self.words("reason")
        child["criteria"] = [{**one, "reason": self.words("criterion")} for one in child["criteria"]]
        return {**said, "siblings_words": self.words("siblings_words")}

    async def received(self, **more: Any) -> str:  # noqa: ANN401 -- the answers of a form
        return (await self.doer.refer(**self.referring(**more))).case

    async def opened(self) -> str:
        """A rapid review that has just begun."""
        ref = await self.received()
        await self.doer.act(MANAGER, ref, "triage", **self.triaging())
        return await self.doer.child_of(ref)

    async def notified(self) -> str:
        ref = await self.opened()
        await self.doer.act(AUTHORITY, ref, "record_notification", **self.notifying())
        return ref

    def notifying(self) -> dict[str, Any]:
        return {"sent_at": self.moment(), "sent_by": self.words("sent_by"), "reference": self.words("reference")}

    async def asked(self) -> str:
        ref = await self.notified()
        await self.doer.act(MANAGER, ref, "request_information", **self.asking())
        return ref

    async def silent(self) -> str:
        """Asked under rules by which a return that is late already goes up its whole ladder at once."""
        known, sent = self.doer.now - timedelta(days=40), self.doer.now - timedelta(days=30)
        day = day_of(known).isoformat()
        ref = await self.received(incident_on=day, aware_at=day)
        await self.doer.act(MANAGER, ref, "triage", **self.triaging())
        review = await self.doer.child_of(ref)
        late = {"sent_at": sent.isoformat(), "late": self.words("late")}
        await self.doer.act(AUTHORITY, review, "record_notification", **{**self.notifying(), **late})
        await self.ask_in_vain(review)
        return review

    async def ask_in_vain(self, review: str) -> None:
        """Ask for returns that are overdue at once, and wait until everybody on their ladder has been told."""
        policy, _ = await other_rules(self.doer.there, self.doer.now)
        await self.doer.act(MANAGER, review, "adopt_policy", policy=policy, reason=self.words("reason"))
        await self.doer.act(MANAGER, review, "request_information", **self.asking())
        speak = getattr(self.doer, "speak", None)  # where no engine speaks by itself
        for _ in range(400):
            if silent(await self.doer.case(review), self.doer.now):
                return
            await (speak(review) if speak else asyncio.sleep(0.05))
        message = "the ladder was not gone up"
        raise AssertionError(message)

    def asking(self) -> dict[str, Any]:
        return {"agencies": [POLICE_AGENCY, ICB_AGENCY], "words": self.words("words")}

    def returning(self, agency: str = POLICE_AGENCY) -> dict[str, Any]:
        told = {name: self.words(name) for name in ("summary", "voice", "practice", "learning")}
        event = {"on": "2025-02-03", "event": self.words("event")}
        return {"agency": agency, "holds": "something", "events": [event], **told}

    def analysing(self) -> dict[str, Any]:
        return {name: self.words(name) for name in ("facts", "context", "practice", "learning", "immediate")}

    def meeting(self) -> dict[str, Any]:
        return {
            "held_at": self.moment(), "seats": ["independent_chair", "local_authority", "police", "icb"],
            "siblings_safe": "yes", "siblings_words": self.words("siblings_words"), "minutes": self.words("minutes"),
        }  # fmt: skip

    def deciding(self, outcome: str = "no_further_review", **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
        said = decision(outcome, self.doer.now, reasons=self.words("reasons"), **more)
        said["criteria"] = [{**one, "reason": self.words("criterion")} for one in said["criteria"]]
        first, *others = said["positions"]
        said["positions"] = [{**first, "position": "dissents", "words": self.words("position")}, *others]
        return said

    def submitting(self) -> dict[str, Any]:
        return {
            "sent_at": self.moment(), "siblings_safe": "yes", "siblings_words": self.words("siblings_words"),
            "reference": self.words("reference"),
        }  # fmt: skip

    def answering(self, position: str = "agrees") -> dict[str, Any]:
        return {"received_at": self.moment(), "position": position, "points": self.words("points")}

    def telling(self) -> dict[str, Any]:
        return {"how": "email", "words": self.words("words")}

    async def met(self) -> str:
        """Asked, answered by both agencies, analysed, met: ready to be decided."""
        ref = await self.asked()
        await self.doer.act(POLICE, ref, "submit_return", **self.returning())
        await self.doer.act(ICB, ref, "submit_return", agency=ICB_AGENCY, holds="nothing")
        await self.doer.act(CHAIR, ref, "record_analysis", **self.analysing())
        await self.doer.act(MANAGER, ref, "record_meeting", **self.meeting())
        return ref

    async def decided(self) -> str:
        ref = await self.met()
        await self.doer.act(CHAIR, ref, "decide", **self.deciding())
        return ref

    async def submitted(self) -> str:
        ref = await self.decided()
        await self.doer.act(MANAGER, ref, "record_submission", **self.submitting())
        return ref

    async def answered(self, position: str = "agrees") -> str:
        ref = await self.submitted()
        await self.doer.act(MANAGER, ref, "record_panel_answer", **self.answering(position))
        return ref

    async def closed(self, lifecycle: str) -> str:
        if lifecycle in OVER:
            ref = await OVER[lifecycle](self)
        elif lifecycle == "child_death":
            ref = await Deaths(self).over()
        elif lifecycle == "referral":
            ref = await self.received()
            await self.doer.act(MANAGER, ref, "triage", **self.triaging("no_further_action"))
            await self.doer.act(MANAGER, ref, "tell_referrer", **self.telling())
        else:
            ref = await self.answered()
            await self.doer.act(MANAGER, ref, "tell_referrer", **self.telling())
        assert (await self.doer.case(ref)).closed
        return ref

    # The commands of each lifecycle.

    def _referral_commands(self) -> dict[str, Callable[[], Awaitable[Next]]]:
        async def submit_referral() -> Next:
            return Next("referrer", "", "submit_referral", self.referring())

        async def triage_() -> Next:
            return Next(MANAGER, await self.received(), "triage", self.triaging())

        async def answer_safety() -> Next:
            ref = await self.received(
                others="yes", siblings_safe="not_known", safety_action=self.words("safety_action")
            )
            return Next(AUTHORITY, ref, "answer_safety", {"siblings_safe": "yes", "words": self.words("words")})

        async def notify_secretary_of_state() -> Next:
            ref = await triaged("notify_only", event="looked_after_death")
            return Next(AUTHORITY, ref, "notify_secretary_of_state", self.notifying())

        async def triaged(route: str, **more: Any) -> str:  # noqa: ANN401 -- the answers of a form
            ref = await self.received(**more)
            await self.doer.act(MANAGER, ref, "triage", **self.triaging(route))
            return ref

        async def pass_on() -> Next:
            said = {"body": "police", "sent_at": self.moment(), "sent_to": self.words("sent_to")}
            return Next(MANAGER, await triaged("pass_on"), "pass_on", {**said, "reference": self.words("reference")})

        async def record_review_learning() -> Next:
            said = {"learning": self.words("learning"), "changes": self.words("changes")}
            return Next(MANAGER, await triaged("alternative_review"), "record_review_learning", said)

        async def decide_duplicate() -> Next:
            other, ref = await self.received(), await self.received()
            said = {"other": other, "same": False, "reason": self.words("reason")}
            return Next(MANAGER, ref, "decide_duplicate", said)

        async def tell_referrer() -> Next:
            return Next(MANAGER, await triaged("no_further_action"), "tell_referrer", self.telling())

        return {
            "submit_referral": submit_referral, "triage": triage_, "answer_safety": answer_safety,
            "notify_secretary_of_state": notify_secretary_of_state, "pass_on": pass_on,
            "record_review_learning": record_review_learning, "decide_duplicate": decide_duplicate,
            "tell_referrer": tell_referrer,
        }  # fmt: skip

    def _review_commands(self) -> dict[str, Callable[[], Awaitable[Next]]]:
        def of(
            person: str, state: Callable[[], Awaitable[str]], kind: str, answers: Callable[[], dict[str, Any]]
        ) -> Callable[[], Awaitable[Next]]:
            async def made() -> Next:
                ref = await state()
                return Next(person, ref, kind, answers())

            return made

        async def more_wanted() -> str:
            return await self.answered("more_information")

        async def unsafe() -> str:
            ref = await self.asked()
            await self.doer.act(MANAGER, ref, "record_meeting", **{**self.meeting(), "siblings_safe": "no"})
            return ref

        now = self.moment
        return {
            "record_notification": of(AUTHORITY, self.opened, "record_notification", self.notifying),
            "withdraw_notification": of(
                AUTHORITY, self.asked, "withdraw_notification",
                lambda: {"withdrawn_at": now(), "reason": self.words("reason")},
            ),
            "request_information": of(MANAGER, self.notified, "request_information", self.asking),
            "withdraw_request": of(
                MANAGER, self.asked, "withdraw_request",
                lambda: {"agency": POLICE_AGENCY, "reason": self.words("reason")},
            ),
            "record_no_return": of(
                MANAGER, self.silent, "record_no_return",
                lambda: {"agency": POLICE_AGENCY, "reason": self.words("reason")},
            ),
            "submit_return": of(POLICE, self.asked, "submit_return", self.returning),
            "record_analysis": of(CHAIR, self.asked, "record_analysis", self.analysing),
            "arrange_meeting": of(
                MANAGER, self.asked, "arrange_meeting",
                lambda: {"at": (self.doer.now + timedelta(days=3)).isoformat(), "place": self.words("place")},
            ),
            "record_meeting": of(MANAGER, self.asked, "record_meeting", self.meeting),
            "decide": of(CHAIR, self.met, "decide", self.deciding),
            "record_submission": of(MANAGER, self.decided, "record_submission", self.submitting),
            "record_panel_answer": of(MANAGER, self.submitted, "record_panel_answer", self.answering),
            "send_information": of(
                MANAGER, more_wanted, "send_information", lambda: {"sent_at": now(), "words": self.words("words")}
            ),
            "record_event": of(
                MANAGER, self.notified, "record_event",
                lambda: {"event": "inquest", "happened_at": now(), "words": self.words("words")},
            ),
            "answer_safety": of(
                AUTHORITY, unsafe, "answer_safety", lambda: {"siblings_safe": "yes", "words": self.words("words")}
            ),
            "tell_referrer": of(MANAGER, self.answered, "tell_referrer", self.telling),
        }  # fmt: skip

    # What every case takes: about one obligation, answered by whoever owes it.

    async def _answer(self, lifecycle: str, kind: str) -> Next:  # noqa: C901, PLR0911, PLR0912 -- one case for each command
        if kind == "reopen":
            return Next(MANAGER, await self.closed(lifecycle), kind, {"reason": self.words("reason")})
        who, ref, about, mark = await self._owing(lifecycle)
        due = (await self.doer.case(ref)).obligations[about].due
        assert due is not None
        later = (day_of(due) + timedelta(days=2)).isoformat()
        reason = {"reason": self.words("reason")}
        asked = {"obligation": about, "until": later, **reason}
        suspended = {"obligation": about, "review": self.day(30), "authority": self.words("authority"), **reason}
        disputed = {"obligation": about, "ground": "done", "words": self.words("words")}
        match kind:
            case "promise":
                return Next(who, ref, kind, {"obligation": about, "until": self.day(1)})
            case "dispute":
                return Next(who, ref, kind, disputed)
            case "settle_dispute":
                await self.doer.act(who, ref, "dispute", **disputed)
                return Next(DEPUTY, ref, kind, {"obligation": about, "outcome": "still_owed", **reason})
            case "ask_time":
                return Next(who, ref, kind, asked)
            case "answer_time":
                await self.doer.act(who, ref, "ask_time", **asked)
                return Next(CHAIR, ref, kind, {"obligation": about, "granted": True, "until": later, **reason})
            case "suspend":
                return Next(CHAIR, ref, kind, suspended)
            case "review_suspension":
                await self.doer.act(CHAIR, ref, "suspend", **suspended)
                return Next(CHAIR, ref, kind, {"obligation": about, "outcome": "lift", **reason})
            case "correct":
                # Not yesterday, an hour after midnight either: the child may have died today.
                now = self.doer.now
                at = max(now - timedelta(hours=1), shown_at(day_of(now), time.min))
                return Next(MANAGER, ref, kind, {"mark": mark, "at": at.isoformat(), **reason})
            case "adopt_calendar" | "adopt_policy":
                policy, calendar = await other_rules(self.doer.there, self.doer.now)
                named = {"calendar": calendar} if kind == "adopt_calendar" else {"policy": policy}
                return Next(MANAGER, ref, kind, {**named, **reason})
            case "restrict":
                return Next(MANAGER, ref, kind, {"restricted": True, **reason})
            case "lock_out":
                return Next(MANAGER, ref, kind, {"person": SUBGROUP, "locked": True, **reason})
            case "let_in":
                return Next(MANAGER, ref, kind, {"person": POLICE, "until": self.day(5), **reason})
            case _:
                raise NotImplementedError(kind)

    async def _owing(self, lifecycle: str) -> Owing:
        match lifecycle:
            case "referral":
                return Owing(MANAGER, await self.received(), "triage", "referral_received")
            case "rapid_review":
                return Owing(MANAGER, await self.notified(), "submission", "national_notification_sent")
            case "child_death":
                return Owing(*await owing(self))
            case _:
                return Owing(*await OWING[lifecycle](self))

    def moment(self) -> str:
        return self.doer.now.isoformat()

    def day(self, ahead: int) -> str:
        return (day_of(self.doer.now) + timedelta(days=ahead)).isoformat()


def _at_once(ladder: Ladder) -> Ladder:
    """A ladder that is gone up to its top as soon as it is asked."""
    now = Span(n=0, unit=Unit.HOURS)
    rungs = [rung.model_copy(update={"after": "start", "delay": now}) for rung in ladder.rungs]
    return ladder.model_copy(update={"rungs": tuple(rungs)})


async def other_rules(there: Installation, now: datetime, holiday: date | None = None) -> tuple[str, str]:
    """A second policy and calendar that are kept but not in force: (policy, calendar). `holiday`: one of its own."""
    shipped = shipped_policy()
    calendar = shipped.calendar.model_copy(update={"version": "another", "horizon": date(2033, 12, 31)})
    if holiday:
        new = with_holiday(shipped, holiday, "A day proclaimed", shipped.calendar.proclaimed[0].source).calendar
        calendar = calendar.model_copy(update={"proclaimed": new.proclaimed})
    at_once = {name: _at_once(shipped.ladders[name]) for name in ("agency_return", "agency_form")}
    lifecycles, now_due = shipped.lifecycles, {"at_least": None}
    for kind, change in (
        ("rapid_review", now_due),
        ("child_death", {**now_due, "budget": Span(n=-1, unit=Unit.HOURS)}),
    ):
        block = lifecycles[kind]["agency_return"].model_copy(update=change)
        lifecycles = {**lifecycles, kind: {**lifecycles[kind], "agency_return": block}}
    rules = {"ladders": {**shipped.ladders, **at_once}, "lifecycles": lifecycles}
    second = shipped.model_copy(update={"version": "another", "calendar": calendar, **rules})
    async with there.database.writing() as session:
        names = await put_in_force(session, second, now)
        await put_in_force(session, shipped, now)
    return names

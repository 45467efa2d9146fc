"""Whether the state of a case allows a command. The workflow asks before it takes one, the transaction asks again.

What is allowed can be folded: the last question is always whether every clock that it would start stays within the
calendar, so that no accepted fact can make a case stand still.
"""

from datetime import date, datetime
from typing import Any

from models import recommending, shelf, spawning
from models.answers import ReviewOutcome, Settled, reaches
from models.calendar import OutsideCalendar
from models.case import Case
from models.clocks import furthest
from models.command import PAST
from models.facts import Problem
from models.fold import after, rules_of
from models.ladder import hushed_until
from models.lifecycles import COMMANDS, LIFECYCLES
from models.making import made
from models.obligation import Obligation
from models.order import out_of_order
from models.policy import Bounds, Reach, Span
from models.practice_review import was_over
from models.rapid_review import Outcome
from models.time import day_of

ACCESS = frozenset({"restrict", "lock_out", "let_in"})
CLOSED = "This case is closed. It can be reopened, with a reason."
OF_CLOSED = ACCESS | {"reopen"}
"""What a closed case takes: who may read it can still be changed."""
NO_SUCH_DATE = "A date in this lies where no calendar reaches. Check its year."
NO_GATE = "That policy has no gate of evidence, so what this case recommends could be neither answered nor closed."
NO_CALENDAR, NO_POLICY = "There is no calendar of this name.", "There is no policy of this name."
"""Said as well for what was put in force a moment ago, until the worker has loaded it."""


def judge(case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
    """Every reason, in words, why this cannot be done now; an empty list if it can."""
    try:
        problems = _allowed(case, kind, body, now)
        if not problems:
            problems = _tried(case, kind, body, now)
    except OutsideCalendar as error:
        return [Problem(words=str(error))]
    except OverflowError:
        return [Problem(words=NO_SUCH_DATE)]
    return problems


def beside(case: Case, kind: str, body: dict[str, Any], now: datetime, wrong: list[Problem]) -> list[Problem]:
    """What the state forbids in answers that are wrong already, so that all of it is said at once."""
    fields = {one.field for one in wrong}
    try:
        return [one for one in _allowed(case, kind, body, now) if not one.field or one.field not in fields]
    except (OutsideCalendar, OverflowError):
        return []


def takes_closed(case: Case, kind: str) -> bool:
    """Whether a closed case takes this: one that was over when it was entered also takes what it recommended.

    What has joined another case takes that it was not the same after all.
    """
    if kind == "decide_duplicate":
        return bool(case.said.get("joined"))
    return kind in OF_CLOSED or (kind in {"recommend", "enter_recommendation"} and was_over(case))


def closed_words(case: Case) -> str:
    """What is said of a closed case that does not take a command: how to go on."""
    other = case.said.get("joined")
    return f"This is about the same as {other}, which it has joined. Go on there." if other else CLOSED


def _allowed(  # noqa: PLR0911 -- one answer for each family of commands
    case: Case, kind: str, body: dict[str, Any], now: datetime
) -> list[Problem]:
    if kind == "reopen":
        return _reopen(case, body)
    if kind in ACCESS:  # the story of a closed case can be read as well
        return []
    if case.closed and not takes_closed(case, kind):
        return [Problem(words=closed_words(case))]
    if kind in _ABOUT:
        return _ABOUT[kind](case, body, now)
    if kind in recommending.KINDS:
        return [*recommending.judge(case, kind, body, now), *_bounded(case, kind, body, now)]
    if "obligation" in body:
        return _about_obligation(case, kind, body, now)
    return [*LIFECYCLES[case.kind].judge(case, kind, body, now), *_bounded(case, kind, body, now)]


def _tried(case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
    """What is wrong with what it would become. Raises OutsideCalendar or OverflowError."""
    fact = made(case, kind, body, now)
    then = after(case, fact)
    if kind == "recommend":  # its clocks start when it is accepted, so that must be possible
        accepts = {"item": fact.data["item"], "answer": recommending.Answer.ACCEPTS}
        after(then, made(then, "answer_recommendation", accepts, now))
    if opening := spawning.opens(case, fact):
        after(*spawning.opened(then, fact, f"{LIFECYCLES[opening.kind].prefix}-0000-0000", opening))
    field = "at" if kind == "correct" else COMMANDS[case.kind][kind].OCCURRED
    wrong = next(out_of_order(case, then), "") if field else ""
    return [Problem(field=field, words=wrong)] if wrong else []


def _about_obligation(case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
    one = case.obligations.get(body["obligation"])
    if one is None:
        return [Problem(field="obligation", words="There is nothing of this name in the case.")]
    if one.ended:
        return [Problem(words="This is not owed any more, so there is nothing to answer.")]
    return _OBLIGATION[kind](case, one, body, now)


def unanswerable(case: Case, kind: str, key: str, now: datetime) -> str:
    """Why no answer of this kind about this obligation is taken now, whatever it says; empty if one may be."""
    today = str(day_of(now))
    good = {"until": today, "review": today, "granted": False, "outcome": Settled.STILL_OWED, "ground": ""}
    if kind == "review_suspension":
        good["outcome"] = ReviewOutcome.LIFT
    try:
        found = _about_obligation(case, kind, {**good, "obligation": key}, now) if kind in _OBLIGATION else []
    except OutsideCalendar:
        return ""
    return next((one.words for one in found if not one.field), "")


def _bound(case: Case, start: datetime, span: Span) -> date:
    return furthest(start, span, shelf.days(case.calendar))


def reach_of(case: Case, one: Obligation) -> Reach | Bounds:
    """How far a promise or more time may reach for this: as its block says, or else as the policy does for all."""
    return shelf.blocks(case.policy, case.kind)[one.block].reach or shelf.policy(case.policy).bounds


def reach(case: Case, kind: str, one: Obligation, now: datetime) -> date | None:
    """The last day that the policy allows for the date of this answer; none for an answer that gives no such date.

    What is done by its due date is done in time, so that a promise may always reach as far.
    """
    bounds = shelf.policy(case.policy).bounds
    reach_ = reach_of(case, one)
    match kind:
        case "promise":
            furthest_day = _bound(case, now, reach_.promise_most)
            return max(furthest_day, day_of(one.due)) if one.due else furthest_day
        case "suspend" | "review_suspension":
            return _bound(case, now, bounds.suspension_most)
        case "ask_time" | "answer_time" if one.due:
            return _bound(case, one.due, reach_.extension_most)
        case _:
            return None


def _date(field: str, body: dict[str, Any], bound: date | None, now: datetime) -> list[Problem]:
    if not body[field]:  # asked for beside this, as an earlier answer has it
        return []
    words = reaches(date.fromisoformat(body[field]), bound or date.max, now)
    return [Problem(field=field, words=words)] if words else []


def _waits(case: Case, one: Obligation, block: str) -> bool:
    return any(asked.of == one.key and asked.block == block and not asked.ended for asked in case.obligations.values())


def _promise(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if one.paused:
        return [Problem(words="The clock of this is suspended: nothing has to be promised now.")]
    rules = rules_of(case, one)
    hushed = hushed_until(one, rules)
    if hushed and now < hushed:
        return [Problem(words="A date has been promised already. Keep it, or ask for time.")]
    if rules.block.urgent and date.fromisoformat(body["until"]) > day_of(now):
        return [Problem(field="until", words="This is urgent, so it can be promised for today only.")]
    return _date("until", body, reach(case, "promise", one, now), now)


def _dispute(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if one.of:
        return [Problem(words="This is an answer that somebody waits for. Give it instead.")]
    return [Problem(words="This is disputed already and waits for an answer.")] if one.dispute else []


def _settle(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if one.dispute is None:
        return [Problem(words="Nobody disputes this.")]
    if body["outcome"] != Settled.STILL_OWED and rules_of(case, one).block.each != "agency":
        words = "The case cannot go on without this. Record it if it has been done, or say that it is still owed."
        return [Problem(field="outcome", words=words)]
    return []


def _ask_time(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if one.of:
        return [Problem(words="This is an answer that somebody waits for. Give it instead.")]
    if one.due is None:
        return [Problem(words="The clock of this stands still, so there is no date to move.")]
    if now > one.due:
        return [Problem(words="More time has to be asked for before the due date. Promise a date instead.")]
    if one.extensions >= reach_of(case, one).extensions_at_most:
        return [Problem(words="More time has been given as often as the policy allows. Promise a date instead.")]
    if _waits(case, one, "time_request"):
        return [Problem(words="More time has been asked for already, and the answer is awaited.")]
    return _later(one.due, body) or _date("until", body, reach(case, "ask_time", one, now), now)


def _answer_time(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if not _waits(case, one, "time_request"):
        return [Problem(words="Nobody has asked for more time for this, or it has been answered.")]
    if not body["granted"]:
        return []
    if one.due is None:
        return [Problem(words="The clock of this stands still. End the suspension first, or give no more time.")]
    return _later(one.due, body) or _date("until", body, reach(case, "ask_time", one, now), now)


def _later(due: datetime, body: dict[str, Any]) -> list[Problem]:
    if body["until"] and date.fromisoformat(body["until"]) <= day_of(due):
        return [Problem(field="until", words="The new date must be after the present one.")]
    return []


def _suspend(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if one.paused:
        return [Problem(words="This clock is suspended already.")]
    if one.of:
        return [Problem(words="An answer that somebody waits for cannot be suspended.")]
    return _date("review", body, reach(case, "suspend", one, now), now)


def _review(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if not one.paused:
        return [Problem(words="This clock is not suspended.")]
    if body["outcome"] != ReviewOutcome.CONTINUE:
        return []
    return _date("review", body, reach(case, "suspend", one, now), now)


def _correct(case: Case, body: dict[str, Any], now: datetime) -> list[Problem]:
    mark = case.marks.get(body["mark"])
    if mark is None:
        return [Problem(field="mark", words="Nothing of this name has been recorded in this case.")]
    at = datetime.fromisoformat(body["at"])
    if at > now:
        return [Problem(field="at", words=PAST)]
    return [Problem(field="at", words="This is the date that is recorded already.")] if at == mark.at else []


def _reopen(case: Case, body: dict[str, Any]) -> list[Problem]:
    if not LIFECYCLES[case.kind].reopens(case):
        return [Problem(words="This case is open: there is nothing to reopen.")]
    return _kept(body["calendar"]) if body.get("calendar") else []


def _calendar(case: Case, body: dict[str, Any], now: datetime) -> list[Problem]:
    if body["calendar"] == case.calendar:
        return [Problem(words="The case counts by this calendar already.")]
    return _kept(body["calendar"])


def _kept(calendar: str) -> list[Problem]:
    return [] if shelf.holds_calendar(calendar) else [Problem(field="calendar", words=NO_CALENDAR)]


def _policy(case: Case, body: dict[str, Any], now: datetime) -> list[Problem]:
    if body["policy"] == case.policy:
        return [Problem(words="The case follows this policy version already.")]
    try:
        blocks = shelf.blocks(body["policy"], case.kind)
    except shelf.NotOnShelf:
        return [Problem(field="policy", words=NO_POLICY)]
    if case.recommendations and shelf.policy(body["policy"]).gate is None:
        return [Problem(field="policy", words=NO_GATE)]
    lost = sorted({one.block for one in case.obligations.values()} - blocks.keys())
    words = f"That policy knows nothing of what this case has asked for: {', '.join(lost)}."
    return [Problem(field="policy", words=words)] if lost else []


def _bounded(case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
    """How far a day may reach that no obligation has: of a parked decision, of milestones that wait, of a colour."""
    bounds = shelf.policy(case.policy).bounds
    if kind == "decide" and body.get("outcome") == Outcome.PARKED:
        return _date("parked_review", body, _bound(case, now, bounds.parked_most), now)
    if kind in {"suspend_milestones", "review_milestones"} and body.get("review"):
        return _date("review", body, _bound(case, now, bounds.suspension_most), now)
    if kind == "override_colour":
        return _date("until", body, _bound(case, now, bounds.by_hand_most), now)
    return []


_ABOUT = {"correct": _correct, "adopt_calendar": _calendar, "adopt_policy": _policy}
_OBLIGATION = {
    "promise": _promise,
    "dispute": _dispute,
    "settle_dispute": _settle,
    "ask_time": _ask_time,
    "answer_time": _answer_time,
    "suspend": _suspend,
    "review_suspension": _review,
}

"""Whether the state of a case allows a command. The workflow asks before it takes one, the transaction asks again."""

from datetime import date, datetime
from typing import Any

from models import shelf
from models.answers import ReviewOutcome, Settled, reaches
from models.case import Case
from models.clocks import furthest
from models.facts import Problem
from models.lifecycles import LIFECYCLES
from models.obligation import Obligation
from models.policy import Span

ACCESS = frozenset({"restrict", "lock_out", "let_in"})
CLOSED = "This case is closed. The one thing that it takes is to be reopened, with a reason."


def judge(case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
    """Every reason, in words, why this cannot be done now; an empty list if it can."""
    if kind == "reopen":
        return [] if case.closed else [Problem(words="This case is open: there is nothing to reopen.")]
    if case.closed:
        return [Problem(words=CLOSED)]
    if kind in ACCESS:
        return []
    if kind in _ABOUT:
        return _ABOUT[kind](case, body, now)
    if "obligation" in body:
        return _about_obligation(case, kind, body, now)
    return LIFECYCLES[case.kind].judge(case, kind, body, now)


def _about_obligation(case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
    one = case.obligations.get(body["obligation"])
    if one is None:
        return [Problem(field="obligation", words="There is nothing of this name in the case.")]
    if one.ended:
        return [Problem(words="This is not owed any more, so there is nothing to answer.")]
    return _OBLIGATION[kind](case, one, body, now)


def _bound(case: Case, start: datetime, span: Span) -> date:
    return furthest(start, span, shelf.days(case.calendar))


def _date(field: str, day: str, bound: date, now: datetime) -> list[Problem]:
    words = reaches(date.fromisoformat(day), bound, now)
    return [Problem(field=field, words=words)] if words else []


def _promise(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if one.paused:
        return [Problem(words="The clock of this is suspended: nothing has to be promised now.")]
    if one.live_promise(now):
        return [Problem(words="A date has been promised already. Keep it, or ask for time.")]
    bound = _bound(case, now, shelf.policy(case.policy).bounds.promise_most)
    return _date("until", body["until"], bound, now)


def _dispute(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    return [Problem(words="This is disputed already and waits for an answer.")] if one.dispute else []


def _settle(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if one.dispute is None:
        return [Problem(words="Nobody disputes this.")]
    if body["outcome"] == Settled.DONE and one.of:
        return [Problem(field="outcome", words="This is an answer that somebody waits for: give it, or say that it is still owed.")]
    return []


def _ask_time(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    bounds = shelf.policy(case.policy).bounds
    if one.due is None:
        return [Problem(words="The clock of this stands still, so there is no date to move.")]
    if now > one.due:
        return [Problem(words="More time has to be asked for before the due date. Promise a date instead.")]
    if one.extensions >= bounds.extensions_at_most:
        return [Problem(words="More time has been given as often as the policy allows. Promise a date instead.")]
    if any(asked.of == one.key and asked.block == "time_request" and not asked.ended for asked in case.obligations.values()):
        return [Problem(words="More time has been asked for already, and the answer is awaited.")]
    return _date("until", body["until"], _bound(case, one.due, bounds.extension_most), now)


def _answer_time(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if not any(asked.of == one.key and asked.block == "time_request" and not asked.ended for asked in case.obligations.values()):
        return [Problem(words="Nobody has asked for more time for this, or it has been answered.")]
    if not body["granted"]:
        return []
    due = one.due or now
    if date.fromisoformat(body["until"]) <= due.date():
        return [Problem(field="until", words="The new date must be after the present one.")]
    return _date("until", body["until"], _bound(case, due, shelf.policy(case.policy).bounds.extension_most), now)


def _suspend(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if one.paused:
        return [Problem(words="This clock is suspended already.")]
    if one.of:
        return [Problem(words="An answer that somebody waits for cannot be suspended.")]
    bound = _bound(case, now, shelf.policy(case.policy).bounds.suspension_most)
    return _date("review", body["review"], bound, now)


def _review(case: Case, one: Obligation, body: dict[str, Any], now: datetime) -> list[Problem]:
    if not one.paused:
        return [Problem(words="This clock is not suspended.")]
    if body["outcome"] != ReviewOutcome.CONTINUE:
        return []
    bound = _bound(case, now, shelf.policy(case.policy).bounds.suspension_most)
    return _date("review", body["review"], bound, now)


def _correct(case: Case, body: dict[str, Any], now: datetime) -> list[Problem]:
    mark = case.marks.get(body["mark"])
    if mark is None:
        return [Problem(field="mark", words="Nothing of this name has been recorded in this case.")]
    at = datetime.fromisoformat(body["at"])
    if at > now:
        return [Problem(field="at", words="The date must be today or in the past.")]
    aware = case.marks.get("awareness")
    if body["mark"] != "awareness" and aware and at < aware.at:
        return [Problem(field="at", words="This is before anybody was aware of the incident.")]
    if body["mark"] == "awareness" and any(at > other.at for name, other in case.marks.items() if name in _AFTER_AWARENESS):
        return [Problem(field="at", words="The notification was sent before this. Correct that date first.")]
    return [Problem(field="at", words="This is the date that is recorded already.")] if at == mark.at else []


def _calendar(case: Case, body: dict[str, Any], now: datetime) -> list[Problem]:
    return [Problem(words="The case counts by this calendar already.")] if body["calendar"] == case.calendar else []


def _policy(case: Case, body: dict[str, Any], now: datetime) -> list[Problem]:
    return [Problem(words="The case follows this policy version already.")] if body["policy"] == case.policy else []


_AFTER_AWARENESS = {"national_notification_sent", "secretary_of_state_notified"}
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

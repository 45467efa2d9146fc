"""When a message may interrupt somebody: pure, so that it can be rehearsed.

What comes together goes together; what comes soon after waits for its window; nothing comes at night or on a day off,
unless the policy calls its matter urgent; an office with a budget of interruptions gets the rest as one brief.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from models.calendar import SATURDAY, OutsideCalendar, WorkingDays
from models.policy import Brief, Force, Interruptions
from models.time import at, day_of, london

LARGEST = 15
"""So many urgent matters go into one message, so that each can be read in it. What is not urgent is one message, be it
ever so much: it says how many, shows the oldest and leads to the rest."""
GATHER = timedelta(milliseconds=300)
"""So long the first of several waits for what is written at the same instant."""
ONE_DAY = timedelta(days=1)
USUAL = Interruptions(
    not_before=time(8), not_after=time(18), on_days_off=False, together_minutes=10, source="usual", force=Force.LOCAL
)
"""For a policy that does not say when people may be interrupted."""


class Waiting(NamedTuple):
    """A notice that waits."""

    key: str
    written: datetime
    urgent: bool


class Plan(NamedTuple):
    """`now`: the notices that go out at once, message by message. `again`: when to look at the rest."""

    now: tuple[tuple[str, ...], ...]
    again: datetime | None


def plan(  # noqa: PLR0913 -- all that calm depends on
    waiting: Sequence[Waiting],
    sent: Sequence[datetime],
    rules: Interruptions,
    works: Callable[[date], bool],
    now: datetime,
    *,
    budgeted: bool = False,
) -> Plan:
    """What goes to one person now. `sent`: when messages went to them that were not urgent, oldest first.

    `works`: whether they work on a day. `budgeted`: whether they hold an office with a budget of interruptions.
    """
    urgent = [one.key for one in waiting if one.urgent]
    others = [one for one in waiting if not one.urgent]
    ready = _ready(others, sent, rules, works, now, budgeted=budgeted) if others else None
    calm = (tuple(one.key for one in others),) if ready is not None and ready <= now else ()
    groups = _split(urgent) + calm
    return Plan(groups, ready if ready is not None and ready > now else None)


def works_on(days: WorkingDays, day: date) -> bool:
    """Whether `day` is worked; beyond the calendar's end any weekday, for a message must not wait for a calendar."""
    try:
        return days.is_working_day(day)
    except OutsideCalendar:
        return day.weekday() < SATURDAY


def _ready(  # noqa: PLR0913 -- as for `plan`
    others: Sequence[Waiting],
    sent: Sequence[datetime],
    rules: Interruptions,
    works: Callable[[date], bool],
    now: datetime,
    *,
    budgeted: bool,
) -> datetime:
    """The first moment at which all of these may interrupt; a moment that has come does not move on."""
    soonest = min(one.written for one in others) + GATHER
    if sent:
        soonest = max(soonest, sent[-1] + timedelta(minutes=rules.together_minutes))
    soonest = _waking(soonest, rules, works)
    brief = rules.brief if budgeted else None
    if brief and len([one for one in sent if _week(one) == _week(soonest)]) >= brief.at_most:
        soonest = _brief(soonest, brief, works)
    return soonest if soonest > now else _waking(now, rules, works)


def _waking(moment: datetime, rules: Interruptions, works: Callable[[date], bool]) -> datetime:
    """This moment, or the next at which whoever works then is not asleep or off."""
    day = day_of(moment)
    if rules.on_days_off or works(day):
        if london(moment).time() < rules.not_before:
            return at(day, rules.not_before)
        if london(moment).time() < rules.not_after:
            return moment
    return at(day + ONE_DAY if rules.on_days_off else _next(day, works), rules.not_before)


def _brief(moment: datetime, brief: Brief, works: Callable[[date], bool]) -> datetime:
    """The next brief from this moment on; on the working day after, where its day is off."""
    day = day_of(moment)
    for ahead in range(15):
        one = day + ahead * ONE_DAY
        if one.weekday() == brief.day.number:
            one = one if works(one) else _next(one, works)
            if at(one, brief.at) >= moment:
                return at(one, brief.at)
    return moment


def _next(day: date, works: Callable[[date], bool]) -> date:
    for ahead in range(1, 400):
        if works(day + ahead * ONE_DAY):
            return day + ahead * ONE_DAY
    return day + ONE_DAY


def _week(moment: datetime) -> tuple[int, int]:
    year, week, _ = day_of(moment).isocalendar()
    return year, week


def _split(keys: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(keys[n : n + LARGEST]) for n in range(0, len(keys), LARGEST))

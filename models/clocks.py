"""When something is due, and when a rung speaks: pure arithmetic on days, months, hours and suspensions.

Decided here, and tested in tests/models/test_clocks.py:

- The day of the trigger is not counted; day one is the day after (cf. Children and Young Persons Act 2008 s31,
  "seven days beginning with the day after"). A deadline counted in days runs out with the last second of its last day
  in London.
- Hours are elapsed hours, also across a change of the clocks. A rung counted in days speaks at the same hour of
  London's clocks on both sides of such a change.
- A rung counted in working days never speaks on a day off: that of a day off itself speaks on the working day before.
- A month ends on the same day of the later month, or on its last day where that day does not exist.
- A day that a suspension touches, wholly or in part, is not counted, neither by a clock nor by a rung that counts
  forward; hours are suspended to the second. Suspensions that overlap count once, in whatever order they were made.
"""

import calendar as months_of
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from models.base import Message
from models.calendar import WorkingDays
from models.policy import Span, Unit
from models.time import at, day_of, end_of

ONE_DAY = timedelta(days=1)


class Pause(Message):
    """A suspension of a clock: from a moment until another, or until somebody ends it."""

    since: datetime
    until: datetime | None = None

    def touches(self, day: date) -> bool:
        return day_of(self.since) <= day and (self.until is None or day <= day_of(self.until))


def add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, months_of.monthrange(year, month + 1)[1]))


def due_time(start: datetime, budget: Span, days: WorkingDays, pauses: Sequence[Pause] = ()) -> datetime | None:
    """The moment at which a clock that started at `start` runs out; none while a pause is in force.

    Raises OutsideCalendar when the calendar does not reach far enough.
    """
    if any(pause.until is None for pause in pauses):
        return None
    if budget.unit is Unit.HOURS:
        return _hours_on(start, budget.n, pauses)
    return end_of(_days_on(day_of(start), budget, days, pauses))


def shifted(anchor: datetime, span: Span, days: WorkingDays, speaks: time, pauses: Sequence[Pause] = ()) -> datetime:
    """When a rung speaks: `span` before or after its anchor, at the hour `speaks` of that day; hours exactly.

    Forward it passes over suspended time as a clock does; every pause must have ended. Raises OutsideCalendar.
    """
    if span.unit is Unit.HOURS:
        return _hours_on(anchor, span.n, pauses)
    day = _days_on(day_of(anchor), span, days, pauses)
    if span.unit is Unit.WORKING_DAYS and not days.is_working_day(day):
        day = days.add(day, -1)
    return at(day, speaks)


def pushed(said: datetime, pauses: Sequence[Pause]) -> datetime:
    """A date that a person said moves on by each day that a suspension touched before it."""
    last, counts = day_of(said), _unsuspended(pauses)
    day = min((day_of(pause.since) for pause in pauses), default=last)
    while day <= last:
        if not counts(day):
            last += ONE_DAY
        day += ONE_DAY
    return end_of(last) if last != day_of(said) else said


def days_used(
    start: datetime, now: datetime, unit: Unit, days: WorkingDays, pauses: Sequence[Pause] = ()
) -> tuple[int, int]:
    """(days of the budget used up, days suspended) until `now`, both in the clock's own unit of days."""
    last, day, counts = day_of(now), day_of(start), _unsuspended(pauses)
    used = suspended = 0
    while day < last:
        day += ONE_DAY
        if unit is Unit.WORKING_DAYS and not days.is_working_day(day):
            continue
        if counts(day):
            used += 1
        else:
            suspended += 1
    return used, suspended


def furthest(start: datetime, span: Span, days: WorkingDays) -> date:
    """The last day that `span` from `start` reaches: the bound of a promise, an extension or a suspension."""
    end = due_time(start, span, days)
    assert end is not None  # no pauses were given
    return day_of(end)


def _days_on(first: date, span: Span, days: WorkingDays, pauses: Sequence[Pause]) -> date:
    """The day that lies `span` from `first`: forward over every suspended day, backward without regard to them."""
    pauses = pauses if span.n > 0 else ()
    match span.unit:
        case Unit.WORKING_DAYS if pauses:
            return days.nth_counted(first, span.n, _unsuspended(pauses))
        case Unit.WORKING_DAYS:
            return days.add(first, span.n)
        case Unit.MONTHS:
            last = add_months(first, span.n)
        case Unit.WEEKS:
            last = first + timedelta(weeks=span.n)
        case _:
            last = first + timedelta(days=span.n)
    return _nth(first, (last - first).days, _unsuspended(pauses)) if pauses else last


def _unsuspended(pauses: Sequence[Pause]) -> Callable[[date], bool]:
    """Whether a day counts: no suspension touches it."""
    touched = [(day_of(one.since), day_of(one.until) if one.until else date.max) for one in pauses]
    return lambda day: not any(first <= day <= last for first, last in touched)


def _nth(first: date, n: int, counts: Callable[[date], bool]) -> date:
    day = first
    while n > 0:
        day += ONE_DAY
        if counts(day):
            n -= 1
    return day


def _hours_on(start: datetime, hours: int, pauses: Sequence[Pause]) -> datetime:
    """`hours` of unsuspended time after `start`, or hours before it; overlapping pauses count once."""
    now, left = start, timedelta(hours=hours)
    for pause in sorted(pauses if hours > 0 else (), key=lambda one: one.since):
        assert pause.until is not None
        if pause.until <= now:
            continue
        ahead = max(pause.since - now, timedelta(0))
        if ahead >= left:
            break
        left -= ahead
        now = pause.until
    return now + left

"""When something is due, and when a rung speaks: pure arithmetic on days, months, hours and suspensions.

Decided here, and tested in tests/models/test_clocks.py:

- The day of the trigger is not counted; day one is the day after (cf. Children and Young Persons Act 2008 s31, "seven
  days beginning with the day after"). A deadline counted in days runs out with the last second of its last day in London.
- Hours are elapsed hours, also across a change of the clocks.
- A month ends on the same day of the later month, or on its last day where that day does not exist.
- A day that a suspension touches, wholly or in part, is not counted; hours are suspended to the second.
"""

import calendar as months_of
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from models.base import Message
from models.calendar import WorkingDays
from models.policy import Span, Unit
from models.time import at, day_of, end_of


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

    Raises BeyondHorizon when the calendar does not reach far enough.
    """
    if any(pause.until is None for pause in pauses):
        return None
    first = day_of(start)
    match budget.unit:
        case Unit.HOURS:
            return _skip(start, timedelta(hours=budget.n), pauses)
        case Unit.WORKING_DAYS:
            if not pauses:
                return end_of(days.add(first, budget.n))
            return end_of(_nth(first, budget.n, lambda day: days.is_working_day(day) and not _paused(day, pauses)))
        case Unit.DAYS:
            last = first + timedelta(days=budget.n)
        case Unit.WEEKS:
            last = first + timedelta(weeks=budget.n)
        case Unit.MONTHS:
            last = add_months(first, budget.n)
    if not pauses:
        return end_of(last)
    return end_of(_nth(first, (last - first).days, lambda day: not _paused(day, pauses)))


def days_used(start: datetime, now: datetime, unit: Unit, days: WorkingDays, pauses: Sequence[Pause] = ()) -> tuple[int, int]:
    """(days of the budget used up, days suspended) until `now`, both in the clock's own unit of days."""
    first, last = day_of(start), day_of(now)
    used = suspended = 0
    day = first
    while day < last:
        day += timedelta(days=1)
        if unit is Unit.WORKING_DAYS and not days.is_working_day(day):
            continue
        if _paused(day, pauses):
            suspended += 1
        else:
            used += 1
    return used, suspended


def shifted(anchor: datetime, span: Span, days: WorkingDays, speaks: time) -> datetime:
    """When a rung speaks: `span` before or after its anchor, at the hour `speaks` of that day; hours exactly."""
    day = day_of(anchor)
    match span.unit:
        case Unit.HOURS:
            return anchor + timedelta(hours=span.n)
        case Unit.WORKING_DAYS:
            day = days.add(day, span.n)
        case Unit.DAYS:
            day += timedelta(days=span.n)
        case Unit.WEEKS:
            day += timedelta(weeks=span.n)
        case Unit.MONTHS:
            day = add_months(day, span.n)
    return at(day, speaks)


def furthest(start: datetime, span: Span, days: WorkingDays) -> date:
    """The last day that `span` from `start` reaches: the bound of a promise, an extension or a suspension."""
    end = due_time(start, span, days)
    assert end is not None  # no pauses were given
    return day_of(end)


def _paused(day: date, pauses: Sequence[Pause]) -> bool:
    return any(pause.touches(day) for pause in pauses)


def _nth(first: date, n: int, counts: Callable[[date], bool]) -> date:
    day = first
    while n > 0:
        day += timedelta(days=1)
        if counts(day):
            n -= 1
    return day


def _skip(start: datetime, left: timedelta, pauses: Sequence[Pause]) -> datetime:
    """`left` of unsuspended time after `start`; overlapping pauses count once."""
    now = start
    for pause in sorted(pauses, key=lambda p: p.since):
        assert pause.until is not None
        if pause.until <= now:
            continue
        ahead = max(pause.since - now, timedelta(0))
        if ahead >= left:
            break
        left -= ahead
        now = pause.until
    return now + left

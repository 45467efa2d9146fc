"""When a child death overview panel meets."""

from collections.abc import Iterator
from datetime import date, timedelta

from models.calendar import WorkingDays
from models.clocks import add_months
from models.policy import ChildDeaths, Panel

WEEK = timedelta(weeks=1)


def meetings(plan: Panel, after: date, days: WorkingDays) -> Iterator[date]:
    """The days of a panel from this one on: of every so many months the same weekday.

    A meeting that falls on a holiday is held on the next working day. Ends where the calendar of working days ends.
    """
    month = plan.since
    while add_months(month, plan.every_months) <= after.replace(day=1):
        month = add_months(month, plan.every_months)
    while month < days.calendar.horizon.replace(day=1):
        held = _working(_of_month(plan, month), days)
        if held >= after:
            yield held
        month = add_months(month, plan.every_months)


def meets(plan: Panel, on: date, days: WorkingDays) -> bool:
    """Whether this is one of the panel's days."""
    return next(meetings(plan, on, days), None) == on


def panel_of(deaths: ChildDeaths, area: str, on: date, days: WorkingDays) -> str:
    """The panel on whose list for this day a death of this area is: one that meets then, else the first of its area."""
    may = deaths.panels_of(area)
    return next((name for name in may if meets(deaths.panels[name], on, days)), may[0])


def _of_month(plan: Panel, month: date) -> date:
    first = month.replace(day=1)
    ahead = (plan.weekday.number - first.weekday()) % 7
    return first + timedelta(days=ahead) + (plan.week - 1) * WEEK


def _working(day: date, days: WorkingDays) -> date:
    while not days.is_working_day(day):
        day += timedelta(days=1)
    return day

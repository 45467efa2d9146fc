"""When the panel meets: by the policy's rule, on working days, also over a change of the year."""

from datetime import date
from itertools import islice
from typing import Any

import pytest

from models.calendar import working_days
from models.panels import meetings
from models.policy import Panel, Weekday
from tests.support.core import POLICY

pytestmark = pytest.mark.promise("H7")
DAYS = working_days(POLICY.calendar)
OURS: dict[str, Any] = {"title": "Panel", "areas": ("harrowshire",)}
SECOND_THURSDAY = Panel(**OURS, since=date(2026, 1, 1), every_months=2, week=2, weekday=Weekday.THURSDAY)


def next_of(plan: Panel, after: date, count: int) -> list[date]:
    return list(islice(meetings(plan, after, DAYS), count))


def test_the_panel_meets_every_second_month_on_its_weekday() -> None:
    found = next_of(SECOND_THURSDAY, date(2026, 9, 11), 4)
    assert found == [date(2026, 11, 12), date(2027, 1, 14), date(2027, 3, 11), date(2027, 5, 13)]


def test_the_day_itself_counts_and_the_day_after_it_does_not() -> None:
    assert next_of(SECOND_THURSDAY, date(2026, 11, 12), 1) == [date(2026, 11, 12)]
    assert next_of(SECOND_THURSDAY, date(2026, 11, 13), 1) == [date(2027, 1, 14)]


def test_a_meeting_on_a_bank_holiday_is_held_on_the_next_working_day() -> None:
    first_monday = Panel(**OURS, since=date(2026, 5, 1), every_months=12, week=1, weekday=Weekday.MONDAY)
    assert next_of(first_monday, date(2026, 5, 1), 1) == [date(2026, 5, 5)]


def test_a_rule_that_begins_later_gives_no_earlier_day() -> None:
    assert next_of(SECOND_THURSDAY, date(2025, 3, 1), 1) == [date(2026, 1, 8)]


def test_the_days_end_with_the_calendar_of_working_days() -> None:
    found = list(meetings(SECOND_THURSDAY, date(2026, 1, 1), DAYS))
    assert found[-1] <= POLICY.calendar.horizon
    assert len(found) == len(set(found))

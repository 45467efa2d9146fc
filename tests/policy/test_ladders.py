"""Lengths of time as people write them, and rungs that are in order whatever the calendar says."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.calendar import working_days
from models.policy import Rung, Span, Unit
from policy.ladders import in_words, is_surely_in_order, reach
from tests.support.house import shipped_policy

CALENDAR = shipped_policy().calendar
FAR_DAYS = working_days(CALENDAR.model_copy(update={"horizon": date(2099, 12, 31)}))
spans = st.builds(Span, n=st.integers(-90, 90), unit=st.sampled_from([Unit.DAYS, Unit.WEEKS, Unit.WORKING_DAYS]))


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("5 working days", Span(n=5, unit=Unit.WORKING_DAYS)),
        ("1 working day", Span(n=1, unit=Unit.WORKING_DAYS)),
        ("-3 working_days", Span(n=-3, unit=Unit.WORKING_DAYS)),
        ("48 hours", Span(n=48, unit=Unit.HOURS)),
        ("6 weeks", Span(n=6, unit=Unit.WEEKS)),
        ("1 month", Span(n=1, unit=Unit.MONTHS)),
        ("14 days", Span(n=14, unit=Unit.DAYS)),
        ({"n": 14, "unit": "days"}, Span(n=14, unit=Unit.DAYS)),
    ],
)
def test_a_length_of_time_is_written_as_people_say_it(written: object, span: Span) -> None:
    assert Span.model_validate(written) == span


@pytest.mark.parametrize(
    "written",
    [
        "five days",
        "5",
        "5days",
        "5  days",
        "5.5 days",
        "05 days",
        "5 days ago",
        "days",
        "5 Days",
        "99999 days",
        5,
        None,
    ],
)
def test_what_is_no_length_of_time_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        Span.model_validate(written)


@given(st.builds(Span, n=st.integers(-5000, 5000), unit=st.sampled_from(Unit)))
def test_a_length_of_time_survives_being_stored(span: Span) -> None:
    assert Span.model_validate_json(span.model_dump_json()) == span


@given(st.dates(date(2010, 1, 1), date(2090, 1, 1)), st.integers(-250, 250))
def test_working_days_lie_within_the_reach_that_the_order_counts_on(day: date, n: int) -> None:
    near, far = reach(Span(n=n, unit=Unit.WORKING_DAYS))
    assert near <= 24 * (FAR_DAYS.add(day, n) - day).days <= far


def day_after(day: date, span: Span) -> date:
    if span.unit is Unit.WORKING_DAYS:
        return FAR_DAYS.add(day, span.n)
    return day + timedelta(weeks=span.n) if span.unit is Unit.WEEKS else day + timedelta(days=span.n)


@given(st.dates(date(2010, 1, 1), date(2080, 1, 1)), spans, spans)
def test_rungs_that_pass_as_ordered_are_ordered_in_every_year(day: date, one: Span, other: Span) -> None:
    if is_surely_in_order(Rung(office="a", delay=one), Rung(office="a", delay=other)):
        assert day_after(day, one) <= day_after(day, other)


@pytest.mark.parametrize(
    ("one", "other", "ordered"),
    [
        ("0 hours", "0 days", False),  # nine in the morning comes before the last second of the day
        ("0 hours", "1 day", True),
        ("14 hours", "1 day", False),
        ("-1 working day", "0 hours", True),
        ("7 days", "1 week", True),
        ("7 days", "5 working days", False),
        ("5 working days", "14 days", True),
        ("30 days", "1 month", False),
        ("31 days", "2 months", True),
    ],
)
def test_rungs_in_two_units_pass_only_when_no_calendar_turns_them_round(one: str, other: str, *, ordered: bool) -> None:
    first, second = (Rung(office="a", delay=Span.model_validate(span)) for span in (one, other))
    assert is_surely_in_order(first, second) is ordered


@pytest.mark.parametrize(
    ("rung", "words"),
    [
        ({"delay": "-3 working days"}, "3 working days before due"),
        ({"delay": "1 working day"}, "1 working day after due"),
        ({"delay": "0 days"}, "at due"),
        ({"after": "start", "delay": "2 hours"}, "2 hours after start"),
        ({"after": "start", "delay": "0 hours"}, "at start"),
    ],
)
def test_when_a_rung_speaks_is_said_in_words(rung: dict[str, str], words: str) -> None:
    assert in_words(Rung.model_validate({"office": "agency_lead"} | rung)) == words

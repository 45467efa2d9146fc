"""When a clock runs out and when a rung speaks: the decided rules one by one, and what holds for every date."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import BeforeBeginning, BeyondHorizon, working_days
from models.clocks import Pause, add_months, days_used, due_time, furthest, pushed, shifted
from models.policy import Span, Unit
from models.time import at, day_of, end_of, is_whole_day, london
from tests.support.house import shipped_policy

DAYS = working_days(shipped_policy().calendar)
NINE = time(9)
IN_DAYS = (Unit.DAYS, Unit.WORKING_DAYS, Unit.WEEKS, Unit.MONTHS)


def span(words: str) -> Span:
    return Span.model_validate(words)


def moment(words: str) -> datetime:
    """A time on London's clocks: `2026-03-27 14:30`."""
    day, clock = words.split()
    return at(date.fromisoformat(day), time.fromisoformat(clock))


def due(start: str, budget: str, *pauses: Pause) -> datetime:
    found = due_time(moment(start), span(budget), DAYS, pauses)
    assert found is not None
    return found


def pause(since: str, until: str) -> Pause:
    return Pause(since=moment(since), until=moment(until))


# What was decided, case by case


@pytest.mark.promise("B1")
@pytest.mark.parametrize(
    ("start", "budget", "last_day"),
    [
        ("2026-11-02 10:00", "15 working days", "2026-11-23"),
        ("2026-11-02 00:00", "1 working day", "2026-11-03"),  # the first moment of a day counts as that day
        ("2026-11-02 23:59", "1 working day", "2026-11-03"),  # so does its last
        ("2026-11-07 12:00", "1 working day", "2026-11-09"),  # a trigger on a Saturday: Monday is day one
        ("2026-03-31 10:00", "5 working days", "2026-04-09"),  # over Good Friday and Easter Monday
        ("2026-12-23 10:00", "2 working days", "2026-12-29"),  # over Christmas and the substitute for Boxing Day
        ("2027-12-23 10:00", "2 working days", "2027-12-29"),  # Christmas Day on a Saturday: two substitutes
        ("2027-12-31 10:00", "1 working day", "2028-01-04"),  # New Year's Day on a Saturday
        ("2022-05-31 10:00", "5 working days", "2022-06-09"),  # the moved Spring holiday and the Jubilee
        ("2022-09-16 10:00", "1 working day", "2022-09-20"),  # the state funeral
        ("2026-11-02 10:00", "2 weeks", "2026-11-16"),
        ("2026-12-25 10:00", "1 week", "2027-01-01"),  # weeks and days do not care for holidays
        ("2026-11-02 10:00", "14 days", "2026-11-16"),
        ("2028-02-28 10:00", "1 day", "2028-02-29"),
        ("2027-02-28 10:00", "1 day", "2027-03-01"),
    ],
)
def test_the_day_of_the_trigger_is_not_counted(start: str, budget: str, last_day: str) -> None:
    assert due(start, budget) == end_of(date.fromisoformat(last_day))


@pytest.mark.parametrize(
    ("start", "months", "last_day"),
    [
        ("2026-01-31 10:00", 1, "2026-02-28"),
        ("2028-01-31 10:00", 1, "2028-02-29"),
        ("2027-12-31 10:00", 2, "2028-02-29"),
        ("2028-02-29 10:00", 12, "2029-02-28"),
        ("2028-02-29 10:00", 48, "2032-02-29"),
        ("2026-08-31 10:00", 1, "2026-09-30"),
        ("2026-08-30 10:00", 6, "2027-02-28"),
        ("2026-11-15 10:00", 6, "2027-05-15"),
        ("2026-12-31 10:00", 1, "2027-01-31"),
    ],
)
def test_a_month_ends_on_the_same_day_or_on_the_last_of_a_shorter_month(start: str, months: int, last_day: str) -> None:
    assert due(start, f"{months} months") == end_of(date.fromisoformat(last_day))


def test_months_back_end_on_the_last_of_a_shorter_month_too() -> None:
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert add_months(date(2026, 1, 15), -2) == date(2025, 11, 15)


def test_a_deadline_in_days_runs_out_with_the_last_second_of_londons_day() -> None:
    assert due("2026-11-02 10:00", "1 day") == datetime(2026, 11, 3, 23, 59, 59, tzinfo=UTC)
    assert due("2026-07-01 10:00", "1 day") == datetime(2026, 7, 2, 22, 59, 59, tzinfo=UTC)


def test_the_day_of_the_trigger_is_londons_and_not_that_of_utc() -> None:
    half_past_midnight_in_london = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert due_time(half_past_midnight_in_london, span("1 day"), DAYS) == end_of(date(2026, 7, 3))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-28 20:00", "2026-03-29 21:00"),  # the clocks go forward in the night
        ("2026-10-24 20:00", "2026-10-25 19:00"),  # the clocks go back
        ("2026-06-01 20:00", "2026-06-02 20:00"),
    ],
)
def test_hours_are_elapsed_hours_when_the_clocks_change(start: str, end: str) -> None:
    assert due(start, "24 hours") == moment(end)


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 30), date(2026, 10, 26)])
def test_a_rung_in_days_speaks_at_nine_on_both_sides_of_a_change_of_the_clocks(day: date) -> None:
    for n in (-3, -1, 1, 3):
        anchor = end_of(day - timedelta(days=n))
        assert london(shifted(anchor, Span(n=n, unit=Unit.DAYS), DAYS, NINE)).time() == NINE
        assert day_of(shifted(anchor, Span(n=n, unit=Unit.DAYS), DAYS, NINE)) == day


def test_an_hour_that_a_change_of_the_clocks_leaves_out_is_said_an_hour_later() -> None:
    assert london(at(date(2026, 3, 29), time(1, 30))).time() == time(2, 30)


def test_an_hour_that_comes_twice_is_the_first_of_the_two() -> None:
    assert at(date(2026, 10, 25), time(1, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("anchor", "delay", "speaks"),
    [
        ("2026-11-20 23:59", "-3 working days", "2026-11-17 09:00"),
        ("2026-11-20 23:59", "0 working days", "2026-11-20 09:00"),
        ("2026-11-20 23:59", "1 working day", "2026-11-23 09:00"),
        ("2026-04-07 23:59", "-1 working day", "2026-04-02 09:00"),  # back over Easter
        ("2026-12-24 23:59", "1 working day", "2026-12-29 09:00"),
        ("2026-11-20 23:59", "1 month", "2026-12-20 09:00"),
        ("2026-11-20 23:59", "2 weeks", "2026-12-04 09:00"),
        ("2026-11-21 23:59", "0 working days", "2026-11-20 09:00"),  # of a Saturday: on Friday
        ("2026-11-21 23:59", "0 days", "2026-11-21 09:00"),
        ("2026-11-20 23:59", "2 hours", "2026-11-21 01:59"),
        ("2026-11-20 23:59", "-2 hours", "2026-11-20 21:59"),
    ],
)
@pytest.mark.promise("F1")
def test_a_rung_speaks_at_the_hour_of_messages_and_one_in_hours_exactly(anchor: str, delay: str, speaks: str) -> None:
    assert shifted(moment(anchor), span(delay), DAYS, NINE) == moment(speaks)


# Suspensions


@pytest.mark.parametrize(
    ("budget", "last_day"),
    [
        ("5 working days", "2026-11-12"),  # Wednesday to Friday were touched
        ("5 days", "2026-11-10"),
        ("1 week", "2026-11-12"),
        ("1 month", "2026-12-05"),
    ],
)
def test_a_day_that_a_suspension_touches_is_not_counted_in_any_unit(budget: str, last_day: str) -> None:
    middle = pause("2026-11-04 17:00", "2026-11-06 09:30")
    assert due("2026-11-02 10:00", budget, middle) == end_of(date.fromisoformat(last_day))


def test_hours_are_suspended_to_the_second() -> None:
    short = pause("2026-11-02 11:00", "2026-11-02 11:30")
    assert due("2026-11-02 10:00", "4 hours", short) == moment("2026-11-02 14:30")


def test_a_suspension_over_a_weekend_takes_no_working_day() -> None:
    weekend = pause("2026-11-07 08:00", "2026-11-08 20:00")
    assert due("2026-11-02 10:00", "10 working days", weekend) == due("2026-11-02 10:00", "10 working days")


def test_a_suspension_before_the_start_or_after_the_end_takes_nothing() -> None:
    before, after = pause("2026-10-01 10:00", "2026-10-09 10:00"), pause("2026-11-20 10:00", "2026-11-27 10:00")
    for budget in ("5 working days", "5 days", "4 hours"):
        assert due("2026-11-02 10:00", budget, before, after) == due("2026-11-02 10:00", budget)


def test_hours_that_ran_out_as_the_suspension_began_have_run_out() -> None:
    assert due("2026-11-02 10:00", "4 hours", pause("2026-11-02 14:00", "2026-11-09 14:00")) == moment(
        "2026-11-02 14:00"
    )


def test_a_clock_that_stands_still_is_not_due() -> None:
    open_ended = Pause(since=moment("2026-11-03 10:00"))
    assert due_time(moment("2026-11-02 10:00"), span("5 working days"), DAYS, (open_ended,)) is None


def test_a_rung_after_the_due_time_passes_over_suspended_days_too() -> None:
    held = pause("2026-11-23 08:00", "2026-11-25 08:00")
    assert shifted(moment("2026-11-20 23:59"), span("1 working day"), DAYS, NINE, [held]) == moment("2026-11-26 09:00")
    assert shifted(moment("2026-11-20 23:59"), span("-1 working day"), DAYS, NINE, [held]) == moment("2026-11-19 09:00")


def test_a_date_that_a_person_said_moves_on_by_each_suspended_day_before_it() -> None:
    said = end_of(date(2026, 11, 20))
    assert pushed(said, [pause("2026-11-10 10:00", "2026-11-12 10:00")]) == end_of(date(2026, 11, 23))
    assert pushed(said, [pause("2026-11-21 10:00", "2026-11-22 10:00")]) == said
    assert pushed(said, []) == said
    chained = [pause("2026-11-20 10:00", "2026-11-20 11:00"), pause("2026-11-21 10:00", "2026-11-21 11:00")]
    assert pushed(said, chained) == end_of(date(2026, 11, 22))


def test_used_and_suspended_days_are_told_apart() -> None:
    held = [pause("2026-11-04 17:00", "2026-11-06 09:30")]
    start, now = moment("2026-11-02 10:00"), moment("2026-11-11 10:00")
    assert days_used(start, now, Unit.WORKING_DAYS, DAYS, held) == (4, 3)
    assert days_used(start, now, Unit.DAYS, DAYS, held) == (6, 3)
    assert days_used(start, start, Unit.DAYS, DAYS) == (0, 0)


def test_beyond_the_calendar_nothing_is_guessed() -> None:
    with pytest.raises(BeyondHorizon):
        due("2032-12-28 10:00", "15 working days")
    with pytest.raises(BeforeBeginning):
        due("1999-12-28 10:00", "15 working days")


# What holds for every date

moments = st.datetimes(datetime(2003, 1, 1), datetime(2030, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- aware by timezones
small = st.integers(1, 60)


@st.composite
def suspensions(draw: st.DrawFn, most: int = 4) -> tuple[datetime, list[Pause]]:
    """A start, and suspensions around it that may touch, overlap, lie apart or take no time."""
    start = draw(moments)
    found = []
    for _ in range(draw(st.integers(0, most))):
        since = start + timedelta(minutes=draw(st.integers(-60 * 24 * 10, 60 * 24 * 60)))
        found.append(Pause(since=since, until=since + timedelta(minutes=draw(st.integers(0, 60 * 24 * 20)))))
    return start, found


def units(n: int) -> list[Span]:
    return [Span(n=n, unit=unit) for unit in Unit]


@given(suspensions(), small, small)
def test_a_longer_budget_is_never_due_earlier(suspended: tuple[datetime, list[Pause]], one: int, other: int) -> None:
    start, pauses = suspended
    for less, more in zip(units(min(one, other)), units(max(one, other)), strict=True):
        sooner, later = due_time(start, less, DAYS, pauses), due_time(start, more, DAYS, pauses)
        assert sooner is not None
        assert later is not None
        assert sooner <= later
        assert (sooner == later) is (one == other)


@given(suspensions(), small)
def test_a_later_start_is_never_due_earlier(suspended: tuple[datetime, list[Pause]], n: int) -> None:
    start, pauses = suspended
    for budget in units(n):
        if budget.unit is Unit.MONTHS and pauses:
            continue  # a month has no fixed number of days to be suspended
        sooner, later = (due_time(one, budget, DAYS, pauses) for one in (start, start + timedelta(hours=7)))
        assert sooner is not None
        assert later is not None
        assert sooner <= later


@given(suspensions(), small)
def test_suspended_days_are_never_counted(suspended: tuple[datetime, list[Pause]], n: int) -> None:
    start, pauses = suspended
    for budget in units(n):
        if budget.unit is Unit.HOURS:
            continue
        found = due_time(start, budget, DAYS, pauses)
        assert found is not None
        unit = Unit.WORKING_DAYS if budget.unit is Unit.WORKING_DAYS else Unit.DAYS
        plain = due_time(start, budget, DAYS)
        assert plain is not None
        assert days_used(start, found, unit, DAYS, pauses)[0] == days_used(start, plain, unit, DAYS)[0]
        assert not any(one.touches(day_of(found)) for one in pauses)


@given(suspensions(), st.integers(1, 10))
def test_suspended_hours_are_never_counted(suspended: tuple[datetime, list[Pause]], n: int) -> None:
    start, pauses = suspended
    found = due_time(start, Span(n=n, unit=Unit.HOURS), DAYS, pauses)
    assert found is not None
    stops = sorted(
        {start, found, *(min(max(stop, start), found) for one in pauses for stop in (one.since, one.until or start))}
    )
    running = [
        later - sooner
        for sooner, later in pairwise(stops)
        if not any(one.since <= sooner < (one.until or one.since) for one in pauses)
    ]
    assert sum(running, timedelta(0)) == timedelta(hours=n)


@given(suspensions(), small, st.randoms(use_true_random=False))
def test_the_order_of_suspensions_does_not_matter(
    suspended: tuple[datetime, list[Pause]], n: int, chance: random.Random
) -> None:
    start, pauses = suspended
    other = chance.sample(pauses, len(pauses))
    for budget in units(n):
        assert due_time(start, budget, DAYS, pauses) == due_time(start, budget, DAYS, other)
        assert shifted(start, budget, DAYS, NINE, pauses) == shifted(start, budget, DAYS, NINE, other)
    assert pushed(start, pauses) == pushed(start, other)


@given(suspensions(3), small)
def test_a_suspension_never_makes_anything_due_earlier(suspended: tuple[datetime, list[Pause]], n: int) -> None:
    start, pauses = suspended
    for budget in units(n):
        without, found = due_time(start, budget, DAYS), due_time(start, budget, DAYS, pauses)
        assert without is not None
        assert found is not None
        assert without <= found
    assert pushed(start, pauses) >= start


@given(moments, st.sampled_from(IN_DAYS), st.integers(-60, 60))
def test_a_rung_in_days_always_speaks_at_nine_in_london(anchor: datetime, unit: Unit, n: int) -> None:
    assert london(shifted(anchor, Span(n=n, unit=unit), DAYS, NINE)).time() == NINE


@given(moments, st.integers(-60, 60))
def test_a_rung_in_working_days_never_speaks_on_a_day_off(anchor: datetime, n: int) -> None:
    assert DAYS.is_working_day(day_of(shifted(anchor, Span(n=n, unit=Unit.WORKING_DAYS), DAYS, NINE)))


@given(moments, small, st.sampled_from(Unit))
def test_a_bound_is_the_day_on_which_a_clock_of_that_length_runs_out(start: datetime, n: int, unit: Unit) -> None:
    bound = Span(n=n, unit=unit)
    found = due_time(start, bound, DAYS)
    assert found is not None
    assert furthest(start, bound, DAYS) == day_of(found)


@given(moments, st.integers(1, 70))
def test_months_and_back_lose_at_most_the_days_of_a_short_month(start: datetime, n: int) -> None:
    day = day_of(start)
    back = add_months(add_months(day, n), -n)
    assert timedelta(0) <= day - back <= timedelta(days=3)


LAWS = [
    test_a_longer_budget_is_never_due_earlier,
    test_a_later_start_is_never_due_earlier,
    test_suspended_days_are_never_counted,
    test_suspended_hours_are_never_counted,
    test_the_order_of_suspensions_does_not_matter,
    test_a_suspension_never_makes_anything_due_earlier,
    test_a_rung_in_days_always_speaks_at_nine_in_london,
    test_a_rung_in_working_days_never_speaks_on_a_day_off,
    test_a_bound_is_the_day_on_which_a_clock_of_that_length_runs_out,
    test_months_and_back_lose_at_most_the_days_of_a_short_month,
]


@pytest.mark.proof
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_each_law_holds_for_thousands_of_dates(law: Callable[[], None]) -> None:
    law()


@pytest.mark.parametrize("day", [date(2026, 7, 1), date(2026, 12, 1), date(2026, 10, 25)])
def test_what_is_due_by_a_day_is_told_from_what_is_due_at_an_hour(day: date) -> None:
    assert is_whole_day(end_of(day))
    assert not is_whole_day(end_of(day) - timedelta(hours=1))

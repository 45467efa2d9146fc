"""Working days of England and Wales: as published, as two independent libraries have them, and in every year."""

from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import holidays as other_library
import pytest
from govuk_bank_holidays.bank_holidays import BankHolidays  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import (
    BeforeBeginning,
    BeyondHorizon,
    WorkingDays,
    easter_sunday,
    holidays_by_rule,
    working_days,
)
from models.policy import Calendar, Force, Proclaimed
from tests.support.house import shipped_policy

POLICY = Path(__file__).parents[2] / "policy" / "england.yaml"
ENGLAND = shipped_policy().calendar
DAYS = working_days(ENGLAND)
DAY = timedelta(days=1)
FAR = Calendar(version="by rule alone", begins=date(2000, 1, 1), horizon=date(2099, 12, 31), warn_days=400)
FAR_DAYS = working_days(FAR)

published_years = pytest.mark.parametrize("year", range(2012, 2029))
any_day = st.dates(date(2002, 1, 1), date(2097, 12, 31))
steps = st.integers(-500, 500)


@cache
def published() -> dict[date, str]:
    """The dates that the government publishes, from the copy inside the package: no request is made."""
    events = BankHolidays(use_cached_holidays=True).get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    return {event["date"]: event["title"] for event in events}


def in_the_library(country: str, year: int) -> set[date]:
    """The weekday holidays of a year in the library `holidays`, which also lists those that fall on a weekend."""
    found = other_library.country_holidays("GB", subdiv=country, years=year)
    return {day for day in found if day.year == year and day.weekday() < 5}


@pytest.mark.promise("F7")
@published_years
def test_holidays_are_those_that_the_government_published(year: int) -> None:
    assert set(DAYS.holidays(year)) == {day for day in published() if day.year == year}


@pytest.mark.promise("F7")
@published_years
def test_every_day_is_worked_or_not_as_published(year: int) -> None:
    day = date(year, 1, 1)
    while day.year == year:
        assert DAYS.is_working_day(day) == (day.weekday() < 5 and day not in published()), day
        day += DAY


@pytest.mark.promise("F7")
@pytest.mark.parametrize("country", ["ENG", "WLS"])
@pytest.mark.parametrize("year", range(2000, 2033))
def test_holidays_agree_with_an_independent_library(country: str, year: int) -> None:
    assert set(DAYS.holidays(year)) == in_the_library(country, year)


@pytest.mark.parametrize("year", range(2033, 2100))
def test_the_rule_agrees_with_an_independent_library_for_the_century(year: int) -> None:
    assert set(holidays_by_rule(year)) == in_the_library("ENG", year)


@pytest.mark.parametrize(
    ("day", "title"),
    [
        (date(2016, 12, 26), "Boxing Day"),
        (date(2016, 12, 27), "Christmas Day (substitute day)"),  # Christmas Day was a Sunday
        (date(2020, 12, 28), "Boxing Day (substitute day)"),  # Boxing Day was a Saturday
        (date(2021, 12, 27), "Christmas Day (substitute day)"),  # both fell on a weekend
        (date(2021, 12, 28), "Boxing Day (substitute day)"),
        (date(2022, 1, 3), "New Year's Day (substitute day)"),  # a Saturday
        (date(2023, 1, 2), "New Year's Day (substitute day)"),  # a Sunday
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 12, 25), "Christmas Day"),
        (date(2012, 6, 4), "Spring bank holiday"),
        (date(2012, 6, 5), "Diamond Jubilee"),
        (date(2022, 6, 2), "Spring bank holiday"),
        (date(2022, 9, 19), "State funeral of Queen Elizabeth II"),
        (date(2023, 5, 8), "Coronation of King Charles III"),
    ],
)
def test_a_holiday_says_its_name(day: date, title: str) -> None:
    assert DAYS.day_off(day) == title
    assert DAYS.holidays(day.year)[day] == title
    assert not DAYS.is_working_day(day)


@pytest.mark.parametrize("day", [date(2012, 5, 28), date(2020, 5, 4), date(2022, 5, 30), date(2002, 5, 27)])
def test_a_monday_that_lost_its_holiday_is_worked(day: date) -> None:
    assert DAYS.is_working_day(day)
    assert DAYS.day_off(day) is None


@pytest.mark.parametrize(("day", "title"), [(date(2026, 11, 21), "Saturday"), (date(2026, 11, 22), "Sunday")])
def test_a_weekend_says_its_name_and_is_no_holiday(day: date, title: str) -> None:
    assert DAYS.day_off(day) == title
    assert day not in DAYS.holidays(2026)


@pytest.mark.parametrize(
    ("year", "easter"),
    [
        (1981, date(1981, 4, 19)),  # the two exceptions of the computus
        (1954, date(1954, 4, 18)),
        (2000, date(2000, 4, 23)),
        (2008, date(2008, 3, 23)),
        (2011, date(2011, 4, 24)),
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2038, date(2038, 4, 25)),  # the latest that there can be
        (2285, date(2285, 3, 22)),  # the earliest
    ],
)
def test_easter_is_where_the_tables_put_it(year: int, easter: date) -> None:
    assert easter_sunday(year) == easter


@given(st.integers(1978, 2500))
def test_every_year_has_eight_holidays_on_eight_weekdays(year: int) -> None:
    found = holidays_by_rule(year)
    assert len(found) == 8
    assert all(day.weekday() < 5 and day.year == year for day in found)


@given(st.integers(1978, 2500))
def test_a_substitute_is_the_first_free_weekday_after_its_day(year: int) -> None:
    found = holidays_by_rule(year)
    fixed = {"New Year's Day": (1, 1), "Christmas Day": (12, 25), "Boxing Day": (12, 26)}
    for day, title in found.items():
        name = title.removesuffix(" (substitute day)")
        if name not in fixed:
            continue
        proper = date(year, *fixed[name])
        between = [proper + n * DAY for n in range((day - proper).days)]
        assert all(one.weekday() >= 5 or one in found for one in between)
        assert (day != proper) == title.endswith("(substitute day)")


@pytest.mark.parametrize(
    ("day", "n", "result"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # Friday: the next is Monday
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # Saturday: the same Monday
        (date(2026, 11, 23), -1, date(2026, 11, 20)),
        (date(2026, 11, 22), -1, date(2026, 11, 20)),
        (date(2026, 12, 24), 1, date(2026, 12, 29)),  # Boxing Day is a Saturday, so Monday is off too
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # over Easter
        (date(2026, 11, 20), 5, date(2026, 11, 27)),
        (date(2026, 11, 20), 15, date(2026, 12, 11)),
        (date(2021, 12, 24), 5, date(2022, 1, 5)),
        (date(2026, 11, 22), 0, date(2026, 11, 22)),  # nothing to count: the day itself, worked or not
    ],
)
@pytest.mark.promise("F7", "B1")
def test_the_day_from_which_one_counts_is_not_counted(day: date, n: int, result: date) -> None:
    assert DAYS.add(day, n) == result


def counted_on_fingers(days: WorkingDays, day: date, n: int) -> date:
    step = DAY if n > 0 else -DAY
    left = abs(n)
    while left:
        day += step
        left -= days.is_working_day(day)
    return day


@given(any_day, st.integers(-60, 60))
def test_adding_is_the_same_as_counting_on_fingers(day: date, n: int) -> None:
    assert FAR_DAYS.add(day, n) == counted_on_fingers(FAR_DAYS, day, n)


@given(any_day, steps.filter(bool))
def test_adding_never_lands_on_a_day_off(day: date, n: int) -> None:
    assert FAR_DAYS.is_working_day(FAR_DAYS.add(day, n))


@given(any_day, steps)
def test_adding_and_taking_away_comes_back(day: date, n: int) -> None:
    from_here = FAR_DAYS.add(day, 1)
    assert FAR_DAYS.add(FAR_DAYS.add(from_here, n), -n) == from_here


@given(any_day, any_day, steps)
def test_who_starts_later_never_ends_earlier(one: date, other: date, n: int) -> None:
    earlier, later = sorted((one, other))
    assert FAR_DAYS.add(earlier, n) <= FAR_DAYS.add(later, n)


@given(any_day, steps)
def test_one_more_is_a_later_day(day: date, n: int) -> None:
    assert FAR_DAYS.add(day, n) < FAR_DAYS.add(day, n + 1)


@given(any_day, steps)
def test_counting_says_how_many_were_added(day: date, n: int) -> None:
    assert FAR_DAYS.counted_between(day, FAR_DAYS.add(day, n)) == n


@given(any_day, any_day, any_day)
def test_counts_forward_add_up(one: date, other: date, third: date) -> None:
    a, b, c = sorted((one, other, third))
    assert FAR_DAYS.counted_between(a, c) == FAR_DAYS.counted_between(a, b) + FAR_DAYS.counted_between(b, c)


@given(any_day, st.integers(0, 200))
def test_the_counted_days_are_listed_in_order(day: date, n: int) -> None:
    end = FAR_DAYS.add(day, n)
    listed = FAR_DAYS.counted(day, end)
    assert len(listed) == n
    assert all(FAR_DAYS.is_working_day(one) and day < one <= end for one in listed)
    assert all(a < b for a, b in pairwise(listed))


@given(any_day, steps)
def test_when_every_day_counts_it_is_the_plain_sum(day: date, n: int) -> None:
    assert FAR_DAYS.nth_counted(day, n, lambda _: True) == FAR_DAYS.add(day, n)


@given(any_day, st.integers(1, 60), st.integers(0, 30), st.integers(0, 60))
def test_suspended_days_are_passed_over(day: date, n: int, after: int, length: int) -> None:
    first, last = day + after * DAY, day + (after + length) * DAY

    def counts(one: date) -> bool:
        return not first <= one <= last

    end = FAR_DAYS.nth_counted(day, n, counts)
    assert counts(end)
    assert sum(counts(one) for one in FAR_DAYS.counted(day, end)) == n
    assert end >= FAR_DAYS.add(day, n)


@given(any_day, st.integers(1, 40))
def test_counting_back_passes_over_the_same_days(day: date, n: int) -> None:
    def counts(one: date) -> bool:
        return one.day % 3 != 0

    start = FAR_DAYS.nth_counted(day, -n, counts)
    assert sum(counts(one) for one in FAR_DAYS.counted(start - DAY, day - DAY)) == n


def test_days_that_never_count_end_at_the_horizon() -> None:
    with pytest.raises(BeyondHorizon):
        DAYS.nth_counted(date(2032, 12, 1), 1, lambda _: False)
    with pytest.raises(BeforeBeginning):
        DAYS.nth_counted(date(2000, 2, 1), -1, lambda _: False)


LAST, FIRST = ENGLAND.horizon, ENGLAND.begins


@pytest.mark.promise("F7")
def test_beyond_the_horizon_it_refuses() -> None:
    with pytest.raises(BeyondHorizon):
        DAYS.is_working_day(LAST + DAY)
    with pytest.raises(BeyondHorizon):
        DAYS.day_off(LAST + DAY)
    with pytest.raises(BeyondHorizon):
        DAYS.add(LAST + DAY, 0)
    with pytest.raises(BeyondHorizon):
        DAYS.nth_counted(LAST + DAY, 0, lambda _: True)
    with pytest.raises(BeyondHorizon):
        DAYS.add(LAST, 1)
    with pytest.raises(BeyondHorizon):
        DAYS.counted_between(FIRST, LAST + DAY)
    with pytest.raises(BeyondHorizon):
        DAYS.counted(FIRST, LAST + DAY)
    with pytest.raises(BeyondHorizon):
        DAYS.holidays(LAST.year + 1)


@pytest.mark.promise("F7")
def test_up_to_the_horizon_it_answers() -> None:
    assert DAYS.is_working_day(LAST)
    assert DAYS.add(LAST, -1) == date(2032, 12, 30)
    assert DAYS.add(date(2032, 12, 30), 1) == LAST
    assert len(DAYS.holidays(LAST.year)) == 8


def test_before_the_beginning_it_refuses() -> None:
    with pytest.raises(BeforeBeginning):
        DAYS.is_working_day(FIRST - DAY)
    with pytest.raises(BeforeBeginning):
        DAYS.add(date(2000, 1, 4), -1)  # the first working day of the calendar: 3 January was a substitute
    with pytest.raises(BeforeBeginning):
        DAYS.holidays(FIRST.year - 1)
    assert DAYS.add(date(2000, 1, 5), -1) == date(2000, 1, 4)


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(BeyondHorizon, match=r"ends on 31 December 2032.*horizon:.*reviews policy check"):
        DAYS.add(LAST, 1)
    with pytest.raises(BeforeBeginning, match=r"begins on 1 January 2000.*begins:"):
        DAYS.is_working_day(FIRST - DAY)


@pytest.mark.promise("F7")
def test_a_warning_comes_before_the_days_run_out() -> None:
    assert DAYS.warning(LAST - 401 * DAY) is None
    soon = DAYS.warning(LAST - 400 * DAY)
    assert soon is not None
    assert "ends on 31 December 2032, in 400 days" in soon
    assert "move `calendar: horizon:`" in soon
    assert "in 0 days" in str(DAYS.warning(LAST))
    assert "has run out" in str(DAYS.warning(LAST + DAY))


def proclaimed(day: date, *, works: bool = False) -> Proclaimed:
    return Proclaimed(day=day, title="A day of thanks", works=works, source="proclamation", force=Force.LAW)


@pytest.mark.promise("F7")
@given(st.dates(date(2027, 1, 1), date(2032, 12, 1)), st.integers(0, 30))
def test_a_proclaimed_holiday_never_brings_a_deadline_forward(day: date, n: int) -> None:
    more = working_days(ENGLAND.model_copy(update={"proclaimed": (*ENGLAND.proclaimed, proclaimed(day))}))
    start = day - 20 * DAY
    before, after = DAYS.add(start, n), more.add(start, n)
    assert not more.is_working_day(day)
    moved = DAYS.is_working_day(day) and start < day <= before
    assert after == (DAYS.add(start, n + 1) if moved else before)


def test_a_proclaimed_day_on_a_weekend_changes_nothing() -> None:
    more = working_days(ENGLAND.model_copy(update={"proclaimed": (*ENGLAND.proclaimed, proclaimed(date(2030, 6, 8)))}))
    assert more.holidays(2030) == DAYS.holidays(2030)
    assert more.day_off(date(2030, 6, 8)) == "Saturday"


def test_calendars_of_equal_content_are_counted_once() -> None:
    twin = Calendar.model_validate_json(ENGLAND.model_dump_json())
    assert twin is not ENGLAND
    assert working_days(twin) is working_days(ENGLAND)
    assert working_days(ENGLAND.model_copy(update={"warn_days": 1})) is not working_days(ENGLAND)

"""When messages may interrupt somebody: together, by day, within a budget, and at once only where it is urgent."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import SATURDAY, working_days
from models.calm import GATHER, LARGEST, Plan, Waiting, plan, works_on
from models.policy import Brief, Force, Interruptions, Weekday
from models.time import LONDON, day_of, london
from tests.support.house import shipped_policy

RULES = Interruptions(
    not_before=time(8), not_after=time(18), on_days_off=False, together_minutes=10, source="local", force=Force.LOCAL,
    brief=Brief(offices=("independent_chair",), at_most=2, day=Weekday.THURSDAY, at=time(9)),
)  # fmt: skip
TUESDAY = date(2026, 3, 3)
MONDAY_OFF = date(2026, 5, 4)
LATE = timedelta(milliseconds=50)
"""A timer never rings early, and always a little late."""


def works(day: date) -> bool:
    return day.weekday() < 5 and day != MONDAY_OFF


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), LONDON)


def waiting(key: str, written: datetime, *, urgent: bool = False) -> Waiting:
    return Waiting(key, written, urgent)


@pytest.mark.promise("G5")
def test_what_is_written_at_one_instant_goes_together_a_moment_later() -> None:
    both = [waiting("a", at(10)), waiting("b", at(10))]
    assert plan(both, [], RULES, works, at(10)) == Plan((), at(10) + GATHER)
    assert plan(both, [], RULES, works, at(10) + GATHER) == Plan((("a", "b"),), None)


@pytest.mark.promise("G5")
def test_what_comes_soon_after_a_message_waits_for_its_window_and_goes_in_one() -> None:
    later = [waiting("b", at(10, 2)), waiting("c", at(10, 5))]
    assert plan(later, [at(10)], RULES, works, at(10, 5)) == Plan((), at(10, 10))
    assert plan(later, [at(10)], RULES, works, at(10, 10)) == Plan((("b", "c"),), None)


@pytest.mark.promise("G6")
@pytest.mark.parametrize(
    ("now", "again"),
    [
        (at(7, 59), at(8)),
        (at(18), at(8, day=TUESDAY + timedelta(days=1))),
        (at(23, day=date(2026, 3, 6)), at(8, day=date(2026, 3, 9))),
        (at(12, day=date(2026, 3, 7)), at(8, day=date(2026, 3, 9))),
        (at(12, day=MONDAY_OFF), at(8, day=date(2026, 5, 5))),
        (at(20, day=date(2026, 3, 27)), at(8, day=date(2026, 3, 30))),
    ],
    ids=["before work", "after work", "Friday night", "Saturday", "a day off", "over the change of the clocks"],
)
def test_nothing_interrupts_at_night_or_on_a_day_off(now: datetime, again: datetime) -> None:
    one = [waiting("a", now - timedelta(hours=1))]
    assert plan(one, [], RULES, works, now) == Plan((), again)
    assert plan(one, [], RULES, works, again) == Plan((("a",),), None)


@pytest.mark.promise("G6")
def test_what_is_urgent_comes_at_night_at_once_and_takes_nothing_else_along() -> None:
    both = [waiting("a", at(23)), waiting("u", at(23), urgent=True)]
    tomorrow = at(8, day=TUESDAY + timedelta(days=1))
    assert plan(both, [at(22, 59)], RULES, works, at(23)) == Plan((("u",),), tomorrow)


@pytest.mark.promise("G5")
def test_an_office_with_a_budget_gets_the_rest_of_the_week_as_one_brief() -> None:
    sent = [at(9, day=date(2026, 3, 2)), at(10)]
    more = [waiting("a", at(11)), waiting("b", at(15))]
    thursday = at(9, day=date(2026, 3, 5))
    assert plan(more, sent, RULES, works, at(15), budgeted=True) == Plan((), thursday)
    assert plan(more, sent, RULES, works, thursday + LATE, budgeted=True) == Plan((("a", "b"),), None)
    assert plan(more, sent, RULES, works, at(15)) == Plan((("a", "b"),), None), "others have no budget"
    last_week = [one - timedelta(days=7) for one in sent]
    assert plan(more, last_week, RULES, works, at(15), budgeted=True) == Plan((("a", "b"),), None)


@pytest.mark.promise("F7", "G6")
def test_a_calendar_that_has_run_out_holds_no_message_back() -> None:
    days = working_days(shipped_policy().calendar)
    after = days.calendar.horizon + timedelta(days=7)
    week = [after + timedelta(days=n) for n in range(7)]
    assert [works_on(days, day) for day in week] == [day.weekday() < SATURDAY for day in week]
    assert not works_on(days, date(2026, 12, 25)), "within it, it holds"


@pytest.mark.promise("D8", "G5")
def test_a_storm_is_one_message_and_of_what_is_urgent_as_many_as_each_matter_needs_to_be_read() -> None:
    storm = [waiting(f"n{n}", at(10)) for n in range(40)]
    assert [len(one) for one in plan(storm, [], RULES, works, at(10, 1)).now] == [40]
    urgent = [waiting(f"u{n}", at(10), urgent=True) for n in range(40)]
    sent = plan([*storm, *urgent], [], RULES, works, at(10, 1)).now
    assert [len(one) for one in sent] == [LARGEST, LARGEST, 40 - 2 * LARGEST, 40]


@pytest.mark.promise("G5", "G6")
@given(
    st.lists(st.tuples(st.integers(0, 60 * 24 * 21), st.booleans()), min_size=1, max_size=25),
    st.booleans(),
)
def test_every_notice_goes_once_by_day_within_a_fortnight_and_never_before_it_was_written(
    written: list[tuple[int, bool]],
    budgeted: bool,  # noqa: FBT001 -- hypothesis gives it by name
) -> None:
    start = at(0)
    coming = sorted(
        (
            waiting(f"n{n}", start + timedelta(minutes=minute), urgent=urgent)
            for n, (minute, urgent) in enumerate(written)
        ),
        key=lambda one: one.written,
    )
    sent: list[datetime] = []
    gone: dict[str, datetime] = {}
    now = start
    for _ in range(500):
        open_ = [one for one in coming if one.key not in gone and one.written <= now]
        urgent = {one.key for one in open_ if one.urgent}
        made = plan(open_, sent, RULES, works, now, budgeted=budgeted)
        for bundle in made.now:
            assert not gone.keys() & set(bundle), "nothing goes twice"
            assert len({key in urgent for key in bundle}) == 1
            gone |= dict.fromkeys(bundle, now)
            if bundle[0] not in urgent:
                sent.append(now)
        ahead = [one.written for one in coming if one.written > now]
        following = [moment for moment in (*ahead, made.again) if moment]
        if not following:
            break
        assert min(following) > now, "it waits for nothing"
        now = min(following) + (LATE if made.again in following else timedelta(0))
    assert gone.keys() == {one.key for one in coming}
    for one in coming:
        assert one.written <= gone[one.key] <= LATE + one.written + timedelta(days=14)
        if one.urgent:
            assert gone[one.key] <= one.written + LATE
        else:
            assert works(day_of(gone[one.key]))
            assert RULES.not_before <= london(gone[one.key]).time() < RULES.not_after

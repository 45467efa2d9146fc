"""Who is told for an office: the holder, the deputy of a holder on leave, or nobody, and why."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.directory import (
    Agency,
    Answer,
    Directory,
    Holding,
    Leave,
    NaiveTimeError,
    Person,
    Reason,
    london_day,
)
from models.policy import AgencyKind

DAY = timedelta(days=1)
SPRING = date(2026, 4, 1)
NOBODY = Answer(person=None, reason=Reason.EMPTY)
ALL_AWAY = Answer(person=None, reason=Reason.AWAY)
HOLDER = Answer(person="p-001", reason=Reason.HOLDER)
DEPUTY = Answer(person="p-002", reason=Reason.DEPUTY)


def leave(first: date, last: date) -> tuple[Leave, ...]:
    return (Leave(first=first, last=last),)


def directory(
    *holdings: Holding, holder_away: tuple[Leave, ...] = (), deputy_away: tuple[Leave, ...] = ()
) -> Directory:
    return Directory(
        agencies={
            "council": Agency(name="Harrowshire Council", kind=AgencyKind.LOCAL_AUTHORITY, partner=True),
            "police": Agency(name="Harrowshire Police", kind=AgencyKind.POLICE, partner=True),
        },
        people={
            "p-001": Person(name="Marigold Testwell", email="m@council.example.org", leave=holder_away),
            "p-002": Person(name="Barnaby Sampleton", email="b@council.example.org", leave=deputy_away),
            "p-003": Person(name="Digby Placeholder", email="d@police.example.org"),
        },
        holdings=holdings,
    )


LEAD = Holding(office="agency_lead", agency="council", person="p-001", deputy="p-002", since=SPRING)
CHAIR = Holding(office="independent_chair", person="p-001", deputy="p-002", since=SPRING)


@pytest.mark.promise("F2")
def test_the_holder_is_told() -> None:
    assert directory(LEAD).look_up("agency_lead", "council", SPRING) == HOLDER


@pytest.mark.promise("F2")
@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2026, 7, 31), HOLDER),
        (date(2026, 8, 1), DEPUTY),  # the first day of leave
        (date(2026, 8, 14), DEPUTY),  # and the last
        (date(2026, 8, 15), HOLDER),
    ],
)
def test_the_deputy_is_told_from_the_first_to_the_last_day_of_leave(day: date, told: Answer) -> None:
    away = leave(date(2026, 8, 1), date(2026, 8, 14))
    assert directory(LEAD, holder_away=away).look_up("agency_lead", "council", day) == told


@pytest.mark.promise("F2")
def test_nobody_is_told_when_both_are_away() -> None:
    away = leave(SPRING, SPRING)
    both = directory(LEAD, holder_away=away, deputy_away=away)
    assert both.look_up("agency_lead", "council", SPRING) == ALL_AWAY
    assert both.look_up("agency_lead", "council", SPRING + DAY) == HOLDER


@pytest.mark.promise("F2", "F6")
def test_without_a_deputy_a_holder_on_leave_leaves_the_office_unmanned() -> None:
    alone = LEAD.model_copy(update={"deputy": None})
    away = directory(alone, holder_away=leave(SPRING, SPRING))
    assert away.look_up("agency_lead", "council", SPRING) == ALL_AWAY


@pytest.mark.promise("F6")
def test_an_office_that_nobody_holds_is_empty() -> None:
    assert directory().look_up("agency_lead", "council", SPRING) == NOBODY
    assert directory(LEAD).look_up("agency_contact", "council", SPRING) == NOBODY


@pytest.mark.promise("F2")
def test_an_office_of_an_agency_is_looked_up_in_that_agency() -> None:
    assert directory(LEAD).look_up("agency_lead", "police", SPRING) == NOBODY
    assert directory(LEAD).look_up("agency_lead", None, SPRING) == NOBODY
    police = Holding(office="agency_lead", agency="police", person="p-003", since=SPRING)
    assert directory(LEAD, police).look_up("agency_lead", "police", SPRING).person == "p-003"


@pytest.mark.promise("F2")
@pytest.mark.parametrize("agency", ["council", "police", "nowhere", "", None])
def test_an_office_of_the_partnership_ignores_the_agency(agency: str | None) -> None:
    assert directory(CHAIR).look_up("independent_chair", agency, SPRING) == HOLDER


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2026, 3, 31), NOBODY),
        (date(2026, 4, 1), HOLDER),  # the first day in office
        (date(2026, 6, 30), HOLDER),  # and the last
        (date(2026, 7, 1), NOBODY),
    ],
)
def test_an_office_is_held_from_the_first_to_the_last_day(day: date, told: Answer) -> None:
    until = LEAD.model_copy(update={"until": date(2026, 6, 30)})
    assert directory(until).look_up("agency_lead", "council", day) == told


def test_a_successor_is_told_from_the_day_after() -> None:
    first = LEAD.model_copy(update={"until": date(2026, 6, 30)})
    second = Holding(office="agency_lead", agency="council", person="p-003", since=date(2026, 7, 1))
    both = directory(second, first)
    assert both.look_up("agency_lead", "council", date(2026, 6, 30)).person == "p-001"
    assert both.look_up("agency_lead", "council", date(2026, 7, 1)).person == "p-003"


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2026, 7, 31, 22, 59, 59, tzinfo=UTC), HOLDER),
        (datetime(2026, 7, 31, 23, 0, tzinfo=UTC), DEPUTY),  # midnight in London's summer
        (datetime(2026, 8, 1, 1, 0, tzinfo=timezone(5 * timedelta(hours=1))), HOLDER),  # still 31 July in London
    ],
)
def test_the_day_is_the_one_in_london(moment: datetime, told: Answer) -> None:
    away = directory(LEAD, holder_away=leave(date(2026, 8, 1), date(2026, 8, 14)))
    assert away.look_up("agency_lead", "council", moment) == told


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTimeError, match="without a zone"):
        directory(LEAD).look_up("agency_lead", "council", datetime(2026, 4, 1, 9, 0))  # noqa: DTZ001 -- that is the test


def test_somebody_who_is_not_listed_is_not_told() -> None:
    gone = LEAD.model_copy(update={"person": "p-999"})
    assert directory(gone).look_up("agency_lead", "council", SPRING) == DEPUTY


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
spells = st.lists(
    st.tuples(st.dates(SPRING, date(2027, 3, 1)), st.integers(0, 30)).map(
        lambda spell: Leave(first=spell[0], last=spell[0] + spell[1] * DAY)
    ),
    max_size=4,
).map(tuple)


@pytest.mark.promise("F2")
@given(moments, spells, spells)
def test_whoever_is_told_is_there_and_nobody_is_told_only_when_nobody_is(
    moment: datetime, holder_away: tuple[Leave, ...], deputy_away: tuple[Leave, ...]
) -> None:
    book = directory(LEAD, holder_away=holder_away, deputy_away=deputy_away)
    answer, day = book.look_up("agency_lead", "council", moment), london_day(moment)
    if answer.person is not None:
        assert not book.people[answer.person].is_away(day)
        assert (answer.reason is Reason.HOLDER) == (answer.person == "p-001")
    elif answer.reason is Reason.EMPTY:
        assert day < SPRING
    else:
        assert all(book.people[one].is_away(day) for one in ("p-001", "p-002"))


@pytest.mark.parametrize(
    "address", ["marigold.testwell@council.example.org", "o'inventa+reviews@nhs.example.org", "a@b-c.example.org"]
)
def test_an_address_is_taken(address: str) -> None:
    assert Person(name="Marigold Testwell", email=address).email == address


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b", "@example.org", "a b@example.org", "a@example..org", "a@-example.org", "a.@example.org",
     "a@example.org\n", "a@example.org, b@example.org", "<a@example.org>", "a@example.org\r\nBcc: b@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_echoed(address: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Person(name="Marigold Testwell", email=address)
    assert "input_value" not in str(refused.value)

"""The weekly readiness report: the worst first, one line a person, and foreseen before it happens."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from models.directory import Directory, Leave, Person
from models.time import day_of
from notifier.bulletins import FORESEEN, MOST, _readiness
from tests.support.house import example_directory, shipped_policy

pytestmark = pytest.mark.promise("F6")

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = day_of(NOW)
RULES, EXAMPLE = shipped_policy(), example_directory()
CHAIR, CHAIRS_DEPUTY = "p-021", "p-022"


def lines(directory: Directory = EXAMPLE, reached: Callable[[Person], bool] = lambda _: True) -> list[str]:
    return [one.words for one in _readiness(RULES, directory, reached, NOW).items]


def away(since: date, until: date, *people: str) -> Directory:
    leave = (Leave(first=since, last=until),)
    gone = {who: EXAMPLE.people[who].model_copy(update={"leave": leave}) for who in people}
    return EXAMPLE.model_copy(update={"people": {**EXAMPLE.people, **gone}})


def without_deputies(*offices: str) -> Directory:
    kept = [one.model_copy(update={"deputy": None}) if one.office in offices else one for one in EXAMPLE.holdings]
    return EXAMPLE.model_copy(update={"holdings": tuple(kept)})


def test_a_full_directory_has_nothing_to_say() -> None:
    assert lines() == []


def test_an_office_without_a_holder_and_one_whose_people_are_away_are_told_apart() -> None:
    fewer = tuple(one for one in EXAMPLE.holdings if one.office != "independent_chair")
    assert lines(EXAMPLE.model_copy(update={"holdings": fewer})) == ["Nobody can be told: Independent chair."]
    assert (
        lines(away(TODAY, TODAY, CHAIR, CHAIRS_DEPUTY))
        == [
            "Nobody can be told, for holder and deputy are away: Independent chair.",
            "Nobody can be told, for holder and deputy are away: Independent reviewer.",
        ][: 1 if EXAMPLE.look_up("reviewer", None, NOW).person == "p-023" else 2]
    )


def test_leave_of_one_of_the_two_is_no_news() -> None:
    assert lines(away(TODAY, TODAY + timedelta(days=30), CHAIR)) == []


def test_an_office_that_will_be_empty_within_two_weeks_is_said_before() -> None:
    last = TODAY + timedelta(days=FORESEEN)
    assert lines(away(last, last, CHAIR, CHAIRS_DEPUTY)) == [
        "Nobody can be told from 16 March 2026: Independent chair."
    ]
    later = last + timedelta(days=1)
    assert lines(away(later, later, CHAIR, CHAIRS_DEPUTY)) == []


def test_whoever_holds_several_offices_and_is_not_reached_is_one_line() -> None:
    lead = EXAMPLE.people["p-004"]
    (line,) = lines(reached=lambda person: person != lead)
    assert line.startswith("Neither chat nor mail leads to whoever is ")
    assert line.count("(holder)") == 3


def test_an_office_without_deputies_in_many_agencies_is_one_line_and_comes_last() -> None:
    directory = without_deputies("agency_contact", "subgroup_chair")
    fewer = tuple(one for one in directory.holdings if one.office != "independent_chair")
    found = lines(directory.model_copy(update={"holdings": fewer}))
    assert found[0] == "Nobody can be told: Independent chair."
    assert found[1].startswith("No deputy: Agency contact for reviews (")
    assert found[1].endswith(" and 3 more).")
    assert found[2:] == ["No deputy: Chair of the case review sub-group."]
    assert len(found) < MOST


def test_without_any_channel_it_is_said_once() -> None:
    assert lines(reached=lambda _: False) == ["No channel leads to anybody: messages are read in the inbox alone."]

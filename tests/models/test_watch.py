"""What the self-check makes of what it has seen."""

from datetime import UTC, datetime, timedelta

import pytest

from models.watch import (
    EVERY,
    LASTS,
    LATE,
    MOST,
    OF_THE_ENGINE,
    ROUND,
    SILENT,
    Finding,
    Matter,
    Recorded,
    Running,
    Some,
    Standing,
    judge,
    judge_running,
    kept,
    some,
    standing,
)

pytestmark = pytest.mark.promise("F12")

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


def running(**more: object) -> Running:
    return Running.model_validate({"lagging": {}, "asked": NOW, "house_looks": NOW + timedelta(hours=1), **more})


def matters(**more: object) -> list[Matter]:
    return [one.matter for one in judge_running(running(**more), NOW)]


def test_nothing_seen_is_nothing_found() -> None:
    assert judge(Recorded()) == []
    assert matters() == []


def test_each_thing_seen_in_the_record_is_a_finding_with_its_count_and_its_cases() -> None:
    fields = list(Recorded.model_fields)
    for field in fields:
        (one,) = judge(Recorded.model_validate({field: Some(count=3, cases=("RR-2026-0001",))}))
        assert (one.matter, one.count, one.cases) == (field, 3, ("RR-2026-0001",))
    assert {*fields} | {*OF_THE_ENGINE} == {*Matter}


def test_a_case_that_lags_is_found_when_helping_it_has_had_its_time() -> None:
    assert matters(lagging={"RR-2026-0001": NOW - LATE}) == []
    (one,) = judge_running(running(lagging={"RR-2026-0001": NOW - LATE - MOMENT, "RR-2026-0002": NOW}), NOW)
    assert (one.matter, one.count, one.cases) == (Matter.LAGGING, 1, ("RR-2026-0001",))


def test_it_is_found_that_nobody_asks_the_cases_and_that_the_house_is_not_looked_after() -> None:
    assert matters(asked=NOW - ROUND) == []
    assert matters(asked=NOW - ROUND - MOMENT) == [Matter.UNASKED]
    assert matters(house_looks=NOW - LATE) == []
    assert matters(house_looks=NOW - LATE - MOMENT) == matters(house_looks=None) == [Matter.HOUSE]


def test_many_cases_are_named_up_to_a_bound_and_counted_beyond_it() -> None:
    found = some(30, [f"RR-2026-{n:04}" for n in range(MOST + 4)] * 2)
    assert (found.count, len(found.cases), found.more) == (30, MOST, 4)


@pytest.mark.parametrize("matter", list(Matter))
@pytest.mark.parametrize("count", [1, 2])
def test_each_finding_says_what_it_is_what_it_means_and_what_to_do(matter: Matter, count: int) -> None:
    one = Finding(matter=matter, count=count, cases=("RR-2026-0001",))
    for said in (one.what, one.why, one.do):
        assert said[0].isalnum()
        assert said.endswith(".")
        assert not said.endswith("..")
        assert "{" not in said
        assert "RR-" not in said, "words name no case"
    assert one.title
    assert not one.title.endswith(".")


def test_a_finding_remembers_when_it_began_and_lasts_from_its_second_check_on() -> None:
    found = [Finding(matter=Matter.UNSENT, count=1)]
    first = kept(found, None, NOW)
    assert (first.found[0].since, first.found[0].lasts) == (NOW, False)
    second = kept([Finding(matter=Matter.UNSENT, count=5)], first, NOW + EVERY)
    assert (second.found[0].since, second.found[0].count, second.found[0].lasts) == (NOW, 5, True)
    assert LASTS == 2
    mended = kept([], second, NOW + 2 * EVERY)
    again = kept(found, mended, NOW + 3 * EVERY)
    assert (again.found[0].since, again.found[0].lasts) == (NOW + 3 * EVERY, False)


def test_a_check_that_is_too_old_says_nothing_any_more() -> None:
    well, found = kept([], None, NOW), kept([Finding(matter=Matter.IDLE, count=1)], None, NOW)
    assert standing(None, NOW) is Standing.NEVER
    assert standing(well, NOW + SILENT) is Standing.WELL
    assert standing(found, NOW + SILENT) is Standing.FOUND
    assert standing(well, NOW + SILENT + MOMENT) is standing(found, NOW + SILENT + MOMENT) is Standing.SILENT

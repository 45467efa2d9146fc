"""Which regular reports are due: each once, by London's clocks."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from models.policy import Headlines
from models.reports import TOO_LATE, next_report, reports
from models.shelf import days, put
from models.telling import NoticeKind
from models.time import at
from tests.support.house import example_directory, shipped_policy

RULES, PEOPLE = shipped_policy(), example_directory()
WORK = days(put(RULES)[1])
MONDAY = date(2026, 3, 23)


@pytest.mark.promise("G11")
def test_a_week_has_one_digest_from_its_monday_morning_on_also_over_a_change_of_the_clocks() -> None:
    first = {one.key for one in reports(RULES, WORK, PEOPLE, at(MONDAY, time(9)))}
    moment = start = at(MONDAY, time(9))
    while moment < at(MONDAY + timedelta(days=7), time(9)):
        told = {one.key for one in reports(RULES, WORK, PEOPLE, moment)}
        assert told == (first if moment - start <= TOO_LATE else set()), "late, but not long after"
        assert next_report(RULES, WORK, moment) == at(MONDAY + timedelta(days=7), time(9))
        moment += timedelta(hours=5)
    later = {one.key for one in reports(RULES, WORK, PEOPLE, at(MONDAY + timedelta(days=7), time(9)))}
    assert not first & later
    assert at(MONDAY + timedelta(days=7), time(9)) == datetime(2026, 3, 30, 8, 0, tzinfo=UTC)


@pytest.mark.promise("G11")
def test_headlines_are_due_from_some_working_days_before_a_meeting_until_it_is_over() -> None:
    meeting = date(2026, 4, 9)
    assert RULES.reports
    lines = Headlines(offices=("agency_lead", "independent_chair"), working_days_before=5, meetings=(meeting,))
    rules = RULES.model_copy(update={"reports": RULES.reports.model_copy(update={"headlines": lines})})

    def told(moment: datetime) -> int:
        return sum(one.kind is NoticeKind.HEADLINES for one in reports(rules, WORK, PEOPLE, moment))

    first = at(date(2026, 3, 31), time(9))  # Good Friday and Easter Monday lie between
    seats = sum(one.office in lines.offices for one in PEOPLE.holdings)
    assert [told(first - timedelta(seconds=1)), told(first), told(at(meeting, time(20)))] == [0, seats, seats]
    assert told(at(meeting + timedelta(days=1), time(8))) == 0
    assert next_report(rules, WORK, first - timedelta(seconds=1)) == first


def test_a_policy_without_reports_has_none() -> None:
    silent = RULES.model_copy(update={"reports": None})
    now = at(MONDAY, time(9))
    assert (reports(silent, WORK, PEOPLE, now), next_report(silent, WORK, now)) == ([], None)

"""Which regular reports are due, and to whom: pure, so that a report is written once however often one asks."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from models.calendar import WorkingDays
from models.directory import Directory
from models.policy import Policy, Scope, Weekly
from models.telling import NoticeKind
from models.time import at, day_of

WEEK = timedelta(days=7)
TOO_LATE = timedelta(days=3)
"""After so long a weekly report that could not be written is left to the next one."""


class Report(NamedTuple):
    """One report to one office. `key`: of the kind, the week or meeting, and the office; so it is written once."""

    key: str
    kind: NoticeKind
    office: str
    agency: str
    at: datetime


def reports(policy: Policy, days: WorkingDays, directory: Directory, now: datetime) -> list[Report]:
    """Every report whose time has come, and has not passed long ago: this week's, and of meetings to come."""
    rules = policy.reports
    if rules is None:
        return []
    found: list[Report] = []
    for kind, weekly in ((NoticeKind.DIGEST, rules.digest), (NoticeKind.READINESS, rules.readiness)):
        moment = _last(weekly, now)
        if now - moment > TOO_LATE:
            continue
        year, week, _ = day_of(moment).isocalendar()
        keys = {office: f"{kind}/{year}-W{week:02}/{office}" for office in weekly.offices}
        found += [Report(key, kind, office, "", moment) for office, key in keys.items()]
    for meeting in rules.headlines.meetings:
        moment = at(days.add(meeting, -rules.headlines.working_days_before), policy.message_time)
        if moment <= now and day_of(now) <= meeting:
            for office in rules.headlines.offices:
                found += _before(meeting, office, moment, _agencies(office, policy, directory))
    return found


def next_report(policy: Policy, days: WorkingDays, now: datetime) -> datetime | None:
    """When the next report is due, after now."""
    rules = policy.reports
    if rules is None:
        return None
    weekly = [_last(one, now) + WEEK for one in (rules.digest, rules.readiness)]
    weekly = [at(day_of(moment), one.at) for moment, one in zip(weekly, (rules.digest, rules.readiness), strict=True)]
    before = rules.headlines.working_days_before
    meetings = [at(days.add(meeting, -before), policy.message_time) for meeting in rules.headlines.meetings]
    return min(moment for moment in (*weekly, *meetings) if moment > now)


def _last(weekly: Weekly, now: datetime) -> datetime:
    """The last time, up to now, at which this was due; by London's clocks, also across a change of them."""
    today = day_of(now)
    day = today - timedelta(days=(today.weekday() - weekly.day.number) % 7)
    moment = at(day, weekly.at)
    return moment if moment <= now else at(day - WEEK, weekly.at)


def _before(meeting: date, office: str, moment: datetime, agencies: Iterable[str]) -> Iterator[Report]:
    for agency in agencies:
        key = f"{NoticeKind.HEADLINES}/{meeting}/{office}/{agency}"
        yield Report(key, NoticeKind.HEADLINES, office, agency, moment)


def _agencies(office: str, policy: Policy, directory: Directory) -> list[str]:
    """The agencies in which this office is held; one without a name for an office of the whole partnership."""
    if policy.offices[office].scope is Scope.PARTNERSHIP:
        return [""]
    return [one.agency for one in directory.holdings if one.office == office and one.agency]

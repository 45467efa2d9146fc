"""What the house says by itself: regular reports, and to whoever takes over an office everything that it owes."""

from datetime import date, datetime, time, timedelta

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from models.delivery import ARRIVED
from models.directory import Directory
from models.obligation import Ended
from models.reports import next_report, reports
from models.shelf import days, policy
from models.tables import BundleRow, HeldRow, ObligationRow
from models.telling import Notice, NoticeKind
from models.time import at, day_of
from records.faults import where
from records.opening import Installation
from records.outbox import CHANGED, Outbox
from records.policies import in_force

EARLY = time(0, 5)
"""When it is looked each day whether an office has changed hands with the day."""
log = structlog.get_logger("housekeeping")


class Housekeeping:
    """Holds what the worker's process has open."""

    def __init__(self, there: Installation) -> None:
        self._there = there

    @activity.defn
    async def keep_house(self, now: datetime) -> datetime:
        """Write what is due; what was written already is not written again. Returns when to look next."""
        try:
            async with self._there.database.writing() as session:
                return await self._keep(session, now)
        except Exception as error:  # noqa: BLE001 -- it is raised again, without its words
            kind = type(error).__name__
            log.error("house not kept", error=kind, where=where(error))  # noqa: TRY400 -- no words
            raise ApplicationError(f"the house was not kept: {kind}", type=kind) from None

    async def _keep(self, session: AsyncSession, now: datetime) -> datetime:
        tomorrow = at(day_of(now) + timedelta(days=1), EARLY)
        directory, names = await self._there.recorder.directory.read(session), await in_force(session)
        if directory is None or names is None:
            return tomorrow
        rules, work = policy(names[0]), days(names[1])
        told = [
            _notice(one.key, one.kind, one.office, one.agency, person, one.at, now)
            for one in reports(rules, work, directory, now)
            if (person := directory.look_up(one.office, one.agency or None, now).person)
        ]
        told += await self._taken_over(session, directory, now)
        await Outbox.tell(session, told)
        return min(filter(None, (tomorrow, next_report(rules, work, now))))

    @staticmethod
    async def _taken_over(session: AsyncSession, directory: Directory, now: datetime) -> list[Notice]:
        """Whoever holds an office from now on, and did not when it was last looked, gets all that it owes.

        What asks their predecessor for something is written anew: it asks nothing any more.
        """
        rows = await session.execute(select(HeldRow.office, HeldRow.agency, HeldRow.person))
        before = {(office, agency): person for office, agency, person in rows}
        held = _held(directory, day_of(now))
        await _let_go(session, directory, day_of(now))
        moved = {seat: person for seat, person in held.items() if before.get(seat) != person}
        if not moved and before.keys() == held.keys():
            return []
        await session.execute(delete(HeldRow))
        session.add_all(HeldRow(office=seat[0], agency=seat[1], person=person) for seat, person in held.items())
        gone = {person for seat, person in before.items() if held.get(seat) != person}
        await session.execute(update(BundleRow).where(BundleRow.live, BundleRow.person.in_(gone)).values(CHANGED))
        told = []
        for (office, agency), person in moved.items() if before else ():
            if await _owes(session, office, agency):
                key = f"{NoticeKind.TAKEN_OVER}/{office}/{agency}/{person}/{day_of(now)}"
                told.append(_notice(key, NoticeKind.TAKEN_OVER, office, agency, person, now, now))
        return told


async def _let_go(session: AsyncSession, directory: Directory, day: date) -> None:
    """Who neither holds nor deputises in any office any more, or has left: their messages ask nothing of them."""
    seated = {who for one in directory.holdings if one.covers(day) for who in (one.person, one.deputy) if who}
    live = BundleRow.live & (BundleRow.case == "") & BundleRow.state.in_(ARRIVED) & BundleRow.stale.is_(False)
    people = set(await session.scalars(select(BundleRow.person).where(live).distinct()))
    if gone := people - seated:
        await session.execute(update(BundleRow).where(live, BundleRow.person.in_(gone)).values(CHANGED))


def _held(directory: Directory, day: date) -> dict[tuple[str, str], str]:
    """Who holds each office on that day, by office and agency."""
    return {(one.office, one.agency or ""): one.person for one in reversed(directory.holdings) if one.covers(day)}


async def _owes(session: AsyncSession, office: str, agency: str) -> bool:
    owed = select(func.count()).where(ObligationRow.owed_by == office, ObligationRow.state.not_in(tuple(Ended)))
    return bool(await session.scalar(owed.where(ObligationRow.agency == agency) if agency else owed))


def _notice(  # noqa: PLR0913, PLR0917 -- every part of a notice
    key: str, kind: NoticeKind, office: str, agency: str, person: str, due: datetime, now: datetime
) -> Notice:
    return Notice(
        key=key, kind=kind, case="", fact=0, office=office, agency=agency, person=person, rung_at=due, wake_at=now
    )

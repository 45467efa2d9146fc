"""The self-check's questions to the record, and its last result: shown, served, and told to the business unit once."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.delivery import State
from models.obligation import Ended
from models.tables import BundleRow, CaseRow, CommandRow, NoticeRow, ObligationRow, SelfCheckRow
from models.telling import Notice, NoticeKind, unit
from models.watch import EVERY, LATE, Kept, Lasting, Recorded, Running, Some, judge, judge_running, kept, some
from records.audit import Auditor
from records.database import Database
from records.directory import DirectoryRecord
from records.outbox import CHANGED, Outbox
from records.settings import Settings

OWED = ObligationRow.state.not_in((*Ended, "paused"))


class Watching:
    """Asks by counting: no state of a case is loaded, however many are open."""

    def __init__(self, database: Database, auditor: Auditor, directory: DirectoryRecord, settings: Settings) -> None:
        self._database, self._auditor, self._directory, self._settings = database, auditor, directory, settings

    async def recorded(self, now: datetime) -> Recorded:
        late = now - LATE
        async with self._database.reading() as session:
            return Recorded(
                unsaid=await _some(session, _of_obligations().where(ObligationRow.speaks < late)),
                unwatched=await _some(session, _of_obligations().where(OWED, ObligationRow.speaks.is_(None))),
                idle=await _some(session, _idle()),
                unsent=await _some(session, _unbundled(late), _unsent(late)),
                unsettled=await _some(session, _unsettled(late)),
                unsealed=Some(count=await self._auditor.unsealed(session, self._settings.seals, late)),
            )

    async def is_due(self, now: datetime) -> bool:
        """Whether it is time to look. Of several workers whoever comes first has looked for all."""
        return _is_due(await self.last(), now)

    async def check(self, running: Running, now: datetime) -> None:
        """Judge, keep what was found, and tell of what lasts."""
        found = [*judge(await self.recorded(now)), *judge_running(running, now)]
        async with self._database.writing() as session:
            before = await last(session)
            if not _is_due(before, now):
                return
            after = kept(found, before, now)
            row = {"number": 1, "at": now, "found": [one.model_dump(mode="json") for one in after.found]}
            await session.merge(SelfCheckRow(**row))
            if before:
                await _mended(session, {key_of(one) for one in before.found} - {key_of(one) for one in after.found})
            if lasting := [one for one in after.found if one.lasts]:
                await self._tell(session, lasting, now)

    async def last(self) -> Kept | None:
        """The last self-check; none if there never was one."""
        async with self._database.reading() as session:
            return await last(session)

    async def _tell(self, session: AsyncSession, lasting: list[Lasting], now: datetime) -> None:
        """Each under a key of when it was first seen: once, until it is mended."""
        directory = await self._directory.read(session)
        office, person = unit(directory, now) if directory else ("", "")
        if person:
            kind = NoticeKind.SELF_CHECK
            told = [
                Notice(
                    key=key_of(one), kind=kind, case="", fact=0, office=office, person=person, rung_at=one.since,
                    wake_at=now,
                )
                for one in lasting
            ]  # fmt: skip
            await Outbox.tell(session, told)


async def last(session: AsyncSession) -> Kept | None:
    row = await session.get(SelfCheckRow, 1)
    return Kept(at=row.at, found=tuple(Lasting.model_validate(one) for one in row.found)) if row else None


def _is_due(before: Kept | None, now: datetime) -> bool:
    return before is None or now - before.at >= EVERY


def key_of(one: Lasting) -> str:
    """The key of the notice of a finding: the same until it is mended."""
    return f"{NoticeKind.SELF_CHECK}/{one.matter}/{one.since.isoformat()}"


async def _mended(session: AsyncSession, keys: Collection[str]) -> None:
    """What was not sent yet is not sent any more; what was says from now on that it is mended."""
    if keys:
        waits = update(NoticeRow).where(NoticeRow.key.in_(keys), NoticeRow.state == State.QUEUED)
        await session.execute(waits.values(state=State.SUPERSEDED))
        said = select(NoticeRow.bundle).where(NoticeRow.key.in_(keys))
        await session.execute(update(BundleRow).where(BundleRow.live, BundleRow.key.in_(said)).values(CHANGED))


Counts = Select[str, int]
"""Of each case how many there are; an empty reference is no case."""


async def _some(session: AsyncSession, *counts: Counts) -> Some:
    rows = [row for one in counts for row in (await session.execute(one)).all()]
    return some(sum(count for _, count in rows), (case for case, _ in rows if case))


def _counted(case: Any) -> Counts:  # noqa: ANN401 -- a column, of a mapped class or of none
    return select(case, func.count()).group_by(case)


def _of_obligations() -> Counts:
    return _counted(ObligationRow.case)


def _idle() -> Counts:
    """Open cases in which nobody owes anything; a register may be empty, for it waits for what is entered."""
    owed = exists().where(ObligationRow.case == CaseRow.ref, ObligationRow.state.not_in(tuple(Ended)))
    return _counted(CaseRow.ref).where(CaseRow.closed.is_(None), CaseRow.kind != "register", ~owed)


def _unbundled(late: datetime) -> Counts:
    """Notices at which nobody has looked in time."""
    due = or_(NoticeRow.look_at < late, NoticeRow.look_at.is_(None) & (NoticeRow.written < late))
    return _counted(NoticeRow.case).where(NoticeRow.state == State.QUEUED, due)


def _unsent(late: datetime) -> Counts:
    """Messages with which something was to be done; each counts once, in whatever cases."""
    due = or_(BundleRow.look_at < late, BundleRow.look_at.is_(None) & (BundleRow.made < late))
    first = select(func.min(NoticeRow.case)).where(NoticeRow.bundle == BundleRow.key).scalar_subquery()
    case = func.coalesce(func.nullif(BundleRow.case, ""), first, "")
    inside = select(case.label("case")).where(BundleRow.open, due).subquery()
    return _counted(inside.c.case)


def _unsettled(late: datetime) -> Counts:
    return _counted(CommandRow.case).where(CommandRow.state == "asked", CommandRow.asked < late)

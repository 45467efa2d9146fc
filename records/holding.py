"""After a backup was put back: what fell due between it and that day may have been sent by what was lost.

Such a notice does not go out by itself. Whoever sends looks for it in the channels of its person first; what is found
counts as sent. The rest is held until somebody of the business unit has looked at the list and releases it. What falls
due from the day on which the backup was put back goes out as always.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.delivery import ARRIVED, State
from models.tables import AttemptRow, BundleRow, MailRow, NoticeRow, SettingRow
from records.audit import Auditor
from records.chains import MESSAGES
from records.outbox import NO_THREAD

HOLD: Final = "hold"


class Hold(Message):
    """`made`: when the backup was made. `restored`: when it was put back. `released`: when somebody last released."""

    made: datetime
    restored: datetime
    released: datetime | None = None

    def holds(self, notice: NoticeRow) -> bool:
        """Whether this one may have been sent by what was lost, and nobody has looked at it since."""
        return notice.rung_at <= self.restored and (self.released is None or notice.written > self.released)


async def hold_of(session: AsyncSession) -> Hold | None:
    """The last backup that was put back here, if ever one was."""
    row = await session.get(SettingRow, HOLD)
    return Hold.model_validate_json(row.value) if row else None


def begin(connection: Connection, made: datetime, restored: datetime) -> None:
    """Nothing that waits in the backup goes out unseen: what it was about to send may have left after it was made."""
    hold = Hold(made=made, restored=restored)
    connection.execute(delete(SettingRow).where(SettingRow.name == HOLD))
    connection.execute(insert(SettingRow), {"name": HOLD, "value": hold.model_dump_json()})
    tried = select(AttemptRow.bundle)
    untried = select(BundleRow.key).where(BundleRow.open, BundleRow.key.not_in(tried))
    inside = update(NoticeRow).where(NoticeRow.bundle.in_(untried))
    connection.execute(inside.values(bundle=None, state=State.QUEUED, look_at=None))
    connection.execute(update(NoticeRow).where(NoticeRow.thread.in_(untried)).values(thread=None))
    connection.execute(delete(BundleRow).where(BundleRow.open, BundleRow.key.not_in(tried)))
    # What was told is said in no thread of the business unit's channel a second time; its page has it.
    connection.execute(update(NoticeRow).where(NoticeRow.thread.is_(None)).values(thread=NO_THREAD))
    # A try that was to be made again may have been made: it is looked for, or a person is asked.
    last = select(func.max(AttemptRow.number)).where(AttemptRow.bundle == BundleRow.key).scalar_subquery()
    going = select(BundleRow.key, last).where(BundleRow.open, BundleRow.state.not_in(ARRIVED))
    for key, number in connection.execute(going).all():
        mine = update(AttemptRow).where(AttemptRow.bundle == key, AttemptRow.number == number)
        connection.execute(mine.values(state=State.SENDING, began=restored, settled=None, again=None))
    connection.execute(update(BundleRow).where(BundleRow.open).values(look_at=None))
    connection.execute(update(MailRow).where(MailRow.state.in_(["queued", "sending"])).values(state="unknown"))


async def held(session: AsyncSession, most: int | None = None) -> list[NoticeRow]:
    """What waits for somebody to release it, by person, in the order in which it fell due."""
    found = select(NoticeRow).where(NoticeRow.state == State.HELD).limit(most)
    return list(await session.scalars(found.order_by(NoticeRow.person, NoticeRow.rung_at, NoticeRow.key)))


async def waiting(session: AsyncSession) -> int:
    """How many those are."""
    return await session.scalar(select(func.count()).where(NoticeRow.state == State.HELD)) or 0


async def keep(session: AsyncSession, keys: Sequence[str]) -> None:
    """Hold these: they were looked for and not found, or cannot be looked for."""
    mine = update(NoticeRow).where(NoticeRow.key.in_(keys), NoticeRow.state == State.QUEUED)
    await session.execute(mine.values(state=State.HELD, look_at=None))


async def release(  # noqa: PLR0913, PLR0917 -- who releases what, and where that is noted
    session: AsyncSession, auditor: Auditor, by: str, now: datetime, listed: Sequence[str], sent: Sequence[str]
) -> tuple[int, int]:
    """Let what somebody has looked at go out, but for what they know was sent: that stays readable in the inbox.

    `listed`: what they were shown; what is held since stays held. Returns how many go out, and how many do not.
    """
    row = await session.get(SettingRow, HOLD)
    if row is None:
        return 0, 0
    hold = Hold.model_validate_json(row.value)
    unseen = update(NoticeRow).where(NoticeRow.state == State.QUEUED, NoticeRow.rung_at <= hold.restored)
    if hold.released:
        unseen = unseen.where(NoticeRow.written > hold.released)
    await session.execute(unseen.values(state=State.HELD))
    mine = update(NoticeRow).where(NoticeRow.state == State.HELD).returning(NoticeRow.key)
    known = mine.where(NoticeRow.key.in_(sent)).values(state=State.DELIVERED)
    stays = len((await session.execute(known)).all())
    free = mine.where(NoticeRow.key.in_(listed)).values(state=State.QUEUED, look_at=None)
    goes = len((await session.execute(free)).all())
    if goes or stays:
        row.value = hold.model_copy(update={"released": now}).model_dump_json()
        await auditor.append(session, MESSAGES, now, by, "messages_released", {"released": [goes, stays]})
    return goes, stays

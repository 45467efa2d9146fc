"""The outbox: notices on their way to people. What was decided about each is written before anything leaves.

A notice joins one bundle, once; a bundle has attempts, each written as `sending` before its request leaves and settled
by its answer. Whatever dies in between, the rows say what may have happened.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from models.base import Message
from models.delivery import ARRIVED, Attempt, State, Trip
from models.tables import AttemptRow, BundleRow, NoticeRow
from models.telling import Notice, NoticeKind
from records.database import Database, inserting

OVERDUE = timedelta(seconds=30)
"""So long after its time something that was not looked at is somebody else's to look at."""


CHANGED: Final = {"stale": True, "look_at": None}
"""What is noted of a bundle that may say something else now: it is looked at again, at once."""
UNIT = "unit"
"""To whom the threads of the business unit's channel go."""
NO_THREAD = "none"
"""What stands in place of a thread's message for a notice that is not said there."""
RECENT = timedelta(days=1)
"""What was told longer ago is not said in a channel that was set up since."""


class Bundle(Message):
    """One message to one person: its notices, in the order in which they were written, and what became of it."""

    key: str
    person: str
    case: str
    made: datetime
    urgent: bool
    state: State
    open: bool
    live: bool
    stale: bool
    shown: str
    unit_told: datetime | None
    notices: tuple[str, ...]
    attempts: tuple[Attempt, ...]

    @property
    def arrived(self) -> Attempt | None:
        """The attempt that reached its person."""
        return next((one for one in self.attempts if one.state in ARRIVED), None)

    @property
    def nowhere(self) -> bool:
        """Whether nothing more is done to get it there, and it has not arrived."""
        return not self.open and self.state in {State.UNKNOWN, State.FAILED_FOR_GOOD}

    @property
    def uncertain(self) -> bool:
        """Whether it may have arrived, and nobody knows."""
        return self.arrived is None and any(one.state is State.UNKNOWN for one in self.attempts)


def key_of(notices: Sequence[str]) -> str:
    """The key of a bundle: made of what is in it, so that it is the same if it has to be made again."""
    return "b-" + hashlib.sha256("\n".join(sorted(notices)).encode()).hexdigest()[:24]


def mark_of(notice: str) -> str:
    """How a notice is named in the messages of a channel: enough to know it again, of no use to whoever reads it."""
    return hashlib.sha256(notice.encode()).hexdigest()[:16]


class Taken(Exception):
    """What was to be put into a message does not wait any more; ask again what does."""


class Outbox:
    """The rows of one installation's messages."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def calling(self, now: datetime, *, threads: bool = False) -> list[str]:
        """Who has something that nobody has looked at yet, or not in time. `threads`: the unit's channel as well."""
        late = now - OVERDUE
        fresh = select(NoticeRow.person).where(
            NoticeRow.state == State.QUEUED, or_(NoticeRow.look_at.is_(None), NoticeRow.look_at < late)
        )
        unfinished = select(BundleRow.person).where(
            BundleRow.open, or_(BundleRow.look_at < late, BundleRow.look_at.is_(None) & (BundleRow.made < late))
        )
        changed = select(BundleRow.person).where(
            BundleRow.stale, or_(BundleRow.look_at.is_(None), BundleRow.look_at < late)
        )
        async with self.database.reading() as session:
            people = set((await session.scalars(fresh.union(unfinished, changed))).all())
            if threads and await session.scalar(_unthreaded(now).limit(1)):
                people.add(UNIT)
        return sorted(people)

    async def shelve(self, people: Sequence[str]) -> None:
        """To these no channel leads: their notices are in the inbox, and that is all that can be done."""
        if people:
            async with self.database.writing() as session:
                mine = update(NoticeRow).where(NoticeRow.state == State.QUEUED, NoticeRow.person.in_(people))
                await session.execute(mine.values(state=State.DELIVERED))

    @staticmethod
    async def tell(session: AsyncSession, told: Sequence[Notice]) -> None:
        """Write what the house itself says, of no case; what was told already, under its key, is not told again."""
        rows = [{**one.model_dump(), "state": State.QUEUED, "written": one.wake_at} for one in told]
        if rows:
            connection = await session.connection()
            await connection.execute(inserting(NoticeRow, connection.dialect.name).on_conflict_do_nothing(), rows)

    @staticmethod
    async def waiting(session: AsyncSession, person: str) -> list[NoticeRow]:
        """What waits for a bundle, in the order in which it was written."""
        mine = select(NoticeRow).where(NoticeRow.person == person, NoticeRow.state == State.QUEUED)
        return list((await session.scalars(mine.order_by(NoticeRow.written, NoticeRow.key))).all())

    @staticmethod
    async def said_already(session: AsyncSession, person: str) -> dict[str, str]:
        """What waits about a matter that a message has said since it was written, and that message, by their keys.

        Messages say what is true when they go; so an outage ends in one about each matter.
        """
        other, sent = aliased(NoticeRow), AttemptRow
        said = (
            select(NoticeRow.key, other.bundle)
            .join(other, (other.case == NoticeRow.case) & (other.obligation == NoticeRow.obligation))
            .join(sent, sent.bundle == other.bundle)
            .where(
                NoticeRow.person == person,
                other.person == person,
                NoticeRow.state == State.QUEUED,
                NoticeRow.kind == NoticeKind.OWED,
                other.kind == NoticeKind.OWED,
                sent.state.in_(ARRIVED),
                sent.began > NoticeRow.written,
            )
        )
        return {key: str(bundle) for key, bundle in (await session.execute(said)).all()}

    @staticmethod
    async def join(session: AsyncSession, said: Mapping[str, str]) -> None:
        """Let these notices belong to the messages that have said them."""
        for key, bundle in said.items():
            await session.execute(_bundled([key], bundle))

    @staticmethod
    async def interruptions(session: AsyncSession, person: str, since: datetime) -> list[datetime]:
        """When messages that were not urgent were made for them, oldest first."""
        found = select(BundleRow.made).where(
            BundleRow.person == person, BundleRow.made >= since, BundleRow.urgent.is_(False)
        )
        return list((await session.scalars(found.order_by(BundleRow.made))).all())

    @staticmethod
    async def freeze(
        session: AsyncSession, person: str, notices: Sequence[str], now: datetime, *, urgent: bool
    ) -> None:
        """Make one message of these: from now on nothing is added to it, and none of them goes into another.

        Raises Taken if one of them waits no more.
        """
        key = key_of(notices)
        session.add(
            BundleRow(
                key=key,
                person=person,
                case="",
                made=now,
                urgent=urgent,
                state=State.QUEUED,
                open=True,
                look_at=None,
                live=True,
                stale=False,
                shown="",
                unit_told=None,
            )
        )
        await session.flush()
        if len((await session.execute(_bundled(notices, key))).all()) != len(notices):
            raise Taken(key)

    @staticmethod
    async def known_sent(  # noqa: PLR0913 -- what is known of a message that was found
        session: AsyncSession, person: str, key: str, notices: Sequence[str], attempt: Attempt, *, live: bool
    ) -> None:
        """A channel has this message with these notices in it, though the record did not know."""
        bundle = {
            "key": key, "person": person, "case": "", "made": attempt.began, "urgent": False, "state": attempt.state,
            "open": False, "look_at": None, "live": live, "stale": live, "shown": "", "unit_told": None,
        }  # fmt: skip
        connection = await session.connection()
        for table, row in ((BundleRow, bundle), (AttemptRow, {"bundle": key, **attempt.model_dump()})):
            await connection.execute(inserting(table, connection.dialect.name).on_conflict_do_nothing(), [row])
        await session.execute(_bundled(notices, key))

    @staticmethod
    async def unthreaded(session: AsyncSession, now: datetime) -> dict[str, list[str]]:
        """What was told lately and is not said in the thread of its case yet, by case."""
        moot = NoticeRow.thread.is_(None) & (NoticeRow.state == State.SUPERSEDED) & NoticeRow.bundle.is_(None)
        await session.execute(update(NoticeRow).where(moot).values(thread=NO_THREAD))
        found: dict[str, list[str]] = {}
        for key in await session.scalars(_unthreaded(now).order_by(NoticeRow.written, NoticeRow.key)):
            row = await session.get_one(NoticeRow, key)
            found.setdefault(row.case, []).append(key)
        return found

    @staticmethod
    async def thread(session: AsyncSession, case: str, notices: Sequence[str], now: datetime) -> None:
        """Say in the thread of a case that these were sent; the first time its first message is made as well."""
        connection = await session.connection()
        head, reply = thread_of(case), f"r-{key_of(notices)[2:]}"
        rows = [
            {
                "key": key, "person": UNIT, "case": case, "made": now, "urgent": False, "state": State.QUEUED,
                "open": True, "look_at": None, "live": True, "stale": False, "shown": "", "unit_told": None,
            }
            for key in (head, reply)
        ]  # fmt: skip
        await connection.execute(inserting(BundleRow, connection.dialect.name).on_conflict_do_nothing(), rows)
        await Outbox.say_in(session, reply, notices)

    @staticmethod
    async def say_in(session: AsyncSession, thread: str, notices: Sequence[str]) -> None:
        await session.execute(update(NoticeRow).where(NoticeRow.key.in_(notices)).values(thread=thread))

    @staticmethod
    async def put_off(session: AsyncSession, notices: Sequence[str], until: datetime | None) -> None:
        """Look at these again then."""
        if notices:
            await session.execute(update(NoticeRow).where(NoticeRow.key.in_(notices)).values(look_at=until))

    @staticmethod
    async def unfinished(session: AsyncSession, person: str) -> list[BundleRow]:
        """Bundles with which something is still to be done: what has not arrived first, the urgent of it, the oldest.

        The head of a thread comes before what stands in it.
        """
        mine = select(BundleRow).where(BundleRow.person == person, or_(BundleRow.open, BundleRow.stale))
        first = BundleRow.state.in_(ARRIVED), BundleRow.urgent.desc(), BundleRow.made, BundleRow.key.desc()
        return list((await session.scalars(mine.order_by(*first))).all())

    async def bundle(self, key: str) -> Bundle:
        async with self.database.reading() as session:
            row = await session.get_one(BundleRow, key)
            attempts = select(AttemptRow).where(AttemptRow.bundle == key).order_by(AttemptRow.number)
            tried = [attempt_of(one) for one in await session.scalars(attempts)]
            inside = (
                select(NoticeRow.key)
                .where((NoticeRow.thread if row.case else NoticeRow.bundle) == key)
                .order_by(NoticeRow.written, NoticeRow.key)
            )
            notices = tuple(await session.scalars(inside))
        return Bundle(
            key=key, person=row.person, case=row.case, made=row.made, urgent=row.urgent,
            state=State(row.state), open=row.open,
            live=row.live, stale=row.stale, shown=row.shown, unit_told=row.unit_told, notices=notices,
            attempts=tuple(tried),
        )  # fmt: skip

    async def begin(self, key: str, number: int, channel: str, now: datetime) -> bool:
        """Note that a request is about to leave. Returns whether this is the one to send it: nobody else has begun."""
        async with self.database.writing() as session:
            last = select(AttemptRow.number).where(AttemptRow.bundle == key).order_by(AttemptRow.number.desc())
            if ((await session.scalars(last.limit(1))).first() or 0) != number - 1:
                return False
            session.add(
                AttemptRow(
                    bundle=key,
                    number=number,
                    channel=channel,
                    state=State.SENDING,
                    began=now,
                    settled=None,
                    again=None,
                    place={},
                    error="",
                )
            )
            await session.execute(update(BundleRow).where(BundleRow.key == key).values(state=State.SENDING))
        return True

    async def settle(self, key: str, attempt: Attempt, *, follows: bool = False, **shown: object) -> None:
        """Write what became of an attempt. What its channel has taken stays taken, unless the channel itself says no.

        `follows`: the channel is asked later whether it reached anybody. `shown`: what the bundle says since.
        """
        async with self.database.writing() as session:
            row = await session.get_one(AttemptRow, (key, attempt.number))
            if row.state in ARRIVED and (attempt.state is State.UNKNOWN or attempt.error == "not_there"):
                row.again = attempt.again
                return
            row.state, row.settled, row.again = attempt.state, attempt.settled, attempt.again
            row.place, row.error = dict(attempt.place), attempt.error
            open_ = follows or attempt.state not in ARRIVED
            await self.note(session, key, state=attempt.state, open=open_, look_at=None, **shown)

    @staticmethod
    async def note(session: AsyncSession, key: str, **values: object) -> None:
        await session.execute(update(BundleRow).where(BundleRow.key == key).values(values))

    @staticmethod
    async def look_at(session: AsyncSession, key: str, moment: datetime) -> None:
        """Let a bundle be looked at then; sooner if something has happened since it was made."""
        mine = update(BundleRow).where(BundleRow.key == key, BundleRow.stale.is_(False))
        await session.execute(mine.values(stale=True, look_at=moment))

    async def trips(self, keys: Sequence[str]) -> dict[str, Trip]:
        """What became of these notices, by their keys."""
        rows = await self.notices(keys)
        bundles = {row.bundle for row in rows if row.bundle}
        tried: dict[str, list[Attempt]] = {}
        async with self.database.reading() as session:
            found = select(BundleRow.key, BundleRow.state).where(BundleRow.key.in_(bundles))
            states = {key: State(state) for key, state in await session.execute(found)}
            attempts = select(AttemptRow).where(AttemptRow.bundle.in_(bundles))
            for one in await session.scalars(attempts.order_by(AttemptRow.bundle, AttemptRow.number)):
                tried.setdefault(one.bundle, []).append(attempt_of(one))
        return {
            row.key: Trip(
                state=row.state,
                bundle=row.bundle or "",
                look_at=row.look_at,
                bundled=states.get(row.bundle or "", State.QUEUED),
                attempts=tuple(tried.get(row.bundle or "", ())),
            )
            for row in rows
        }

    async def astray(self) -> list[Bundle]:
        """Messages of which the business unit has to know: nobody knows where they are, or they went nowhere."""
        async with self.database.reading() as session:
            keys = (await session.scalars(ASTRAY.order_by(BundleRow.made, BundleRow.key))).all()
        return [await self.bundle(key) for key in keys]

    async def is_astray(self, key: str) -> bool:
        async with self.database.reading() as session:
            return (await session.scalars(ASTRAY.where(BundleRow.key == key))).first() is not None

    @staticmethod
    async def found(session: AsyncSession, key: str, now: datetime, *, arrived: bool) -> bool:
        """A person has looked for a message of which nobody knew: it has arrived, or it is to be sent again.

        Returns whether there was anything to settle.
        """
        unknown = select(AttemptRow).where(AttemptRow.bundle == key, AttemptRow.state == State.UNKNOWN)
        rows = (await session.scalars(unknown.order_by(AttemptRow.number.desc()))).all()
        for row in rows:
            row.state, row.settled, row.again = State.SENT if arrived else State.FAILED_FOR_NOW, now, now
            row.error = "" if arrived else "not_there"
        if rows:
            state = State.SENT if arrived else State.QUEUED
            mine = update(BundleRow).where(BundleRow.key == key)
            await session.execute(mine.values(state=state, open=not arrived, look_at=None, stale=True, unit_told=None))
        return bool(rows)

    @staticmethod
    async def passed_on(session: AsyncSession, key: str) -> bool:
        """Somebody has told its person by other means. Returns whether it was still astray."""
        lost = update(BundleRow).where(
            BundleRow.key == key,
            BundleRow.unit_told.is_not(None),
            BundleRow.state.not_in([*ARRIVED, State.PASSED_ON, State.SUPERSEDED]),
        )
        done = lost.values(state=State.PASSED_ON, open=False, live=False, look_at=None).returning(BundleRow.key)
        return (await session.execute(done)).first() is not None

    async def notices(self, keys: Sequence[str]) -> list[NoticeRow]:
        found = select(NoticeRow).where(NoticeRow.key.in_(keys)).order_by(NoticeRow.written, NoticeRow.key)
        async with self.database.reading() as session:
            return list((await session.scalars(found)).all())


def _bundled(notices: Sequence[str], bundle: str) -> ReturningUpdate[tuple[str]]:
    waiting = update(NoticeRow).where(NoticeRow.key.in_(notices), NoticeRow.state == State.QUEUED)
    return waiting.values(bundle=bundle, state="bundled", look_at=None).returning(NoticeRow.key)


def thread_of(case: str) -> str:
    """The key of the first message of a case's thread."""
    return "t-" + hashlib.sha256(case.encode()).hexdigest()[:24]


def _unthreaded(now: datetime) -> Select[str]:
    since = now - RECENT
    arrived = exists().where(
        AttemptRow.bundle == NoticeRow.bundle, AttemptRow.state.in_(ARRIVED), AttemptRow.began >= since
    )
    readable = (NoticeRow.state == State.DELIVERED) & (NoticeRow.written >= since)
    return select(NoticeRow.key).where(NoticeRow.thread.is_(None), NoticeRow.case != "", or_(arrived, readable))


_UNKNOWN = exists().where(AttemptRow.bundle == BundleRow.key, AttemptRow.state == State.UNKNOWN)
ASTRAY = select(BundleRow.key).where(
    BundleRow.unit_told.is_not(None),
    BundleRow.state.not_in([State.PASSED_ON, State.SUPERSEDED]),
    or_(BundleRow.state.not_in(ARRIVED), _UNKNOWN),
)


def attempt_of(row: AttemptRow) -> Attempt:
    return Attempt(
        number=row.number, channel=row.channel, state=State(row.state), began=row.began, settled=row.settled,
        again=row.again, place=row.place, error=row.error,
    )  # fmt: skip

"""Handing messages over: what goes now, and the next step of each. May run twice; nothing is sent twice for it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from models import calm
from models.base import Message
from models.calm import USUAL, Waiting
from models.case import Case
from models.delivery import (
    ARRIVED,
    Attempt,
    Look,
    Lost,
    Nowhere,
    Reached,
    Send,
    State,
    Trip,
    Wait,
    Way,
    follow_again,
    is_stuck,
    look_again,
    next_step,
    pause,
)
from models.directory import ChannelName, Directory, Person
from models.policy import Interruptions
from models.shelf import days, policy
from models.tables import BundleRow, CaseRow, NoticeRow
from models.telling import Notice, NoticeKind, unit
from models.time import day_of
from notifier.bulletins import Bulletins
from notifier.channels import Channel, Parcel, Settled, Threaded
from notifier.rendering import Knowing, digest, parcel
from notifier.threads import head, reply
from notifier.ways import leading_to
from records.faults import where
from records.holding import Hold, hold_of, keep
from records.opening import Installation
from records.outbox import NO_THREAD, UNIT, Bundle, Outbox, Taken, key_of, mark_of, thread_of
from records.policies import in_force
from records.seeing import act

log = structlog.get_logger("posting")
OUR_CHANNEL = Person.model_construct(name="", email="", slack_id="", leave=(), channels=(ChannelName.SLACK,))
"""In place of a person: the business unit's own channel."""
SOON = timedelta(seconds=5)
AT_ONCE = timedelta(seconds=3)
"""A request leaves within this time of being noted, or not at all: later somebody else may be looking for it."""


class Ready(Message):
    """What to see to now, one bundle after the other, and when to ask again. Neither: nothing waits."""

    bundles: tuple[str, ...] = ()
    again: datetime | None = None


class Unsure(Exception):
    """Some of what waits may have been sent before a backup was put back."""

    def __init__(self, hold: Hold, notices: Sequence[NoticeRow], person: Person | None) -> None:
        super().__init__()
        self.hold, self.notices, self.person = hold, notices, person


class Posting:
    """Holds what the worker's process has open: the record, and the channels that are set up."""

    def __init__(self, there: Installation, channels: Sequence[Channel]) -> None:
        self._there, self.outbox = there, Outbox(there.database)
        self.channels = {one.name: one for one in channels}
        self.bulletins = Bulletins(there.recorder, lambda person: bool(self.ways(person)))

    def ways(self, person: Person) -> list[Way]:
        """The channels that lead to somebody, in their order."""
        return [Way(one.name, one.looks, one.follows) for one in leading_to(person, self.channels.values())]

    @activity.defn
    async def ready(self, person: str, now: datetime) -> Ready:
        """Make messages of what waits for this person and may go now; say what is to be seen to, and when next."""
        while True:
            try:
                return await self._ready(person, now)
            except Unsure as found:
                await self._look_back(person, found)
            except Taken:  # something happened between reading and writing, so that it has to be read again
                continue
            except Exception as error:  # noqa: BLE001 -- it is raised again, without its words
                raise _wordless(f"what waits for {person}", error) from None

    @activity.defn
    async def forward(self, key: str) -> None:
        """Do the next thing for one bundle, and note when the one after is to be done."""
        try:
            await self._forward(key, activity.info().started_time)
        except Exception as error:  # noqa: BLE001 -- it is raised again, without its words
            raise _wordless(key, error) from None

    async def _ready(self, person: str, now: datetime) -> Ready:
        """Nothing is written where there is nothing to write: others wait for whoever writes."""
        if person == UNIT:
            async with self._there.database.writing() as session:
                await self._thread(session, now)
                return _seen_to(await self.outbox.unfinished(session, UNIT), now)
        async with self._there.database.reading() as session:
            directory = await self._there.recorder.directory.read(session)
            names = await in_force(session)
            assert directory
            assert names
            someone = directory.people.get(person)
            hold = await hold_of(session)
            joined = await self.outbox.said_already(session, person)
            waiting = [one for one in await self.outbox.waiting(session, person) if one.key not in joined]
            if hold and (unsure := [one for one in waiting if hold.holds(one)]):
                raise Unsure(hold, unsure, someone)
            unfinished = await self.outbox.unfinished(session, person)
            # What is not urgent waits behind a message that is still on its way, so that an outage ends in one.
            held = any(one.open and one.state not in ARRIVED for one in unfinished)
            asked = [one for one in waiting if one.urgent or not held]
            work, rules = days(names[1]), policy(names[0]).interruptions or USUAL
            planned = calm.plan(
                [Waiting(one.key, one.written, one.urgent) for one in asked],
                await self.outbox.interruptions(session, person, now - timedelta(days=8)),
                rules,
                lambda day: calm.works_on(work, day) and not (someone and someone.is_away(day)),
                now,
                budgeted=_is_budgeted(rules, directory, person, now),
            )
        ready = _seen_to(unfinished, now)
        gone = {key for notices in planned.now for key in notices}
        until = planned.again or ready.again or now
        later = [one.key for one in waiting if one.key not in gone and one.look_at != until]
        if joined or gone or later:
            urgent = {one.key for one in asked if one.urgent}
            async with self._there.database.writing() as session:
                await self.outbox.join(session, joined)
                for notices in planned.now:
                    await self.outbox.freeze(session, person, notices, now, urgent=notices[0] in urgent)
                await self.outbox.put_off(session, later, until)
                if gone:
                    ready = _seen_to(await self.outbox.unfinished(session, person), now)
        both = [one for one in (planned.again, ready.again) if one]
        return ready.model_copy(update={"again": min(both, default=None)})

    async def _look_back(self, person: str, unsure: Unsure) -> None:
        """Look in the channels of this person for what may have been sent by what was lost; hold the rest."""
        waits, someone = {one.key for one in unsure.notices}, unsure.person
        for channel in leading_to(someone, self.channels.values()) if someone else ():
            assert someone
            for one in await channel.sent(someone, unsure.hold.made) or ():
                inside = sorted(key for key in waits if mark_of(key) in one.of or key_of([key]) == one.key)
                if inside:
                    attempt = Attempt(
                        number=1, channel=channel.name, state=State.SENT, began=unsure.hold.restored,
                        settled=unsure.hold.restored, place=one.place,
                    )  # fmt: skip
                    async with self._there.database.writing() as session:
                        await self.outbox.known_sent(session, person, one.key, inside, attempt, live=channel.changes)
                    waits -= set(inside)
        async with self._there.database.writing() as session:
            await keep(session, sorted(waits))

    async def _thread(self, session: AsyncSession, now: datetime) -> None:
        """Say in the thread of each case who was told since; of a restricted case nothing."""
        found = await self.outbox.unthreaded(session, now)
        cases = {row.ref: row for row in await session.scalars(select(CaseRow).where(CaseRow.ref.in_(found)))}
        for ref, notices in found.items():
            if Case.model_validate(cases[ref].state).said.get("restricted"):
                await self.outbox.say_in(session, NO_THREAD, notices)
            else:
                await self.outbox.thread(session, ref, notices, now)

    async def _forward(self, key: str, now: datetime) -> None:
        bundle = await self.outbox.bundle(key)
        if bundle.stale:  # noted before anything is read, so that what happens from now on is seen as new
            await self._note(key, stale=False, look_at=None)
        async with self._there.database.reading() as session:
            directory = await self._there.recorder.directory.read(session)
        assert directory
        person = _reader(bundle, directory)
        if bundle.case and not await self._threads(bundle):
            await self._note(key, look_at=now + SOON)
        elif person is None and not bundle.arrived:
            await self._note(key, open=False, live=False, state=State.FAILED_FOR_GOOD)
        elif bundle.open and person is not None:
            await self._step(bundle, directory, person, now)
        else:
            if bundle.open:  # it has arrived, and whoever it was for has left: nobody is asked what became of it
                await self._note(key, open=False, look_at=None)
            await self._refresh(bundle, directory, now)
        await self._look_on(await self.outbox.bundle(key), directory, person, now)

    async def _threads(self, bundle: Bundle) -> bool:
        """Whether what goes into a thread can go now: the first message of the thread is there, or is this one."""
        first = thread_of(bundle.case)
        return bundle.key == first or (await self.outbox.bundle(first)).arrived is not None

    async def _out(self, bundle: Bundle, name: str) -> Channel:
        """The channel of this name; for the business unit's own, what leads into it and into the thread of the case."""
        channel = self.channels[name]
        if not bundle.case or not isinstance(channel, Threaded):
            return channel
        first = thread_of(bundle.case)
        head = None if bundle.key == first else (await self.outbox.bundle(first)).arrived
        return channel.within(self._there.settings.slack_unit_channel, str(head.place.get("ts", "")) if head else "")

    async def _step(self, bundle: Bundle, directory: Directory, person: Person, now: datetime) -> None:
        key = bundle.key
        step = next_step(bundle.attempts, self.ways(person), now, urgent=bundle.urgent)
        match step:
            case Send(name, number):
                await self._send(bundle, directory, person, await self._out(bundle, name), number, now)
            case Look(attempt):
                channel = await self._out(bundle, attempt.channel)
                found = await channel.look(person, key, attempt.began)
                await self._settle(bundle, attempt, found, now)
            case Lost(attempt):
                await self._settle(bundle, attempt, Settled(state=State.UNKNOWN, error="no_answer"), now)
            case Reached():
                await self._note(key, open=False, look_at=None)
            case Wait():
                pass
            case Nowhere():
                state = State.UNKNOWN if bundle.uncertain else State.FAILED_FOR_GOOD
                await self._note(key, open=False, look_at=None, live=False, state=state)

    async def _look_on(self, bundle: Bundle, directory: Directory, person: Person | None, now: datetime) -> None:
        """Note when the next thing is to be done, where that is not at once; and let the business unit know."""
        ways = self.ways(person) if person else []
        step = next_step(bundle.attempts, ways, now, urgent=bundle.urgent) if person and bundle.open else None
        if isinstance(step, Wait):
            await self._note(bundle.key, look_at=step.until)
        if not bundle.unit_told and (bundle.nowhere or is_stuck(bundle.attempts, ways, now, urgent=bundle.urgent)):
            await self._tell_unit(bundle, directory, now)

    async def _send(  # noqa: PLR0913, PLR0917 -- what one request needs
        self, bundle: Bundle, directory: Directory, person: Person, channel: Channel, number: int, now: datetime
    ) -> None:
        rows = await self.outbox.notices(bundle.notices)
        if rows and not bundle.attempts and all(one.state == State.SUPERSEDED for one in rows):
            await self._note(bundle.key, open=False, live=False, state=State.SUPERSEDED)
            return
        made, clock = await self._parcel(bundle, directory, now), asyncio.get_running_loop().time
        noted = clock()
        if not await self.outbox.begin(bundle.key, number, channel.name, now):
            return
        attempt = Attempt(number=number, channel=channel.name, state=State.SENDING, began=now)
        in_time = clock() - noted < AT_ONCE.total_seconds()
        with act("message", [one.trace for one in rows], channel=channel.name) as said:
            settled = (
                await channel.send(person, made) if in_time else Settled(state=State.FAILED_FOR_NOW, error="too_late")
            )
            said["outcome"] = settled.state
        live = channel.changes and not made.settled
        await self._settle(bundle, attempt, settled, now, shown=digest(made), live=live)
        if live and settled.state in ARRIVED:
            await self._true_until(bundle.key, made)
        if made.fell_back:
            await self._tell_fallen_back(directory, now)

    async def _settle(self, bundle: Bundle, attempt: Attempt, said: Settled, now: datetime, **shown: object) -> None:
        if said.error == "not_there":
            again = None
        elif attempt.state in ARRIVED or said.state in ARRIVED:
            again = follow_again(attempt.began, now)
        elif said.state is State.UNKNOWN:
            again = now + said.wait if said.wait else look_again(attempt.began, now)
        else:
            again = now + (said.wait or pause(attempt.number))
        found = attempt.model_copy(
            update={"state": said.state, "settled": now, "place": said.place, "error": said.error, "again": again}
        )
        follows = self.channels[attempt.channel].follows and said.state is State.SENT
        await self.outbox.settle(bundle.key, found, follows=follows, **shown)

    async def _refresh(self, bundle: Bundle, directory: Directory, now: datetime) -> None:
        """Let a message that has arrived say what is true now."""
        attempt = bundle.arrived
        if attempt is None or not bundle.live or attempt.channel not in self.channels:
            return
        made = await self._parcel(bundle, directory, now)
        if digest(made) == bundle.shown:
            await self._true_until(bundle.key, made)
            return
        channel = await self._out(bundle, attempt.channel)
        said = await channel.change(attempt.place, made)
        if said.state is State.SENT:
            await self._note(bundle.key, shown=digest(made), live=not made.settled)
            await self._true_until(bundle.key, made)
        elif said.state is not State.FAILED_FOR_GOOD:
            await self._note(bundle.key, stale=True, look_at=now + (said.wait or pause(3)))

    async def _true_until(self, key: str, made: Parcel) -> None:
        """Look at it again when it stops being true although nothing happens."""
        if made.until:
            async with self._there.database.writing() as session:
                await self.outbox.look_at(session, key, made.until)

    async def _tell_unit(self, bundle: Bundle, directory: Directory, now: datetime) -> None:
        """Let the business unit know, once, of a message that went nowhere or of which nobody knows.

        Not of what stands in its own channel: nobody waits for that, and the self-check finds it.
        """
        if bundle.case:
            return
        office, person = unit(directory, now, but={bundle.person})
        async with self._there.database.writing() as session:
            await self.outbox.note(session, bundle.key, unit_told=now)
            if person and not _is_astray(bundle):
                await self.outbox.tell(session, [_astray(bundle.key, office, person, now, bundle=bundle.key)])

    async def _tell_fallen_back(self, directory: Directory, now: datetime) -> None:
        """Let the business unit know, once a day, that a message went out without its layout."""
        office, person = unit(directory, now)
        if person:
            async with self._there.database.writing() as session:
                await self.outbox.tell(session, [_astray(f"plain/{day_of(now)}", office, person, now)])

    async def _note(self, key: str, **values: object) -> None:
        async with self._there.database.writing() as session:
            await self.outbox.note(session, key, **values)

    async def _parcel(self, bundle: Bundle, directory: Directory, now: datetime) -> Parcel:
        rows = await self.outbox.notices(bundle.notices)
        found = select(CaseRow).where(CaseRow.ref.in_({bundle.case, *(row.case for row in rows)}))
        async with self._there.database.reading() as session:
            cases = {row.ref: Case.model_validate(row.state) for row in await session.scalars(found)}
            names = await in_force(session)
        assert names
        rules = policy(names[0]).interruptions or USUAL
        brief = _is_budgeted(rules, directory, bundle.person, now)
        said = {row.key: await self.bulletins.read(row, now) for row in rows if not row.case}
        knowing = Knowing(cases, directory, self._there.settings.address, now, said, brief)
        if bundle.case and bundle.key == thread_of(bundle.case):
            return head(bundle.key, cases[bundle.case], knowing)
        if not bundle.case:
            marks = tuple(mark_of(row.key) for row in rows)
            return parcel(bundle.key, rows, knowing).model_copy(update={"of": marks})
        trips = await self.outbox.trips([row.key for row in rows])
        told = {row.key: _arrived_at(trips[row.key]) or row.written for row in rows}
        return reply(bundle.key, rows, told, cases[bundle.case], knowing)


def _reader(bundle: Bundle, directory: Directory) -> Person | None:
    """Whom a bundle is for; nobody if they are not in the directory any more."""
    return OUR_CHANNEL if bundle.case else directory.people.get(bundle.person)


def _arrived_at(trip: Trip) -> datetime | None:
    """When a channel took a notice; none where it waits in the inbox."""
    return next((one.began for one in trip.attempts if one.state in ARRIVED), None)


def _seen_to(bundles: Sequence[BundleRow], now: datetime) -> Ready:
    """Those with which something is to be done now, and when the next is."""
    later = [one.look_at for one in bundles if one.look_at is not None and one.look_at > now]
    due = tuple(one.key for one in bundles if one.look_at is None or one.look_at <= now)
    return Ready(bundles=due, again=min(later, default=None))


def _is_budgeted(rules: Interruptions, directory: Directory, person: str, now: datetime) -> bool:
    """Whether they stand today in an office that has a budget of interruptions, in whatever office they are told."""
    offices = rules.brief.offices if rules.brief else ()
    return any(directory.look_up(office, None, now).person == person for office in offices)


def _is_astray(bundle: Bundle) -> bool:
    """Whether it is itself about a message that did not arrive: of that nobody is told in turn."""
    return all(key.startswith(f"{NoticeKind.ASTRAY}/") for key in bundle.notices) and bool(bundle.notices)


def _astray(about: str, office: str, person: str, now: datetime, **data: str) -> Notice:
    kind = NoticeKind.ASTRAY
    return Notice(
        key=f"{kind}/{about}", kind=kind, case="", fact=0, office=office, person=person, rung_at=now, wake_at=now,
        data=data,
    )  # fmt: skip


def _wordless(what: str, error: Exception) -> ApplicationError:
    """What leaves an activity: the class of an error and what it was about, for its words may be about a child."""
    kind = type(error).__name__
    log.error("not posted", of=what, error=kind, where=where(error))
    return ApplicationError(f"not posted: {what}: {kind}", type=kind)

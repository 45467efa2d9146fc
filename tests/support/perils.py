"""A house on the real engine with a peer behind every channel, and whatever can go wrong on the way between them."""

import asyncio
import os
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from aiohttp import web
from aiosmtpd.smtp import SMTP
from sqlalchemy import or_, select

from door.refusals import NotConfirmed
from models.delivery import ARRIVED, State
from models.directory import Agency, ChannelName, Directory, Holding, Person
from models.tables import BundleRow, NoticeRow
from notifier import mail as letters
from records.outbox import Bundle, Outbox
from records.policies import put_in_force
from tests.support import mailbox, notify
from tests.support import slack as peer
from tests.support.chat import sleepless
from tests.support.house import example_directory, of_death, referral, triage
from tests.support.mailbox import Mailbox, part
from tests.support.mortal_worker import condemn_at, sentence
from tests.support.notify import Service, service
from tests.support.real import SOON, Real, real
from tests.support.slack import Fault, Forward, Workspace, workspace

MANAGER = "p-018"
MORE = re.compile(r"^And \d+ more\.$", re.MULTILINE)
"""What a message of very many matters says of those that it does not name."""
THINGS = ("worker", "engine", "both", "database")
"""What can die: the worker, the engine, both at once, the connection to the database."""
Killing = Callable[[], None]
Wrong = Callable[["Peer"], None]
"""Lets the next message to this peer go wrong, in one way."""


class Peer(Protocol):
    """The other side of one channel."""

    async def has(self) -> list[tuple[str, str]]:
        """Every message of ours that somebody can see: its key and what it says."""

    def dies_there(self, kill: Killing, *, stored: bool) -> None:
        """Let somebody die while the next message is with this peer, before or after it is stored."""

    async def shut(self) -> None:
        """Refuse every connection."""

    async def open(self) -> None: ...


class AtSlack:
    def __init__(self, slack: Workspace) -> None:
        self.slack, self.shut, self.open = slack, slack.shut, slack.open

    async def has(self) -> list[tuple[str, str]]:
        seen = [one for said in (await self.slack.all()).values() for one in said]
        return [(one["metadata"]["event_payload"]["key"], one["text"]) for one in seen]

    def dies_there(self, kill: Killing, *, stored: bool) -> None:
        self.slack.go_wrong("chat.postMessage", _with_a_death(kill, stored=stored))


class AtNotify:
    def __init__(self, there: Service) -> None:
        self.notify, self.shut, self.open = there, there.shut, there.open

    async def has(self) -> list[tuple[str, str]]:
        return [(one["reference"], f"{one['subject']} {one['body']}") for one in self.notify.got]

    def dies_there(self, kill: Killing, *, stored: bool) -> None:
        self.notify.go_wrong("email", _with_a_death(kill, stored=stored))


class AtMail:
    def __init__(self, there: Mailbox) -> None:
        self.mail, self.shut, self.open = there, there.shut, there.open

    async def has(self) -> list[tuple[str, str]]:
        return [(_key(one), f"{one['Subject']} {part(one, 'plain')}") for one in self.mail.got]

    def dies_there(self, kill: Killing, *, stored: bool) -> None:
        async def killing(server: SMTP) -> str:
            kill()
            return await mailbox.cut(server)

        self.mail.go_wrong("DATA" if stored else "RCPT", killing)


def _with_a_death(kill: Killing, *, stored: bool) -> Fault:
    async def killing(request: web.Request, forward: Forward) -> web.StreamResponse:
        if stored:
            await forward()
        kill()
        return await peer.lost(request, forward)

    return killing


def _key(letter: EmailMessage) -> str:
    return str(letter[letters.KEY])


# What a channel may answer


def _slack(fault: Fault, method: str = "chat.postMessage") -> Wrong:
    return lambda there: there.slack.go_wrong(method, fault) if isinstance(there, AtSlack) else None


def _notify(fault: Fault) -> Wrong:
    return lambda there: there.notify.go_wrong("email", fault) if isinstance(there, AtNotify) else None


def _mail(command: str, fault: mailbox.Fault) -> Wrong:
    return lambda there: there.mail.go_wrong(command, fault) if isinstance(there, AtMail) else None


BY_HTTP: dict[str, Fault] = {
    "the request is lost": peer.lost,
    "stored, and the answer never comes": peer.stored_and_silent,
    "stored, and half an answer": peer.half_an_answer,
    "500": peer.broken,
    "500, and stored": peer.stored_and_broken,
    "no answer in time": peer.hanging,
    "stored, and no answer in time": peer.stored_and_hanging,
}
ANSWERS: dict[ChannelName, dict[str, Wrong]] = {
    ChannelName.SLACK: {
        **{words: _slack(fault) for words, fault in BY_HTTP.items()},
        "429": _slack(peer.busy),
        "the conversation does not open": _slack(peer.broken, "conversations.open"),
        "an error of which nobody knows what was done": _slack(peer.refusing("fatal_error")),
    },
    ChannelName.NOTIFY: {
        **{words: _notify(fault) for words, fault in BY_HTTP.items()},
        "429": _notify(notify.refusing(429, "RateLimitError", "Exceeded rate limit")),
    },
    ChannelName.MAIL: {
        "not now, to the sender": _mail("MAIL", "421 4.3.2 closing"),
        "not now, to the recipient": _mail("RCPT", "450 4.2.0 come back"),
        "cut before the message": _mail("RCPT", mailbox.cut),
        "not now, to the message": _mail("DATA", "451 4.3.0 later"),
        "stored, and cut": _mail("DATA", mailbox.cut),
        "stored, and half an answer": _mail("DATA", mailbox.half_an_answer),
        "stored, and an answer that is none": _mail("DATA", mailbox.nonsense),
        "stored, and no answer in time": _mail("DATA", mailbox.silence),
    },
}
"""What goes wrong at a channel, once; a connection that is refused is besides these."""


class Perils:
    """A house in which everybody can be told, and whose parts are killed one by one."""

    def __init__(self, house: Real, directory: Directory, peers: Mapping[ChannelName, Peer]) -> None:
        self.house, self.directory, self.peers = house, directory, peers
        self.outbox = Outbox(house.there.database)
        self.sent: list[str] = []
        self._asked = 0

    # What people do

    async def go_by(self, *channels: ChannelName) -> None:
        """Let the business manager be told by these channels from now on, in this order."""
        person = self.directory.people[MANAGER].model_copy(update={"channels": channels})
        self.directory = self.directory.model_copy(update={"people": {**self.directory.people, MANAGER: person}})
        await self.settle_directory()

    async def settle_directory(self) -> None:
        there = self.house.there
        async with there.database.writing() as session:
            await there.recorder.directory.replace(session, self.directory, MANAGER, self.house.now)

    async def refer(self) -> str:
        """A referral, of which the business manager is to be told; sent again while nobody can say what came of it."""
        door, answers, request = self.house.door(), of_death(referral(self.house.now)), f"r-{uuid4().hex}"
        for _ in range(6):
            with suppress(NotConfirmed):
                ref = (await door.refer(answers, request)).case
                self.sent.append(ref)
                return ref
        message = "the referral was never confirmed"
        raise AssertionError(message)

    async def review(self) -> str:
        """A rapid review that may ask agencies for information."""
        ref = await self.refer()
        await self.house.act(MANAGER, ref, "triage", **triage())
        review = await self.house.child_of(ref)
        sent_at = self.house.now.isoformat()
        await self.house.act(MANAGER, review, "record_notification", sent_at=sent_at, sent_by="A", reference="B")
        return review

    async def ask(self, review: str, agencies: Sequence[str]) -> None:
        """Ask these agencies, each of whose contacts is to be told."""
        await self.house.act(MANAGER, review, "request_information", agencies=list(agencies))

    # What goes wrong

    async def dies_at(self, point: str, moment: str, what: str) -> None:
        """Let something die at this point of the next message's way, and start it again."""
        assert self.house.engine
        condemn_at(self.house.folder, moment, point, what, self.house.engine.pid)
        referring = asyncio.create_task(self.refer())
        await self.gone()
        await self.rise(what)
        await referring
        await self.arrived()

    async def dies_while_it_is_with(self, there: Peer, *, stored: bool) -> None:
        """Let the worker die while its request is with this peer, before or after that has stored it."""
        there.dies_there(self.kill_worker, stored=stored)
        await self.refer()
        await self.rise("worker")
        await self.arrived()

    async def finds_nobody(self, there: Peer) -> None:
        """Let every connection to this peer be refused until some request has met that."""
        await there.shut()
        ref = await self.refer()
        await self.until(lambda: self._tried(ref), "nothing was tried")
        await there.open()
        await self.arrived()

    def kill_worker(self) -> None:
        assert self.house.worker
        os.kill(self.house.worker.pid, signal.SIGKILL)

    async def gone(self) -> None:
        """Wait until whoever is condemned has died."""

        async def is_gone() -> bool:
            return not sentence(self.house.folder).exists()

        await self.until(is_gone, "nothing passed this point")

    async def rise(self, what: str) -> None:
        """Start again what has died."""
        if what in {"engine", "both"}:
            assert self.house.engine
            await asyncio.wait_for(self.house.engine.wait(), SOON)
            await self.house.start_engine()
        if what in {"worker", "both"}:
            assert self.house.worker
            await asyncio.wait_for(self.house.worker.wait(), SOON)
            await self.house.start_worker()

    # What comes of it

    async def arrived(self, patience: float = 2 * SOON) -> None:
        """Wait until nothing is on its way, and see every message as often as it should be."""
        try:
            await self.until(self._is_still, "something is still on its way", patience)
        except AssertionError as still:
            still.add_note(await self._where_all_stands())
            raise
        await self.once()

    async def once(self) -> None:
        """Every message is where the record says, exactly once; by mail never twice; and none is left unseen."""
        bundles, rows, said = await self._at_rest()
        seen = {name: Counter(key for key, _ in has) for name, has in said.items()}
        unseen = {one.key for one in await self.outbox.astray()}
        strange = {key: name for name, counts in seen.items() for key in counts if key not in bundles}
        assert strange == {}, "messages that nobody made"
        for key, bundle in bundles.items():
            tried = {name: [one.state for one in bundle.attempts if one.channel == name] for name in seen}
            for name, counts in seen.items():
                assert counts[key] in _as_often(name, tried[name]), f"{key} {name} {tried} {counts[key]}"
            over = bundle.state is State.SUPERSEDED
            assert over or bundle.arrived or key in unseen, f"{key} is nowhere: {tried}"
            assert over or bundle.arrived is None or sum(bool(ARRIVED & set(one)) for one in tried.values()) == 1
        texts = {key: text for has in said.values() for key, text in has}
        told = {row.case for row in rows}
        assert set(self.sent) <= told, "a referral of which nobody was told"
        missing = [row for row in rows if row.bundle in texts and row.case not in texts[row.bundle]]
        assert [row.key for row in missing if not MORE.search(texts[row.bundle or ""])] == [], "not in their message"
        left = {
            State.SUPERSEDED,
            State.DELIVERED,
        }  # over before it was sent, or in the inbox of somebody without a channel
        assert [row.key for row in rows if not row.bundle and row.state not in left] == []

    async def _at_rest(self) -> tuple[dict[str, Bundle], list[NoticeRow], dict[ChannelName, list[tuple[str, str]]]]:
        """What is recorded, and what each channel has, when nothing changed from before the asking until after it."""
        for _ in range(20):
            (bundles, rows), said = await self._bundles(), {name: await it.has() for name, it in self.peers.items()}
            again, _rows = await self._bundles()
            if bundles == again and len(rows) == len(_rows):
                return bundles, rows, said
            await self.until(self._is_still, "something is still on its way")
        raise AssertionError("it never rests")

    async def counted(self) -> Counter[str]:
        """How many messages arrived by which channel."""
        bundles, _ = await self._bundles()
        return Counter(one.arrived.channel for one in bundles.values() if one.arrived)

    async def message_about(self, ref: str) -> Bundle:
        (row,) = await self.house.notices(ref)
        assert row.bundle
        return await self.outbox.bundle(row.bundle)

    async def _bundles(self) -> tuple[dict[str, Bundle], list[NoticeRow]]:
        async with self.house.there.database.reading() as session:
            rows = list(await session.scalars(select(NoticeRow).where(NoticeRow.case != "")))
            keys = (await session.scalars(select(BundleRow.key))).all()
        return {key: await self.outbox.bundle(key) for key in keys}, rows

    async def _tried(self, ref: str) -> bool:
        trips = await self.outbox.trips([row.key for row in await self.house.notices(ref)])
        return any(one.state is not State.SENDING for trip in trips.values() for one in trip.attempts)

    async def _is_still(self) -> bool:
        async with self.house.there.database.reading() as session:
            waiting = select(NoticeRow.key).where(NoticeRow.state == State.QUEUED)
            taken = BundleRow.state.in_(ARRIVED)
            soon = BundleRow.look_at.is_(None) | (BundleRow.look_at < datetime.now(UTC) + timedelta(hours=1))
            on_its_way = select(BundleRow.key).where(or_(BundleRow.open & ~taken, BundleRow.stale & soon))
            told = set(await session.scalars(select(NoticeRow.case)))
            still = [(await session.scalars(one.limit(1))).first() is None for one in (waiting, on_its_way)]
        return all(still) and set(self.sent) <= told

    async def _where_all_stands(self) -> str:
        """Each message that has not arrived, with its attempts, and what waits to be sent: for who has to find out."""
        bundles, rows = await self._bundles()
        waiting = [f"{row.key} {row.case} {row.state}" for row in rows if row.state is State.QUEUED]
        open_ = [f"{key} {one.state} {one.attempts}" for key, one in bundles.items() if not one.arrived]
        unheard = sorted(set(self.sent) - {row.case for row in rows})
        return "\n".join(["waiting", *waiting, "not arrived", *open_, "of which nobody was told", *unheard])

    @staticmethod
    async def until(true: Callable[[], Awaitable[bool]], otherwise: str, patience: float = 2 * SOON) -> None:
        end = time.monotonic() + patience
        while not await true():
            assert time.monotonic() < end, otherwise
            await asyncio.sleep(0.05)


def _as_often(name: ChannelName, tried: Sequence[State]) -> set[int]:
    """How often a message may be at a peer after these attempts: mail alone may not know."""
    if ARRIVED & set(tried):
        return {1}
    return {0, 1} if name is ChannelName.MAIL and State.UNKNOWN in tried else {0}


def crowded(directory: Directory, ways: Sequence[Sequence[ChannelName]]) -> Directory:
    """The same directory, with an agency more for each of these ways, whose contact is told by it."""
    kind = next(iter(directory.agencies.values())).kind
    since = datetime(2025, 1, 1, tzinfo=UTC).date()
    numbered = list(enumerate(ways))
    agencies = {f"agency-{n}": Agency(name=f"Agency {n}", kind=kind) for n, _ in numbered}
    people = {
        f"p-{900 + n}": Person(name=f"Contact {n}", email=f"contact-{n}@agency.example.org", channels=tuple(by))
        for n, by in numbered
    }
    held = tuple(
        Holding(office="agency_contact", agency=f"agency-{n}", person=f"p-{900 + n}", since=since) for n, _ in numbered
    )
    return directory.model_copy(
        update={
            "agencies": {**directory.agencies, **agencies},
            "people": {**directory.people, **people},
            "holdings": (*directory.holdings, *held),
        }
    )


@asynccontextmanager
async def perils(folder: Path, ways: Sequence[Sequence[ChannelName]] = ()) -> AsyncIterator[Perils]:
    """`ways`: by which channels the contact of each agency more is told."""
    directory = crowded(example_directory(), ways)
    async with workspace(folder, directory) as slack, mailbox.mailbox(folder) as mail, service(folder) as at_notify:
        at_notify.becomes = "delivered"
        given: dict[str, Any] = {"slack_token": peer.TOKEN, "slack_api": slack.api}
        for one in (mail.settings(), at_notify.settings()):
            given |= {name: getattr(one, name) for name in one.model_fields_set - {"data_dir"}}
        peers: dict[ChannelName, Peer] = {
            ChannelName.SLACK: AtSlack(slack),
            ChannelName.MAIL: AtMail(mail),
            ChannelName.NOTIFY: AtNotify(at_notify),
        }
        async with real(folder, worker=False, **given) as house:
            house.hurries = True
            made = Perils(house, slack.joined(directory), peers)
            async with house.there.database.writing() as session:
                await put_in_force(session, sleepless(), house.now)
            await made.settle_directory()
            await house.start_worker()
            yield made

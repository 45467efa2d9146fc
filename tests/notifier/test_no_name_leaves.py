"""A child with odd names goes through every kind of life, and is looked for in every byte that leaves by any channel.

What leaves is kept on its way to the other side, as it is: addresses, headers and bodies of HTTP, and all that is said
to the mail server, which takes it in clear here, for nobody could read along otherwise.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx2
import pytest
from sqlalchemy import select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from door.door import Done
from models.base import Word
from models.command import part_of, said_of
from models.delivery import ARRIVED, FOLLOW_SOONEST
from models.directory import ChannelName
from models.lifecycles import COMMANDS, OPENINGS
from models.policy import Headlines
from models.rapid_review import Outcome
from models.referral import Route
from models.tables import AttemptRow, NoticeRow
from models.telling import OF_THE_HOUSE, NoticeKind
from models.time import at, day_of
from models.watch import EVERY, LASTS
from policy.reading import read_directory_file
from portal.app import create_app
from records.policies import in_force, put_in_force
from tests.journeys.test_canary import refer_by_pages
from tests.portal.scene import STRANGER
from tests.portal.test_inviting import Site
from tests.support import canary
from tests.support.canary import found_in
from tests.support.chat import Chatting, sleepless
from tests.support.house import DIRECTORY, House, house
from tests.support.lives import ALL, CHAIR, ICB, ICB_AGENCY, MANAGER, POLICE, POLICE_AGENCY, Lives
from tests.support.mailbox import Mailbox, mailbox
from tests.support.notify import service
from tests.support.slack import TOKEN, workspace
from tests.support.slack_driver import FORM, SECRET, Driver, driving
from worker import Watch

NEW_MANAGER, POLICES_DEPUTY = "p-022", "p-006"
LEFT = "p-016"
"""Has an account in Slack of which the directory does not know."""
DOOR = "door"
"""What the address gives back to which Slack sends what people do."""
WAYS = tuple(ChannelName)
ADDRESSED = (f"RCPT TO:<{canary.EMAIL}>".encode(), f"To: {canary.EMAIL}\r\n".encode())
"""A letter to whoever refers has their address on its envelope and in this line, and nowhere else."""


class Gathered:
    """Every byte that has left, by the way that it took."""

    def __init__(self) -> None:
        self._new: dict[str, dict[int, bytearray]] = defaultdict(lambda: defaultdict(bytearray))
        self.all: defaultdict[str, bytes] = defaultdict(bytes)

    def hear(self, way: str, conversation: int, said: bytes) -> None:
        self._new[way][conversation] += said

    def leaks(self) -> dict[str, set[str]]:
        """What is found of the canary in all that has left since this was last asked."""
        new = {way: b"\n".join(said.values()) for way, said in self._new.items()}
        self._new.clear()
        for way, said in new.items():
            self.all[way] += said
        return {way: found for way, said in new.items() if (found := _found(said))}

    @asynccontextmanager
    async def wire(self, way: str, port: int) -> AsyncIterator[int]:
        """A port that passes everything on to this one, and keeps what goes there."""

        async def flow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, conversation: int) -> None:
            with suppress(OSError):
                while said := await reader.read(65_536):
                    if conversation:
                        self.hear(way, conversation, said)
                    writer.write(said)
                    await writer.drain()
            writer.close()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, onward = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(flow(reader, onward, id(reader)), flow(there, writer, 0))

        listening = await asyncio.start_server(take, "127.0.0.1", 0)
        try:
            yield int(listening.sockets[0].getsockname()[1])
        finally:
            listening.close()

    def door(self, app: ASGIApp) -> ASGIApp:
        """The same, but what it answers is kept."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            async def hear(said: Message) -> None:
                lines = (b": ".join(header) for header in said.get("headers", ()))
                self.hear(DOOR, id(scope), b"\r\n".join((*lines, said.get("body", b""))))
                await send(said)

            await app(scope, receive, hear)

        return answer


def _found(said: bytes) -> set[str]:
    """Also across the line breaks of a letter, and under the coat that a form puts over another."""
    for addressed in ADDRESSED:
        said = said.replace(addressed, b"")
    unfolded = said.replace(b"=\r\n", b"").replace(b"\r\n", b"")
    return found_in(said) | found_in(unfolded) | found_in(unquote_to_bytes(said.replace(b"+", b" ")))


def in_full(model: type[Word], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The same answers, with the canary in every private line that they leave empty."""
    said = dict(answers)
    for name, field in model.model_fields.items():
        if (row := part_of(field)) and said.get(name):
            said[name] = [in_full(row, one) for one in said[name]]
        elif said_of(field, "private") and field.default == "" and not said.get(name):
            said[name] = canary.LINK if name == "link" else canary.words(name)
    return said


class Planting:
    """Whoever acts here leaves no private line empty."""

    def __init__(self, made: House) -> None:
        self._house, self.there, self.case, self.child_of = made, made.there, made.case, made.child_of

    @property
    def now(self) -> datetime:
        return self._house.now

    async def refer(self, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        return await self._house.refer(**in_full(COMMANDS["referral"]["submit_referral"], answers))

    async def open(self, person: str, kind: str, /, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        return await self._house.open(person, kind, **in_full(COMMANDS[OPENINGS[kind]][kind], answers))

    async def act(self, person: str, case: str, kind: str, /, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        lifecycle = (await self.case(case)).kind
        return await self._house.act(person, case, kind, **in_full(COMMANDS[lifecycle][kind], answers))


class Town:
    """A house whose people are told by every channel, and what has left it."""

    def __init__(self, chat: Chatting, driver: Driver, letters: Mailbox, gathered: Gathered) -> None:
        self.chat, self.house, self.driver = chat, chat.house, driver
        self.letters, self.gathered = letters, gathered
        self.lives = Lives(Planting(chat.house), canary.words, canary.REFERRAL)
        self.watch = Watch(chat.house.client, chat.house.there, lambda: chat.house.now)
        self.rules, self._names, self._turn = sleepless(), ("", ""), 0

    def id(self, person: str) -> str:
        return self.chat.slack.people[self.chat.directory.people[person].email]

    async def turn(self, mailed: str = "") -> None:
        """Spread people over the channels anew: each is told by the next one first. `mailed`: by e-mail alone."""
        self._turn += 1
        people = {}
        for number, (name, one) in enumerate(self.chat.directory.people.items()):
            first = (number + self._turn) % len(WAYS)
            usual = (*WAYS[first:], *WAYS[:first])
            account = None if name == LEFT else one.slack_id
            ways = (ChannelName.MAIL,) if name == mailed else usual
            people[name] = one.model_copy(update={"channels": ways, "slack_id": account})
        self.chat.directory = self.chat.directory.model_copy(update={"people": people})
        await self.settle()

    async def settle(self) -> None:
        """Let directory and rules hold from now on."""
        there, now = self.house.there, self.house.now
        async with there.database.writing() as session:
            await there.recorder.directory.replace(session, self.chat.directory, MANAGER, now)
            self._names = await put_in_force(session, self.rules, now)

    async def _keeps_its_rules(self) -> None:
        """Some commands are about rules: what leads to them puts others in force."""
        async with self.house.there.database.reading() as session:
            names = await in_force(session)
        if names != self._names:
            await self.settle()

    async def held(self, offices: Mapping[str, Mapping[str, str | None]]) -> None:
        """Let these offices be held in another way from now on, and the house know it."""
        held = [one.model_copy(update=offices.get(one.office)) for one in self.chat.directory.holdings]
        self.chat.directory = self.chat.directory.model_copy(update={"holdings": tuple(held)})
        await self.settle()
        await self.chat.keeps_house()

    async def leaves_no_name(self, after: str) -> None:
        """Let everything go out, be written anew in its place, and be asked for where a channel says what came."""
        await self._keeps_its_rules()
        await self.chat.posted()
        await self.watch.mail()
        await self.house.wait(FOLLOW_SOONEST + timedelta(seconds=5))
        assert self.gathered.leaks() == {}, after

    async def notice(self, ref: str, person: str, agency: str) -> str:
        rows = await self.house.notices(ref)
        return next(one.key for one in rows if (one.person, one.agency, one.kind) == (person, agency, "owed"))

    async def arrived(self) -> set[tuple[str, str]]:
        """(channel, kind of notice): what was told of which the other side has a message."""
        found = select(AttemptRow.channel, NoticeRow.kind, AttemptRow.bundle).where(
            AttemptRow.bundle == NoticeRow.bundle, AttemptRow.state.in_(ARRIVED)
        )
        async with self.house.there.database.reading() as session:
            rows = (await session.execute(found)).all()
        return {(way, kind) for way, kind, key in rows if key.encode() in self.gathered.all[way]}


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    directory, gathered = read_directory_file(DIRECTORY), Gathered()
    async with (
        workspace(folder, directory) as slack,
        mailbox(folder, encrypted=False) as letters,
        service(folder) as notify,
        gathered.wire(ChannelName.SLACK, int(slack.api.split(":")[2].split("/")[0])) as to_slack,
        gathered.wire(ChannelName.MAIL, letters.port) as to_mail,
        gathered.wire(ChannelName.NOTIFY, notify.port) as to_notify,
    ):
        given: dict[str, Any] = {
            "slack_token": TOKEN, "slack_api": f"http://127.0.0.1:{to_slack}/api/", "slack_signing_secret": SECRET,
            "slack_unit_channel": slack.unit,
        }  # fmt: skip
        plain = letters.settings(smtp_port=to_mail, smtp_starttls=False, smtp_user="", smtp_ca_file=None)
        for some in (plain, notify.settings(notify_api=f"http://127.0.0.1:{to_notify}")):
            given |= {name: getattr(some, name) for name in some.model_fields_set - {"data_dir"}}
        async with (
            house(folder, **given) as made,
            driving(gathered.door(create_app(made.there, made.client, lambda: made.now)), slack) as driver,
        ):
            notify.becomes = "delivered"
            one = Town(Chatting(made, slack), driver, letters, gathered)
            await one.turn()
            yield one


# What happens


async def by_the_pages(town: Town) -> None:
    """A referral is typed page by page, and goes on by the link of a letter."""
    app = create_app(town.house.there, town.house.client, lambda: town.house.now, attempts=10_000)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://reviews.test") as client:
        ref = await refer_by_pages(client, town.house)
    await town.leaves_no_name("the referral and its letters")
    async with Site(town.house).browser(MANAGER) as browser:
        assert found_in((await browser.client.get(f"/cases/{ref}")).text), "whoever may read of the child does"


async def every_command(town: Town) -> None:
    """Each command of each lifecycle, after what leads to it; each time everybody is told by another channel."""
    for lifecycle, kind in ALL:
        await town.turn()
        ready = await town.lives.ready(lifecycle, kind)
        await town.leaves_no_name(f"before {kind}")
        await town.lives.give(ready)
        await town.leaves_no_name(f"after {kind} in a {lifecycle}")


async def every_ending(town: Town) -> None:
    """Each route of a referral and each outcome of a review that the commands have not come to by themselves."""
    lives, other = town.lives, await town.lives.opened()
    for route in Route:
        event = "looked_after_death" if route is Route.NOTIFY_ONLY else "serious_harm"
        ref = await lives.received(others="yes", siblings_safe="no", event=event)
        said = lives.triaging(route)
        said["children"][0] |= {"joins": other} if route is Route.JOINED else {}
        await lives.doer.act(MANAGER, ref, "triage", **said)
        await town.leaves_no_name(route)
    more: dict[Outcome, dict[str, Any]] = {
        Outcome.ALTERNATIVE: {"alternative": "appreciative"},
        Outcome.JOINED: {"joins": canary.words("joins")},
        Outcome.PARKED: {"parked_on": "inquest", "parked_review": str(day_of(town.house.now) + timedelta(days=60))},
    }
    for outcome in Outcome:
        ref = await lives.met()
        await lives.doer.act(CHAIR, ref, "decide", **lives.deciding(outcome, **more.get(outcome, {})))
        await town.leaves_no_name(outcome)


async def answers_in_chat(town: Town) -> None:
    """Dialogs are opened, refused and sent; what comes where nothing can be written is given back to nobody."""
    review, chat = await town.lives.asked(), town.driver
    await town.leaves_no_name("what is asked for")
    due = (await town.house.case(review)).obligations[f"agency_return/{ICB_AGENCY}"].due
    assert due
    never, tomorrow, later = (str(day_of(due) + timedelta(days=days)) for days in (300, -1, 3))
    tries: dict[str, list[dict[str, str]]] = {
        "promise": [{"until": canary.words("until")}, {"until": canary.BORN}, {"until": never}, {"until": tomorrow}],
        "ask_time": [{}, {"until": never, "reason": canary.NAME}, {"until": later, "reason": "away"}],
        "dispute": [{}, {"reason": canary.NAME}, {"reason": "no_part"}],
    }
    for person, agency in ((POLICE, POLICE_AGENCY), (ICB, ICB_AGENCY)):
        key = await town.notice(review, person, agency)
        for kind, sent in tries.items():
            dialog = await chat.press(town.id(person), kind, key)
            for chosen in sent:
                await chat.payload(chat.submission(town.id(person), dialog, chosen))
            await chat.press(town.id(STRANGER), kind, key)
        await chat.press(town.id(person), "promise", canary.NAME)
    assert {"promised", "time_asked", "disputed"} <= {one.kind for one in await town.house.facts(review)}
    await town.leaves_no_name("dialogs")
    for person in (MANAGER, CHAIR, POLICE, STRANGER, LEFT):
        await chat.open_home(town.id(person))
        for command in ("/reviews", "/refer", "/challenge", "/other"):
            await chat.command(town.id(person), command, canary.words("command"))
    assert (await chat.post(canary.NAME)).status_code == 404
    assert (await chat.post(canary.NAME, {"Content-Type": FORM})).status_code == 401
    await town.leaves_no_name("commands and App Home")


async def nobody_is_left(town: Town) -> None:
    """Whoever was told in an agency is locked out, and so is their deputy."""
    for _ in WAYS:
        await town.turn()
        review = await town.lives.asked()
        await town.leaves_no_name("before they are locked out")
        for person in (POLICE, POLICES_DEPUTY):
            why = {"locked": True, "reason": canary.words("reason")}
            await town.lives.doer.act(MANAGER, review, "lock_out", person=person, **why)
        await town.leaves_no_name("locked out")


async def a_child_is_at_risk(town: Town) -> None:
    """In a disagreement the other agency says so: whoever raised it hears."""
    for _ in WAYS:
        await town.turn()
        await town.lives.give(await town.lives.ready("disagreement", "change_risk"))
        await town.leaves_no_name("a child is at risk")


async def weeks_go_by(town: Town) -> None:
    """Much becomes late. There are reports each week, with something to say, and figures before a meeting."""
    today = day_of(town.house.now)
    assert town.rules.reports
    lines = Headlines(offices=("agency_lead",), working_days_before=5, meetings=(today + timedelta(days=21),))
    reports = town.rules.reports.model_copy(update={"headlines": lines})
    town.rules = town.rules.model_copy(update={"reports": reports})
    await town.held({"subgroup_chair": {"deputy": None}})
    for week in range(1, 4):
        await town.turn()
        await town.house.wait_until(at(today + timedelta(weeks=week), time(9)))
        await town.leaves_no_name(f"week {week}")


async def something_goes_wrong(town: Town) -> None:
    """Nobody looks after the house for a while; and a letter to the manager is refused, who has no other channel."""
    await town.house.client.get_workflow_handle("housekeeping").terminate("gone")
    for _ in range(LASTS):
        await town.house.wait(EVERY)
        await town.watch.reconcile()
        await town.watch.check()
    await town.leaves_no_name("the self-check")
    await town.chat.keeps_house()
    await town.turn(mailed=MANAGER)
    town.letters.faults["RCPT"] = "550 5.1.1 no such mailbox"
    await town.lives.received()
    await town.leaves_no_name("gone astray")
    town.letters.faults.clear()


async def another_takes_over(town: Town) -> None:
    await town.held({"business_manager": {"person": NEW_MANAGER, "deputy": None}})
    await town.leaves_no_name("taken over")


# What is found


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.promise("G8")
async def test_a_child_is_found_in_no_byte_that_leaves_whatever_happens_in_its_case(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        for happens in (
            by_the_pages, answers_in_chat, nobody_is_left, a_child_is_at_risk, weeks_go_by, something_goes_wrong,
            every_ending, every_command, another_takes_over,
        ):  # fmt: skip
            await happens(one)
        arrived = await one.arrived()
        assert {kind for _, kind in arrived} == set(NoticeKind), "of each kind a message has left"
        assert {(way, kind) for way in WAYS for kind in set(NoticeKind) - OF_THE_HOUSE} <= arrived, "by each channel"
        assert {"chat.postMessage", "chat.update", "views.open", "views.publish"} <= set(one.chat.slack.asked)


@pytest.mark.promise("G8")
async def test_a_name_that_leaves_is_found_by_whichever_way_it_goes(tmp_path: Path) -> None:
    """A matter of the policy is called like the child, so that each way out carries it and the search finds it."""
    async with town(tmp_path) as one:
        lives, blocks = one.rules.lifecycles, one.rules.lifecycles["rapid_review"]
        named = blocks["agency_return"].model_copy(update={"title": canary.NAME})
        called = {**lives, "rapid_review": {**blocks, "agency_return": named}}
        one.rules, review = one.rules.model_copy(update={"lifecycles": called}), ""
        for _ in WAYS:
            await one.turn()
            review = await one.lives.asked()
            await one.chat.posted()
        dialog = await one.driver.press(one.id(POLICE), "promise", await one.notice(review, POLICE, POLICE_AGENCY))
        await one.driver.send(one.id(POLICE), dialog, until=str(day_of(one.house.now)))
        assert one.gathered.leaks().keys() == {*WAYS, DOOR}

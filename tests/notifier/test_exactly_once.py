"""One rung, one message in Slack: whatever dies on the way, at every named point, and whatever Slack answers."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import select

from models.delivery import State
from models.tables import BundleRow, NoticeRow
from policy.reading import read_directory_file
from records.policies import put_in_force
from tests.support import slack as peer
from tests.support.chat import sleepless
from tests.support.house import DIRECTORY
from tests.support.mortal_worker import POINTS, condemn_at, sentence
from tests.support.real import SOON, Real, real
from tests.support.slack import TOKEN, Fault, Forward, Workspace, workspace

MANAGER = "rosamund.testwick@partnership.example.org"

AT_SLACK: dict[str, tuple[str, Fault]] = {
    "the request is lost": ("chat.postMessage", peer.lost),
    "stored, and the answer never comes": ("chat.postMessage", peer.stored_and_silent),
    "stored, and half an answer": ("chat.postMessage", peer.half_an_answer),
    "429": ("chat.postMessage", peer.busy),
    "500": ("chat.postMessage", peer.broken),
    "500, and stored": ("chat.postMessage", peer.stored_and_broken),
    "no answer in time": ("chat.postMessage", peer.hanging),
    "stored, and no answer in time": ("chat.postMessage", peer.stored_and_hanging),
    "the conversation does not open": ("conversations.open", peer.broken),
    "an error of which nobody knows what was done": ("chat.postMessage", peer.refusing("fatal_error")),
}
"""What goes wrong at Slack, by the method of which one request meets it."""


class Chat:
    """A house in which everybody has Slack, whose parts are killed one by one."""

    def __init__(self, house: Real, slack: Workspace) -> None:
        self.house, self.slack = house, slack
        self.sent: list[str] = []

    async def refer(self) -> str:
        """A referral, of which the business manager is to be told once."""
        ref = (await self.house.refer()).case
        self.sent.append(ref)
        return ref

    async def dies_at(self, point: str, moment: str, what: str) -> None:
        """Let something die at this point of the next message's way, and start it again."""
        house = self.house
        assert house.engine
        condemn_at(house.folder, moment, point, what, house.engine.pid)
        referring = asyncio.create_task(self.refer())
        await self._gone()
        if what in {"engine", "both"}:
            await asyncio.wait_for(house.engine.wait(), SOON)
            await house.start_engine()
        if what in {"worker", "both"}:
            assert house.worker
            await asyncio.wait_for(house.worker.wait(), SOON)
            await house.start_worker()
        await self.arrived(await referring)

    async def meets(self, method: str, fault: Fault) -> None:
        """Let the next request of this method meet this fault."""
        self.slack.go_wrong(method, fault)
        await self.arrived(await self.refer())

    async def meets_and_dies(self, fault: Fault) -> None:
        """Let the worker die while its request is with Slack."""

        async def killing(request: web.Request, forward: Forward) -> web.StreamResponse:
            assert self.house.worker
            os.kill(self.house.worker.pid, signal.SIGKILL)
            return await fault(request, forward)

        self.slack.go_wrong("chat.postMessage", killing)
        ref = await self.refer()
        assert self.house.worker
        await asyncio.wait_for(self.house.worker.wait(), SOON)
        await self.house.start_worker()
        await self.arrived(ref)

    async def arrived(self, ref: str) -> None:
        """Wait until every message about this case has an end, and see each of them once."""
        for _ in range(int(2 * SOON / 0.1)):
            if await self._settled(ref):
                break
            await asyncio.sleep(0.1)
        else:
            message = f"{ref} has not arrived"
            raise AssertionError(message)
        await self.once()

    async def once(self) -> None:
        """Every case that was referred so far is in exactly one visible message, and nothing else is."""
        said = [one["text"] for one in await self.slack.sees(self.slack.people[MANAGER])]
        found = Counter(ref for ref in self.sent for text in said if ref in text)
        assert found == dict.fromkeys(self.sent, 1)
        assert len(said) == len(self.sent)

    async def _gone(self) -> None:
        for _ in range(int(SOON / 0.02)):
            if not sentence(self.house.folder).exists():
                return
            await asyncio.sleep(0.02)
        message = "nothing passed this point"
        raise AssertionError(message)

    async def _settled(self, ref: str) -> bool:
        async with self.house.there.database.reading() as session:
            rows = (
                await session.execute(
                    select(NoticeRow.state, BundleRow.state, BundleRow.open)
                    .outerjoin(BundleRow, BundleRow.key == NoticeRow.bundle)
                    .where(NoticeRow.case == ref)
                )
            ).all()
        return bool(rows) and all(state == State.SENT and not open_ for _, state, open_ in rows)


@asynccontextmanager
async def chat(folder: Path) -> AsyncIterator[Chat]:
    directory = read_directory_file(DIRECTORY)
    async with (
        workspace(folder, directory) as slack,
        real(folder, worker=False, slack_token=TOKEN, slack_api=slack.api) as house,
    ):
        house.hurries = True
        async with house.there.database.writing() as session:
            await house.there.recorder.directory.replace(session, slack.joined(directory), "p-018", house.now)
            await put_in_force(session, sleepless(), house.now)
        await house.start_worker()
        yield Chat(house, slack)


FEW = ["a message is frozen", "an attempt is noted", "its answer is recorded"]
"""The points at which most can go wrong; `make proof` tries all."""


@pytest.mark.timeout(180)
@pytest.mark.promise("G4", "L5")
async def test_a_worker_killed_between_rung_and_receipt_sends_one_message(tmp_path: Path) -> None:
    async with chat(tmp_path) as one:
        for point in FEW:
            await one.dies_at(point, "after", "worker")
        await one.meets_and_dies(peer.stored_and_silent)


@pytest.mark.timeout(180)
@pytest.mark.promise("G4", "G5")
async def test_whatever_slack_answers_a_rung_is_one_message(tmp_path: Path) -> None:
    async with chat(tmp_path) as one:
        for method, fault in AT_SLACK.values():
            await one.meets(method, fault)


@pytest.mark.proof
@pytest.mark.timeout(1500)
@pytest.mark.promise("G4", "L5")
@pytest.mark.parametrize("what", ["worker", "engine", "both", "database"])
async def test_a_death_at_any_point_between_rung_and_receipt_sends_one_message(tmp_path: Path, what: str) -> None:
    async with chat(tmp_path) as one:
        for point in POINTS:
            for moment in ("before", "after"):
                if point == "it is looked for":
                    one.slack.go_wrong("chat.postMessage", peer.stored_and_silent)
                await one.dies_at(point, moment, what)

"""`make soak`: for as long as it takes, anything dies at any point, and channels answer anything; nothing is lost.

The seed decides who dies where and what is answered; what happens at the same time is the machine's. It is printed
first and given by SOAK_SEED; SOAK_KILLS says how many processes are killed.
"""

import asyncio
import os
import platform
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from temporalio.service import RPCError

from door.door import Done
from door.refusals import NotConfirmed
from models.directory import ChannelName
from tests.support.house import of_death, referral, triage
from tests.support.mortal_worker import POINTS, condemn_at, sentence
from tests.support.perils import ANSWERS, MANAGER, Perils, perils

IN_FLIGHT = 3
"""So many people refer and ask at the same time."""
AGENCIES = 60
WAYS = [
    (ChannelName.SLACK,), (ChannelName.SLACK,), (ChannelName.NOTIFY,), (ChannelName.MAIL, ChannelName.NOTIFY),
]  # fmt: skip
PASSED = [point for point in POINTS if point != "it stays in the inbox"]
DEATHS = {"worker": 8, "both": 3, "engine": 3, "database": 2}
"""Who dies, and how often in proportion. A connection to the database is no process, and counts beside the kills."""
OFTEN = 100
"""After so many kills everything may arrive, and is counted."""
PASSING = 4.0
"""Seconds within which something passes a point, or another is chosen."""


class Soak:
    def __init__(self, one: Perils, seed: int) -> None:
        self.one, self.random = one, Random(seed)  # noqa: S311 -- no secret
        self.died: Counter[str] = Counter()
        self.where: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.going = asyncio.Event()
        self.began = time.monotonic()

    @property
    def kills(self) -> int:
        return sum(count for what, count in self.died.items() if what != "database")

    # What goes on meanwhile

    async def people(self, number: int) -> None:
        """Somebody who refers, and then asks one agency after the other."""
        random = Random(number)  # noqa: S311 -- no secret
        while True:
            review = await self._review()
            agencies = [f"agency-{n}" for n in range(AGENCIES)]
            random.shuffle(agencies)
            while agencies:
                some = [agencies.pop() for _ in range(min(len(agencies), random.randint(1, 4)))]
                await self._act(review, "request_information", agencies=some)
                await asyncio.sleep(random.uniform(0.1, 0.8))

    async def _review(self) -> str:
        house, request = self.one.house, f"r-{uuid4().hex}"
        ref = (await self._surely(lambda: house.door(5).refer(of_death(referral(house.now)), request))).case
        self.one.sent.append(ref)
        await self._act(ref, "triage", **triage())
        await self.one.until(lambda: self._opened(ref), "no review was opened")
        review = await house.child_of(ref)
        await self._act(review, "record_notification", sent_at=house.now.isoformat(), sent_by="A", reference="B")
        return review

    async def _opened(self, ref: str) -> bool:
        return bool(await self.one.house.children_of(ref))

    async def _act(self, case: str, kind: str, /, **answers: object) -> None:
        house, request = self.one.house, f"r-{uuid4().hex}"
        actor = await house.actor(MANAGER)
        await self._surely(lambda: house.door(5).act(actor, case, kind, answers, request))

    async def _surely(self, ask: Callable[[], Awaitable[Done]]) -> Done:
        """Ask, and ask again under the same request, until it is done."""
        while True:
            await self.going.wait()
            with suppress(NotConfirmed, RPCError):
                return await ask()
            await asyncio.sleep(0.3)

    # What goes wrong

    async def something_dies(self) -> None:
        house, random = self.one.house, self.random
        what = random.choices(list(DEATHS), list(DEATHS.values()))[0]
        point, moment = random.choice([*PASSED, "anywhere"]), random.choice(["before", "after"])
        if point == "it is looked for":
            ANSWERS[ChannelName.SLACK]["stored, and the answer never comes"](self.one.peers[ChannelName.SLACK])
        if point == "anywhere":
            what = "worker"
            await asyncio.sleep(random.uniform(0, 1))
            self.one.kill_worker()
        else:
            assert house.engine
            condemn_at(house.folder, moment, point, what, house.engine.pid)
            if not await self._passed():
                return
        await self.one.rise(what)
        self.died[what] += 1
        self.where[point] += 1

    async def _passed(self) -> bool:
        end = time.monotonic() + PASSING
        said = sentence(self.one.house.folder)
        while said.exists() and time.monotonic() < end:  # noqa: ASYNC110 -- another process takes it away
            await asyncio.sleep(0.01)
        try:
            said.unlink()
        except FileNotFoundError:
            return True
        return False

    async def something_is_answered(self) -> None:
        random = self.random
        by = random.choice(list(ANSWERS))
        if random.random() < 0.05:
            await self.one.peers[by].shut()
            await asyncio.sleep(random.uniform(0.2, 1.5))
            await self.one.peers[by].open()
            words = "nobody is there"
        else:
            words = random.choice(list(ANSWERS[by]))
            ANSWERS[by][words](self.one.peers[by])
        self.answered[f"{by}: {words}"] += 1

    # How it stands

    async def count(self) -> None:
        """Let everything arrive, and see each message as often as it should be, and the audit chain whole."""
        self.going.clear()
        await asyncio.sleep(1)
        await self.one.arrived(patience=300)
        assert await self.one.house.broken() == []
        arrived = await self.one.counted()
        went = ", ".join(f"{count} by {by}" for by, count in sorted(arrived.items()))
        died = ", ".join(f"{what} {count}" for what, count in self.died.most_common())
        minutes = (time.monotonic() - self.began) / 60
        print(f"{self.kills} kills in {minutes:.1f} minutes ({died}); all as it should be: {went}", flush=True)  # noqa: T201
        self.going.set()


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.promise("G4", "L5")
async def test_whatever_dies_at_random_every_rung_is_one_message_and_the_audit_chain_is_whole(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED") or time.time())
    kills = int(os.environ.get("SOAK_KILLS") or 1000)
    print(f"\nSOAK_SEED={seed} SOAK_KILLS={kills}, {os.cpu_count()} cores, {platform.python_version()}", flush=True)  # noqa: T201
    async with perils(tmp_path, [WAYS[n % len(WAYS)] for n in range(AGENCIES)]) as one:
        soak, counted = Soak(one, seed), 0
        soak.going.set()
        async with asyncio.TaskGroup() as group:
            people = [group.create_task(soak.people(seed + n)) for n in range(IN_FLIGHT)]
            while soak.kills < kills:
                if soak.random.random() < 0.5:
                    await soak.something_is_answered()
                await soak.something_dies()
                if soak.kills >= counted + OFTEN:
                    await soak.count()
                    counted = soak.kills
            await soak.count()
            for person in people:
                person.cancel()
        for found in (soak.where, soak.answered):
            print("; ".join(f"{words} {count}" for words, count in found.most_common()), flush=True)  # noqa: T201

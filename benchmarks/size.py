"""What a case costs the worker, with all models loaded: memory while it is cached, and processor time for its start.

A case is started from its record, as after a loss of the engine's store, and beside it a workflow that does nothing but
wait; then referrals are sent in, each with its first fact written and its first rung said.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import psutil
from sqlalchemy import select
from temporalio.client import Client

from benchmarks import bare
from benchmarks.acts import AT_ONCE, fill
from benchmarks.stage import environment, installed, process
from door.door import Door
from models.batch import TASK_TIMEOUT
from models.case import Case, packed
from models.tables import CaseRow
from records.settings import TASK_QUEUE
from tests.support.core import AGENCIES, asked

WARM, CASES = 50, 800
IDLE = 0.04
"""Seconds of processor time in two seconds that only the watch uses."""


class Cost(NamedTuple):
    """Of one case: KB of memory that only this process has, and milliseconds of processor time."""

    memory: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.memory:.1f} KB, {self.cpu:.1f} ms"


async def cost(worker: int, make: Callable[[int], Awaitable[object]]) -> Cost:
    """What each of many costs the worker, when some have been made before."""
    limit, watched = asyncio.Semaphore(AT_ONCE), psutil.Process(worker)

    async def one(number: int) -> None:
        async with limit:
            await make(number)

    await asyncio.gather(*(one(-n) for n in range(1, WARM)))
    await quiet(watched)
    memory, cpu = watched.memory_full_info().uss, sum(watched.cpu_times()[:2])
    await asyncio.gather(*(one(n) for n in range(CASES)))
    await quiet(watched)
    grown, busy = watched.memory_full_info().uss - memory, sum(watched.cpu_times()[:2]) - cpu
    return Cost(grown / CASES / 1024, busy / CASES * 1000)


async def quiet(watched: psutil.Process) -> None:
    """Wait until the worker has nothing to do."""
    before = -1.0
    while (now := sum(watched.cpu_times()[:2])) - before > IDLE:
        before = now
        await asyncio.sleep(2)


async def run() -> dict[str, float]:
    async with installed() as (there, client):
        plain = await Client.connect(there.settings.engine)

        async def nothing(number: int) -> None:
            await plain.start_workflow(bare.Bare.run, id=f"bare-{number}", task_queue=bare.QUEUE)

        with process("benchmarks.bare", environment(there)) as worker:
            floor = await cost(worker.pid, nothing)
        door = Door(there.recorder, client, lambda: datetime.now(UTC))

        async def start(case: Case, number: int) -> None:
            one = case.model_copy(update={"ref": f"{case.ref}-{number}"})
            await client.start_workflow(
                one.kind, packed(one), id=one.ref, task_queue=TASK_QUEUE, task_timeout=TASK_TIMEOUT
            )

        async def costs(make: Callable[[int], Awaitable[object]]) -> Cost:
            """By a worker of its own, so that what was made before is not in its memory."""
            with process("worker", environment(there)) as worker:
                await fill(door, 1)
                return await cost(worker.pid, make)

        review = asked(datetime.now(UTC), AGENCIES[:6])
        review.speak()
        midway = await costs(partial(start, review.case))
        async with there.database.reading() as session:
            row = (await session.scalars(select(CaseRow).limit(1))).one()
        started = await costs(partial(start, Case.model_validate(row.state)))
        referred = await costs(lambda _: fill(door, 1))
    print(f"a workflow that only waits                      {floor}")
    print(f"a case started from its record                  {started} (at most 60 KB and 10 ms)")
    print(f"a rapid review that waits for six returns       {midway}")
    print(f"a referral with its first fact and first rung   {referred}")
    print(f"ratio of a case to the workflow that only waits: memory {started.memory / floor.memory:.2f}")
    return {"memory": started.memory, "cpu": started.cpu}


if __name__ == "__main__":
    asyncio.run(run())

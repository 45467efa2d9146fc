"""The embedded engine with its default settings beside the tuned ones that `reviews serve` gives it.

A start, and a bare update with one activity that writes one row, one after the other on each engine.
"""

import asyncio
from uuid import uuid4

from temporalio.client import Client

from benchmarks import bare
from benchmarks.stage import Figures, environment, installed, process, timed

TIMES = 150


async def measured(*, tuned: bool) -> tuple[Figures, Figures]:
    """(starts that have run their first task, updates) on an engine of its own."""
    async with installed(tuned=tuned) as (there, _):
        with process("benchmarks.bare", environment(there)):
            client = await Client.connect(there.settings.engine)
            open_ = await client.start_workflow(bare.Bare.run, id="open", task_queue=bare.QUEUE)
            await open_.execute_update(bare.Bare.act, "the first")

            async def start(_: int) -> None:
                made = await client.start_workflow(bare.Bare.run, id=f"s-{uuid4().hex}", task_queue=bare.QUEUE)
                await made.query(bare.Bare.ready)

            await timed(start, 20)
            started = await timed(start, TIMES)
            return started, await timed(lambda _: open_.execute_update(bare.Bare.act, "some words"), TIMES)


async def run() -> dict[str, float]:
    default, tuned = await measured(tuned=False), await measured(tuned=True)
    for name, one, other in zip(("start", "update"), default, tuned, strict=True):
        print(f"{name:7} default {one}; tuned {other}; {one.p50 / other.p50:.1f} times as fast")
    return {"start": default[0].p50 / tuned[0].p50, "update": default[1].p50 / tuned[1].p50}


if __name__ == "__main__":
    asyncio.run(run())

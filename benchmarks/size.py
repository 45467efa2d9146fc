"""What a cached case costs the worker: memory, and CPU for its start, with all models loaded."""

import asyncio
from datetime import UTC, datetime

import psutil

from benchmarks.acts import fill
from benchmarks.stage import environment, installed, process
from door.door import Door

WARM, CASES = 50, 1000


async def run() -> dict[str, float]:
    async with installed() as (there, client):
        with process("worker", environment(there)) as worker:
            door = Door(there.recorder, client, lambda: datetime.now(UTC))
            await fill(door, WARM)
            watched = psutil.Process(worker.pid)
            memory, cpu = watched.memory_full_info().uss, sum(watched.cpu_times()[:2])
            await fill(door, CASES)
            await asyncio.sleep(1)
            each = (watched.memory_full_info().uss - memory) / CASES / 1024
            busy = (sum(watched.cpu_times()[:2]) - cpu) / CASES * 1000
    print(f"worker memory per cached case {each:.1f} KB (at most 60)")
    print(f"worker CPU per start, with its first fact and first rung {busy:.1f} ms (at most 10)")
    return {"memory": each, "cpu": busy}


if __name__ == "__main__":
    asyncio.run(run())

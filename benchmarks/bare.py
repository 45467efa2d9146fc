"""The least that an act can cost on this engine: an update with one activity that writes one row."""

import asyncio
import os
import signal
import sqlite3
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = "bare"


class Rows:
    """One table, one row an act, durable as ours is."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE IF NOT EXISTS acts (number INTEGER PRIMARY KEY, words TEXT)")

    @activity.defn
    async def add(self, words: str) -> int:
        return int(
            self._connection.execute("INSERT INTO acts (words) VALUES (?) RETURNING number", (words,)).fetchone()[0]
        )


@workflow.defn
class Bare:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def act(self, words: str) -> int:
        return await workflow.execute_activity_method(Rows.add, words, start_to_close_timeout=timedelta(seconds=10))

    @workflow.update
    async def note(self, words: str) -> int:
        """The same with a local activity, which costs the engine less."""
        return await workflow.execute_local_activity_method(
            Rows.add, words, start_to_close_timeout=timedelta(seconds=10)
        )

    @workflow.query
    def ready(self) -> bool:
        return True


async def main() -> None:
    client = await Client.connect(os.environ["REVIEWS_ENGINE"])
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    rows = Rows(str(Path(os.environ["REVIEWS_DATA_DIR"]) / "bare.sqlite"))
    async with Worker(
        client, task_queue=QUEUE, workflows=[Bare], activities=[rows.add], max_cached_workflows=2000,
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):  # fmt: skip
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main())

"""Backup, restore and rebuild of cases that are open, beside the bare copy of the file and bare workflow starts."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client

from benchmarks import bare
from benchmarks.stage import engine, environment, process
from records.backup import back_up, new_identity, restore
from records.opening import open_installation
from records.rebuilding import TOGETHER, rebuild
from records.settings import Settings
from tests.support.lives import Lives
from tests.support.recording import Recording, recording

CASES = (1_000, 10_000)
PUBLIC, SECRET = new_identity()


async def filled(made: Recording, cases: int) -> None:
    """Half of them referrals, half reviews with information asked of agencies; both are open."""
    made.now = datetime.now(UTC)
    lives = Lives(made)
    for _ in range(cases // 2):
        await lives.asked()


async def took(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


def bare_copy(source: Path, to: Path) -> float:
    """SQLite's own copy of the same records: the least that it can cost to have them twice."""
    began = time.perf_counter()
    connection = sqlite3.connect(source)
    connection.execute("VACUUM INTO ?", (str(to),))
    connection.close()
    return time.perf_counter() - began


async def bare_starts(client: Client, cases: int) -> float:
    limit = asyncio.Semaphore(TOGETHER)

    async def one(number: int) -> None:
        async with limit:
            await client.start_workflow(bare.Bare.run, id=f"bare-{number}", task_queue=bare.QUEUE)

    return await took(asyncio.gather(*(one(number) for number in range(cases))))


async def measured(cases: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with recording(folder / "here") as made:
            await filled(made, cases)
            records = folder / "here" / "records.sqlite"
            copied = bare_copy(records, folder / "copy.sqlite")
            now, settings, database = datetime.now(UTC), made.there.settings, made.there.database
            backed = await took(back_up(settings, database, PUBLIC, folder / "all.backup", now, lambda *_: None))
        size, whole = (folder / "all.backup").stat().st_size / 1e6, records.stat().st_size / 1e6
        async with engine(folder) as address:
            back = Settings(data_dir=folder / "there", engine=address)
            restored = await took(restore(back, folder / "all.backup", SECRET, datetime.now(UTC), lambda *_: None))
            there = await open_installation(back)
            client = await there.connect()
            floor = await bare_starts(client, cases)
            began = time.perf_counter()
            with process("worker", environment(there)):
                found = await rebuild(client, there.database, anew=False, looked=lambda *_: None)
                started = time.perf_counter() - began
            await there.close()
        print(
            f"{cases:,} cases, {whole:.0f} MB: backup {backed:.1f} s ({size:.0f} MB), restore {restored:.1f} s, "
            f"bare copy {copied:.1f} s (x{backed / copied:.0f}, x{restored / copied:.0f}); "
            f"rebuild of {found.cases:,} {started:.1f} s, bare starts {floor:.1f} s (x{started / floor:.1f})",
            flush=True,
        )


async def run() -> None:
    for cases in CASES:
        await measured(cases)

"""SQLite near at hand: nothing that may wait stops the others, and nothing that is quick makes a detour."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from records.database import MAPPED, Database

TICKS = 20


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}")
    async with made.writing() as session:
        await session.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY)"))
    yield made
    await made.close()


@pytest.fixture
def other_process(tmp_path: Path, database: Database) -> Iterator[sqlite3.Connection]:
    """Somebody else who writes, and has not committed yet."""
    with closing(sqlite3.connect(tmp_path / "records.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


async def add(database: Database, number: int) -> None:
    async with database.writing() as session:
        await session.execute(text("INSERT INTO t VALUES (:n)"), {"n": number})


async def numbers(database: Database) -> list[int]:
    async with database.reading() as session:
        return list(await session.scalars(text("SELECT n FROM t ORDER BY n")))


async def test_while_one_waits_to_write_the_others_go_on(database: Database, other_process: sqlite3.Connection) -> None:
    writing = asyncio.create_task(add(database, 1))
    for _ in range(TICKS):
        await asyncio.sleep(0.01)
        assert await numbers(database) == []
    assert not writing.done()
    other_process.execute("COMMIT")
    await writing
    assert await numbers(database) == [1]


async def test_whoever_gives_up_waiting_to_write_leaves_nothing_and_stops_nobody(
    database: Database, other_process: sqlite3.Connection
) -> None:
    asyncio.get_running_loop().call_later(0.3, other_process.execute, "COMMIT")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await add(database, 1)
    await add(database, 2)
    assert await numbers(database) == [2]


async def test_a_statement_is_done_where_it_is_asked_and_a_commit_is_not(database: Database) -> None:
    here, threads = threading.get_ident(), list[tuple[str, int]]()
    async with database.writing() as session:
        raw = await (await session.connection()).get_raw_connection()
        await raw.driver_connection._execute(  # type: ignore[union-attr]
            raw.driver_connection._conn.set_trace_callback,  # type: ignore[union-attr]
            lambda sql: threads.append((sql.split()[0], threading.get_ident())),
        )
        await session.execute(text("INSERT INTO t VALUES (3)"))
        await session.execute(text("SELECT n FROM t"))
    at_once = {word for word, thread in threads if thread == here}
    assert at_once == {"INSERT", "SELECT"}
    assert {word for word, thread in threads if thread != here} == {"COMMIT"}


async def test_only_what_reads_looks_at_the_file_itself_and_it_sees_what_was_just_written(database: Database) -> None:
    async with database.reading() as reading, database.writing() as writing:
        assert await reading.scalar(text("PRAGMA mmap_size")) == MAPPED
        assert await writing.scalar(text("PRAGMA mmap_size")) == 0
    for number in range(TICKS):
        await add(database, number)
        assert await numbers(database) == list(range(number + 1))

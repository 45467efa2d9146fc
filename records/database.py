"""The database: SQLite by default, PostgreSQL by its URL. One engine that writes, one that reads.

SQLite: WAL, synchronous=FULL (a power cut loses nothing that was told as done), and BEGIN IMMEDIATE for writing, so
that two writers wait for each other instead of failing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from pydantic_core import from_json, to_json
from sqlalchemy import event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from models.tables import Table
from records.near import near

DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")
BUSY_MS = 30_000
PLAIN: Final = {
    "hide_parameters": True,
    "json_serializer": lambda value: to_json(value).decode(),
    "json_deserializer": from_json,
}
"""Errors repeat no value; JSON is read and written by pydantic, several times as fast as by Python itself."""
MAPPED = 256 * 1024 * 1024
"""Bytes of the SQLite file that reading looks at where the system holds them; copies are void when somebody writes."""


class Database:
    """Opened once by whoever starts the process; closed with it. Raises ArgumentError if the URL names none."""

    def __init__(self, url: str) -> None:
        if make_url(url).drivername not in DRIVERS:
            message = "the URL of the database names no driver that is here"
            raise ArgumentError(message)
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self._write = self._engine(writes=True)
        self._read = self._engine(writes=False) if self.sqlite else self._write

    def _engine(self, *, writes: bool) -> AsyncEngine:
        if not self.sqlite:
            return create_async_engine(self.url, **PLAIN, pool_pre_ping=True, pool_size=10)
        path = make_url(self.url).database or ""
        engine = create_async_engine(
            self.url, **PLAIN, async_creator=partial(near, path, writes=writes),
            pool_size=1 if writes else 4, max_overflow=0, pool_timeout=60,
        )  # fmt: skip
        event.listen(engine.sync_engine, "connect", partial(_prepare, mapped=0 if writes else MAPPED))
        event.listen(engine.sync_engine, "begin", _begin_writing if writes else _begin_reading)
        return engine

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back by any exception."""
        async with AsyncSession(self._write, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self._read, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def still(self) -> AsyncIterator[AsyncConnection]:
        """A view of one moment, for reading only, however long it takes and whoever writes meanwhile."""
        async with self._read.connect() as connection:
            if not self.sqlite:
                connection = await connection.execution_options(  # noqa: PLW2901 -- the same, which now keeps still
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield connection

    @property
    def engines(self) -> set[AsyncEngine]:
        """What its transactions go through."""
        return {self._write, self._read}

    async def close(self) -> None:
        for engine in self.engines:
            await engine.dispose()


def inserting(table: type[Table], dialect: str) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can be told, in this database's own words, what to do about a row that is there already."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def _prepare(connection: Any, record: ConnectionPoolEntry, mapped: int) -> None:  # noqa: ANN401 -- the driver's own connection
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_MS}",
        "foreign_keys=ON",
        "secure_delete=ON",
        f"mmap_size={mapped}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_writing(connection: Any) -> None:  # noqa: ANN401 -- SQLAlchemy hands over its own connection
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Any) -> None:  # noqa: ANN401 -- SQLAlchemy hands over its own connection
    connection.exec_driver_sql("BEGIN")

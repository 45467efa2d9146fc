"""Moving the records of an installation from SQLite to PostgreSQL: all of it or nothing, compared row by row."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from records import copying, migrating
from records.copying import Digest
from records.database import Database
from records.keys import MOVED
from records.settings import Settings

Looked = Callable[[int, int], None]


class CannotMove(RuntimeError):
    """The words say why nothing was moved, and what to do."""


async def move(settings: Settings, looked: Looked) -> dict[str, Digest]:
    """Copy every row to the database of the settings, and put the old file aside. Nobody may write meanwhile.

    Returns the digest of each table, which both sides were found to share. Raises CannotMove.
    """
    old = settings.data_dir / "records.sqlite"
    if not old.exists():
        raise CannotMove(f"There is no {old}, so there is nothing to move.")
    source, target = Database(f"sqlite+aiosqlite:///{old}"), Database(settings.database)
    try:
        found = await _carried(source, target, looked)
    finally:
        await source.close()
        await target.close()
    _put_aside(old)
    return found


async def _carried(source: Database, target: Database, looked: Looked) -> dict[str, Digest]:
    if target.sqlite:
        raise CannotMove("Name a database of PostgreSQL, such as postgresql+asyncpg://reviews@host/reviews")
    if await migrating.standing(source) != migrating.newest():
        raise CannotMove("The tables are those of another release. Start the service once with this one, and stop it.")
    if await migrating.standing(target):
        raise CannotMove("There are tables in that database already. Name an empty one.")
    async with source.still() as reading, target.writing() as session:
        connection = await session.connection()
        assert reading.sync_connection
        return await connection.run_sync(_copied, reading.sync_connection, looked)


def _copied(into: Connection, out_of: Connection, looked: Looked) -> dict[str, Digest]:
    given, whole, done = copying.columns(), 2 * copying.count(out_of), 0

    def note(more: int) -> None:
        nonlocal done
        done += more
        looked(done, whole)

    migrating.up(into)
    copying.into(into, copying.out_of(out_of), given, note)
    before, after = copying.digests(out_of, given), copying.digests(into, given, note)
    if wrong := [name for name, one in before.items() if after[name] != one]:
        raise CannotMove(f"What arrived is not what was sent: {', '.join(wrong)}. Nothing was moved.")
    return after


def _put_aside(old: Path) -> None:
    """With what still waits in its journal, under a name that nothing opens."""
    for end in ("", "-wal", "-shm"):
        part = old.with_name(f"{old.name}{end}")
        if part.exists():
            part.rename(old.with_name(f"{MOVED}{end}"))

"""Migrations up and down on both databases, and what a migrated database looks like."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from models.tables import BoardRow, SelfCheckRow, Table
from records.database import Database
from records.migrating import down, migrate, newest, standing, up
from tests.support.house import triage
from tests.support.recording import recording

LAST_RELEASE = "0002"
"""The last migration of release 0.2.0."""


@pytest.fixture
def database(tmp_path: Path, database_url: str) -> Database:
    return Database(database_url or f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}")


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Table.metadata))


@pytest.mark.promise("L3")
async def test_migrations_make_exactly_the_tables_of_the_models_and_take_them_away_again(database: Database) -> None:
    assert await standing(database) == ""
    for _ in range(2):
        await migrate(database)
        assert await standing(database) == newest()
        async with database.writing() as session:
            connection = await session.connection()
            assert await connection.run_sync(tables) == {*Table.metadata.tables, "alembic_version"}
            assert await connection.run_sync(differences) == []
            await connection.run_sync(down)
            assert await connection.run_sync(tables) == {"alembic_version"}
    await database.close()


@pytest.mark.promise("L3")
async def test_migrating_again_changes_nothing(database: Database) -> None:
    await migrate(database)
    await migrate(database)
    async with database.writing() as session:
        await (await session.connection()).run_sync(up)
    await database.close()


async def test_a_transaction_that_fails_leaves_nothing_behind(database: Database) -> None:
    await migrate(database)
    with suppress(ZeroDivisionError):
        async with database.writing() as session:
            await session.execute(text("INSERT INTO settings (name, value) VALUES ('a', 'b')"))
            raise ZeroDivisionError
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM settings"))).scalar() == 0
    await database.close()


async def test_errors_of_the_database_hide_what_was_written(database: Database) -> None:
    await migrate(database)
    insert, values = text("INSERT INTO settings (name, value) VALUES ('a', :value)"), {"value": "Quillon Zarbane"}
    async with database.writing() as session:
        await session.execute(insert, values)
        with pytest.raises(DBAPIError) as caught:
            await session.execute(insert, values)
        await session.rollback()
    assert "Quillon" not in str(caught.value)
    assert "Quillon" not in repr(caught.value)
    await database.close()


async def test_sqlite_keeps_what_it_said_through_a_power_cut_and_wipes_what_is_deleted(tmp_path: Path) -> None:
    async with recording(tmp_path) as made, made.there.database.writing() as session:
        found = {
            name: (await session.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}


@pytest.mark.promise("L3", "K7")
async def test_a_record_of_the_last_release_is_whole_after_the_migration_with_every_case_on_the_board(
    tmp_path: Path, database_url: str
) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        before = (await made.refer()).case
        await made.act("p-018", before, "triage", **triage())
        assert await made.seal()
        async with made.there.database.writing() as session:
            await (await session.connection()).run_sync(down, LAST_RELEASE)
        assert await standing(made.there.database) == LAST_RELEASE
        await migrate(made.there.database)
        async with made.there.database.reading() as session:
            lined = set(await session.scalars(select(BoardRow.case)))
        assert lined == {before, await made.child_of(before)}
        assert await made.broken() == []
        await made.refer()
        assert await made.broken() == []


async def test_what_is_kept_as_json_comes_back_as_it_was_written(database: Database) -> None:
    written = {
        "": None,
        "n": [10**30, -0.1, 1e-9, True],
        "ä\n\u2028\U0001f9d2": {'"': "\\", "nul": "\x01", "deep": [[[{}]]]},
    }
    await migrate(database)
    async with database.writing() as session:
        session.add(SelfCheckRow(number=1, at=datetime(2026, 3, 2, tzinfo=UTC), found=[written]))
    async with database.reading() as session:
        kept = (await session.scalars(select(SelfCheckRow.found))).one()
    assert kept == [written]
    assert repr(kept) == repr([written]), "whole numbers stay whole, and nothing is rounded"
    await database.close()

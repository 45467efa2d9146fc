"""The records go from SQLite to PostgreSQL: every row, compared on both sides, or none."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from records.copying import columns, digests
from records.database import Database
from records.keys import MOVED, RecordsMoved
from records.moving import CannotMove, move
from records.opening import open_installation, prepare
from records.settings import Settings
from tests.support.lives import SOME_OR_ALL, Lives
from tests.support.postgres import Postgres
from tests.support.recording import recording, recording_again

pytestmark = [
    pytest.mark.promise("L3"),
    pytest.mark.proof,
    pytest.mark.xdist_group("postgresql"),
    pytest.mark.timeout(900),
]


@SOME_OR_ALL
async def test_every_row_arrives_and_everything_goes_on(
    tmp_path: Path, postgres: Postgres, commands: list[tuple[str, str]]
) -> None:
    async with recording(tmp_path) as made:
        lives = Lives(made)
        for lifecycle, kind in commands:
            await lives.give(await lives.ready(lifecycle, kind))
        await made.seal()
        now = made.now
        async with made.there.database.still() as connection:
            was = await connection.run_sync(lambda it: digests(it, columns()))
    seen: list[tuple[int, int]] = []
    url = postgres.fresh()
    found = await move(Settings(data_dir=tmp_path, database_url=url), lambda done, of: seen.append((done, of)))
    assert found == was
    assert seen[-1][0] == seen[-1][1] == 2 * sum(one.rows for one in was.values())
    async with recording_again(tmp_path, database_url=url) as there:
        assert await there.broken() == []
        there.now = now + timedelta(days=1)
        again = Lives(there)
        assert (await again.give(await again.ready("referral", "triage"))).fact.kind == "triaged"
        await there.seal()
        assert await there.broken() == []


async def test_whoever_forgets_the_new_address_is_told_and_begins_no_empty_record(
    tmp_path: Path, postgres: Postgres
) -> None:
    async with recording(tmp_path) as made:
        await made.refer()
    await move(Settings(data_dir=tmp_path, database_url=postgres.fresh()), lambda *_: None)
    assert (tmp_path / MOVED).exists()
    assert not (tmp_path / "records.sqlite").exists()
    for opening in (prepare, open_installation):
        with pytest.raises(RecordsMoved, match="Set REVIEWS_DATABASE_URL to its address"):
            await opening(Settings(data_dir=tmp_path))


async def test_what_cannot_arrive_whole_does_not_arrive_at_all(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with recording(tmp_path) as made:
        await made.refer()
    url = postgres.fresh()
    with pytest.raises(CannotMove, match="Name a database of PostgreSQL"):
        await move(Settings(data_dir=tmp_path), lambda *_: None)
    with pytest.raises(CannotMove, match="there is nothing to move"):
        await move(Settings(data_dir=tmp_path / "nowhere", database_url=url), lambda *_: None)

    def stopping(done: int, of: int) -> None:
        if done > of / 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await move(Settings(data_dir=tmp_path, database_url=url), stopping)
    database = Database(url)
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) == 0
    await database.close()
    async with recording_again(tmp_path) as made:
        assert await made.broken() == []
    await move(Settings(data_dir=tmp_path, database_url=url), lambda *_: None)
    async with recording(tmp_path / "other") as made:
        await made.refer()
    with pytest.raises(CannotMove, match="There are tables in that database already"):
        await move(Settings(data_dir=tmp_path / "other", database_url=url), lambda *_: None)

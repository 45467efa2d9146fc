"""Keys are changed while everything runs: nothing is lost, and nothing stays under the old one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary

from models.tables import Table
from records.keys import Keys, KeysMissing, read_keys
from records.opening import open_installation
from records.rotating import seal_anew, sealed_columns, under_old
from records.sealing import CannotUnseal
from records.settings import Settings
from tests.support.documents import PDF
from tests.support.lives import EACH, MANAGER, Lives
from tests.support.recording import Recording, recording

pytestmark = pytest.mark.promise("K8")


def looked(done: int, of: int) -> None:
    assert 0 < done <= of


async def lived(made: Recording) -> str:
    """Something in every sealed column, as far as commands fill it. Returns the id of a file."""
    lives = Lives(made)
    for lifecycle, kind in EACH[::6]:
        await lives.give(await lives.ready(lifecycle, kind))

    async def pdf() -> AsyncIterator[bytes]:
        yield PDF

    return await made.there.files.take(MANAGER, "", "minutes.pdf", pdf(), made.now)


def changed(made: Recording) -> Keys:
    """New keys in the file, as the command makes them."""
    path = made.there.settings.keys
    fresh = read_keys(path).with_new()
    fresh.save(path, instead=True)
    return fresh


async def test_everything_sealed_is_sealed_anew_and_read_as_before_by_whoever_runs_already(
    tmp_path: Path, database_url: str
) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        file = await lived(made)
        there = made.there
        fresh = changed(made)
        newest = list(fresh.sealing)[-1]
        before = await under_old(there.database, newest)
        assert before > 50

        going, count = True, 0

        async def writing() -> None:
            nonlocal count
            while going:
                made.now += timedelta(minutes=1)
                await made.refer()
                count += 1
                await asyncio.sleep(0.05)

        busy = asyncio.create_task(writing())
        found = await seal_anew(there.database, there.vault, newest, looked)
        going = False
        await busy
        assert count > 5, "somebody wrote all the while"
        assert found >= before
        assert await under_old(there.database, newest) == 0
        assert await seal_anew(there.database, there.vault, newest, looked) == 0, "given again it finds nothing"
        fresh.newest_alone().save(there.settings.keys, instead=True)
        assert [piece async for piece in (await there.files.open(file)).body] == [PDF]
        await made.seal()
        assert await made.broken() == []
    again = await open_installation(Settings(data_dir=tmp_path, database_url=database_url))
    async with again.database.reading() as session:
        assert await again.auditor.verify(session, again.settings.seals) == []
        assert await again.recorder.directory.read(session)
    await again.close()


async def test_one_that_was_stopped_goes_on_and_what_was_altered_is_not_covered_up(tmp_path: Path) -> None:
    async with recording(tmp_path) as made:
        await lived(made)
        newest = list(changed(made).sealing)[-1]
        before = await under_old(made.there.database, newest)

        def stopping(done: int, of: int) -> None:
            if done > of / 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await seal_anew(made.there.database, made.there.vault, newest, stopping)
        left = await under_old(made.there.database, newest)
        assert 0 < left < before
        first = next(one for one in sealed_columns() if one.table.name == "texts")
        async with made.there.database.writing() as session:
            await session.execute(first.table.update().values(sealed=b"\x02k1" + bytes(40)))
        with pytest.raises(CannotUnseal):
            await seal_anew(made.there.database, made.there.vault, newest, lambda *_: None)


def test_every_column_of_bytes_is_one_that_is_sealed_anew() -> None:
    columns = {
        (table.name, column.name)
        for table in Table.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert {(one.table.name, one.column.name) for one in sealed_columns()} == columns
    assert ("texts", "sealed") in columns


async def test_without_its_key_file_nothing_is_opened_and_no_new_keys_are_made(tmp_path: Path) -> None:
    async with recording(tmp_path) as made:
        await made.refer()
    (tmp_path / "keys.json").unlink()
    with pytest.raises(KeysMissing, match="Put it back from your backup"):
        await open_installation(Settings(data_dir=tmp_path))
    assert not (tmp_path / "keys.json").exists()

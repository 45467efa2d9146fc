"""A backup is made while others write, says nothing without its secret key, and is put back whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pyrage
import pytest
from sqlalchemy import func, select

from models.tables import FactRow, Table
from records import migrating
from records.backup import About, CannotBackUp, CannotRestore, back_up, new_identity, restore
from records.copying import Digest, columns, digests
from records.database import Database
from records.opening import Installation, open_installation
from records.settings import Settings
from tests.support import canary
from tests.support.documents import PDF
from tests.support.lives import EACH, MANAGER, Lives
from tests.support.recording import START, Recording, recording

pytestmark = pytest.mark.promise("L7")
PUBLIC, SECRET = new_identity()
Fresh = Callable[[], str]


NOTED = {"settings", "audit_links", "audit_heads", "notices"}
"""What putting a backup back adds to: that it was, and what is looked at before it goes out."""


def looked(done: int, of: int) -> None:
    assert 0 < done <= of


async def standing(database: Database) -> dict[str, Digest]:
    async with database.still() as connection:
        return await connection.run_sync(lambda it: digests(it, columns()))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Installation]:
    there = await open_installation(settings)
    try:
        yield there
    finally:
        await there.close()


async def lived(made: Recording) -> None:
    """Some of every kind of case, with a file of evidence, sealed."""
    lives = Lives(made, canary.words, canary.REFERRAL)
    for lifecycle, kind in EACH[::6]:
        await lives.give(await lives.ready(lifecycle, kind))

    async def pdf() -> AsyncIterator[bytes]:
        yield PDF

    await made.there.files.take(MANAGER, "", "minutes.pdf", pdf(), made.now)
    await made.seal()


async def made_of(made: Recording, to: Path) -> About:
    return await back_up(made.there.settings, made.there.database, PUBLIC, to, made.now, looked)


async def test_what_was_backed_up_is_back_whole_and_its_chains_and_files_as_well(
    tmp_path: Path, database_url: str, empty_database: Fresh
) -> None:
    async with recording(tmp_path / "here", database_url=database_url) as made:
        await lived(made)
        about, was = await made_of(made, tmp_path / "all.backup"), await standing(made.there.database)
    assert (about.rows, about.files) == (sum(one.rows for one in was.values()), 1)
    settings = Settings(data_dir=tmp_path / "there", database_url=empty_database())
    back = await restore(settings, tmp_path / "all.backup", SECRET, START, looked)
    assert (back.made, back.rows, back.files) == (about.made, about.rows, 1)
    async with opened(settings) as there:
        now = await standing(there.database)
        assert {name for name in was if now[name] != was[name]} <= NOTED
        async with there.database.reading() as session:
            assert await there.auditor.verify(session, settings.seals) == []
        (file,) = settings.files.iterdir()
        found = await there.files.open(file.name)
        assert b"".join([piece async for piece in found.body]) == PDF
        again = Recording(there, made.now + timedelta(days=1))
        await again.refer()  # what counts its own rows goes on after the last


async def test_a_backup_says_nothing_to_whoever_has_no_secret_key(tmp_path: Path) -> None:
    async with recording(tmp_path / "here") as made:
        await lived(made)
        await made_of(made, tmp_path / "all.backup")
    file = tmp_path / "all.backup"
    assert file.stat().st_mode & 0o077 == 0
    body = file.read_bytes()
    assert canary.found_in(body) == set()
    assert not any(name.encode() in body for name in Table.metadata.tables)
    with pytest.raises(CannotRestore, match="This secret key does not open this backup"):
        await restore(Settings(data_dir=tmp_path / "there"), file, new_identity()[1], START, looked)
    with pytest.raises(CannotRestore, match="This is no secret key"):
        await restore(Settings(data_dir=tmp_path / "there"), file, "letmein", START, looked)


async def test_a_backup_shows_one_moment_however_much_is_written_meanwhile(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path / "here", database_url=database_url) as made:
        await lived(made)
        going = True

        async def writing() -> int:
            count = 0
            while going:
                await made.refer()
                await made.seal()
                count += 1
            return count

        busy = asyncio.create_task(writing())
        for number in range(3):
            await asyncio.sleep(0.2)
            await made_of(made, tmp_path / f"{number}.backup")
        going = False
        assert await busy > 3
    facts = []
    for number in range(3):
        settings = Settings(data_dir=tmp_path / f"back{number}")
        await restore(settings, tmp_path / f"{number}.backup", SECRET, START, looked)
        async with opened(settings) as there, there.database.reading() as session:
            assert await there.auditor.verify(session, settings.seals) == []
            facts.append(await session.scalar(select(func.count()).select_from(FactRow)) or 0)
    assert facts[0] < facts[1] < facts[2]


CUT: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType({
    "cut in half": lambda body: body[: len(body) // 2],
    "cut at its end": lambda body: body[:-1],
    "one bit changed": lambda body: body[:5000] + bytes([body[5000] ^ 1]) + body[5001:],
    "something at its end": lambda body: body + b"x",
    "empty": lambda _: b"",
    "something else": lambda _: b"%PDF-1.7",
    "only its head": lambda body: body[:200],
})  # fmt: skip


@pytest.mark.parametrize("harm", CUT)
async def test_a_damaged_backup_is_refused_and_leaves_nothing(tmp_path: Path, harm: str) -> None:
    async with recording(tmp_path / "here") as made:
        await made.refer()
        await made_of(made, tmp_path / "all.backup")
    file = tmp_path / "all.backup"
    file.write_bytes(CUT[harm](file.read_bytes()))
    with pytest.raises(CannotRestore, match=r"is no backup, or it is damaged|does not open"):
        await restore(Settings(data_dir=tmp_path / "there"), file, SECRET, START, lambda *_: None)
    assert list((tmp_path / "there").iterdir()) == []


async def test_nothing_is_put_where_something_is(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path / "here", database_url=database_url) as made:
        await made.refer()
        await made_of(made, tmp_path / "all.backup")
        with pytest.raises(CannotRestore, match=r"There is something in .* already"):
            await restore(made.there.settings, tmp_path / "all.backup", SECRET, START, looked)
        if database_url:
            settings = Settings(data_dir=tmp_path / "there", database_url=database_url)
            with pytest.raises(CannotRestore, match="There are tables in that database already"):
                await restore(settings, tmp_path / "all.backup", SECRET, START, looked)
        with pytest.raises(CannotBackUp, match="is there already, and is not written over"):
            await made_of(made, tmp_path / "all.backup")


async def test_what_cannot_be_backed_up_whole_is_not_backed_up(tmp_path: Path) -> None:
    async with recording(tmp_path / "here") as made:
        await lived(made)
        (file,) = made.there.settings.files.iterdir()
        file.unlink()
        with pytest.raises(CannotBackUp, match=f"The file {file.name} of evidence is not in its place"):
            await made_of(made, tmp_path / "all.backup")
        with pytest.raises(CannotBackUp, match="This is no public key for backups"):
            await back_up(made.there.settings, made.there.database, "age1", tmp_path / "all.backup", START, looked)
    assert [one.name for one in tmp_path.iterdir()] == ["here"]  # noqa: ASYNC240 -- a test may wait


async def test_a_backup_of_a_later_release_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with recording(tmp_path / "here") as made:
        await made.refer()
        monkeypatch.setattr(migrating, "newest", lambda: "9999")
        with pytest.raises(CannotBackUp, match="The tables are those of another release"):
            await made_of(made, tmp_path / "all.backup")
        monkeypatch.undo()
        await made_of(made, tmp_path / "all.backup")
    monkeypatch.setattr(migrating, "known", lambda: {"0001"})
    with pytest.raises(CannotRestore, match=r"made by release .* which is later than this one"):
        await restore(Settings(data_dir=tmp_path / "there"), tmp_path / "all.backup", SECRET, START, looked)


def test_its_format_is_opened_by_any_program_for_age(tmp_path: Path) -> None:
    assert pyrage.decrypt(pyrage.encrypt(b"x", [pyrage.x25519.Recipient.from_str(PUBLIC)]), [
        pyrage.x25519.Identity.from_str(SECRET)
    ]) == b"x"  # fmt: skip

"""Evidence is kept unchanged, sealed, typed by content and scanned; what is wrong with it is said in words."""

import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from door.refusals import Invalid
from models.files import STRANGE, FileState
from models.tables import FileRow, Table
from models.time import day_of
from records import files as store
from records.database import Database
from records.file_types import FileRefused, HasMacros, Trap, WrongType, safe_name
from records.files import Empty, Files, HeldBack, Infected, NoSuchFile, NotStored, NotWhole, TooLarge, in_words
from records.keys import new_keys
from records.migrating import migrate
from records.sealed_files import PIECE
from records.sealing import Vault
from records.settings import Settings
from tests.support import documents
from tests.support.clamd import EICAR, clamd
from tests.support.documents import PDF, pieces
from tests.support.evidence import takes_letters
from tests.support.house import triage
from tests.support.recording import recording

pytestmark = pytest.mark.promise("E4")
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
OWNER, CASE = "p-008", "RR-2026-0001"
LARGE = PDF + bytes(range(256)) * 1000
"""Of several pieces."""


class Kept:
    """A store of its own, over a database of its own."""

    def __init__(self, database: Database, vault: Vault, settings: Settings) -> None:
        self.files, self.folder, self.database = Files(database, vault, settings), settings.files, database

    async def take(self, data: bytes = PDF, name: str = "report.pdf", owner: str = OWNER) -> str:
        return await self.files.take(owner, CASE, name, pieces(data), NOW)

    async def read(self, id_: str) -> bytes:
        return b"".join([piece async for piece in (await self.files.open(id_)).body])

    def lying(self) -> list[str]:
        return [one.name for one in self.folder.iterdir()] if self.folder.exists() else []

    async def state(self, id_: str) -> FileState | None:
        found = await self.files.kept(id_)
        return found.state if found else None


@asynccontextmanager
async def kept(folder: Path, url: str = "", **settings: Any) -> AsyncIterator[Kept]:  # noqa: ANN401 -- settings of any type
    given = Settings(data_dir=folder, database_url=url, **settings)
    database = Database(given.database)
    await migrate(database)
    try:
        yield Kept(database, Vault(new_keys()), given)
    finally:
        await database.close()


def spoil(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


async def test_what_was_given_is_given_back_byte_by_byte_on_every_database(tmp_path: Path, database_url: str) -> None:
    async with kept(tmp_path, database_url) as made:
        for data in (PDF, LARGE, PDF.ljust(PIECE, b"\n"), PDF.ljust(2 * PIECE, b"\n")):
            id_ = await made.take(data)
            opened = await made.files.open(id_)
            assert (opened.name, opened.media, opened.size) == ("report.pdf", "application/pdf", len(data))
            assert await made.read(id_) == data


async def test_neither_disk_nor_columns_say_what_it_is_about(tmp_path: Path) -> None:
    async with kept(tmp_path) as made:
        id_ = await made.take(PDF + b"Quillon Zarbane", "Quillon Zarbane.pdf")
        assert made.lying() == [id_]
        assert b"Quillon" not in (made.folder / id_).read_bytes()
        async with made.database.reading() as session:
            row = (await session.scalars(select(FileRow))).one()
            assert "Quillon" not in str([getattr(row, one.name) for one in Table.metadata.tables["files"].columns])


async def test_only_its_owner_may_look_into_the_folder_and_nobody_may_write_the_file_again(tmp_path: Path) -> None:
    async with kept(tmp_path) as made:
        id_ = await made.take()
        assert (made.folder.stat().st_mode & 0o777, (made.folder / id_).stat().st_mode & 0o777) == (0o700, 0o400)


async def test_the_same_bytes_are_known_again_and_have_each_their_own_id_and_key(tmp_path: Path) -> None:
    async with kept(tmp_path) as made:
        one, two = await made.take(), await made.take()
        async with made.database.reading() as session:
            digests = set(await session.scalars(select(FileRow.digest)))
        assert len(digests) == 1
        assert one != two
        assert (made.folder / one).read_bytes() != (made.folder / two).read_bytes()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda one, _: one.unlink(), "not in its place"),
        (lambda one, _: spoil(one, one.read_bytes()[:-1]), "cut short"),
        (lambda one, _: spoil(one, one.read_bytes()[: PIECE + 16]), "cut short"),
        (lambda one, _: spoil(one, one.read_bytes() + b"x"), "longer than it was"),
        (lambda one, two: spoil(one, two.read_bytes()), "another file lies in its place"),
        (lambda one, _: spoil(one, one.read_bytes()[:-20] + bytes(20)), "they were changed"),
        (lambda one, _: spoil(one, bytes(1) + one.read_bytes()[1:]), "they were changed"),
        (lambda one, _: spoil(one, _turned(one.read_bytes())), "they were changed"),
    ],
    ids=["lost", "cut short", "a piece less", "longer", "swapped", "end changed", "begin changed", "pieces moved"],
)
async def test_what_happened_to_a_file_on_the_disk_is_said_before_its_first_byte_is_given(
    tmp_path: Path,
    harm: Callable[[Path, Path], None],
    words: str,
) -> None:
    async with kept(tmp_path) as made:
        one, two = await made.take(LARGE), await made.take(LARGE)
        harm(made.folder / one, made.folder / two)
        with pytest.raises(NotWhole, match=words):
            await made.files.open(one)
        assert await made.read(two) == LARGE


def _turned(data: bytes) -> bytes:
    sealed = PIECE + 16
    return data[sealed : 2 * sealed] + data[:sealed] + data[2 * sealed :]


async def test_what_is_noted_of_a_file_cannot_be_given_to_another(tmp_path: Path) -> None:
    async with kept(tmp_path) as made:
        one, two = await made.take(PDF), await made.take(PDF)
        async with made.database.writing() as session:
            (await session.get_one(FileRow, one)).sealed = (await session.get_one(FileRow, two)).sealed
        with pytest.raises(NotWhole, match="cannot unseal"):
            await made.files.open(one)


@pytest.mark.parametrize(
    ("name", "data", "media"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.png", documents.PNG, "image/png"),
        ("a.jpeg", documents.JPEG, "image/jpeg"),
        ("a.docx", documents.word(), documents.WORD),
        ("a.xlsx", documents.workbook(), f"{documents.OOXML}spreadsheetml.sheet"),
        ("a.odt", documents.open_document(), "application/vnd.oasis.opendocument.text"),
        ("a.txt", "This is what we did: Déjà vu.\r\n".encode(), "text/plain"),
        ("a.csv", b"\xef\xbb\xbfName;Date\r\n", "text/csv"),
        ("a.eml", documents.LETTER, "message/rfc822"),
    ],
)
async def test_a_file_is_typed_by_its_content(tmp_path: Path, name: str, data: bytes, media: str) -> None:
    async with kept(tmp_path) as made:
        opened = await made.files.open(await made.take(data, name))
        assert (opened.media, opened.name) == (media, name)


@pytest.mark.parametrize(
    ("data", "refusal", "words"),
    [
        (b"", Empty, "is empty"),
        (documents.PROGRAM, WrongType, "What is taken: PDF, Word"),
        (b"GIF89a" + bytes(40), WrongType, "What is taken"),
        (b"<html><script>x</script>", WrongType, "What is taken"),
        (b"#!/bin/sh\n", WrongType, "What is taken"),
        (b"{\\rtf1 x}", WrongType, "What is taken"),
        ("Déjà".encode("latin-1"), WrongType, "in UTF-8"),
        (b"a" * 2 * PIECE + b"\x00", WrongType, "What is taken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), WrongType, "What is taken"),
        (documents.archive({"a.txt": b"x"}), WrongType, "Archives are not taken"),
        (documents.word({"word/vbaProject.bin": b"x"}), HasMacros, "has macros"),
        (documents.word(kind="application/vnd.ms-word.document.macroEnabled.main+xml"), HasMacros, "has macros"),
        (documents.open_document({"Basic/Standard/Module1.xml": b"x"}), HasMacros, "has macros"),
        (documents.bomb(), Trap, "unpacks to far more"),
        (documents.word({f"word/{n}": b"" for n in range(5001)}), Trap, "too many parts"),
        (documents.word({"word/embeddings/x.zip": documents.archive({"a": b"x"})}), Trap, "another file inside"),
        (documents.word({"word/x.exe": documents.PROGRAM}), Trap, "another file inside"),
        (documents.word({"../../x": b"x"}), Trap, "leads out of it"),
        (documents.word({"/etc/x": b"x"}), Trap, "leads out of it"),
        (documents.word({"C:x": b"x"}), Trap, "leads out of it"),
        (documents.word() + b"and more", Trap, "not quite of its type"),
        (documents.word()[:-30], Trap, "not quite of its type"),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else one if isinstance(one, str) else str(len(one)),
)
async def test_what_is_not_taken_is_refused_in_words_and_leaves_nothing(
    tmp_path: Path, data: bytes, refusal: type[FileRefused], words: str
) -> None:
    async with kept(tmp_path) as made:
        with pytest.raises(refusal, match=words):
            await made.take(data, "report.pdf")
        assert made.lying() == []


async def test_two_hundred_megabytes_are_refused_before_they_have_all_come(tmp_path: Path) -> None:
    come = 0

    async def coming() -> AsyncIterator[bytes]:
        nonlocal come
        for _ in range(200):
            come += 1
            yield bytes(1_000_000)

    async with kept(tmp_path, file_most_mb=2) as made:
        with pytest.raises(TooLarge, match="at most 2 MB"):
            await made.files.take(OWNER, CASE, "report.pdf", coming(), NOW)
        assert (come, made.lying()) == (3, [])


def test_a_given_name_is_reduced_to_what_can_be_shown() -> None:
    assert safe_name("../../etc/passwd", "text/plain") == "passwd.txt"
    assert safe_name("C:\\Users\\x\\re\u202eport\x07.pdf", "application/pdf") == "report.pdf"
    assert safe_name("invoice.exe", "application/pdf") == "invoice.exe.pdf"
    assert safe_name("run.bat", "text/plain") == "run.bat.txt"
    assert safe_name(" .. ", "image/png") == "file.png"
    assert len(safe_name("a" * 500 + ".PDF", "application/pdf")) == 150


def test_sizes_are_said_as_people_say_them() -> None:
    assert [in_words(one) for one in (1, 999, 48_000, 1_234_567, 20_000_000)] == [
        "1 byte", "999 bytes", "48 KB", "1.2 MB", "20 MB",
    ]  # fmt: skip


# The scanner


async def test_a_file_that_the_scanner_refuses_is_not_kept(tmp_path: Path) -> None:
    async with clamd(tmp_path / "c"), kept(tmp_path, clamd=str(tmp_path / "c")) as made:
        with pytest.raises(Infected, match="virus scanner found something"):
            await made.take(EICAR, "a.txt")
        assert made.lying() == []
        assert await made.read(await made.take(LARGE)) == LARGE


async def test_a_file_is_held_back_while_the_scanner_is_down_and_opens_when_it_has_looked(tmp_path: Path) -> None:
    async with kept(tmp_path, clamd=str(tmp_path / "c")) as made:
        good, bad = await made.take(LARGE), await made.take(EICAR, "a.txt")
        with pytest.raises(HeldBack, match="waits for the virus scanner"):
            await made.files.open(good)
        assert await made.files.scan_waiting() == 0
        async with clamd(tmp_path / "c"):
            assert await made.files.scan_waiting() == 2
        assert await made.read(good) == LARGE
        with pytest.raises(HeldBack, match="found something"):
            await made.files.open(bad)
        assert await made.files.scan_waiting() == 0


async def test_what_the_scanner_cannot_look_at_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    async with kept(tmp_path, clamd=str(tmp_path / "c")) as made:
        large, small = await made.take(LARGE), await made.take(PDF)
        async with clamd(tmp_path / "c", most=PIECE):
            assert await made.files.scan_waiting() == 1
        assert (await made.state(large), await made.state(small)) == (FileState.WAITING, FileState.CLEAN)


async def test_a_waiting_file_that_was_spoilt_stays_held_back(tmp_path: Path) -> None:
    async with kept(tmp_path, clamd=str(tmp_path / "c")) as made:
        spoilt, good = await made.take(LARGE), await made.take(PDF)
        spoil(made.folder / spoilt, bytes(10))
        async with clamd(tmp_path / "c"):
            assert await made.files.scan_waiting() == 1
        assert (await made.state(spoilt), await made.state(good)) == (FileState.WAITING, FileState.CLEAN)


# Power cuts and full disks


class PowerCut(Exception):
    """Nothing after it is done, not even tidying up."""


async def test_a_power_cut_before_a_file_is_in_its_place_leaves_no_file_and_is_tidied_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise PowerCut

    async with kept(tmp_path) as made:
        with monkeypatch.context() as patched:
            patched.setattr(store, "_rename", cut)
            patched.setattr(Path, "unlink", lambda *_, **__: None)
            with pytest.raises(PowerCut):
                await made.take()
        (left,) = made.lying()
        assert left.endswith(store.PART)
        assert await made.files.tidy(datetime.now(UTC)) == 0  # somebody may be writing it still
        assert await made.files.tidy(datetime.now(UTC) + timedelta(days=2)) == 1
        assert made.lying() == []


async def test_a_power_cut_before_a_file_is_noted_leaves_nothing_that_can_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = store._rename

    def cut(part: Path, path: Path) -> None:
        put(part, path)
        raise PowerCut

    async with kept(tmp_path) as made:
        monkeypatch.setattr(store, "_rename", cut)
        with pytest.raises(PowerCut):
            await made.take()
        monkeypatch.setattr(store, "_rename", put)
        (lost,) = made.lying()
        good = await made.take()
        assert await made.files.tidy(datetime.now(UTC) + timedelta(days=2)) == 1
        assert made.lying() == [good]
        with pytest.raises(NoSuchFile):
            await made.files.open(lost)


async def test_a_full_disk_is_said_in_words_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with kept(tmp_path) as made:
        monkeypatch.setattr(store, "_rename", full)
        with pytest.raises(NotStored, match="disk may be full"):
            await made.take()
        assert made.lying() == []


# The record


async def test_a_command_signed_past_the_door_names_no_file_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes_letters(monkeypatch)
    async with recording(tmp_path) as made:
        referral = (await made.refer()).case
        await made.act("p-018", referral, "triage", **triage())
        ref = await made.child_of(referral)
        await made.act("p-001", ref, "record_notification", sent_at=made.now, sent_by="The director", reference="N-1")
        await made.act("p-018", ref, "request_information", agencies=["harrowshire-icb"])
        promise = {"obligation": "agency_return/harrowshire-icb", "until": day_of(made.now)}
        theirs = await made.there.files.take("p-005", ref, "a.pdf", pieces(PDF), made.now)
        elsewhere = await made.there.files.take(OWNER, referral, "a.pdf", pieces(PDF), made.now)
        for id_ in (theirs, elsewhere, "0" * 32):
            with pytest.raises(Invalid) as refused:
                await made.act(OWNER, ref, "promise", letter=id_, **promise)
            assert [(one.field, one.words) for one in refused.value.problems] == [("letter", STRANGE)]
        own = await made.there.files.take(OWNER, ref, "a.pdf", pieces(PDF), made.now)
        assert (await made.act(OWNER, ref, "promise", letter=own, **promise)).fact.data["letter"] == own


async def test_what_is_noted_of_a_file_is_verified_with_the_record(tmp_path: Path) -> None:
    async with recording(tmp_path) as made:
        id_ = await made.there.files.take(OWNER, CASE, "a.pdf", pieces(PDF), made.now)
        assert await made.broken() == []
        vault, place = made.there.vault, f"files.sealed/{id_}"
        async with made.there.database.writing() as session:
            row = await session.get_one(FileRow, id_)
            row.sealed = vault.seal({**vault.unseal(row.sealed, place), "sha256": "0" * 64}, place)
        assert [(chain, id_ in words) for chain, _, words in await made.broken()] == [("files", True)]
        with pytest.raises(NotWhole, match="not what its id stands for"):
            await made.there.files.open(id_)

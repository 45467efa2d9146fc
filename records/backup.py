"""A backup: one file with everything that an installation needs to go on elsewhere, made while it runs.

It holds the rows of the database as one moment shows them, the files of evidence, the keys and the seals; nothing of
the engine's, whose cases start again from the record. It is a compressed tar archive in the format `age`
(https://age-encryption.org/v1), for one public key: the machine that makes backups cannot read them, and whoever
holds the secret key can, with any program for that format. A file that was cut or changed is refused while it is read.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import pyrage
from pydantic import ValidationError
from sqlalchemy import Connection, select

from models.base import Message
from models.tables import FileRow, SettingRow
from records import copying, holding, migrating
from records.audit import Auditor
from records.chains import MESSAGES, SEALED
from records.copying import Digest, Lines
from records.database import Database
from records.keys import read_keys
from records.sealing import Vault
from records.settings import Settings
from records.typed import typed

FORMAT: Final = 1
ABOUT, DIGESTS, KEYS, SEALS, KIND = "about.json", "digests.json", "keys.json", "seals.jsonl", "kind"
TABLES, FILES = "tables/", "files/"
PART = 4 * 1024 * 1024
"""Bytes of rows that are held before they go into the archive."""
Looked = Callable[[int, int], None]
"""Hears how much of how much is done, in rows and files."""


class CannotBackUp(RuntimeError):
    """The words say why there is no backup, and what to do."""


class CannotRestore(RuntimeError):
    """The words say why nothing was restored, and what to do."""


class About(Message):
    """What a backup is: where the tables stood, what they have, and when that was true."""

    format: int
    release: str
    migration: str
    made: datetime
    columns: dict[str, tuple[str, ...]]
    rows: int
    files: int


class Digests(Message):
    """What has to be found again: the digest of each table, and the SHA-256 of each file as it lies on the disk."""

    tables: dict[str, Digest]
    files: dict[str, str]


class Restored(NamedTuple):
    """What was put back, and when it was true."""

    made: datetime
    rows: int
    files: int


def new_identity() -> tuple[str, str]:
    """A new pair of keys: the public one that backs up, and the secret one that restores."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


# Making one


async def back_up(  # noqa: PLR0913, PLR0917 -- what goes where
    settings: Settings, database: Database, recipient: str, to: Path, now: datetime, looked: Looked
) -> About:
    """Write the backup for this public key to a new file. Raises CannotBackUp, and then there is no such file."""
    try:
        public = pyrage.x25519.Recipient.from_str(recipient.strip())
    except pyrage.RecipientError:
        words = f"This is no public key for backups. It begins with age1; {typed('backup key')} makes a pair."
        raise CannotBackUp(words) from None
    if await migrating.standing(database) != migrating.newest():
        raise CannotBackUp(f"The tables are those of another release. Bring them up to date first: {typed('prepare')}")
    async with database.still() as connection:
        return await connection.run_sync(lambda it: _Writing(it, settings, now, looked).whole(public, to))


class _Writing:
    """One backup on its way into a file."""

    def __init__(self, connection: Connection, settings: Settings, now: datetime, looked: Looked) -> None:
        self._connection, self._settings, self._looked = connection, settings, looked
        self._files = list(connection.scalars(select(FileRow.id).order_by(FileRow.id)))
        self._sealed = connection.scalar(select(SettingRow.value).where(SettingRow.name == SEALED)) or ""
        self._about = About(
            format=FORMAT, release=version("reviews"), migration=migrating.newest(), made=now,
            columns={name: tuple(held) for name, held in copying.columns().items()},
            rows=copying.count(connection), files=len(self._files),
        )  # fmt: skip
        self._done = 0

    def whole(self, public: Any, to: Path) -> About:  # noqa: ANN401 -- a key of a library without types
        """The file is there when all of it is, and never instead of another."""
        if to.exists():
            raise CannotBackUp(f"{to} is there already, and is not written over. Choose another name.")
        fresh = to.with_name(f"{to.name}.part")
        fresh.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                with _sealing(public, file) as archive:
                    self._into(archive)
                file.flush()
                os.fsync(file.fileno())
            os.link(fresh, to)
        except OSError as error:
            raise CannotBackUp(f"The backup cannot be written to {to}: {error.strerror}.") from None
        finally:
            fresh.unlink(missing_ok=True)
        return self._about

    def _into(self, archive: tarfile.TarFile) -> None:
        kind = self._settings.data_dir / KIND
        _add(archive, ABOUT, self._about.model_dump_json().encode())
        _add(archive, KEYS, self._settings.keys.read_bytes())
        _add(archive, SEALS, _seals(self._settings.seals, self._sealed))
        _add(archive, KIND, kind.read_bytes() if kind.exists() else b"")
        tables, files = self._tables(archive), {id_: self._file(archive, id_) for id_ in self._files}
        _add(archive, DIGESTS, Digests(tables=tables, files=files).model_dump_json().encode())

    def _tables(self, archive: tarfile.TarFile) -> dict[str, Digest]:
        digests, part, number = {name: Digest() for name in self._about.columns}, _Part(), 0
        for name, lines in copying.out_of(self._connection):
            digests[name] = digests[name].plus(lines)
            if part.table != name or part.size > PART:
                number += part.into(archive, number)
                part = _Part(name)
            part.take(lines)
            self._note(len(lines))
        part.into(archive, number)
        return digests

    def _file(self, archive: tarfile.TarFile, id_: str) -> str:
        """Returns the SHA-256 of what went in. Raises CannotBackUp if the file is not there."""
        try:
            with (self._settings.files / id_).open("rb") as file:
                entry = tarfile.TarInfo(f"{FILES}{id_}")
                entry.size, entry.mode = os.fstat(file.fileno()).st_size, 0o400
                noting = _Noting(file)
                archive.addfile(entry, noting)
        except FileNotFoundError:
            words = f"The file {id_} of evidence is not in its place, so that a backup would not be whole."
            raise CannotBackUp(f"{words} {typed('doctor')} looks at what is wrong.") from None
        self._note(1)
        return noting.sum.hexdigest()

    def _note(self, more: int) -> None:
        self._done += more
        self._looked(self._done, self._about.rows + self._about.files)


class _Part:
    """Rows of one table on their way into the archive: an archive wants to know how long an entry is."""

    def __init__(self, table: str = "") -> None:
        self.table, self.size, self._lines = table, 0, list[bytes]()

    def take(self, lines: Sequence[bytes]) -> None:
        self._lines += lines
        self.size += sum(map(len, lines))

    def into(self, archive: tarfile.TarFile, number: int) -> int:
        """Returns how many entries were made of it: none without rows."""
        if not self._lines:
            return 0
        _add(archive, f"{TABLES}{number:06}.{self.table}.jsonl", b"\n".join(self._lines))
        return 1


def _seals(path: Path, last: str) -> bytes:
    """The file of seals as far as the database knows it, for it may have grown since."""
    if not path.exists():
        return b""
    kept = []
    for line in path.read_bytes().splitlines(keepends=True):
        kept.append(line)
        seal = json.loads(line)
        if f"{seal.get('number')}/{seal.get('mac')}" == last:
            return b"".join(kept)
    return b"".join(kept)


def _add(archive: tarfile.TarFile, name: str, body: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(body), 0o600
    archive.addfile(entry, io.BytesIO(body))


class _Noting(io.RawIOBase):
    """Reads a file, and sums up what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sum = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size)
        self.sum.update(found)
        return found


@contextmanager
def _beside(work: Callable[[], None], name: str) -> Iterator[None]:
    """Do this in a thread meanwhile. What goes wrong there goes before what it causes here."""
    failed: list[Exception] = []

    def doing() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 -- it is raised where somebody waits for it
            failed.append(error)

    thread = threading.Thread(target=doing, name=name)
    thread.start()
    try:
        yield
    except BaseException:
        thread.join()
        if failed:
            raise failed[0] from None
        raise
    thread.join()
    if failed:
        raise failed[0]


@contextmanager
def _sealing(public: Any, file: IO[bytes]) -> Iterator[tarfile.TarFile]:  # noqa: ANN401 -- a key of a library without types
    """An archive that is compressed and sealed on its way into the file."""
    read, write = os.pipe()

    def seal() -> None:
        with os.fdopen(read, "rb") as reader:
            pyrage.encrypt_io(reader, file, [public])

    with (
        _beside(seal, "sealing"), os.fdopen(write, "wb") as pipe, gzip.open(pipe, "wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):  # fmt: skip
        yield archive


# Putting one back


async def restore(settings: Settings, backup: Path, identity: str, now: datetime, looked: Looked) -> Restored:
    """Put a backup into a folder, and a database, in which nothing is. Raises CannotRestore, and nothing is there.

    Every row and file is compared with what the backup says of them; the tables are brought up to date afterwards.
    """
    try:
        secret = pyrage.x25519.Identity.from_str(identity.strip())
    except pyrage.IdentityError:
        words = "This is no secret key for backups. It begins with AGE-SECRET-KEY-1."
        raise CannotRestore(words) from None
    folder = settings.data_dir
    if folder.exists() and any(folder.iterdir()):
        raise CannotRestore(f"There is something in {folder} already. Name a folder that is empty or not there.")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    database = Database(settings.database)
    try:
        about = await _into_empty(database, settings, backup, secret, looked)
        await _hold(database, settings, about, now)
    except BaseException:
        _empty(folder)
        raise
    finally:
        await database.close()
    return Restored(about.made, about.rows, about.files)


async def _into_empty(database: Database, settings: Settings, backup: Path, secret: Any, looked: Looked) -> About:  # noqa: ANN401 -- a key of a library without types
    if not database.sqlite and await migrating.standing(database):
        raise CannotRestore("There are tables in that database already. Name an empty one.")
    async with database.writing() as session:
        connection = await session.connection()
        about = await connection.run_sync(_read, settings, backup, secret, looked)
    await migrating.migrate(database, Vault(read_keys(settings.keys)))
    return about


async def _hold(database: Database, settings: Settings, about: About, now: datetime) -> None:
    """What waits goes nowhere unseen, and the record says that it was put back."""
    back = {"backup": [about.made.timestamp(), about.rows, about.files]}
    async with database.writing() as session:
        await (await session.connection()).run_sync(holding.begin, about.made, now)
        await Auditor(read_keys(settings.keys)).append(session, MESSAGES, now, "", "backup_restored", back)


def _empty(folder: Path) -> None:
    for one in folder.iterdir():
        if one.is_dir():
            shutil.rmtree(one)
        else:
            one.unlink()


def _read(connection: Connection, settings: Settings, backup: Path, secret: Any, looked: Looked) -> About:  # noqa: ANN401 -- a key of a library without types
    try:
        with _opening(backup, secret) as archive:
            return _Reading(connection, settings, archive, looked).all()
    except (pyrage.DecryptError, tarfile.TarError, EOFError, OSError, ValidationError) as error:
        raise _refused(error) from None


def _refused(error: Exception) -> CannotRestore:
    if isinstance(error, pyrage.DecryptError) and "key" in str(error).lower():
        return CannotRestore("This secret key does not open this backup. Nothing was restored.")
    if isinstance(error, OSError) and error.errno:
        return CannotRestore(f"The backup cannot be put back: {error.strerror}. Nothing was restored.")
    return CannotRestore("This is no backup, or it is damaged or cut short. Nothing was restored. Take another copy.")


@contextmanager
def _opening(backup: Path, secret: Any) -> Iterator[tarfile.TarFile]:  # noqa: ANN401 -- a key of a library without types
    read, write = os.pipe()

    def open_() -> None:
        with os.fdopen(write, "wb") as writer, backup.open("rb") as file, suppress(BrokenPipeError):
            pyrage.decrypt_io(file, writer, [secret])

    with _beside(open_, "opening"), os.fdopen(read, "rb") as pipe, tarfile.open(fileobj=pipe, mode="r|gz") as archive:
        yield archive


class _Reading:
    """One backup on its way into a folder and a database."""

    def __init__(self, connection: Connection, settings: Settings, archive: tarfile.TarFile, looked: Looked) -> None:
        self._connection, self._settings, self._archive, self._looked = connection, settings, archive, looked
        self._entries = iter(archive)
        self._held: tarfile.TarInfo | None = None
        self._done, self._whole = 0, 0
        self._found: dict[str, Digest] = {}

    def all(self) -> About:
        about = About.model_validate_json(self._body(ABOUT))
        if about.format != FORMAT or about.migration not in migrating.known():
            raise CannotRestore(f"This backup was made by release {about.release}, which is later than this one.")
        self._whole = about.rows + about.files
        _keep(self._settings.keys, self._body(KEYS))
        _keep(self._settings.seals, self._body(SEALS))
        _keep(self._settings.data_dir / KIND, self._body(KIND))
        self._found = {name: Digest() for name in about.columns}
        migrating.up(self._connection, about.migration)
        copying.into(self._connection, self._rows(), about.columns)
        files = dict(self._files())
        wanted = Digests.model_validate_json(self._body(DIGESTS))
        there = copying.digests(self._connection, about.columns)
        if wanted != Digests(tables=self._found, files=files) or wanted.tables != there:
            raise CannotRestore("What was put back is not what the backup says of itself. Nothing was restored.")
        return about

    def _rows(self) -> Iterator[Lines]:
        while (entry := self._next()).name.startswith(TABLES):
            table, lines = entry.name.split(".")[1], self._read(entry).split(b"\n")
            self._found[table] = self._found[table].plus(lines)
            self._note(len(lines))
            yield Lines(table, lines)
        self._held = entry

    def _files(self) -> Iterator[tuple[str, str]]:
        self._settings.files.mkdir(mode=0o700, exist_ok=True)
        while (entry := self._next()).name.startswith(FILES):
            name = Path(entry.name).name
            source = self._archive.extractfile(entry)
            assert source
            noting = _Noting(source)
            with os.fdopen(
                os.open(self._settings.files / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb"
            ) as file:
                shutil.copyfileobj(noting, file)
                file.flush()
                os.fsync(file.fileno())
            self._note(1)
            yield name, noting.sum.hexdigest()
        self._held = entry

    def _note(self, more: int) -> None:
        self._done += more
        self._looked(self._done, self._whole)

    def _next(self) -> tarfile.TarInfo:
        entry, self._held = self._held or next(self._entries, None), None
        if entry is None:
            raise EOFError
        return entry

    def _read(self, entry: tarfile.TarInfo) -> bytes:
        file = self._archive.extractfile(entry)
        assert file
        return file.read()

    def _body(self, name: str) -> bytes:
        entry = self._next()
        if entry.name != name:
            raise tarfile.ReadError
        return self._read(entry)


def _keep(path: Path, body: bytes) -> None:
    if body:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())

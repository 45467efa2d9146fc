"""The store of evidence: files that people give, each under a name that says nothing, sealed with a key of its own.

A file is written whole or not at all: sealed into a part, checked there, scanned, put in its place, and only then noted
in the database. It is never changed afterwards. Its key, its name and its digest lie sealed in its row; the id
is a salted commitment to the digest, so that a fact that names the file stands for its bytes in the audit chain.

What is not taken raises a FileRefused: Empty, TooLarge, WrongType, HasMacros, Trap, Infected or NotStored. What cannot
be opened raises one too: NoSuchFile, HeldBack or NotWhole.
"""

import asyncio
import io
import os
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from models.files import OPEN, FileState, KeptFile
from models.tables import FileRow
from records.chains import commit
from records.database import Database
from records.file_types import FileRefused, safe_name, type_of
from records.scanning import Clamd, ScannerAway
from records.sealed_files import Damaged, SealedReader, SealedWriter, new_key
from records.sealing import CannotUnseal, Vault
from records.settings import Settings

MEGABYTE: Final = 1_000_000
PART: Final = ".part"
LEFT_BEHIND = timedelta(days=1)
"""A part, or a file that no row knows, is what a power cut has left. Nobody is still writing it after so long."""
AT_ONCE = 100
"""How many waiting files one round scans."""
log = structlog.get_logger("files")


class Empty(FileRefused):
    def __init__(self) -> None:
        super().__init__("This file is empty. Look whether it is the right one.")


class TooLarge(FileRefused):
    def __init__(self, most: int) -> None:
        super().__init__(f"This file is too large: at most {in_words(most)} are taken. Make it smaller, or give parts.")


class Infected(FileRefused):
    def __init__(self) -> None:
        super().__init__(
            "The virus scanner found something in this file, so it is not kept. Tell whoever looks after your computer."
        )


class NotStored(FileRefused):
    def __init__(self) -> None:
        super().__init__(
            "This file could not be stored (the disk may be full). Tell whoever runs the service, and try again."
        )


class NoSuchFile(FileRefused):
    def __init__(self) -> None:
        super().__init__("There is no such file, or it is not yours to open.")


class HeldBack(FileRefused):
    def __init__(self, state: FileState) -> None:
        words = {
            FileState.WAITING: "This file waits for the virus scanner. Nobody can open it before; try again later.",
            FileState.REFUSED: "The virus scanner found something in this file, so nobody can open it. Give another.",
        }
        super().__init__(words[state])


class NotWhole(FileRefused):
    """What lies on the disk is not what was kept."""

    def __init__(self, id_: str, why: Damaged | CannotUnseal) -> None:
        super().__init__(
            f"The file {id_} cannot be opened: {why}. Tell whoever runs the service; it can be put back from a backup."
        )


@dataclass(frozen=True)
class Opened:
    """A file that is open: its bytes in pieces, each checked; every one of them was looked at before the first."""

    name: str
    media: str
    size: int
    body: AsyncIterator[bytes]


def in_words(size: int) -> str:
    """As in "1.2 MB"."""
    if size < 1000:  # noqa: PLR2004 -- a kilobyte
        return f"{size} bytes" if size != 1 else "1 byte"
    return f"{size / 1000:.0f} KB" if size < MEGABYTE else f"{size / MEGABYTE:.1f} MB".replace(".0 ", " ")


class Files:
    """One for each process. Everything that takes long is done beside the event loop."""

    def __init__(self, database: Database, vault: Vault, settings: Settings) -> None:
        self._database, self._vault, self._folder = database, vault, settings.files
        self._scanner = Clamd(settings.clamd) if settings.clamd else None
        self.most = settings.file_most_mb * MEGABYTE

    async def take(self, owner: str, case: str, given: str, body: AsyncIterator[bytes], now: datetime) -> str:
        """Keep what comes and give its id. `given`: the name that the file had where it comes from.

        Raises a FileRefused, and then nothing of it is kept.
        """
        part, key = self._folder / f"{secrets.token_hex(16)}{PART}", new_key()
        try:
            size, sha256 = await self._write(part, key, body)
            media = await asyncio.to_thread(_type, part, key, size, given)
            state = await self._scanned(part, key, size)
            if state is FileState.REFUSED:
                raise Infected
            salt = secrets.token_bytes(16)
            id_ = commit(salt, sha256)[:32]
            sealed = {"name": safe_name(given, media), "key": key.hex(), "sha256": sha256, "salt": salt.hex()}
            row = FileRow(
                id=id_, case=case, owner=owner, kept=now, size=size, media=media, state=state,
                digest=self._vault.look_up(sha256), sealed=self._vault.seal(sealed, f"files.sealed/{id_}"),
            )  # fmt: skip
            await self._put_in_place(part, row)
        except (OSError, DBAPIError, PoolTimeout) as error:
            log.error("not stored", error=type(error).__name__)  # noqa: TRY400 -- a traceback could repeat what was written
            raise NotStored from None
        finally:
            part.unlink(missing_ok=True)
        return id_

    async def kept(self, id_: str) -> KeptFile | None:
        """What is known of a file beside its bytes; the caller has to see that its reader may know."""
        async with self._database.reading() as session:
            row = await session.get(FileRow, id_)
        with suppress(CannotUnseal):
            return self._kept(row, self._unsealed(row)["name"]) if row else None
        return None

    async def open(self, id_: str) -> Opened:
        """The file, for whoever may open it (models.files.may_open). Raises NoSuchFile, HeldBack or NotWhole."""
        async with self._database.reading() as session:
            row = await session.get(FileRow, id_)
        if row is None:
            raise NoSuchFile
        if row.state not in OPEN:
            raise HeldBack(FileState(row.state))
        try:
            said = self._unsealed(row)
            reader = await asyncio.to_thread(self._checked, row, said)
        except (Damaged, CannotUnseal) as why:
            log.error("not whole", file=row.id, why=str(why))  # noqa: TRY400 -- the words are ours
            raise NotWhole(row.id, why) from None
        return Opened(said["name"], row.media, row.size, _flowing(reader))

    async def scan_waiting(self) -> int:
        """Have the scanner look at what waits for it, the oldest first. Returns how many it has looked at.

        Without a scanner nothing has to wait for one.
        """
        waits = select(FileRow).where(FileRow.state == FileState.WAITING).order_by(FileRow.kept).limit(AT_ONCE)
        async with self._database.reading() as session:
            rows = (await session.scalars(waits)).all()
        looked = 0
        for row in rows:
            try:
                said = self._unsealed(row)
                state = await self._scanned(self._path(row.id), bytes.fromhex(said["key"]), row.size)
            except (Damaged, CannotUnseal) as why:
                log.error("not whole", file=row.id, why=str(why))  # noqa: TRY400 -- the words are ours
                continue
            if state is FileState.WAITING:
                if await self._scanner_answers():  # this one it could not look at; the next it may
                    continue
                break
            async with self._database.writing() as session:
                await session.execute(update(FileRow).where(FileRow.id == row.id).values(state=state))
            looked += 1
        return looked

    async def tidy(self, now: datetime) -> int:
        """Take away what a power cut has left: parts, and files that were put in place and never noted."""
        old = [path for path in self._lying() if path.stat().st_mtime < (now - LEFT_BEHIND).timestamp()]
        async with self._database.reading() as session:
            known = set(await session.scalars(select(FileRow.id).where(FileRow.id.in_([path.name for path in old]))))
        left = [path for path in old if path.name not in known]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    # How it is done

    async def _write(self, part: Path, key: bytes, body: AsyncIterator[bytes]) -> tuple[int, str]:
        """Size and SHA-256 of what was sealed into the part. Raises Empty or TooLarge."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        writer = SealedWriter(part, key)
        try:
            async for data in body:
                if writer.size + len(data) > self.most:
                    raise TooLarge(self.most)
                await asyncio.to_thread(writer.write, data)
            if not writer.size:
                raise Empty
            return writer.size, await asyncio.to_thread(writer.finish)
        finally:
            writer.close()

    async def _scanned(self, path: Path, key: bytes, size: int) -> FileState:
        """What the scanner says; waiting while it is away. Raises Damaged."""
        if self._scanner is None:
            return FileState.NOT_SCANNED
        try:
            clean = await self._scanner.is_clean(_flowing(await asyncio.to_thread(SealedReader, path, key, size)))
        except ScannerAway as why:
            log.warning("not scanned", why=str(why))
            return FileState.WAITING
        return FileState.CLEAN if clean else FileState.REFUSED

    async def _scanner_answers(self) -> bool:
        return self._scanner is not None and await self._scanner.answers()

    async def _put_in_place(self, part: Path, row: FileRow) -> None:
        """In this order: a file without a row is nothing, a row without its file would be a loss."""
        path = self._path(row.id)
        await asyncio.to_thread(_rename, part, path)
        try:
            async with self._database.writing() as session:
                session.add(row)
        except (DBAPIError, PoolTimeout):
            path.unlink(missing_ok=True)
            raise

    def _path(self, id_: str) -> Path:
        return self._folder / id_

    def _lying(self) -> list[Path]:
        return list(self._folder.iterdir()) if self._folder.is_dir() else []

    def _checked(self, row: FileRow, said: dict[str, str]) -> SealedReader:
        if not is_committed(self._vault, row):
            raise Damaged("what is noted of it is not what its id stands for")
        reader = SealedReader(self._path(row.id), bytes.fromhex(said["key"]), row.size)
        try:
            reader.check(said["sha256"])
        except Damaged:
            reader.close()
            raise
        return reader

    def _unsealed(self, row: FileRow) -> dict[str, str]:
        said: dict[str, str] = self._vault.unseal(row.sealed, f"files.sealed/{row.id}")
        return said

    def _kept(self, row: FileRow, name: str) -> KeptFile:
        return KeptFile(
            id=row.id, case=row.case, owner=row.owner, kept=row.kept, size=row.size, media=row.media,
            state=FileState(row.state), name=name,
        )  # fmt: skip


def is_committed(vault: Vault, row: FileRow) -> bool:
    """Whether what is noted of a file is what its id stands for."""
    try:
        said = vault.unseal(row.sealed, f"files.sealed/{row.id}")
    except CannotUnseal:
        return False
    committed = commit(bytes.fromhex(said["salt"]), said["sha256"])[:32] == row.id
    return committed and row.digest == vault.look_up(said["sha256"])


async def known_files(session: AsyncSession, person: str, case: str, ids: Iterable[str]) -> set[str]:
    """Those of these files that this person can give in this case."""
    theirs = select(FileRow.id).where(
        FileRow.id.in_(list(ids)), FileRow.owner == person, FileRow.case == case, FileRow.state != FileState.REFUSED
    )
    return set(await session.scalars(theirs))


def _type(part: Path, key: bytes, size: int, given: str) -> str:
    with SealedReader(part, key, size) as reader:
        return type_of(io.BufferedReader(reader), given)


async def _flowing(reader: SealedReader) -> AsyncIterator[bytes]:
    """The pieces of a file, read beside the event loop; closed when nobody wants more."""
    with reader:
        pieces = reader.pieces()
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece


def _rename(part: Path, path: Path) -> None:
    """Put it in its place, so that it is still there after a power cut."""
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

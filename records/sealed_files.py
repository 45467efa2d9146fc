"""How a file lies on the disk: in sealed pieces, so that it is written and read without ever being whole in memory.

AES-256-GCM under a key of this file alone. Each piece of 64 KiB is sealed under its number, and the last under the mark
that it is the last, so that none can be changed, moved, doubled or cut off. libsodium's secretstream would do the
same; this needs no further library, and a piece is opened by its number, without those before it: a container
keeps its table of contents at its end.
"""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE, TAG = 64 * 1024, 16
SEALED = PIECE + TAG


class Damaged(Exception):
    """What lies on the disk is not what was kept; the words say what is wrong."""


def new_key() -> bytes:
    return AESGCM.generate_key(256)


def pieces_in(size: int) -> int:
    return -(-size // PIECE)


class SealedWriter:
    """Writes one new file, for its owner alone. `close` makes it last; before that it is not whole."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Raises FileExistsError: a file is written once."""
        self._file: BinaryIO = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._cipher, self._number, self._held, self._sum = AESGCM(key), 0, bytearray(), hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self._sum.update(data)
        self._held += data
        while len(self._held) > PIECE:  # never the last piece: more may come, or nothing
            self._seal(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]

    def finish(self) -> str:
        """Seal the last piece and see that the disk has it all. Returns the SHA-256 of what was written."""
        self._seal(bytes(self._held), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        os.fchmod(self._file.fileno(), 0o400)
        return self._sum.hexdigest()

    def close(self) -> None:
        self._file.close()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), piece, None))
        self._number += 1


class SealedReader(io.RawIOBase):
    """The bytes of a sealed file, from wherever one likes. Every read raises Damaged rather than give wrong bytes."""

    def __init__(self, path: Path, key: bytes, size: int) -> None:
        try:
            self._file: BinaryIO = path.open("rb")
        except FileNotFoundError:
            raise Damaged("it is not in its place any more") from None
        self._cipher, self._size, self._at = AESGCM(key), size, 0
        self._piece, self._held = -1, b""
        there, wanted = os.fstat(self._file.fileno()).st_size, size + TAG * pieces_in(size)
        if there != wanted:
            self._file.close()
            short = "cut short" if there < wanted else "longer than it was"
            raise Damaged(f"it is {short}: {there} bytes lie there, and {wanted} were written")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if begin + offset < 0:
            message = "before the beginning"
            raise ValueError(message)
        self._at = begin + offset
        return self._at

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        number, skip = divmod(self._at, PIECE)
        found = self._opened(number)[skip : skip + len(into)] if self._at < self._size else b""
        into[: len(found)] = found
        self._at += len(found)
        return len(found)

    def pieces(self) -> Iterator[bytes]:
        """All of it, in order."""
        for number in range(pieces_in(self._size)):
            yield self._opened(number)

    def check(self, sha256: str) -> None:
        """Look at every byte before anybody is given the first. Raises Damaged."""
        found = hashlib.sha256()
        for piece in self.pieces():
            found.update(piece)
        if found.hexdigest() != sha256:
            raise Damaged("its bytes are not those that were kept")

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def __enter__(self) -> Self:
        return self

    def _opened(self, number: int) -> bytes:
        if number != self._piece:
            self._file.seek(number * SEALED)
            nonce = _nonce(number, last=number == pieces_in(self._size) - 1)
            try:
                self._held = self._cipher.decrypt(nonce, self._file.read(SEALED), None)
            except InvalidTag:
                words = "its bytes are not those that were kept: they were changed, or another file lies in its place"
                raise Damaged(words) from None
            self._piece = number
        return self._held


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])

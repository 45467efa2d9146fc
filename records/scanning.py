"""The virus scanner: clamd, by the one command of its protocol that hands over bytes (INSTREAM) and by PING.

The clients that there are (clamd, aioclamd) know no asyncio, or no path of a socket.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PATIENCE = 60.0
"""Seconds for the whole of a file; clamd itself gives up later."""
LONGEST_ANSWER = 4096


class ScannerAway(Exception):
    """No verdict: clamd does not answer, or could not look. Its own words say which."""


class Clamd:
    """`where`: host:port, or the path of a socket."""

    def __init__(self, where: str, patience: float = PATIENCE) -> None:
        self._where, self._patience = where, patience

    async def is_clean(self, pieces: AsyncIterator[bytes]) -> bool:
        """Whether clamd finds nothing in what it is handed. Raises ScannerAway."""
        async with self._asked(b"zINSTREAM\0") as (reader, writer):
            with suppress(ConnectionError):  # clamd hangs up on what is too large for it, and has said so before
                async for piece in pieces:
                    writer.write(struct.pack("!L", len(piece)) + piece)
                    await writer.drain()
                writer.write(struct.pack("!L", 0))
                await writer.drain()
            answer = await _answer(reader)
        if not answer.endswith((" OK", " FOUND")):
            raise ScannerAway(answer or "no answer")
        return answer.endswith(" OK")

    async def answers(self) -> bool:
        try:
            async with self._asked(b"zPING\0") as (reader, _):
                return await _answer(reader) == "PONG"
        except ScannerAway:
            return False

    @asynccontextmanager
    async def _asked(self, command: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        try:
            async with asyncio.timeout(self._patience):
                reader, writer = await self._connected()
                try:
                    writer.write(command)
                    yield reader, writer
                finally:
                    writer.close()
        except (OSError, TimeoutError, asyncio.LimitOverrunError) as error:
            raise ScannerAway(type(error).__name__) from None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._where.startswith("/"):
            return await asyncio.open_unix_connection(self._where)
        host, _, port = self._where.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))


async def _answer(reader: asyncio.StreamReader) -> str:
    """As in "stream: OK"; in our own characters, for it can stand in the log."""
    said = await reader.read(LONGEST_ANSWER)
    return said.rstrip(b"\0\n").decode("ascii", "replace")

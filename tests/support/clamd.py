"""A virus scanner that speaks as clamd 1.4.6 was seen to, to what it needs of its protocol: PING and INSTREAM.

The real one comes by no package index, and needs signatures from the network; so it is no part of the tests.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""What every scanner reports, and nothing is harmed by."""


class FakeClamd:
    """`most`: bytes after which it hangs up, as clamd does at its StreamMaxLength."""

    def __init__(self, most: int = 100_000_000) -> None:
        self.most, self.scanned = most, 0

    async def speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readuntil(b"\0")
        writer.write(b"PONG\0" if command == b"zPING\0" else await self._verdict(reader))
        await writer.drain()
        writer.close()

    async def _verdict(self, reader: asyncio.StreamReader) -> bytes:
        found = b""
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            found += await reader.readexactly(size)
            if len(found) > self.most:
                return b"INSTREAM size limit exceeded. ERROR\0"
        self.scanned += 1
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in found else b"stream: OK\0"


@asynccontextmanager
async def clamd(path: Path, most: int = 100_000_000) -> AsyncIterator[FakeClamd]:
    """One that listens at this path while the block runs."""
    made = FakeClamd(most)
    async with await asyncio.start_unix_server(made.speak, path):
        yield made

"""An engine on another machine: it is reached by TLS, has to prove who it is, and knows us by a key."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from records.opening import EngineSilent, Installation, open_installation
from serving import engine_command
from tests.support.house import furnished
from tests.support.mailbox import certified
from tests.support.ports import free_port

pytestmark = pytest.mark.promise("L2")


async def _passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()


@pytest_asyncio.fixture
async def distant(tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation whose engine is the real one, behind a listener that speaks TLS only."""
    inner = free_port()
    command = engine_command(tmp_path / "engine.sqlite", inner)
    engine = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # the engine still starts
            theirs, ours = await asyncio.open_connection("127.0.0.1", inner)
            await asyncio.gather(_passed_on(reader, ours), _passed_on(theirs, writer))
        writer.close()

    context = certified(tmp_path, "localhost")
    context.set_alpn_protocols(["h2"])
    listening = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    there = await furnished(tmp_path / "here", datetime.now(UTC), engine=f"localhost:{port}")
    yield there
    listening.close()
    engine.kill()
    await engine.wait()
    await there.close()


async def connected(there: Installation, patience: float = 30, **settings: object) -> tuple[str | None, bool]:
    """Connect with these settings. Returns the key that was given, and that the engine answered."""
    one = await open_installation(there.settings.model_copy(update=settings))
    try:
        client = await one.connect(patience)
        return client.service_client.config.api_key, await client.service_client.check_health()
    finally:
        await one.close()


async def test_the_engine_is_reached_by_tls_when_it_can_prove_who_it_is(distant: Installation) -> None:
    authority = distant.settings.data_dir.parent / "authority.pem"
    assert await connected(distant, engine_ca_file=authority) == (None, True)
    key = SecretStr("known-to-the-engine")
    assert await connected(distant, engine_ca_file=authority, engine_api_key=key) == (key.get_secret_value(), True)


@pytest.mark.parametrize("settings", [{}, {"engine_tls": True}, {"engine_api_key": SecretStr("a-key")}], ids=str)
async def test_no_word_goes_to_an_engine_that_does_not_prove_who_it_is(
    distant: Installation, settings: dict[str, object]
) -> None:
    with pytest.raises(EngineSilent):
        await connected(distant, 1, **settings)

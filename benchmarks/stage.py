"""What every benchmark stands on: the engine, an installation, workers as processes of their own, and figures."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client

from policy.reading import read_directory_file, read_policy_file
from records.opening import Installation, open_installation, prepare
from records.policies import put_in_force
from records.settings import Settings
from serving import engine_command, free_port

HOME = Path(__file__).parent.parent


class Figures:
    """Times of one kind of act, in seconds."""

    def __init__(self, times: Sequence[float]) -> None:
        self.times = sorted(times)

    @property
    def p50(self) -> float:
        return statistics.median(self.times)

    @property
    def p99(self) -> float:
        return self.times[min(len(self.times) - 1, int(len(self.times) * 0.99))]

    def __str__(self) -> str:
        return f"p50 {self.p50 * 1000:.1f} ms, p99 {self.p99 * 1000:.1f} ms ({len(self.times)})"


async def timed(act: Callable[[int], Awaitable[object]], times: int) -> Figures:
    """One after the other."""
    found = []
    for number in range(times):
        began = time.perf_counter()
        await act(number)
        found.append(time.perf_counter() - began)
    return Figures(found)


@contextmanager
def process(module: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    one = subprocess.Popen([sys.executable, "-m", module], env={**os.environ, **environment}, cwd=HOME)  # noqa: S603 -- our own modules
    try:
        yield one
    finally:
        one.terminate()
        one.wait(20)


@asynccontextmanager
async def engine(folder: Path, *, tuned: bool = True) -> AsyncIterator[str]:
    """The embedded engine on a free port."""
    port = free_port()
    with (folder / "engine.log").open("ab") as log:
        one = subprocess.Popen(engine_command(folder / "engine.sqlite", port, tuned=tuned), stdout=log, stderr=log)  # noqa: ASYNC220, S603 -- our own engine
    try:
        for _ in range(200):
            try:
                await Client.connect(f"127.0.0.1:{port}")
                break
            except RuntimeError:
                await asyncio.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        one.terminate()
        one.wait(20)


@asynccontextmanager
async def installed(*, tuned: bool = True) -> AsyncIterator[tuple[Installation, Client]]:
    """A fresh installation with the shipped policy and the example directory, its engine, and no worker yet."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with engine(folder, tuned=tuned) as address:
            settings = Settings(data_dir=folder, engine=address)
            await prepare(settings)
            there = await open_installation(settings)
            async with there.database.writing() as session:
                now, directory = datetime.now(UTC), read_directory_file(HOME / "policy" / "directory.example.yaml")
                await there.recorder.directory.replace(session, directory, "benchmark", now)
                await put_in_force(session, read_policy_file(HOME / "policy" / "england.yaml"), now)
            try:
                yield there, await there.connect()
            finally:
                await there.close()


def environment(there: Installation) -> dict[str, str]:
    return {"REVIEWS_DATA_DIR": str(there.settings.data_dir), "REVIEWS_ENGINE": there.settings.engine}

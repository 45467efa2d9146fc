"""Everything on one machine: engine, worker and portal under one supervisor that restarts what dies.

One folder is one installation. A lock keeps a second supervisor out of it; ports that are not named are chosen freely,
so that two installations run side by side.
"""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from records.settings import Settings

TUNED = {
    "history.transferProcessorMaxPollRPS": 1000,
    "history.timerProcessorMaxPollRPS": 1000,
    "history.visibilityProcessorMaxPollRPS": 1000,
    "history.timerProcessorMaxTimeShift": '"50ms"',
    "matching.numTaskqueueReadPartitions": 1,
    "matching.numTaskqueueWritePartitions": 1,
    "system.forceSearchAttributesCacheRefreshOnRead": "false",
}
"""Dynamic configuration that makes the embedded engine two to four times as fast; see docs/benchmarks.md."""

STEADY = 30.0
"""Seconds after which a process counts as steady, so that its next restart does not wait."""
SLOWEST = 10.0
CALM = 8.0
"""Seconds that a process has to end by itself before it is ended."""


class AlreadyServed(RuntimeError):
    """Another `reviews serve` runs on the same folder."""


class PortTaken(RuntimeError):
    """Something else listens on the port."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def program(name: str) -> str:
    """A program that a package brought: beside the interpreter, else on the path."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        message = f"The program {name} is missing. Run: make setup"
        raise FileNotFoundError(message)
    return found


def engine_command(database: Path, port: int, *, tuned: bool = True, web_port: int = 0) -> list[str]:
    """How the embedded engine is started. Its web page is off unless a port is given."""
    command = [program("temporal"), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)]
    command += ["--db-filename", str(database), "--log-level", "error"]
    command += ["--ui-ip", "127.0.0.1", "--ui-port", str(web_port)] if web_port else ["--headless"]
    if tuned:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            command += ["--sqlite-pragma", pragma]
        for name, value in TUNED.items():
            command += ["--dynamic-config-value", f"{name}={value}"]
    return command


class Kept:
    """One process that is started again when it dies, slower and slower, until it is steady again."""

    def __init__(self, name: str, command: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self.name, self._command, self._environment, self._log = name, list(command), environment, log
        self.process: asyncio.subprocess.Process | None = None
        self.restarts = 0

    async def keep(self) -> None:
        pause = 0.2
        while True:
            began = time.monotonic()
            with self._log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *self._command, env=self._environment, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip
            code = await self.process.wait()
            pause = 0.2 if time.monotonic() - began > STEADY else min(pause * 2, SLOWEST)
            self.restarts += 1
            print(f"{self.name} ended ({code}); starting it again. See {self._log.name}.", flush=True)
            await asyncio.sleep(pause)

    async def stop(self) -> None:
        """Ask it to end; end it if it does not."""
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), CALM)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


class Supervisor:
    def __init__(self, settings: Settings, *, web_port: int = 0) -> None:
        self.settings = settings.model_copy(update={"data_dir": settings.data_dir.resolve(), "engine": f"127.0.0.1:{free_port()}"})
        folder = self.settings.data_dir
        logs = folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        port = int(self.settings.engine.split(":")[1])
        environment = {**os.environ, **_as_environment(self.settings)}
        self.engine = Kept("The engine", engine_command(folder / "engine.sqlite", port, web_port=web_port), environment, logs / "engine.log")
        self.worker = Kept("The worker", [sys.executable, "-m", "worker"], environment, logs / "worker.log")
        self.portal = Kept("The portal", [sys.executable, "-m", "portal"], environment, logs / "portal.log")

    @property
    def kept(self) -> tuple[Kept, ...]:
        return self.portal, self.worker, self.engine

    async def serve(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; then end portal, worker and engine, in this order."""
        tasks = [asyncio.create_task(one.keep()) for one in reversed(self.kept)]
        noting = asyncio.create_task(self._note())
        await stop.wait()
        noting.cancel()
        for task in tasks:
            task.cancel()
        for one in self.kept:
            await one.stop()
        (self.settings.data_dir / "processes.json").unlink(missing_ok=True)

    async def _note(self) -> None:
        """Keep a list of our processes, for whoever starts after this supervisor was killed."""
        noted: dict[str, int] = {}
        while True:
            now = {one.name: one.process.pid for one in self.kept if one.process}
            if now != noted:
                noted = now
                (self.settings.data_dir / "processes.json").write_text(json.dumps({**now, "engine_at": self.settings.engine}))
            await asyncio.sleep(0.2)


def lock(folder: Path) -> IO[str]:
    """Hold the folder for this process, and end what a killed supervisor left behind in it. Raises AlreadyServed."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    held = (folder / "lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        message = f"Another `reviews serve` is running on {folder}. Stop it first, or use another folder."
        raise AlreadyServed(message) from None
    _end_orphans(folder)
    return held


def check_port(host: str, port: int) -> None:
    """Raises PortTaken while something else listens there."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError:
            message = f"Port {port} is in use by something else. Choose another: reviews serve --port {port + 1}"
            raise PortTaken(message) from None


def _end_orphans(folder: Path) -> None:
    """End only processes that this folder's list names and that were started for this very folder."""
    noted = folder / "processes.json"
    if not noted.exists():
        return
    for pid in (value for value in json.loads(noted.read_text()).values() if isinstance(value, int)):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            process = psutil.Process(pid)
            ours = process.environ().get("REVIEWS_DATA_DIR") == str(folder.resolve())
            if ours:
                process.terminate()
                with suppress(psutil.TimeoutExpired):
                    process.wait(CALM)
    noted.unlink(missing_ok=True)


def _as_environment(settings: Settings) -> dict[str, str]:
    given = settings.model_dump(mode="json", exclude_defaults=False)
    return {f"REVIEWS_{name.upper()}": str(value) for name, value in given.items() if value not in {None, ""}}

"""Everything on one machine: engine, worker and portal under one supervisor that restarts what dies.

One folder is one installation. A lock keeps a second supervisor out of it; ports that are not named are chosen freely,
so that two installations run side by side.
"""

import asyncio
import errno
import fcntl
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from records.gate import Gate
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

SUPERVISED = "REVIEWS_SUPERVISED_IN"
"""The mark in the environment of everything that a supervisor started: the folder for which it runs."""
KIND, REAL, DEMONSTRATION = "kind", "real", "demonstration"
"""The file that says what a folder is, and what it may say."""
STEADY = 30.0
"""Seconds after which a process counts as steady, so that its next restart does not wait."""
SOON, SLOWEST = 0.2, 10.0
"""Seconds before a restart: the first time, and at most."""
CALM = 8.0
"""Seconds that a process has to end by itself before it is ended."""
PATIENCE = 60.0
"""Seconds for which the first page is awaited."""


class CannotServe(RuntimeError):
    """Nothing was started; the words say why, and what to do."""


class AlreadyServed(CannotServe):
    """Another `reviews serve` runs on the same folder."""


class FolderUnusable(CannotServe):
    """The folder cannot be made, or not be written to."""


class OtherKind(CannotServe):
    """The folder is a demonstration, and is to be served as a real one; or the other way round."""


class PortTaken(CannotServe):
    """Something else listens on the port."""


class PortUnusable(CannotServe):
    """The port is not for everybody, or the address is not one of this machine."""


class ProgramMissing(CannotServe):
    """The environment lacks a program that came with a package."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def program(name: str) -> str:
    """A program that a package brought: beside the interpreter, else on the path. Raises ProgramMissing."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise ProgramMissing(f"The program {name} is missing. Run: make setup")
    return found


def engine_command(database: Path, port: int, *, tuned: bool = True, web_port: int = 0, portal: str = "") -> list[str]:
    """How the embedded engine is started. Its web page is off unless a port is given; it asks the portal to read."""
    command = [program("temporal"), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)]
    command += ["--db-filename", str(database), "--log-level", "error"]
    page = ["--ui-ip", "127.0.0.1", "--ui-port", str(web_port), "--ui-codec-endpoint", f"{portal}/engine/codec"]
    page.append("--ui-disable-news-fetch")
    command += page if web_port else ["--headless"]
    if tuned:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            command += ["--sqlite-pragma", pragma]
        for name, value in TUNED.items():
            command += ["--dynamic-config-value", f"{name}={value}"]
    return command


class Kept:
    """One process that is started again when it dies, slower and slower, until it is steady again."""

    def __init__(
        self, name: str, command: Sequence[str], environment: dict[str, str], log: Path, say: Callable[[str], None]
    ) -> None:
        self.name, self._command, self._environment, self._log = name, list(command), environment, log
        self._say = say
        self.process: asyncio.subprocess.Process | None = None
        self._ending = asyncio.Event()

    async def keep(self, begun: Callable[[], None], gate: Gate) -> None:
        """Start it, and again whenever it ends, until `stop`. Calls `begun` each time that it runs anew."""
        pause = SOON
        while not self._ending.is_set():
            began = time.monotonic()
            self.process = await self._start(gate)
            begun()
            code = await self._ended(self.process)
            if code is None:
                return
            pause = SOON if time.monotonic() - began > STEADY else min(pause * 2, SLOWEST)
            self._say(f"{self.name} ended ({code}); starting it again. See {self._log}.")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause)

    def stop(self) -> None:
        """Ask it to end for good; `keep` returns when it has."""
        self._ending.set()

    async def _start(self, gate: Gate) -> asyncio.subprocess.Process:
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self._command, env={**self._environment, **gate.environment}, pass_fds=gate.descriptors,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    async def _ended(self, process: asyncio.subprocess.Process) -> int | None:
        """Its exit code once it has ended by itself; none if it ended because it was asked to."""
        ended, asked = asyncio.create_task(process.wait()), asyncio.create_task(self._ending.wait())
        await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not self._ending.is_set():
            return await ended
        if process.returncode is None:
            process.terminate()
            if not (await asyncio.wait((ended,), timeout=CALM))[0]:
                process.kill()
        await ended
        return None


class Supervisor:
    """Engine, worker and portal of one folder. Engine and portal load while the folder is being prepared."""

    def __init__(self, settings: Settings, say: Callable[[str], None], *, web_port: int = 0) -> None:
        port = free_port()
        page = {"engine_page": f"http://127.0.0.1:{web_port}"} if web_port else {}
        self.settings = settings.model_copy(
            update={"data_dir": settings.data_dir.resolve(), "engine": f"127.0.0.1:{port}", **page}
        )
        folder = self.settings.data_dir
        (folder / "logs").mkdir(exist_ok=True)
        environment = {**os.environ, **_as_environment(self.settings), SUPERVISED: str(folder)}

        def kept(name: str, command: Sequence[str]) -> Kept:
            return Kept(f"The {name}", command, environment, folder / "logs" / f"{name}.log", say)

        self.engine = kept(
            "engine", engine_command(folder / "engine.sqlite", port, web_port=web_port, portal=self.settings.address)
        )
        self.worker = kept("worker", [sys.executable, "-m", "worker"])
        self.portal = kept("portal", [sys.executable, "-m", "portal"])
        self._gate = Gate()
        self._keeping: dict[Kept, asyncio.Task[None]] = {}

    async def begin(self) -> None:
        """Start the engine, and the portal, which loads and then waits for `prepared`."""
        self._gate.shut()
        for one in (self.engine, self.portal):
            await self._keep(one)

    async def prepared(self) -> None:
        """The keys and tables are there: the portal may open them, and the worker is started."""
        self._gate.open()
        await self._keep(self.worker)

    async def _keep(self, one: Kept) -> None:
        runs = asyncio.Event()

        def note() -> None:
            self._note()
            runs.set()

        self._keeping[one] = keeping = asyncio.create_task(one.keep(note, self._gate))
        running = asyncio.create_task(runs.wait())
        await asyncio.wait((keeping, running), return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            keeping.result()

    async def ready(self, patience: float = PATIENCE) -> bool:
        """Whether the portal listens before our patience ends."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(self.settings.host, self.settings.port)
                writer.close()
                return True
            await asyncio.sleep(0.03)
        return False

    async def end(self) -> None:
        """End portal, worker and engine, in this order."""
        for one in (self.portal, self.worker, self.engine):
            if one in self._keeping:
                one.stop()
                await self._keeping[one]
        self._gate.open()
        _noted(self.settings.data_dir).unlink(missing_ok=True)

    def _note(self) -> None:
        """Write down where engine and portal are, for the commands that are given on this folder."""
        running = {one.name: one.process.pid for one in (self.engine, self.worker, self.portal) if one.process}
        with suppress(OSError):  # on a full disk everything must go on all the same
            places = {"engine_at": self.settings.engine, "portal_at": self.settings.address}
            _noted(self.settings.data_dir).write_text(json.dumps({**running, **places}))


def lock(folder: Path) -> IO[str]:
    """Hold the folder for this process, and end what a killed supervisor left behind in it.

    Raises AlreadyServed or FolderUnusable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        held = (folder / "lock").open("w")
    except OSError as error:
        raise FolderUnusable(f"{folder} cannot be used: {error.strerror}. Name another with --data-dir.") from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        words = f"Another `reviews serve` is running on {folder}. Stop it first, or use another folder."
        raise AlreadyServed(words) from None
    end_orphans(folder)
    return held


def check_ports(settings: Settings, web_port: int = 0) -> None:
    """Whether portal and engine's page can listen where they are asked to. Raises PortTaken or PortUnusable."""
    _check_port(settings.host, settings.port, "--port")
    if web_port == settings.port:
        raise PortTaken(f"Port {web_port} is the portal's already. Choose another for --engine-page.")
    if web_port:
        _check_port("127.0.0.1", web_port, "--engine-page")


def _check_port(host: str, port: int, option: str) -> None:
    try:
        _listen(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            words = f"Port {port} is in use by something else. {_next_free(host, port)} is free: add {option} with it."
            raise PortTaken(words) from None
        if error.errno == errno.EACCES:
            words = f"Port {port} is kept for the system. Choose one from 1024 up: add {option} with it."
            raise PortUnusable(words) from None
        raise PortUnusable(f"{host} is not an address of this machine. Look at REVIEWS_HOST.") from None


def _listen(host: str, port: int) -> None:
    """Listen there for a moment. Raises OSError."""
    family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(address)


def _next_free(host: str, port: int) -> int:
    for one in range(port + 1, min(port + 100, 65536)):
        with suppress(OSError):
            _listen(host, one)
            return one
    return free_port()


def check_kind(folder: Path, *, demonstration: bool) -> None:
    """Whether a folder is a demonstration is written into it at its first start, and holds for ever.

    A folder that was begun without that word may hold real cases. Raises OtherKind.
    """
    mark = folder / KIND
    kind = DEMONSTRATION if demonstration else REAL
    written = mark.read_text().strip() if mark.exists() else ""
    known = written or (REAL if (folder / "keys.json").exists() else "")
    if known and known != kind:
        words = {
            REAL: f"{folder} may hold real cases, which a demonstration shows to anybody. Use another folder.",
            DEMONSTRATION: f"{folder} was begun as a demonstration, where anybody could be anybody. Start it with "
            "--demonstration, or use another folder for real cases.",
        }
        raise OtherKind(words.get(known, f"{mark} says neither {REAL} nor {DEMONSTRATION}. Put it right first."))
    if not written:  # as one step: on a full disk an empty mark would say neither
        fresh = mark.with_suffix(".new")
        fresh.write_text(f"{kind}\n")
        fresh.replace(mark)


def end_orphans(folder: Path) -> None:
    """End what was started for this very folder by a supervisor that is gone; nothing else."""
    left = [one for one in psutil.process_iter() if _supervised_in(one) == str(folder.resolve())]
    for one in left:
        with suppress(psutil.NoSuchProcess):
            one.terminate()
    _, stubborn = psutil.wait_procs(left, CALM)
    for one in stubborn:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(stubborn, CALM)
    _noted(folder).unlink(missing_ok=True)


def _supervised_in(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(SUPERVISED)
    except (psutil.Error, OSError):
        return None


def _noted(folder: Path) -> Path:
    return folder / "processes.json"


def _as_environment(settings: Settings) -> dict[str, str]:
    """What the command line decided; all other settings are in the environment already."""
    decided = settings.model_dump(
        mode="json", include={"data_dir", "host", "port", "engine", "engine_page", "demonstration"}
    )
    return {f"REVIEWS_{name.upper()}": str(value) for name, value in decided.items()}

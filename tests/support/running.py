"""`reviews serve` as a person runs it: real processes in a folder of their own, and the command line beside them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import httpx2
import psutil
from typer.testing import CliRunner

from cli import app
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
REVIEWS = Path(sys.executable).with_name("reviews")
PASSWORD = "three words apart"
PATIENCE = 90.0


def environment(**more: str) -> dict[str, str]:
    """The environment without whatever was set for an installation of our own."""
    ours = {name: value for name, value in os.environ.items() if name not in {"DATA_DIR", "PORT"}}
    ours = {name: value for name, value in ours.items() if not name.startswith("REVIEWS_")}
    return ours | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONUNBUFFERED": "1"} | more


def reviews(*words: str | Path, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Give one command and wait for its end: what serves or prepares by a process of its own, the rest in this one."""
    given = [str(word) for word in words]
    if given[:1] in (["serve"], ["prepare"]):
        return alone(*words, typed=typed, **more)
    ours = environment(COLUMNS="160", **more)
    kept: dict[str, str | None] = {name: ours.get(name) for name in os.environ.keys() | ours.keys()}
    with ThreadPoolExecutor(1) as thread:  # a test may have a loop of its own
        done = thread.submit(CliRunner().invoke, app, given, input=typed, env=kept, prog_name="reviews").result()
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(given, done.exit_code, done.stdout, done.stderr)


def alone(*words: str | Path, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Give one command by a process of its own, as a person does."""
    return subprocess.run(  # noqa: S603 -- our own command
        [REVIEWS, *words], cwd=ROOT, env=environment(COLUMNS="160", **more), input=typed, capture_output=True,
        text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


class Running:
    """One installation that is served. Ends with everything that it started."""

    def __init__(self, folder: Path, *options: str, port: int = 0, **more: str) -> None:
        self.folder, self.port = folder, port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.began = time.monotonic()
        self.output = folder.parent / f"{folder.name}.out"
        with self.output.open("ab") as output:
            self.said_before = output.tell()
            self.process = psutil.Popen(
                [REVIEWS, "serve", "--data-dir", folder, "--port", str(self.port), *options],
                cwd=ROOT, env=environment(**more), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exit_: object) -> None:
        left = self.children()
        if self.process.is_running() and self.process.poll() is None:
            self.interrupt()
        for one in left:
            if one.is_running():
                one.kill()

    def said(self) -> str:
        """What it has said since it was started, not what was said in this folder before."""
        return self.output.read_bytes()[self.said_before :].decode()

    def children(self) -> list[psutil.Process]:
        try:
            found: list[psutil.Process] = self.process.children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return found

    def child(self, words: str) -> psutil.Process:
        """The running process that has these words in its command."""
        self.until(lambda: any(words in _command(one) for one in self.children()))
        return next(one for one in self.children() if words in _command(one))

    def first_page(self) -> float:
        """Wait for the first page. Returns the seconds since the command was given."""
        self.until(lambda: self._get("/") == 200)
        return time.monotonic() - self.began

    def ready(self) -> "Running":
        """Wait until the welcome is said, and database, engine and worker answer."""
        self.until(lambda: "The portal is at" in self.said() and self._get("/health/ready") == 200)
        return self

    def until(self, true: Any, patience: float = PATIENCE) -> None:  # noqa: ANN401 -- any question without arguments
        deadline = time.monotonic() + patience
        while not true():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def _get(self, path: str) -> int:
        try:
            return httpx2.get(self.address + path, timeout=5).status_code
        except httpx2.TransportError:
            return 0

    def interrupt(self) -> int:
        """Ctrl-C. Returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return int(self.process.wait(PATIENCE))

    # What people do

    def invitation(self) -> str:
        found = re.search(r"/invitation#(\S+)", self.said())
        assert found, self.said()
        return found[1]

    def set_password(self, token: str) -> None:
        """Open an invitation and set the password, as in a browser."""
        with httpx2.Client(base_url=self.address, timeout=10) as browser:
            browser.get("/invitation")
            pasted = f"{self.address}/invitation#{token}"
            form = {"_csrf": browser.cookies["anonymous"], "token": pasted, "password": PASSWORD}
            assert browser.post("/invitation", data=form).status_code == 303

    def sign_up(self, *people: str) -> None:
        """Let the administrator set a password, and invite these people, who set theirs.

        Where it takes two, the business manager gives what the administrator has asked for.
        """
        self.set_password(self.invitation())
        for person in sorted(people, key=lambda one: PEOPLE[one] != MANAGER):
            link = self.invite(ADMINISTRATOR, person) or self.invite(MANAGER, person)
            assert link, person
            self.set_password(link)

    def invite(self, by: str, person: str) -> str:
        """Press the button of an invitation. Returns the code of its link, if it is shown."""
        with httpx2.Client(base_url=self.address, timeout=10) as browser:
            browser.get("/sign-in")
            form = {"_csrf": browser.cookies["anonymous"], "email": by, "password": PASSWORD}
            assert browser.post("/sign-in", data=form).status_code == 303
            csrf = re.search(r'name="_csrf" value="([^"]+)"', browser.get("/people").text)
            assert csrf
            page = browser.post(f"/people/{person}/invite", data={"_csrf": csrf[1]})
            link = re.search(r"/invitation#([\w-]+)", page.text)
            return link[1] if link else ""

    def reviews(self, *words: str | Path, by: str = "", typed: str = "") -> subprocess.CompletedProcess[str]:
        """Give a command on this folder, as this person."""
        as_ = ("--as", by) if by else ()
        return reviews(*words, "--data-dir", self.folder, *as_, typed=typed, REVIEWS_PASSWORD=PASSWORD)

    def json(self, *words: str | Path, by: str = "") -> Any:  # noqa: ANN401 -- whatever the command answers
        done = self.reviews(*words, "--json", by=by)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it ended meanwhile
        return ""


ADMINISTRATOR = "septimus.draftley@partnership.example.org"
MANAGER = "rosamund.testwick@partnership.example.org"
PEOPLE = {
    "p-001": "marigold.testwell@council.example.org", "p-005": "esmeralda.dummett@police.example.org",
    "p-018": MANAGER, "p-021": "ulysses.scrutton-sample@partnership.example.org",
}  # fmt: skip


def write_json(path: Path, answers: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(answers, default=str))
    return path

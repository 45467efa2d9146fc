"""Cases that begin under the last release go on under this one while its workers are replaced one by one."""

import asyncio
import io
import json
import re
import subprocess
import sys
import tarfile
from asyncio.subprocess import DEVNULL
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select

from models.tables import BundleRow, CaseRow, CommandRow, FactRow, NoticeRow
from records.opening import Installation, open_installation, prepare
from records.outbox import mark_of
from records.settings import Settings
from serving import engine_command
from tests.support.house import ROOT, example_directory, referral, triage
from tests.support.ports import free_port
from tests.support.running import environment
from tests.support.slack import TOKEN, Workspace, workspace

pytestmark = [pytest.mark.proof, pytest.mark.promise("L4", "L5", "G4"), pytest.mark.timeout(600)]
MANAGER, PASSWORD = "p-018", "three words apart"
WORKERS, CLIENTS, EACH = 3, 4, 8
SOON_ANEW = "limit.historyCount.suggestContinueAsNew=10"
"""So that processes are continued as new again and again while all of this happens."""
FURNISH = """
import asyncio, json, sys
from datetime import UTC, datetime
from pathlib import Path
from records.accounts import Accounts
from records.policies import put_in_force
from tests.support.chat import sleepless
from tests.support.house import example_directory, furnished

async def main(folder, slack_ids, password):
    now = datetime.now(UTC)
    there = await furnished(Path(folder), now)
    directory = example_directory()
    joined = lambda one: one.model_copy(update={"slack_id": slack_ids.get(one.email)})
    people = {id_: joined(one) for id_, one in directory.people.items()}
    async with there.database.writing() as session:
        await there.recorder.directory.replace(session, directory.model_copy(update={"people": people}), "p-018", now)
        await put_in_force(session, sleepless().model_copy(update={"reports": None}), now)
    accounts = Accounts(there.database, there.vault, there.auditor)
    async with there.database.writing() as session:
        token = await accounts.link(session, "invitation", "p-018", None)
    await accounts.set_password(token, password, now)
    await there.close()

asyncio.run(main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]))
"""
"""Run by the last release itself, in its own words."""


def last_release(folder: Path) -> Path:
    """The code of the commit that CHANGELOG.md names for the last release, in a folder of its own."""
    named = re.search(r"^## \S+, commit `(\w+)`$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert named
    packed = subprocess.run(["git", "-C", ROOT, "archive", named[1]], capture_output=True, check=True).stdout  # noqa: S603, S607
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Installed:
    """One installation of which processes of both releases run."""

    def __init__(self, folder: Path, slack: Workspace) -> None:
        self.folder, self.engine, self.port = folder, f"127.0.0.1:{free_port()}", free_port()
        self.address = f"http://127.0.0.1:{self.port}/api/v1"
        self._settings = {
            "REVIEWS_DATA_DIR": str(folder), "REVIEWS_ENGINE": self.engine, "REVIEWS_PORT": str(self.port),
            "REVIEWS_SLACK_TOKEN": TOKEN, "REVIEWS_SLACK_API": slack.api,
        }  # fmt: skip
        self._running: list[asyncio.subprocess.Process] = []

    async def start(self, code: Path, *words: str) -> asyncio.subprocess.Process:
        """A process of this code: what stands in its folder goes before what is installed."""
        with (self.folder.parent / "processes.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *words,
                cwd=code,
                env=environment(PYTHONPATH=str(code), **self._settings),
                stdout=log,
                stderr=log,
            )
        self._running.append(process)
        return process

    async def start_engine(self) -> None:
        command = engine_command(self.folder.parent / "engine.sqlite", int(self.engine.rpartition(":")[2]))
        self._running.append(
            await asyncio.create_subprocess_exec(*command, "--dynamic-config-value", SOON_ANEW, stdout=DEVNULL)
        )

    async def stop(self, process: asyncio.subprocess.Process) -> None:
        """As whoever replaces it does: it is asked to end, and does."""
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) in {0, -15}
        self._running.remove(process)

    async def end(self) -> None:
        for process in reversed(self._running):
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class Client:
    """Somebody who refers, triages and asks all the time; what is not confirmed is asked again, under the same key."""

    def __init__(self, there: Installed) -> None:
        self._there, self.told = there, list[str]()
        self._http = httpx2.AsyncClient(base_url=there.address, timeout=20)

    async def work(self, going: asyncio.Event) -> None:
        token = (
            await self._until("/session", {"email": example_directory().people[MANAGER].email, "password": PASSWORD})
        )["token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        done = 0
        while done < EACH or not going.is_set():
            now = datetime.now(UTC)
            ref = (await self._until("/referrals", referral(now)))["case"]
            await self._until(f"/cases/{ref}/triage", triage())
            review = await self._child(ref)
            sent = {"sent_at": now.isoformat(), "sent_by": "A", "reference": "B"}
            await self._until(f"/cases/{review}/record_notification", sent)
            await self._until(f"/cases/{review}/request_information", {"agencies": ["harrowshire-police"]})
            done += 1
        await self._http.aclose()

    async def _child(self, ref: str) -> str:
        for _ in range(100):
            with suppress(httpx2.TransportError):
                seen = await self._http.get(f"/cases/{ref}")
                if seen.status_code == 200 and (found := re.search(r"RR-\d{4}-\d{4}", seen.text)):
                    return found[0]
            await asyncio.sleep(0.2)
        raise AssertionError(ref)

    async def _until(self, path: str, answers: dict[str, Any]) -> Any:  # noqa: ANN401 -- any JSON value
        key = f"u-{uuid4().hex}"
        for _ in range(200):
            try:
                answer = await self._http.post(path, json=answers, headers={"Idempotency-Key": key})
            except httpx2.TransportError:
                await asyncio.sleep(0.2)
                continue
            if answer.status_code == 200:
                if path != "/session":
                    self.told.append(answer.json()["case"])
                return answer.json()
            assert answer.status_code in {502, 503, 504}, f"{path}: {answer.status_code}: {answer.text}"
            await asyncio.sleep(0.2)
        raise AssertionError(path)


@asynccontextmanager
async def installed(folder: Path, code: Path, slack: Workspace) -> AsyncIterator[Installed]:
    there = Installed(folder, slack)
    try:
        done = await there.start(code, "-c", FURNISH, str(folder), json.dumps(slack.people), PASSWORD)
        assert await done.wait() == 0
        await there.start_engine()
        yield there
    finally:
        await there.end()


async def so_many(clients: list[Client], more: int) -> None:
    """Until so many more acts have been acknowledged."""
    begun = sum(len(one.told) for one in clients)
    while sum(len(one.told) for one in clients) < begun + more:  # noqa: ASYNC110 -- others count, over HTTP
        await asyncio.sleep(0.1)


async def quiet(there: Installation, slack: Workspace) -> Counter[str]:
    """What everybody was told, by the marks of the notices, once nothing is on its way any more."""
    waiting, asked = list[str](), list[str]()
    for _ in range(300):
        async with there.database.reading() as session:
            waiting = list(await session.scalars(select(NoticeRow.key).where(NoticeRow.state == "queued")))
            waiting += await session.scalars(select(BundleRow.key).where(BundleRow.open))
            asked = list(await session.scalars(select(CommandRow.request).where(CommandRow.state == "asked")))
        said = [one for conversation in (await slack.all()).values() for one in conversation]
        found = Counter(mark for one in said for mark in one["metadata"]["event_payload"]["of"])
        if not waiting and not asked:
            return found
        await asyncio.sleep(0.2)
    raise AssertionError(waiting or asked)


async def test_workers_are_replaced_one_by_one_under_load_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    old, new, folder = last_release(tmp_path / "old"), ROOT, tmp_path / "data"
    async with workspace(tmp_path, example_directory()) as slack, installed(folder, old, slack) as running:
        portal = await running.start(old, "-m", "portal")
        workers = [await running.start(old, "-m", "worker") for _ in range(WORKERS)]
        going, clients = asyncio.Event(), [Client(running) for _ in range(CLIENTS)]
        work = [asyncio.create_task(one.work(going)) for one in clients]
        await so_many(clients, 12)
        await prepare(Settings(data_dir=folder))
        for worker in workers:
            await so_many(clients, 6)
            await running.stop(worker)
            await running.start(new, "-m", "worker")
        await running.stop(portal)
        await running.start(new, "-m", "portal")
        await so_many(clients, 12)
        going.set()
        await asyncio.gather(*work)
        there = await open_installation(Settings(data_dir=folder, engine=running.engine))
        engine = await there.connect()
        anew = [one.id async for one in engine.list_workflows('ExecutionStatus = "ContinuedAsNew"')]
        assert any(one.startswith("RR-") for one in anew), f"cases were {anew} continued as new meanwhile"
        told = await quiet(there, slack)
        await everything_once(there, [request for one in clients for request in one.told], told)
        await there.close()


async def everything_once(there: Installation, acknowledged: list[str], told: Counter[str]) -> None:
    """No acknowledged act without its fact, no number left out or given twice, no notice unsent or sent twice."""
    async with there.database.reading() as session:
        facts = list((await session.execute(select(FactRow.case, FactRow.number, FactRow.request))).all())
        known = dict((await session.execute(select(CaseRow.ref, CaseRow.known))).all())
        notices = list(await session.scalars(select(NoticeRow)))
        assert await there.auditor.verify(session, there.settings.seals) == []
    by_case = Counter(case for case, _, request in facts if request)
    assert by_case == Counter(acknowledged) + Counter(), "each acknowledged act is one fact"
    for ref, count in known.items():
        assert sorted(number for case, number, _ in facts if case == ref) == list(range(1, count + 1)), ref
    assert set(told) <= {mark_of(one.key) for one in notices}
    assert set(told.values()) == {1}, "nobody is told anything twice"
    unsaid = {one.key: one.state for one in notices if not told[mark_of(one.key)]}
    assert set(unsaid.values()) <= {"superseded"}, "and all that still held was told"
    assert len(told) > len(known) / 2

"""A house on the real engine, with worker and engine as processes of their own that can be killed and started again."""

import asyncio
import multiprocessing
import re
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr
from sqlalchemy import select
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from door.door import Done, Door
from door.refusals import Refusal
from models.case import Case
from models.facts import Fact
from models.lifecycles import REFERRING
from models.rights import Actor, actor_of
from models.tables import CaseRow, FactRow, NoticeRow
from records.facts import fact_from
from records.opening import Installation
from records.settings import Settings
from serving import engine_command
from tests.support.house import ROOT, furnished, of_death, referral
from tests.support.lives import Next, other_rules
from tests.support.mortal_worker import DEATH, HURRY, condemn, sentence, work
from tests.support.ports import free_port

SOON = 30.0
"""Seconds within which everything has to be as it should."""


FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.support.mortal_worker", "pytest"])


@contextmanager
def told() -> Iterator[None]:
    """A refusal that no test awaits says what was wrong, not only that something was."""
    try:
        yield
    except Refusal as refusal:
        for problem in refusal.problems:
            refusal.add_note(f"{problem.field or 'as a whole'}: {problem.words}")
        raise


class Worker:
    """A mortal worker, forked from a process that has loaded everything: a new one is there at once."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._process = FORKING.Process(target=work, args=(environment, log), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    async def wait(self) -> None:
        while self._process.is_alive():  # noqa: ASYNC110 -- it is a process
            await asyncio.sleep(0.01)


class Real:
    """What tests do with real processes: start and kill them, refer, act, and look at record and workflow."""

    def __init__(self, installation: Installation, port: int) -> None:
        self.there, self._port = installation, port
        self.folder = installation.settings.data_dir
        self.engine: Process | None = None
        self.worker: Worker | None = None
        self.client: Client
        self.hurries = False
        """Whether its worker loses its patience sooner."""

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def door(self, patience: float = SOON) -> Door:
        return Door(self.there.recorder, self.client, lambda: self.now, timedelta(seconds=patience))

    # Processes

    async def start_engine(self) -> None:
        command = engine_command(self.folder / "engine.sqlite", self._port)
        with (self.folder / "engine.log").open("ab") as file:
            self.engine = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, stdin=DEVNULL, stdout=file, stderr=file
            )
        self.client = await self.there.connect()

    async def start_worker(self) -> None:
        given = self.there.settings
        mine = {"REVIEWS_DATA_DIR": str(self.folder), "REVIEWS_ENGINE": given.engine, DEATH: str(sentence(self.folder))}
        mine |= {HURRY: "yes"} if self.hurries else {}
        mine |= {"REVIEWS_DATABASE_URL": given.database_url} if given.database_url else {}
        mine |= dict(_given(given))
        self.worker = Worker(mine, self.folder / "worker.log")

    @staticmethod
    async def kill(process: "Process | Worker | None") -> None:
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def killed(self, moment: str, command: Next, request: str, *, engine: bool) -> Done | Refusal:
        """Ask for this command, with the worker (and the engine) dying at its commit. Returns what we were told."""
        assert self.worker
        condemn(self.folder, moment, request, self.engine.pid if engine and self.engine else 0)
        asking = asyncio.create_task(self.told(command, request, patience=1))
        try:
            await asyncio.wait_for(self.worker.wait(), SOON)
        except TimeoutError:
            raise AssertionError(f"the worker lives: {await asking}") from None
        if engine and self.engine:
            await asyncio.wait_for(self.engine.wait(), SOON)
        return await asking

    async def told(self, command: Next, request: str, patience: float = SOON) -> Done | Refusal:
        """What the door answers to this request."""
        door = self.door(patience)
        try:
            if command.kind == REFERRING:
                return await door.refer(command.answers, request)
            actor = await self.actor(command.person)
            if not command.case:
                return await door.open(actor, command.kind, command.answers, request)
            return await door.act(actor, command.case, command.kind, command.answers, request)
        except Refusal as refusal:
            return refusal

    # What a test does in words, as in House

    async def refer(self, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        with told():
            return await self.door().refer(of_death({**referral(self.now), **answers}), f"r-{uuid4().hex}")

    async def open(self, person: str, kind: str, /, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        with told():
            return await self.door().open(await self.actor(person), kind, answers, f"r-{uuid4().hex}")

    async def act(self, person: str, case: str, kind: str, /, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        with told():
            return await self.door().act(await self.actor(person), case, kind, answers, f"r-{uuid4().hex}")

    async def actor(self, person: str) -> Actor:
        async with self.there.database.reading() as session:
            directory = await self.there.recorder.directory.read(session)
        assert directory
        return actor_of(directory, person, self.now)

    async def case(self, ref: str) -> Case:
        async with self.there.database.reading() as session:
            return Case.model_validate((await session.get_one(CaseRow, ref)).state)

    async def child_of(self, ref: str) -> str:
        async with self.there.database.reading() as session:
            return (await session.scalars(select(CaseRow.ref).where(CaseRow.parent == ref))).one()

    async def children_of(self, ref: str) -> list[str]:
        async with self.there.database.reading() as session:
            return list(await session.scalars(select(CaseRow.ref).where(CaseRow.parent == ref)))

    async def facts(self, ref: str) -> list[Fact]:
        async with self.there.database.reading() as session:
            rows = await session.scalars(select(FactRow).where(FactRow.case == ref).order_by(FactRow.number))
            return [fact_from(row) for row in rows.all()]

    async def notices(self, ref: str) -> list[NoticeRow]:
        async with self.there.database.reading() as session:
            return list(await session.scalars(select(NoticeRow).where(NoticeRow.case == ref)))

    async def broken(self) -> list[str]:
        """What the verification of the whole record finds."""
        async with self.there.database.reading() as session:
            found = await self.there.auditor.verify(session, self.there.settings.seals)
        return [f"{one.chain} {one.number}: {one.words}" for one in found]

    # Whether record and workflow agree

    def workflow(self, ref: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(ref)

    async def agree(self, ref: str) -> Case:
        """Wait until the workflow knows the last fact of the record, and is the same state in every part."""
        seen: object = None
        for _ in range(int(SOON / 0.1)):
            try:
                known = await self.workflow(ref).query("state", result_type=Case, rpc_timeout=timedelta(seconds=2))
            except RPCError as error:
                seen = error
            else:
                recorded = await self.case(ref)
                if known == recorded and (not recorded.closed or await self._ended(ref)):
                    return recorded
                seen = f"{known}\n{recorded}"
            await asyncio.sleep(0.1)
        raise AssertionError(f"{ref}: record and workflow do not agree: {seen}")

    async def quiet(self, ref: str) -> Case:
        """Wait until they agree and nothing is left to be said now."""
        while True:
            case = await self.agree(ref)
            if case.wakes is None or case.wakes > self.now:
                return case
            await asyncio.sleep(0.05)

    async def _ended(self, ref: str) -> bool:
        described = await self.workflow(ref).describe(rpc_timeout=timedelta(seconds=2))
        return described.close_time is not None


@asynccontextmanager
async def real(folder: Path, *, worker: bool = True, **settings: Any) -> AsyncIterator[Real]:  # noqa: ANN401 -- settings of any type
    port = free_port()
    installation = await furnished(folder, datetime.now(UTC), engine=f"127.0.0.1:{port}", **settings)
    await other_rules(installation, datetime.now(UTC))
    made = Real(installation, port)
    try:
        await made.start_engine()
        if worker:
            await made.start_worker()
            await made.refer()
        yield made
    finally:
        await made.kill(made.worker)
        await made.kill(made.engine)
        await installation.close()


def _given(settings: Settings) -> Iterator[tuple[str, str]]:
    """What the settings say of channels and of what is seen from inside, as it is given to a process."""
    for name, value in settings:
        if name in settings.model_fields_set and re.match("slack_|smtp_|notify_|.*_metrics$|traces$", name):
            yield f"REVIEWS_{name.upper()}", value.get_secret_value() if isinstance(value, SecretStr) else str(value)

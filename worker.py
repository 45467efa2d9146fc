"""Starts a worker: it runs the workflows, writes to the record, and keeps watch over what lags behind."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.writing import Writing
from door.door import Door
from models.case import Case
from models.tables import CaseRow
from records.gate import wait_at_gate
from records.opening import Installation, open_installation
from records.policies import fill_shelf
from records.settings import TASK_QUEUE, Settings
from workflows.rapid_review import RapidReview
from workflows.referral import Referral

WORKFLOWS = [Referral, RapidReview]
log = structlog.get_logger("worker")


def make_worker(client: Client, installation: Installation, cached: int = 2000) -> Worker:
    """A worker for all lifecycles. Modules of ours are passed through: they hold no clock and no chance."""
    passed = SandboxRestrictions.default.with_passthrough_modules(
        "models", "activities", "records", "pydantic", "pydantic_core", "annotated_types", "email_validator", "yaml"
    )
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=[Writing(installation.recorder).write],
        workflow_runner=SandboxedWorkflowRunner(restrictions=passed),
        max_cached_workflows=cached,
        graceful_shutdown_timeout=timedelta(seconds=5),
        workflow_task_executor=ThreadPoolExecutor(4),
        max_concurrent_workflow_tasks=100,
    )


class Watch:
    """What looks after the record and the engine together: the sweeper, the reconciler, the sealer and the shelf."""

    def __init__(self, client: Client, installation: Installation) -> None:
        self._client, self._there = client, installation
        self._door = Door(installation.recorder, client, lambda: datetime.now(UTC))
        self._checked: dict[str, int] = {}

    async def sweep(self) -> None:
        await self._door.settle(timedelta(seconds=15))

    async def reconcile(self) -> None:
        """Start what does not run, and let those that lag behind the record look again."""
        async with self._there.database.reading() as session:
            rows = (await session.scalars(select(CaseRow).where(CaseRow.closed.is_(None)))).all()
        for row in rows:
            if self._checked.get(row.ref) != row.known and await self._agrees(row):
                self._checked[row.ref] = row.known

    async def _agrees(self, row: CaseRow) -> bool:
        handle = self._client.get_workflow_handle(row.ref)
        try:
            state = await handle.query("state", result_type=Case, rpc_timeout=timedelta(seconds=5))
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                await self._start(Case.model_validate(row.state))
            return False
        if state.known < row.known:
            await handle.signal("look", row.known)
            return False
        return state.known == row.known

    async def _start(self, case: Case) -> None:
        try:
            await self._client.start_workflow(
                case.kind, case, id=case.ref, task_queue=TASK_QUEUE, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
            )
        except WorkflowAlreadyStartedError:
            return

    async def seal(self) -> None:
        async with self._there.database.reading() as session:
            await self._there.auditor.seal(session, self._there.settings.seals, datetime.now(UTC))

    async def refill(self) -> None:
        async with self._there.database.reading() as session:
            await fill_shelf(session)

    async def forever(self) -> None:
        """Each of these every so often, whatever happened the time before."""
        async with asyncio.TaskGroup() as group:
            for every, act in ((5, self.sweep), (60, self.reconcile), (60, self.seal), (5, self.refill)):
                group.create_task(_again(act, every))


async def _again(act: Callable[[], Awaitable[None]], every: float) -> None:
    while True:
        try:
            await act()
        except Exception as error:  # noqa: BLE001 -- the watch must go on; what failed is said without its words
            log.warning("watch", act=act.__name__, error=type(error).__name__)
        await asyncio.sleep(every)


async def run(settings: Settings) -> None:
    """Work until told to stop."""
    installation = await open_installation(settings)
    client = await installation.connect()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with make_worker(client, installation):
        watch = asyncio.create_task(Watch(client, installation).forever())
        log.info("working", queue=TASK_QUEUE)
        await stop.wait()
        watch.cancel()
    await installation.close()


if __name__ == "__main__":
    wait_at_gate()
    asyncio.run(run(Settings()))

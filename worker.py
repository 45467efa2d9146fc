"""Starts a worker: it runs the workflows, writes to the record, and keeps watch over what lags behind."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import structlog
from sqlalchemy import select, text
from temporalio.client import Client, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.housekeeping import Housekeeping
from activities.posting import Posting
from activities.starting import Starting
from activities.writing import Writing
from door.door import Door
from models.batch import TASK_TIMEOUT
from models.case import Case
from models.directory import Person
from models.tables import CaseRow, SettingRow
from models.watch import ROUND, Running
from notifier.channels import Channel
from notifier.post import Post
from notifier.ways import channels, leading_to
from records import seeing, starting
from records.counting import counted
from records.directory import VERSION
from records.opening import Installation, open_installation
from records.outbox import UNIT, Outbox
from records.policies import IN_FORCE, fill_shelf
from records.settings import TASK_QUEUE, Settings
from records.trouble import start
from records.watching import Watching
from workflows.child_death import ChildDeath
from workflows.correspondence import Correspondence
from workflows.disagreement import Disagreement
from workflows.housekeeping import KeepHouse
from workflows.practice_review import PracticeReview
from workflows.rapid_review import RapidReview
from workflows.referral import Referral
from workflows.register import Register

WORKFLOWS = [Referral, RapidReview, PracticeReview, ChildDeath, Register, Disagreement, Correspondence, KeepHouse]
ANSWER = timedelta(seconds=5)
"""How long the engine has to answer the watch."""

log = structlog.get_logger("worker")


def make_worker(
    client: Client, installation: Installation, cached: int = 2000, out: Sequence[Channel] | None = None
) -> Worker:
    """A worker for all lifecycles.

    Without the sandbox: nearly all that is replayed stands in models/, which a sandbox would pass through unguarded,
    and loading the rest anew for each case costs more than it guards. tests/workflows/test_guarded.py guards both.
    """
    posting = Posting(installation, channels(installation.settings) if out is None else out)
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        build_id=f"reviews-{version('reviews')}",  # or the library makes one of the code of every module: a second
        workflows=WORKFLOWS,
        activities=[
            Writing(installation.recorder).write,
            Starting(client).start,
            posting.ready,
            posting.forward,
            Housekeeping(installation).keep_house,
        ],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=cached,
        graceful_shutdown_timeout=timedelta(seconds=5),
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        workflow_task_executor=ThreadPoolExecutor(4),
        max_concurrent_workflow_tasks=100,
        max_concurrent_activities=12,  # more would only wait for each other before the database, and leave too late
    )


def _now() -> datetime:
    return datetime.now(UTC)


class Watch:
    """What looks after the record and the engine together: the sweeper, the reconciler, the sealer and the shelf.

    And it checks itself: what it has learned of the engine is judged together with what the record shows.
    """

    def __init__(self, client: Client, installation: Installation, clock: Callable[[], datetime] = _now) -> None:
        self._client, self._there, self._clock = client, installation, clock
        self._door = Door(installation.recorder, client, clock)
        self._channels, self._outbox = channels(installation.settings), Outbox(installation.database)
        self._threads = bool(installation.settings.slack_unit_channel) and bool(self._channels)
        self._watching = Watching(
            installation.database, installation.auditor, installation.recorder.directory, installation.settings
        )
        self._post = Post(installation.database, installation.vault)
        self._agreed: dict[str, int] = {}
        self._lagging: dict[str, datetime] = {}
        self._began = clock()
        self._asked: datetime | None = None
        self._kept: tuple[str, ...] = ()
        self._ended: set[str] = set()

    async def sweep(self) -> None:
        await self._door.settle(timedelta(seconds=15))

    async def reconcile(self) -> None:
        """Start what does not run, and let those that lag behind the record look again; open cases first."""
        async with self._there.database.reading() as session:
            found = select(CaseRow.ref, CaseRow.known, CaseRow.closed).order_by(
                CaseRow.closed.is_not(None), CaseRow.ref
            )
            rows = (await session.execute(found)).all()
        for ref, known, closed in rows:
            if closed is None:
                self._ended.discard(ref)
                if self._agreed.get(ref) != known:
                    await self._compare(ref, known)
            elif ref not in self._ended:
                self._lagging.pop(ref, None)
                with suppress(RPCError):
                    if await self._has_ended(ref, known):
                        self._ended.add(ref)
        self._asked = self._clock()

    async def _compare(self, ref: str, known: int) -> None:
        """Note whether an open case agrees with the record, and if not, since when."""
        with suppress(RPCError, WorkflowQueryFailedError):
            if await self._agrees(ref, known):
                self._agreed[ref] = known
                self._lagging.pop(ref, None)
                return
        self._lagging.setdefault(ref, self._clock())

    async def forget(self) -> None:
        """Ask all open cases anew, for the engine may have lost what it once knew."""
        self._agreed.clear()
        self._kept = ()

    async def _agrees(self, ref: str, known: int) -> bool:
        """Whether the workflow of an open case runs and knows what the record knows; if not, it is helped."""
        handle = self._client.get_workflow_handle(ref)
        try:
            knows: int = await handle.query(
                "known", result_type=int, reject_condition=QueryRejectCondition.NOT_OPEN, rpc_timeout=ANSWER
            )
        except WorkflowQueryRejectedError:
            await self._start(ref)
            return False
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            await self._start(ref)
            return False
        if knows < known:
            await handle.signal("look", known, rpc_timeout=ANSWER)
        return knows >= known

    async def _has_ended(self, ref: str, known: int) -> bool:
        """Whether the workflow of a closed case has ended; one that still runs has missed that it is closed."""
        try:
            await self._client.get_workflow_handle(ref).signal("look", known, rpc_timeout=ANSWER)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return True
            raise
        return False

    async def _start(self, ref: str) -> None:
        async with self._there.database.reading() as session:
            case = Case.model_validate((await session.get_one(CaseRow, ref)).state)
        await starting.start(self._client, case)

    async def keep_house(self) -> None:
        """See that the house is kept, and let it look again when directory or rules have changed."""
        async with self._there.database.reading() as session:
            found = select(SettingRow.value).where(SettingRow.name.in_([VERSION, IN_FORCE])).order_by(SettingRow.name)
            standing = tuple((await session.scalars(found)).all())
        if standing != self._kept:
            await self._client.start_workflow(
                "housekeeping", id="housekeeping", task_queue=TASK_QUEUE, task_timeout=TASK_TIMEOUT,
                start_signal="call", rpc_timeout=ANSWER,
            )  # fmt: skip
            self._kept = standing

    async def check(self) -> None:
        """Judge whether anything that is owed could be forgotten; not before all open cases were asked once."""
        now, asked = self._clock(), self._asked
        known = asked is not None or now - self._began > ROUND
        if known and await self._watching.is_due(now):
            looks = await self._house_looks()
            await self._watching.check(
                Running(lagging=self._lagging, asked=asked or self._began, house_looks=looks), now
            )

    async def _house_looks(self) -> datetime | None:
        """When the house looks next at its calendar; none: it does not run, or does not answer."""
        house = self._client.get_workflow_handle("housekeeping")
        try:
            return await house.query(
                KeepHouse.looks, reject_condition=QueryRejectCondition.NOT_OPEN, rpc_timeout=ANSWER
            )
        except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError):
            return None

    async def seal(self) -> None:
        async with self._there.database.writing() as session:
            await self._there.auditor.seal(session, self._there.settings.seals, self._clock())

    async def refill(self) -> None:
        async with self._there.database.reading() as session:
            await fill_shelf(session)

    async def call(self) -> None:
        """Let everybody's correspondence know of what nobody has looked at; start it where it does not run."""
        now = self._clock()
        calling = await self._outbox.calling(now, threads=self._threads)
        if not calling:
            return
        async with self._there.database.reading() as session:
            directory = await self._there.recorder.directory.read(session)
        assert directory
        unreached = [one for one in calling if one != UNIT and not self._is_reached(directory.people.get(one))]
        if unreached:  # what was on its way to them before still has to come to an end
            await self._outbox.shelve(unreached)
            calling = await self._outbox.calling(now, threads=self._threads)
        for person in calling:
            await self._client.start_workflow(
                "correspondence", person, id=f"post-{person}", task_queue=TASK_QUEUE, task_timeout=TASK_TIMEOUT,
                start_signal="call", rpc_timeout=ANSWER,
            )  # fmt: skip

    def _is_reached(self, person: Person | None) -> bool:
        return person is not None and bool(leading_to(person, self._channels))

    async def mail(self) -> None:
        await self._post.send(self._there.settings, self._clock())

    async def scan(self) -> None:
        """Have files scanned that wait for it, and take away what a power cut has left of others."""
        await self._there.files.scan_waiting()
        await self._there.files.tidy(self._clock())

    async def beat(self) -> None:
        """Show to whoever looks from outside that engine and database are reached."""
        if (file := self._there.settings.alive) and await self._client.service_client.check_health():
            async with self._there.database.reading() as session:
                await session.execute(text("SELECT 1"))
            await asyncio.to_thread(file.touch)

    async def count(self) -> None:
        """Count what whoever watches from outside asks for."""
        if seeing.counts_are_shown():
            seeing.show(await counted(self._there.database, self._there.settings, self._clock()))

    async def forever(self) -> None:
        """Each of these every so often, whatever happened the time before."""
        async with asyncio.TaskGroup() as group:
            for every, act in (
                (5, self.sweep),
                (60, self.reconcile),
                (300, self.forget),
                (60, self.seal),
                (5, self.refill),
                (2, self.mail),
                (0.5, self.call),
                (10, self.keep_house),
                (30, self.scan),
                (15, self.beat),
                (15, self.count),
                (15, self.check),
            ):
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
    seeing.begin("worker", settings)
    installation = await open_installation(settings)
    client = await installation.connect()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with make_worker(seeing.traced(client), installation):  # the watch asks all day, and is not traced
        watch = asyncio.create_task(Watch(client, installation).forever())
        log.info("working", queue=TASK_QUEUE)
        await stop.wait()
        watch.cancel()
    await installation.close()
    seeing.end()


if __name__ == "__main__":
    start(run)

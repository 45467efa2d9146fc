"""Messages: 10,000 rungs due at one instant for 500 people, and how soon one is with Slack at normal load.

Slack is a small server of ours, in this process: it takes one message a second in each conversation, and answers 429
with Retry-After otherwise, as Slack says that it does. Engine, worker, ladders and the way of every notice are the real
ones; the policy counts in hours, so that everything falls due while we look, and lets everybody be told at any hour.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Any

import psutil
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import func, select
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from benchmarks.rungs import Stage, in_hours, limited
from benchmarks.stage import Figures, environment, installed, process
from models import shelf
from models.delivery import ARRIVED, State
from models.directory import Agency, Directory, Holding, Person
from models.tables import AttemptRow, BundleRow, NoticeRow
from notifier.slack import EVENT
from records.opening import Installation
from records.policies import in_force, put_in_force
from serving import free_port

PEOPLE, CASES, EACH = 500, 500, 20
RUNGS = 60
MAKING = 0.5
"""Seconds in which a case is made, at the most."""
TOKEN = "xoxb-not-a-secret"  # noqa: S105 -- as it says
CROWD = NoticeRow.person.between("p-1000", "p-2")
EVERY = 1.0
"""Seconds between two messages in one conversation."""


class OneASecond:
    """A Slack that takes one message a second in each conversation."""

    def __init__(self) -> None:
        self.port = free_port()
        self.got: dict[str, tuple[str, float]] = {}
        """By the key of a message: its conversation, and when it was accepted."""
        self.doubled: Counter[str] = Counter()
        self.put_off: list[tuple[str, float]] = []
        """Whom we told to wait, and when."""
        self._last: dict[str, float] = {}
        self._numbers = itertools.count(1)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json() if request.content_type == "application/json" else await request.post()
        said = {**request.query, **body}
        match request.match_info["method"]:
            case "conversations.open":
                return web.json_response({"ok": True, "channel": {"id": f"D{said['users']}"}})
            case "chat.postMessage":
                return self._post(said)
            case "chat.update":
                return web.json_response({"ok": True, "channel": said["channel"], "ts": said["ts"]})
            case _:
                return web.json_response({"ok": True, "messages": [], "response_metadata": {}})

    def _post(self, said: Any) -> web.Response:  # noqa: ANN401 -- any JSON object
        now, channel = time.time(), said["channel"]
        if now - self._last.get(channel, 0) < EVERY:
            self.put_off.append((channel, now))
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})
        self._last[channel] = now
        key = said["metadata"]["event_payload"]["key"]
        self.doubled[key] += key in self.got
        self.got[key] = channel, now
        return web.json_response({"ok": True, "channel": channel, "ts": f"{now:.0f}.{next(self._numbers):06d}"})


@asynccontextmanager
async def slack() -> AsyncIterator[OneASecond]:
    made, app = OneASecond(), web.Application(client_max_size=2**20)
    app.router.add_post("/api/{method}", made.take)
    app.router.add_get("/api/{method}", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    try:
        yield made
    finally:
        await runner.cleanup()


def crowded(directory: Directory) -> Directory:
    """The same directory with so many agencies, each with a contact of its own who is in Slack."""
    kind = next(iter(directory.agencies.values())).kind
    numbers, since = range(PEOPLE), datetime(2025, 1, 1, tzinfo=UTC).date()
    agencies = {f"agency-{n}": Agency(name=f"Agency {n}", kind=kind) for n in numbers}
    people = {
        f"p-{1000 + n}": Person(name=f"Contact {n}", email=f"contact-{n}@agency.example.org", slack_id=f"U{1000 + n}")
        for n in numbers
    }
    held = tuple(
        Holding(office="agency_contact", agency=f"agency-{n}", person=f"p-{1000 + n}", since=since) for n in numbers
    )
    return directory.model_copy(
        update={
            "agencies": {**directory.agencies, **agencies},
            "people": {**directory.people, **people},
            "holdings": (*directory.holdings, *held),
        }
    )


async def prepared(there: Installation) -> None:
    async with there.database.writing() as session:
        directory = await there.recorder.directory.read(session)
        assert directory
        await there.recorder.directory.replace(session, crowded(directory), "benchmark", datetime.now(UTC))


async def at_any_hour(there: Installation) -> None:
    """Put a policy in force whose deadlines are an hour away, and under which nothing waits for the morning."""
    async with there.database.writing() as session:
        names = await in_force(session)
        assert names
        rules = in_hours(shelf.policy(names[0]))
        assert rules.interruptions
        always = {"not_before": clock_time.min, "not_after": clock_time.max, "on_days_off": True, "together_minutes": 0}
        changed = rules.interruptions.model_copy(update={**always, "brief": None})
        await put_in_force(session, rules.model_copy(update={"interruptions": changed}), datetime.now(UTC))


async def due(stage: Stage, instant: datetime, agencies: Sequence[int]) -> None:
    """A review to which these agencies owe a return at this instant."""
    review = await stage.review(instant - timedelta(hours=1))
    await stage.act(review, "request_information", agencies=[f"agency-{n}" for n in agencies])


async def made(stage: Stage, instant: datetime) -> None:
    """Reviews, each of which asks so many agencies: everybody is asked by as many as everybody else."""
    rows = [[(number * EACH + n) % PEOPLE for n in range(EACH)] for number in range(CASES)]
    await limited([due(stage, instant, agencies) for agencies in rows])
    if (late := (datetime.now(UTC) - instant).total_seconds()) > 0:
        raise RuntimeError(f"the cases were made {late:.0f} s too late")


class Watched:
    """The most memory that a process had."""

    def __init__(self, pid: int) -> None:
        self._process, self.most = psutil.Process(pid), 0.0

    async def watch(self) -> None:
        while True:
            self.most = max(self.most, self._process.memory_info().rss / 2**20)
            await asyncio.sleep(0.1)


async def told(there: Installation) -> int:
    """How many notices to these people have arrived."""
    arrived = select(BundleRow.key).where(BundleRow.state.in_(ARRIVED))
    found = select(func.count()).select_from(NoticeRow).where(CROWD, NoticeRow.bundle.in_(arrived))
    async with there.database.reading() as session:
        return (await session.scalars(found)).one()


async def burst(there: Installation, at_slack: OneASecond, instant: datetime) -> float:
    """Seconds from the instant until everything is with Slack."""
    await asyncio.sleep((instant - datetime.now(UTC)).total_seconds())
    assert not at_slack.got, "nothing goes out before its time"
    while (arrived := await told(there)) < CASES * EACH:
        if datetime.now(UTC) > instant + timedelta(minutes=15):
            raise RuntimeError(f"only {arrived} notices arrived")
        await asyncio.sleep(0.5)
    return max(when for _, when in at_slack.got.values()) - instant.timestamp()


async def nothing_is_lost(there: Installation, at_slack: OneASecond) -> None:
    """Compare what the record says with what Slack has."""
    async with there.database.reading() as session:
        bundles = set(await session.scalars(select(NoticeRow.bundle).where(CROWD)))
        unknown = select(func.count()).select_from(AttemptRow).where(AttemptRow.state == State.UNKNOWN)
        assert (await session.scalars(unknown)).one() == 0
    to_them = {key for key, (channel, _) in at_slack.got.items() if channel.startswith("DU1")}
    assert bundles == to_them, "what is recorded as sent is not what Slack has"
    assert not +at_slack.doubled


async def held(client: Client, put_off: Sequence[tuple[str, float]]) -> Figures:
    """How long an activity went on after Slack had told it to wait: a slot that sleeps would wait for a second."""
    found = []
    for channel in {channel for channel, _ in put_off}:
        spans = await _spans(client, f"post-p-{channel.removeprefix('DU')}")
        for _, when in (one for one in put_off if one[0] == channel):
            found += [end - when for began, end in spans if began <= when <= end]
    assert len(found) == len(put_off)
    return Figures(found)


async def _spans(client: Client, workflow: str) -> list[tuple[float, float]]:
    """When each activity of all runs of this workflow began and ended."""
    spans = []
    async for run in client.list_workflows(f"WorkflowId = '{workflow}'"):
        history = await client.get_workflow_handle(workflow, run_id=run.run_id).fetch_history()
        began = {
            one.event_id: one.event_time.ToDatetime(UTC).timestamp()
            for one in history.events
            if one.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
        }
        spans += [
            (
                began[one.activity_task_completed_event_attributes.started_event_id],
                one.event_time.ToDatetime(UTC).timestamp(),
            )
            for one in history.events
            if one.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
        ]
    return spans


async def bare(at_slack: OneASecond, posts: int) -> float:
    """Seconds for as many posts by slack-sdk, one after the other, of a message as long as ours."""
    client = AsyncWebClient(TOKEN, at_slack.api)
    began = time.perf_counter()
    for number in range(posts):
        await client.chat_postMessage(
            channel=f"B{number}", text="A return is owed. " * 40,
            metadata={"event_type": EVENT, "event_payload": {"key": f"bare-{number}"}},
        )  # fmt: skip
    return time.perf_counter() - began


async def normal(stage: Stage, at_slack: OneASecond) -> Figures:
    """Seconds from the time of a rung until Slack has accepted its message, at a rung a second."""
    before, first = set(at_slack.got), datetime.now(UTC) + timedelta(seconds=RUNGS * MAKING + 10)
    at = [first + timedelta(seconds=number) for number in range(RUNGS)]
    await limited([due(stage, instant, [number]) for number, instant in enumerate(at)])
    if datetime.now(UTC) > first:
        raise RuntimeError("the cases were made too late")
    while await told(stage.there) < CASES * EACH + RUNGS:  # noqa: ASYNC110 -- another process does it
        await asyncio.sleep(0.5)
    async with stage.there.database.reading() as session:
        new = select(NoticeRow.rung_at, NoticeRow.bundle).where(
            CROWD, NoticeRow.bundle.in_(at_slack.got.keys() - before)
        )
        late = [at_slack.got[str(key)][1] - rung.timestamp() for rung, key in await session.execute(new)]
    assert len(late) == RUNGS
    return Figures(late)


async def run() -> dict[str, float]:
    async with slack() as at_slack, installed() as (there, client):
        await prepared(there)
        await at_any_hour(there)
        given = {"REVIEWS_SLACK_TOKEN": TOKEN, "REVIEWS_SLACK_API": at_slack.api}
        with process("worker", {**environment(there), **given}) as worker:
            watched, stage = Watched(worker.pid), Stage(there, client)
            watching = asyncio.create_task(watched.watch())
            instant = datetime.now(UTC) + timedelta(seconds=CASES * MAKING + 30)
            await made(stage, instant)
            print(f"{CASES} cases made; the worker has {watched.most:.0f} MiB", flush=True)
            wall = await burst(there, at_slack, instant)
            await nothing_is_lost(there, at_slack)
            bundles, put_off = len(at_slack.got), at_slack.put_off[:]
            print(
                f"{CASES * EACH} notices for {PEOPLE} people in {bundles} messages, none lost, none twice: {wall:.1f} s"
            )
            after = await held(client, put_off) if put_off else "nothing"
            print(f"told to wait {len(put_off)} times; an activity went on for {after} after that")
            floor = await bare(at_slack, bundles)
            print(f"a bare loop of as many posts {floor:.2f} s; ratio {wall / floor:.1f}", flush=True)
            usual = await normal(stage, at_slack)
            print(f"from due to accepted at a rung a second: {usual} (p99 at most 2 s)")
            watching.cancel()
            print(f"most memory of the worker: {watched.most:.0f} MiB (at most 400)")
    return {"wall": wall, "ratio": wall / floor, "memory": watched.most, "p50": usual.p50, "p99": usual.p99}


if __name__ == "__main__":
    asyncio.run(run())

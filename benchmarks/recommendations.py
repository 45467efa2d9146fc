"""Recommendations: a tracker of 10,000 taken over, all of them due at one instant, and what one costs in its life.

The tracker is taken over as `reviews tracker import` does it, over 500 cases, with the embedded engine. Beside each
figure stands the bare minimum in the same run: rows without rules, one-row transactions, workflows that do nothing.
"""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psutil
from sqlalchemy import func, select
from temporalio.client import Client

from benchmarks import bare
from benchmarks.stage import environment, installed, process
from benchmarks.trackers import EACH, tracker
from door.door import Door
from door.taking_over import Taken, TakingOver
from models.policy import Ladder, Policy, Rung, Span, Unit
from models.rights import Actor, Held
from models.tables import CaseRow, NoticeRow
from policy.reading import read_policy_file
from records.opening import Installation
from records.policies import put_in_force

HOME = Path(__file__).parent.parent
SIZES = (100, 1_000, 10_000)
LIVES = EACH
COMMANDS = 7
"""Of one life: to recommend and to accept, to give and to accept evidence of delivery and of impact, to close."""
AHEAD = timedelta(seconds=90)
"""How long after the import everything falls due: long enough for every workflow to be there and asleep."""
HOUR = Span(n=1, unit=Unit.HOURS)
MANAGER = Actor(person="p-018", offices=(Held(office="business_manager"),))


def in_hours(policy: Policy) -> Policy:
    """The next word of each recommendation is due an hour after it was entered, and one rung speaks at that instant."""
    at_due = Ladder(
        title="At the due time", source="local_plan", force=policy.ladders["gate"].force,
        again=Span(n=5, unit=Unit.WORKING_DAYS),
        rungs=(Rung(office="business_manager", delay=Span(n=0, unit=Unit.HOURS)),),
    )  # fmt: skip
    blocks = {
        name: one.model_copy(update={"ladder": "at_due", **({"budget": HOUR} if name == "progress" else {})})
        for name, one in policy.lifecycles["recommendation"].items()
    }
    return policy.model_copy(
        update={
            "version": "benchmark",
            "ladders": {**policy.ladders, "at_due": at_due},
            "lifecycles": {**policy.lifecycles, "recommendation": blocks},
        }
    )


def bare_rows(folder: Path, size: int) -> float:
    """Seconds for as many rows of the same size, in one transaction, with no rule at all."""
    began = time.perf_counter()
    with sqlite3.connect(folder / "bare.sqlite") as one:
        one.execute("CREATE TABLE IF NOT EXISTS bare (n INTEGER PRIMARY KEY, words TEXT)")
        one.executemany("INSERT INTO bare (words) VALUES (?)", [("x" * 1200,) for _ in range(size * 4)])
    return time.perf_counter() - began


def one_row_each(folder: Path, cases: int) -> float:
    """Seconds for one-row transactions, one for each case, one after the other: what a disk can do at all."""
    with sqlite3.connect(folder / "floor.sqlite", isolation_level=None) as one:
        one.execute("PRAGMA journal_mode=WAL")
        one.execute("PRAGMA synchronous=FULL")
        one.execute("CREATE TABLE IF NOT EXISTS floor (n INTEGER PRIMARY KEY)")
        began = time.perf_counter()
        for _ in range(cases):
            one.execute("INSERT INTO floor DEFAULT VALUES")
        return time.perf_counter() - began


async def taken(there: Installation, client: Client, size: int, now: datetime) -> tuple[Taken, float]:
    over, began = TakingOver(there.recorder, client), time.perf_counter()
    done = await over.take(MANAGER, tracker(size), now)
    return done, time.perf_counter() - began


async def told(there: Installation) -> int:
    async with there.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(NoticeRow)) or 0


async def one_instant(there: Installation, due: datetime, size: int) -> float:
    """Seconds from the instant until the last notice stands in the outbox."""
    await asyncio.sleep(max((due - datetime.now(UTC)).total_seconds(), 0))
    for _ in range(6000):
        if await told(there) >= size:
            break
        await asyncio.sleep(0.05)
    return time.time() - due.timestamp()


@contextmanager
def cpu(pids: list[int]) -> Iterator[list[float]]:
    """How many seconds of processor time these processes take in the meantime."""
    found: list[float] = []
    before = sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)
    yield found
    found.append(sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids) - before)


def engine_of(there: Installation) -> int:
    """The process of the embedded engine."""
    port = int(there.settings.engine.rpartition(":")[2])
    for one in psutil.process_iter(["cmdline"]):
        if "start-dev" in (words := one.info["cmdline"] or []) and str(port) in words:
            return one.pid
    message = "no engine listens there"
    raise LookupError(message)


async def live(door: Door, ref: str, items: list[str]) -> None:
    """From creation to closure, each by seven commands."""
    lead = Actor(person="p-010", offices=(Held(office="agency_lead", agency="harrow-vale-hospitals"),))
    owner = Actor(person="p-011", offices=(Held(office="agency_contact", agency="harrow-vale-hospitals"),))
    chair = Actor(person="p-020", offices=(Held(office="subgroup_chair"),))

    async def act(actor: Actor, kind: str, **answers: object) -> None:
        await door.act(actor, ref, kind, answers, f"b-{uuid4().hex}")

    for item in items:
        await act(
            MANAGER, "recommend", text="Change it.", agency="harrow-vale-hospitals", owner="p-011", by="2031-01-01",
            measures=[{"measure": "Better.", "baseline": "Now."}], seen=True, another=True,
        )  # fmt: skip
        await act(lead, "answer_recommendation", item=item, answer="accepts")
        for number, shows in enumerate(("delivery", "impact"), start=1):
            await act(owner, "give_evidence", item=item, measure="m1", shows=shows, words="It is done.")
            await act(chair, "accept_evidence", item=item, evidence=f"e{number}", words="It is.")
        await act(
            MANAGER, "close_recommendation", item=item, decided_by="meeting",
            seats=["subgroup_chair", "local_authority", "police"], evidence=["e1", "e2"], retest="6_months", words="-",
        )  # fmt: skip


async def least(there: Installation, client: Client) -> float:
    """Milliseconds of processor time of bare updates that write one row each, as many as one life has commands."""
    with process("benchmarks.bare", environment(there)) as worker:
        handle = await client.start_workflow(bare.Bare.run, id="bare", task_queue=bare.QUEUE)
        for _ in range(COMMANDS):
            await handle.execute_update(bare.Bare.note, "x")
        with cpu([worker.pid, engine_of(there)]) as took:
            for _ in range(LIVES * COMMANDS):
                await handle.execute_update(bare.Bare.note, "some words")
        return took[0] / LIVES * 1000


async def lives() -> None:
    async with installed() as (there, client):
        floor = await least(there, await Client.connect(there.settings.engine))
        with process("worker", environment(there)) as worker:
            door = Door(there.recorder, client, lambda: datetime.now(UTC))
            year = datetime.now(UTC).year
            opened = await door.open(MANAGER, "open_register", {"origin": "audit", "year": year}, f"b-{uuid4().hex}")
            await live(door, opened.case, ["r1"])
            with cpu([worker.pid, engine_of(there)]) as took:
                began = time.perf_counter()
                await live(door, opened.case, [f"r{n}" for n in range(2, 2 + LIVES)])
                wall = time.perf_counter() - began
            each = took[0] / LIVES * 1000
            print(f"  creation to closure by {COMMANDS} commands: {each:.1f} ms CPU of engine and worker")
            print(f"    as many bare updates: {floor:.1f} ms, a ratio of {each / floor:.2f}")
            print(f"    one life after the other, {wall / LIVES * 1000:.0f} ms each")


async def run() -> None:
    for size in SIZES:
        async with installed() as (there, client):
            policy = in_hours(read_policy_file(HOME / "policy" / "england.yaml"))
            now = datetime.now(UTC) - timedelta(hours=1) + AHEAD + timedelta(seconds=size / 150)
            async with there.database.writing() as session:
                await put_in_force(session, policy, now)
            rows = bare_rows(there.settings.data_dir, size)
            done, took = await taken(there, client, size, now)
            rate = f"{took:.1f} s, {took / rows:.0f} times bare rows ({rows:.2f} s)"
            print(f"  {size} over {len(done.cases)} cases: taken over in {rate}")
            with process("worker", environment(there)) as worker:
                due = now + timedelta(hours=1)
                late = await one_instant(there, due, size)
                memory = psutil.Process(worker.pid).memory_info().rss / 2**20
                rows = one_row_each(there.settings.data_dir, len(done.cases))
                said = f"the last of {await told(there)} notices after {late:.1f} s"
                print(f"    all due at one instant: {said}; one-row transactions, one a case: {rows:.2f} s")
                print(f"    worker: {memory:.0f} MiB")
                async with there.database.reading() as session:
                    biggest = await session.scalar(select(func.max(func.length(CaseRow.state))))
                print(f"    the largest case as the record holds it: {int(biggest or 0) / 1024:.0f} KiB")
    await lives()

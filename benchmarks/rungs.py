"""Rungs: how punctual one is among 1,000 open cases, and how long 1,000 take that are due at one instant.

A rung counts as said when its notice is committed to the outbox. The policy of this benchmark counts the obligations
that matter in hours, so that they fall due while we look; everything else is as shipped.
"""

import asyncio
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiosqlite
from sqlalchemy import select
from temporalio.client import Client

from benchmarks.acts import AT_ONCE, fill
from benchmarks.stage import Figures, environment, installed, process
from door.door import Door
from models import shelf
from models.directory import Agency, Directory, Holding
from models.policy import Ladder, Policy, Rung, Span, Unit
from models.rights import Actor, Held
from models.tables import CaseRow
from records.opening import Installation
from records.policies import in_force, put_in_force
from tests.support.house import triage

OPEN, SPREAD = 1000, 150
BURST_CASES, BURST_EACH = 50, 20
HOUR = Span(n=1, unit=Unit.HOURS)


def in_hours(policy: Policy) -> Policy:
    """Submission and return are due an hour after the notification, and one rung speaks at that instant."""
    ladders = {
        name: Ladder(
            title=f"At the due time: {office}",
            source="local_plan",
            force=policy.ladders["dispute"].force,
            again=Span(n=5, unit=Unit.WORKING_DAYS),
            rungs=(Rung(office=office, delay=Span(n=0, unit=Unit.HOURS)),),
        )
        for name, office in (("at_due_manager", "business_manager"), ("at_due_contact", "agency_contact"))
    }
    blocks = dict(policy.lifecycles["rapid_review"])
    for name, ladder in (("submission", "at_due_manager"), ("agency_return", "at_due_contact")):
        blocks[name] = blocks[name].model_copy(update={"budget": HOUR, "at_least": None, "ladder": ladder})
    return policy.model_copy(
        update={
            "version": "benchmark",
            "ladders": {**policy.ladders, **ladders},
            "lifecycles": {**policy.lifecycles, "rapid_review": blocks},
        }
    )


def crowded(directory: Directory, agencies: int) -> Directory:
    """The same directory with so many agencies that each has a contact."""
    more = {
        f"agency-{n}": Agency(name=f"Agency {n}", kind=next(iter(directory.agencies.values())).kind)
        for n in range(agencies)
    }
    held = tuple(
        Holding(office="agency_contact", agency=name, person="p-005", since=datetime(2025, 1, 1, tzinfo=UTC).date())
        for name in more
    )
    return directory.model_copy(
        update={"agencies": {**directory.agencies, **more}, "holdings": (*directory.holdings, *held)}
    )


class Stage:
    """The door, and the two people whom these benchmarks need."""

    def __init__(self, there: Installation, client: Client) -> None:
        self.there = there
        self.door = Door(there.recorder, client, lambda: datetime.now(UTC))
        self.manager = Actor(person="p-018", offices=(Held(office="business_manager"),))

    async def act(self, ref: str, kind: str, **answers: Any) -> Any:  # noqa: ANN401 -- the answers of a form
        return await self.door.act(self.manager, ref, kind, answers, request=f"b-{uuid4().hex}")

    async def review(self, sent_at: datetime, agencies: int = 0) -> str:
        """A rapid review whose notification was sent at this moment."""
        ref = (await fill(self.door, 1))[0]
        await self.act(ref, "triage", **triage())
        async with self.there.database.reading() as session:
            review = (await session.scalars(select(CaseRow.ref).where(CaseRow.parent == ref))).one()
        await self.act(review, "record_notification", sent_at=sent_at.isoformat(), sent_by="A", reference="B")
        if agencies:
            await self.act(review, "request_information", agencies=[f"agency-{n}" for n in range(agencies)])
        return review


async def seen(there: Installation, obligation: str, wanted: set[str], patience: float) -> dict[str, float]:
    """When each notice about obligations of this name was first seen in the outbox, by case and key."""
    found: dict[str, float] = {}
    end = time.time() + patience
    async with aiosqlite.connect(there.settings.data_dir / "records.sqlite") as database:
        while not wanted <= found.keys() and time.time() < end:
            rows = await database.execute_fetchall(
                "SELECT \"case\" || obligation FROM notices WHERE obligation LIKE ? AND kind = 'owed'",
                (f"{obligation}%",),
            )
            now = time.time()
            for (key,) in rows:
                found.setdefault(key, now)
            await asyncio.sleep(0.004)
    return found


async def limited(work: list[Awaitable[Any]]) -> list[Any]:
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(act: Awaitable[Any]) -> Any:  # noqa: ANN401 -- whatever the act gives
        async with limit:
            return await act

    return await asyncio.gather(*(one(act) for act in work))


async def punctuality(stage: Stage) -> Figures:
    await fill(stage.door, OPEN - 2 * SPREAD)
    # Far enough ahead that all are made before the first is due.
    first = datetime.now(UTC) + timedelta(seconds=SPREAD * 0.25 + 20)
    due = [first + timedelta(milliseconds=200 * n) for n in range(SPREAD)]
    refs = await limited([stage.review(moment - timedelta(hours=1)) for moment in due])
    late_start = (datetime.now(UTC) - first).total_seconds()
    if late_start > 0:
        message = f"the cases were made {late_start:.0f} s too late"
        raise RuntimeError(message)
    wanted = {f"{ref}submission": moment.timestamp() for ref, moment in zip(refs, due, strict=True)}
    spoken = await seen(stage.there, "submission", set(wanted), SPREAD * 0.2 + 90)
    return Figures([spoken[key] - moment for key, moment in wanted.items()])


async def burst(stage: Stage) -> float:
    """Seconds from the instant until the last of all notices is in the outbox."""
    instant = datetime.now(UTC) + timedelta(seconds=BURST_CASES * 0.4 + 15)
    refs = await limited([stage.review(instant - timedelta(hours=1), BURST_EACH) for _ in range(BURST_CASES)])
    if datetime.now(UTC) > instant:
        message = "the cases were made too late"
        raise RuntimeError(message)
    wanted = {f"{ref}agency_return/agency-{n}" for ref in refs for n in range(BURST_EACH)}
    spoken = await seen(stage.there, "agency_return", wanted, BURST_CASES * 0.4 + 60)
    assert wanted <= spoken.keys(), f"only {len(spoken)} were said"
    return max(spoken.values()) - instant.timestamp()


async def run() -> dict[str, float]:
    async with installed() as (there, client):
        async with there.database.writing() as session:
            names = await in_force(session)
            assert names
            await put_in_force(session, in_hours(shelf.policy(names[0])), datetime.now(UTC))
            directory = await there.recorder.directory.read(session)
            assert directory
            crowd = crowded(directory, BURST_EACH)
            await there.recorder.directory.replace(session, crowd, "benchmark", datetime.now(UTC))
        with process("worker", environment(there)):
            stage = Stage(there, client)
            last = await burst(stage)
            print(f"burst of {BURST_CASES * BURST_EACH} over {BURST_CASES} cases: {last:.2f} s (at most 2)", flush=True)
            late = await punctuality(stage)
    print(f"punctuality among {OPEN} open cases: {late} (p50 at most 100 ms, p99 at most 400 ms)")
    return {"burst": last, "p50": late.p50, "p99": late.p99}


if __name__ == "__main__":
    asyncio.run(run())

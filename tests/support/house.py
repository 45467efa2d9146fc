"""A whole house for a test: database, keys, engine with time skipping, worker and door, with the example directory."""

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.testing import WorkflowEnvironment

from door.door import Done, Door
from models.calendar import working_days
from models.case import Case
from models.directory import Directory
from models.facts import Fact
from models.policy import Policy
from models.referral import DEATHS
from models.rights import Actor, actor_of
from models.tables import CaseRow, FactRow, NoticeRow, ObligationRow
from models.time import at, day_of
from policy.reading import read_directory_file, read_policy_file
from records.codec import converter
from records.database import Database
from records.facts import fact_from
from records.keys import make_keys
from records.migrating import migrate
from records.opening import Installation, open_installation, prepare
from records.policies import put_in_force
from records.settings import Settings
from tests.support.postgres import EVERYWHERE, shared
from worker import make_worker

ROOT = Path(__file__).parents[2]
PARTNERS = ("harrowshire-council", "harrowshire-police", "harrowshire-icb")
_TWO_WEEKS = (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)
POLICY, DIRECTORY = ROOT / "policy" / "england.yaml", ROOT / "policy" / "directory.example.yaml"


def program(name: str) -> str:
    """A program that came with a package: beside the interpreter, else on the path."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is not installed"
    return found


@cache
def shipped_policy() -> Policy:
    """The policy that is shipped, which nobody changes, and so is read once."""
    return read_policy_file(POLICY)


@cache
def example_directory() -> Directory:
    """The directory that is shipped as an example, read once."""
    return read_directory_file(DIRECTORY)


_files: list[bytes] = []
_databases: list[str] = []
"""What the migrations have made once, with every table and nothing in them: a file of SQLite, a PostgreSQL database."""


async def prepared(given: Settings) -> None:
    """Keys and tables of a new installation. On SQLite the migrations run once; later ones get what they made."""
    file = given.data_dir / "records.sqlite"
    fresh = not given.database_url and not file.exists()
    if fresh and _files:
        make_keys(given.keys, file)
        file.touch(mode=0o600)
        file.write_bytes(_files[0])
    await prepare(given)
    if fresh and not _files:
        _files.append(file.read_bytes())


async def furnished(folder: Path, now: datetime, **settings: Any) -> Installation:  # noqa: ANN401 -- settings of any type
    """A new installation in this folder, with the shipped policy and the example directory."""
    given = Settings(data_dir=folder, **{"database_url": await a_database() if EVERYWHERE else "", **settings})
    if given.database_url:
        make_keys(given.keys, given.data_dir / "records.sqlite")
    await prepared(given)
    installation = await open_installation(given)
    async with installation.database.writing() as session:
        await installation.recorder.directory.replace(session, example_directory(), "p-018", now)
        await put_in_force(session, shipped_policy(), now)
    return installation


async def a_database() -> str:
    """A new database of PostgreSQL with every table; the migrations run once."""
    if not _databases:
        _databases.append(shared().fresh())
        database = Database(_databases[0])
        await migrate(database)
        await database.close()
    return shared().fresh(_databases[0])


class House:
    """What tests do, in words: refer, act, wait, and look at what was recorded and sent."""

    def __init__(self, installation: Installation, client: Client, env: WorkflowEnvironment) -> None:
        self.there, self.client, self.env = installation, client, env
        self.now = datetime.now(UTC)
        self.door = Door(installation.recorder, client, lambda: self.now)

    async def read_clock(self) -> datetime:
        self.now = await self.env.get_current_time()
        return self.now

    async def wait(self, span: timedelta) -> None:
        while span > timedelta(0):  # a call that skips a year with all its wakes would run out of time
            step = min(span, timedelta(days=10))
            await self.env.sleep(step)
            span -= step
        await self.read_clock()

    async def open_cases(self) -> list[str]:
        async with self.there.database.reading() as session:
            return list(
                await session.scalars(select(CaseRow.ref).where(CaseRow.closed.is_(None)).order_by(CaseRow.ref))
            )

    async def settled(self) -> None:
        """Let the engine hand the open cases to a new worker, until nothing that is due is unsaid."""
        for _ in range(60):
            async with self.there.database.reading() as session:
                late = select(ObligationRow.key).where(ObligationRow.speaks <= await self.read_clock())
                if (await session.scalars(late)).first() is None:
                    return
            await self.wait(timedelta(seconds=1))
        message = "what is due was not said"
        raise AssertionError(message)

    async def wait_until(self, moment: datetime) -> None:
        await self.wait(moment - await self.read_clock())

    async def refer(self, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        await self.read_clock()
        return await self.door.refer(of_death({**referral(self.now), **answers}), request=f"r-{uuid4().hex}")

    async def open(self, person: str, kind: str, /, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        """Open a case of another kind than a referral."""
        await self.read_clock()
        return await self.door.open(await self.actor(person), kind, answers, request=f"r-{uuid4().hex}")

    async def actor(self, person: str) -> Actor:
        async with self.there.database.reading() as session:
            directory = await self.there.recorder.directory.read(session)
        assert directory
        return actor_of(directory, person, self.now)

    async def act(self, person: str, case: str, kind: str, /, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        await self.read_clock()
        return await self.door.act(await self.actor(person), case, kind, answers, request=f"r-{uuid4().hex}")

    async def case(self, ref: str) -> Case:
        async with self.there.database.reading() as session:
            return Case.model_validate((await session.get_one(CaseRow, ref)).state)

    async def child_of(self, ref: str) -> str:
        async with self.there.database.reading() as session:
            return (await session.scalars(select(CaseRow.ref).where(CaseRow.parent == ref))).one()

    async def facts(self, ref: str) -> list[Fact]:
        async with self.there.database.reading() as session:
            rows = await session.scalars(select(FactRow).where(FactRow.case == ref).order_by(FactRow.number))
            return [fact_from(row) for row in rows.all()]

    async def notices(self, ref: str) -> list[NoticeRow]:
        async with self.there.database.reading() as session:
            rows = await session.scalars(
                select(NoticeRow).where(NoticeRow.case == ref).order_by(NoticeRow.fact, NoticeRow.key)
            )
            return list(rows.all())


def ordinary(now: datetime) -> datetime:
    """Ten o'clock of the next Wednesday with two weeks of five working days around it: no test hangs on its day."""
    work, monday = working_days(shipped_policy().calendar), day_of(now) + timedelta(days=1)
    while monday.weekday() or not all(work.is_working_day(monday + timedelta(days=n)) for n in _TWO_WEEKS):
        monday += timedelta(days=1)
    return at(monday + timedelta(days=2), time(10))


@asynccontextmanager
async def house(
    folder: Path,
    *,
    working: bool = True,
    begins: datetime | None = None,
    encoded_by: DataConverter | None = None,
    **settings: Any,  # noqa: ANN401 -- settings of any type
) -> AsyncIterator[House]:
    """A new installation in this folder; or, from that moment on, the one that is there (`begins`)."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=program("temporal-test-server")
    ) as env:
        await env.sleep((begins or ordinary(await env.get_current_time())) - await env.get_current_time())
        if begins:
            installation = await open_installation(Settings(data_dir=folder, **settings))
        else:
            installation = await furnished(folder, await env.get_current_time(), **settings)
        config = env.client.config()
        config["data_converter"] = encoded_by or converter(installation.keys)
        client = Client(**config)
        async with AsyncExitStack() as stack:
            if working:
                await stack.enter_async_context(make_worker(client, installation))
            made = House(installation, client, env)
            await made.read_clock()
            yield made
        await installation.close()


def referral(now: datetime) -> dict[str, Any]:
    """Answers to every question of a referral about one child."""
    day = (now - timedelta(days=1)).date().isoformat()
    return {
        "event": "serious_harm", "incident_on": day, "aware_at": day, "in_area": "yes", "abuse_or_neglect": "yes",
        "narrative": "Found with injuries.", "others": "no",
        "children": [{"name": "Quillon Zarbane", "born": "2019-02-03"}],
        "referrer_name": "Norwen Tace", "referrer_role": "Nurse", "referrer_agency": "Hospital",
        "referrer_email": "nurse@example.org", "lead_agrees": "yes",
    }  # fmt: skip


def notifying(now: datetime) -> dict[str, Any]:
    """Answers to every question of the notification that a child of thirteen months has died."""
    today = day_of(now)
    return {
        "name": "Quillon Zarbane", "born": (today - timedelta(days=400)).isoformat(), "died": today.isoformat(),
        "died_known": "yes", "showed_life": "yes", "sex": "female", "ethnic_group": "white", "area": "harrowshire",
        "place_of_death": "home", "expected": "no", "circumstances": "Found in the morning.", "others": "no",
        "notifier_name": "Norwen Tace", "notifier_role": "Nurse", "notifier_agency": "Hospital",
        "notifier_email": "nurse@example.org",
    }  # fmt: skip


def of_death(answers: dict[str, Any]) -> dict[str, Any]:
    """The same answers, with a date of death for the first child where they say that a child has died."""
    if answers["event"] not in DEATHS or not answers["children"] or answers["children"][0].get("expected"):
        return answers
    first, *others = answers["children"]
    return {**answers, "children": [{"died": answers["incident_on"], **first}, *others]}


def triage(route: str = "rapid_review", children: int = 1) -> dict[str, Any]:
    """A triage with one route for every child: above the criteria for a rapid review, below them for others."""
    rows = [{"child": n, **route_of(route)} for n in range(1, children + 1)]
    return {"criteria_set": "notification_s16c", "children": rows, "siblings_safe": "yes", "siblings_words": "None."}


def route_of(route: str, **more: str) -> dict[str, Any]:
    """The answers of a triage for one child."""
    harmed = "yes" if route in {"rapid_review", "joined"} else "no"
    met = {"abuse_or_neglect": "yes", "died_or_seriously_harmed": harmed, "in_the_area": "yes"}
    reason = "All are met." if harmed == "yes" else "One is not met."
    criteria = [{"criterion": one, "met": said, "reason": "As the referral says."} for one, said in met.items()]
    leads = {"pass_on": {"body": "police"}, "single_agency_review": {"agency": "harrow-vale-hospitals"}}.get(route, {})
    return {"criteria": criteria, "route": route, "reason": reason, **leads, **more}


def decision(outcome: str, now: datetime, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    criteria = ("improvements", "recurrent_themes", "working_together", "panel_concluded")
    return {
        "decided_at": now.isoformat(), "criteria_set": "practice_review_reg11",
        "criteria": [{"criterion": one, "met": "no", "reason": "Looked at."} for one in criteria],
        "positions": [{"partner": one, "position": "agrees"} for one in PARTNERS], "outcome": outcome,
        "reasons": "Set out.", **more,
    }  # fmt: skip

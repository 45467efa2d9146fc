"""A rehearsal lived through in the engine: everything that it says, at its times, through the door."""

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from models.case import Case, packed
from models.lifecycles import OPENINGS
from models.rehearsal import ANYBODY, NAMES, REFERRAL, Act, Scenario, Stage
from models.rights import Actor, actor_of
from models.time import at, day_of
from policy.reading import read_scenario
from records.settings import TASK_QUEUE
from tests.support.house import ROOT, House

MANAGER = "p-018"
SHIPPED = sorted((ROOT / "policy" / "scenarios").glob("*.yaml"))


def shipped(path: Path) -> Scenario:
    return read_scenario(path.read_text(), path.name)


def next_monday(now: datetime) -> datetime:
    day = day_of(now) + timedelta(days=1)
    while day.weekday():
        day += timedelta(days=1)
    return at(day, time(9, 0))


async def perform(made: House, scenario: Scenario, stage: Stage) -> list[datetime]:
    """Do everything that the scenario says, at its times, through the door; in an outage the engine is gone."""
    moments: list[datetime] = []
    outages, leaves = list(stage.outages), stage.leavings()
    for when, act in stage.planned():
        while outages and outages[0][0] <= when:
            await outage(made, *outages.pop(0))
        while leaves and leaves[0][0] <= when:
            await leave(made, stage, *leaves.pop(0))
        await made.wait_until(when)
        moments.append(await do(made, stage, act))
    while outages:
        await outage(made, *outages.pop(0))
    while leaves:
        await leave(made, stage, *leaves.pop(0))
    await made.wait_until(stage.ends)
    return moments


async def leave(made: House, stage: Stage, moment: datetime, person: str) -> None:
    """The business unit enters a directory without somebody."""
    await made.wait_until(moment)
    stage.directory = stage.directory.left_by(person)
    async with made.there.database.writing() as session:
        await made.there.recorder.directory.replace(session, stage.directory, MANAGER, made.now)


async def outage(made: House, begins: datetime, ends: datetime) -> None:
    """This engine's time stands still without a worker, so the workflows go, and come back from the record."""
    await made.wait_until(begins)
    for ref in await made.open_cases():
        await made.client.get_workflow_handle(ref).terminate()
    await made.wait_until(ends)
    for ref in await made.open_cases():
        case = await made.case(ref)
        await made.client.start_workflow(case.kind, packed(case), id=ref, task_queue=TASK_QUEUE)
    await made.settled()


async def do(made: House, stage: Stage, act: Act) -> datetime:
    named = stage.named
    request = f"s-{len(named)}-{act.do}-{made.now.timestamp()}"
    if act.do in OPENINGS:
        kind = OPENINGS[act.do]
        blank = Case(ref="XX-0000-0000", kind=kind, policy=stage.policy, calendar=stage.calendar, opened=made.now)
        actor = Actor(person=act.who)
        if act.who not in ANYBODY:
            office, _, agency = act.who.partition("/")
            person = stage.directory.look_up(office, agency or None, made.now).person
            actor = actor_of(stage.directory, str(person), made.now)
        done = await made.door.open(actor, act.do, stage.answers(act, blank, made.now), request)
        named[act.matter, NAMES[kind]] = done.case
        return done.fact.recorded
    above = {REFERRAL: "child death", "review": REFERRAL, "practice review": "review"}
    ref = named.get((act.matter, act.on)) or await made.child_of(named[act.matter, above[act.on]])
    named[act.matter, act.on] = ref
    office, _, agency = act.who.partition("/")
    person = stage.directory.look_up(office, agency or None, made.now).person
    assert person
    answers: dict[str, Any] = stage.answers(act, await made.case(ref), made.now)
    done = await made.door.act(actor_of(stage.directory, person, made.now), ref, act.do, answers, request)
    return done.fact.recorded

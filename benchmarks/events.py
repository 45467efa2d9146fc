"""History events of one agency return that climbs three rungs and is then met, beside the least that the engine allows.

The least is a workflow that waits three times for a timer, each time with one local activity, and then takes an update
with one local activity. Both run on the time-skipping engine, whose histories are those of the real one.
"""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from models import shelf
from models.policy import Ladder, Policy, Rung, Span, Unit
from records.policies import in_force, put_in_force
from tests.support.house import House, house
from tests.support.lives import ICB, ICB_AGENCY, MANAGER, Lives, Next

ALLOWED = 1.3
RUNGS = ("agency_contact", "agency_lead", "independent_chair")
WRITE = timedelta(seconds=10)


@activity.defn
async def nothing() -> None:
    """What the least writes."""


@workflow.defn
class Least:
    def __init__(self) -> None:
        self.met = False

    @workflow.run
    async def run(self) -> None:
        for _ in RUNGS:
            await workflow.sleep(timedelta(days=1))
            await workflow.execute_local_activity(nothing, start_to_close_timeout=WRITE)
        await workflow.wait_condition(lambda: self.met)

    @workflow.update
    async def meet(self) -> None:
        await workflow.execute_local_activity(nothing, start_to_close_timeout=WRITE)


def days(number: int) -> Span:
    return Span(n=number, unit=Unit.WORKING_DAYS)


def one_ladder(policy: Policy) -> Policy:
    """Only the return is chased, by three rungs; everything else is due long after."""
    rungs = tuple(Rung(office=office, delay=days(n)) for n, office in enumerate(RUNGS))
    ladder = Ladder(
        title="Three rungs", source="local_plan", force=policy.ladders["chair"].force, again=days(90), rungs=rungs
    )
    blocks = {
        name: block.model_copy(
            update={"budget": days(1), "at_least": None, "ladder": "three"}
            if name == "agency_return"
            else {"budget": days(90)}
        )
        for name, block in policy.lifecycles["rapid_review"].items()
    }
    return policy.model_copy(
        update={
            "version": "benchmark",
            "ladders": {**policy.ladders, "three": ladder},
            "lifecycles": {**policy.lifecycles, "rapid_review": blocks},
        }
    )


async def length(client: Client, name: str) -> int:
    return (await client.get_workflow_handle(name).describe()).history_length


async def ours(made: House) -> int:
    async with made.there.database.writing() as session:
        names = await in_force(session)
        assert names
        await put_in_force(session, one_ladder(shelf.policy(names[0])), made.now)
    lives = Lives(made)
    asked = await lives.notified()
    await lives.give(Next(MANAGER, asked, "request_information", {"agencies": [ICB_AGENCY]}))
    before = await length(made.client, asked)
    await made.wait(timedelta(days=9))
    returned: dict[str, Any] = lives.returning(ICB_AGENCY)
    await lives.give(Next(ICB, asked, "submit_return", returned))
    said = [
        fact
        for fact in await made.facts(asked)
        if fact.kind == "told" and fact.data["obligation"].startswith("agency_return")
    ]
    assert len(said) == len(RUNGS), said
    return await length(made.client, asked) - before


async def least(made: House) -> int:
    async with Worker(
        made.client,
        task_queue="least",
        workflows=[Least],
        activities=[nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        handle = await made.client.start_workflow(Least.run, id="least", task_queue="least")
        await made.wait(timedelta(hours=1))
        before = await length(made.client, "least")
        await made.wait(timedelta(days=4))
        await handle.execute_update(Least.meet)
        return await length(made.client, "least") - before


async def run() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder)) as made:
            floor, found = await least(made), await ours(made)
    print(f"history events of a return that climbs three rungs and is met: {found}; the least {floor}")
    print(f"ratio {found / floor:.2f} (at most {ALLOWED:g})")
    return {"ratio": found / floor}


if __name__ == "__main__":
    asyncio.run(run())

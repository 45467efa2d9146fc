"""An act by a person, from the JSON request to the committed fact, beside a bare update, at 500 open cases."""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from uuid import uuid4

import httpx2
from temporalio.client import Client

from benchmarks import bare
from benchmarks.stage import Figures, environment, installed, process, timed
from door.door import Door
from records.accounts import Accounts
from records.opening import Installation
from serving import free_port
from tests.support.house import referral

CASES, ACTS, AT_ONCE = 500, 400, 8


async def fill(door: Door, cases: int) -> list[str]:
    """Open referrals, some at once."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one() -> str:
        async with limit:
            return (await door.refer(referral(datetime.now(UTC)), f"b-{uuid4().hex}")).case

    return await asyncio.gather(*(one() for _ in range(cases)))


async def bare_acts(client: Client) -> Figures:
    handles = [await client.start_workflow(bare.Bare.run, id=f"bare-{n}", task_queue=bare.QUEUE) for n in range(CASES)]
    await timed(lambda n: handles[n % CASES].execute_update(bare.Bare.act, "x"), 50)
    return await timed(lambda n: handles[(n * 7) % CASES].execute_update(bare.Bare.act, "some words"), ACTS)


async def our_acts(there: Installation, refs: list[str], port: int) -> tuple[Figures, Figures]:
    """(acts that are taken, acts that the state refuses) by JSON, signed in as the business manager."""
    accounts = Accounts(there.database, there.vault, there.auditor)
    async with there.database.writing() as session:
        token = await accounts.begin(session, "p-018", datetime.now(UTC))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, timeout=30) as http:
        for _ in range(200):
            try:
                await http.get("/cases/none")
                break
            except httpx2.TransportError:
                await asyncio.sleep(0.05)

        async def suspend(number: int) -> None:
            ref = refs[(number * 7) % len(refs)]
            until = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
            answer = await http.post(
                f"/cases/{ref}/let_in", json={"person": "p-020", "until": until, "reason": "To help."}
            )
            assert answer.status_code == HTTPStatus.OK, answer.text

        async def refused(number: int) -> None:
            answer = await http.post(
                f"/cases/{refs[number % len(refs)]}/tell_referrer", json={"how": "email", "words": "x"}
            )
            assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, answer.text

        await timed(suspend, 50)
        return await timed(suspend, ACTS), await timed(refused, 100)


async def run() -> dict[str, float]:
    async with installed() as (there, client):
        with process("benchmarks.bare", environment(there)):
            floor = await bare_acts(await Client.connect(there.settings.engine))
        port = free_port()
        with (
            process("worker", environment(there)),
            process("portal", {**environment(there), "REVIEWS_PORT": str(port)}),
        ):
            refs = await fill(Door(there.recorder, client, lambda: datetime.now(UTC)), CASES)
            taken, refused = await our_acts(there, refs, port)
    print(f"bare update with one activity  {floor}")
    print(f"act by JSON, {CASES} open cases   {taken}")
    print(f"refused by the state           {refused}")
    print(f"ratio p50 {taken.p50 / floor.p50:.2f} (at most 1.5), p99 {taken.p99 / floor.p99:.2f} (at most 2)")
    return {"p50": taken.p50 / floor.p50, "p99": taken.p99 / floor.p99}


if __name__ == "__main__":
    asyncio.run(run())

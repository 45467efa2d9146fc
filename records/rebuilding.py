"""Starting every open case anew from the record, where the engine has lost them, or knows what is no longer true.

What a case waits for and when it speaks next are worked out from its facts, so that nothing else is needed. A rung
that was told has its notice in the record under a key of its own, and is not told again.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

from sqlalchemy import select
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from models.batch import TASK_TIMEOUT
from models.case import Case, packed
from models.tables import CaseRow
from records.database import Database
from records.settings import TASK_QUEUE

TOGETHER: Final = 16
"""Cases that are started at the same time: more would only wait for each other in the engine."""
AT_ONCE: Final = 200
"""Cases whose state is held in memory."""
RUNNING: Final = 'ExecutionStatus = "Running"'
Looked = Callable[[int, int], None]


class Rebuilt(NamedTuple):
    """How many open cases there are, how many of them did not run and do now, and what was ended that is not theirs."""

    cases: int
    started: int
    ended: int


async def rebuild(client: Client, database: Database, *, anew: bool, looked: Looked) -> Rebuilt:
    """See that every open case runs. May be stopped and given again at any time.

    `anew`: what runs in the engine is of another time than the record (a backup was put back), so all of it is ended,
    and every case begins from the record. Without it, what runs goes on. Raises RPCError where the engine is away.
    """
    async with database.reading() as session:
        refs = list(await session.scalars(select(CaseRow.ref).where(CaseRow.closed.is_(None)).order_by(CaseRow.ref)))
    ended = await _end_all(client) if anew else 0
    done = started = 0
    for begin in range(0, len(refs), AT_ONCE):
        async with database.reading() as session:
            found = select(CaseRow.state).where(CaseRow.ref.in_(refs[begin : begin + AT_ONCE]))
            cases = [Case.model_validate(state) for state in await session.scalars(found)]
        for some in range(0, len(cases), TOGETHER):
            group = cases[some : some + TOGETHER]
            started += sum(await asyncio.gather(*(_start(client, case) for case in group)))
            done += len(group)
            looked(done, len(refs))
    return Rebuilt(len(refs), started, ended)


async def _start(client: Client, case: Case) -> bool:
    """Returns whether it did not run before."""
    try:
        await client.start_workflow(
            case.kind,
            packed(case),
            id=case.ref,
            task_queue=TASK_QUEUE,
            task_timeout=TASK_TIMEOUT,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def _end_all(client: Client) -> int:
    """End whatever runs since before now: cases, and the messages and the house, which begin again by themselves."""
    before, ended = datetime.now(UTC).isoformat(), 0
    while found := [one.id async for one in client.list_workflows(f'{RUNNING} AND StartTime < "{before}"', limit=500)]:
        done = await asyncio.gather(*(_end(client, one) for one in found))
        ended += sum(done)
        await asyncio.sleep(0 if any(done) else 0.2)  # the engine's own list is a moment behind
    return ended


async def _end(client: Client, name: str) -> bool:
    try:
        await client.get_workflow_handle(name).terminate("the record was put back")
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True

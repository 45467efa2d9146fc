"""Starting every open case anew from the record, where the engine has lost them, or knows what is no longer true.

What a case waits for and when it speaks next are worked out from its facts, so that nothing else is needed. A rung
that was told has its notice in the record under a key of its own, and is not told again.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

from sqlalchemy import select
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from models.case import Case
from models.tables import CaseRow
from records.database import Database
from records.starting import start

TOGETHER: Final = 16
"""Cases that are started at the same time: more would only wait for each other in the engine."""
AT_ONCE: Final = 200
"""Cases whose state is held in memory."""
RUNNING: Final = 'ExecutionStatus = "Running"'
Looked = Callable[[int, int], None]


class Rebuilt(NamedTuple):
    """How many open cases there are, how many of them were started, and how much else was ended."""

    cases: int
    started: int
    ended: int


async def rebuild(client: Client, database: Database, *, anew: bool, looked: Looked) -> Rebuilt:
    """See that every open case runs. May be stopped and given again at any time.

    `anew`: what runs in the engine is of another time than the record (a backup was put back), so every case is ended
    and begins from the record in one step, and then everything else is ended. Without it, what runs goes on.
    Raises RPCError where the engine is away.
    """
    async with database.reading() as session:
        refs = list(await session.scalars(select(CaseRow.ref).where(CaseRow.closed.is_(None)).order_by(CaseRow.ref)))
    done = started = 0
    for begin in range(0, len(refs), AT_ONCE):
        async with database.reading() as session:
            found = select(CaseRow.state).where(CaseRow.ref.in_(refs[begin : begin + AT_ONCE]))
            cases = [Case.model_validate(state) for state in await session.scalars(found)]
        for some in range(0, len(cases), TOGETHER):
            group = cases[some : some + TOGETHER]
            started += sum(await asyncio.gather(*(start(client, case, anew=anew) for case in group)))
            done += len(group)
            looked(done, len(refs))
    ended = await _end_others(client, set(refs)) if anew else 0
    return Rebuilt(len(refs), started, ended)


async def _end_others(client: Client, ours: set[str]) -> int:
    """End what runs and is no open case: what the record does not know, and what begins again by itself."""
    found = [one.id async for one in client.list_workflows(RUNNING) if one.id not in ours]
    return sum([await _end(client, one) for one in found])


async def _end(client: Client, name: str) -> bool:
    try:
        await client.get_workflow_handle(name).terminate("the record was put back")
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True

"""The engine loses everything: every open case starts again from the record, at its step, and repeats no message."""

from pathlib import Path

import pytest
from sqlalchemy import select

from models.case import Case
from models.tables import CaseRow, NoticeRow, ObligationRow
from records.rebuilding import Rebuilt, rebuild
from tests.support.lives import SOME_OR_ALL, Lives
from tests.support.real import Real, real
from worker import Watch, make_worker

pytestmark = [pytest.mark.promise("L6"), pytest.mark.timeout(300)]


async def in_engine(made: Real) -> dict[str, Case]:
    """Every open case as its workflow knows it."""
    async with made.there.database.reading() as session:
        refs = list(await session.scalars(select(CaseRow.ref).where(CaseRow.closed.is_(None))))
    return {ref: await made.client.get_workflow_handle(ref).query("state", result_type=Case) for ref in refs}


async def in_record(made: Real) -> dict[str, Case]:
    async with made.there.database.reading() as session:
        rows = await session.execute(select(CaseRow.ref, CaseRow.state).where(CaseRow.closed.is_(None)))
        return {ref: Case.model_validate(state) for ref, state in rows}


async def next_steps(made: Real) -> dict[tuple[str, str], tuple[object, ...]]:
    async with made.there.database.reading() as session:
        rows = await session.scalars(select(ObligationRow))
        return {(row.case, row.key): (row.state, row.due, row.speaks, row.level, row.owed_by) for row in rows}


async def told(made: Real) -> dict[str, str]:
    async with made.there.database.reading() as session:
        return {row.key: row.state for row in await session.scalars(select(NoticeRow))}


async def lost(made: Real) -> None:
    """The engine dies, and its store with it; a new one begins with nothing."""
    await made.kill(made.engine)
    for file in made.folder.glob("engine.sqlite*"):
        file.unlink()
    await made.start_engine()


async def begun(made: Real, *, anew: bool = False) -> Rebuilt:
    seen: list[int] = []

    def looked(done: int, of: int) -> None:
        assert 0 < done <= of
        seen.append(done)

    found = await rebuild(made.client, made.there.database, anew=anew, looked=looked)
    assert seen == sorted(seen)
    assert seen[-1] == found.cases
    return found


@SOME_OR_ALL
async def test_every_open_case_of_a_lost_engine_goes_on_where_it_was_and_says_nothing_again(
    tmp_path: Path, commands: list[tuple[str, str]]
) -> None:
    async with real(tmp_path, worker=False) as made:
        async with make_worker(made.client, made.there):
            lives = Lives(made)
            for lifecycle, kind in commands[::2]:
                await lives.give(await lives.ready(lifecycle, kind))
            await Watch(made.client, made.there).reconcile()  # what a command wrote to its relatives as well is known
            before, waits, said = await in_record(made), await next_steps(made), await told(made)
        await lost(made)
        async with make_worker(made.client, made.there):
            stopped = 0

            def stopping(done: int, of: int) -> None:
                nonlocal stopped
                stopped = done
                raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                await rebuild(made.client, made.there.database, anew=False, looked=stopping)
            first = await begun(made)
            assert (first.cases, first.started, first.ended) == (len(before), len(before) - stopped, 0)
            assert await begun(made) == Rebuilt(len(before), 0, 0), "given again it changes nothing"
            assert await in_engine(made) == before
            assert await next_steps(made) == waits
            assert await told(made) == said, "no message is repeated"
            await Watch(made.client, made.there).reconcile()
            assert (await lives.give(await lives.ready("referral", "triage"))).fact.kind == "triaged"


async def test_after_a_backup_was_put_back_what_ran_in_the_engine_is_ended_first(tmp_path: Path) -> None:
    async with real(tmp_path, worker=False) as made, make_worker(made.client, made.there):
        lives = Lives(made)
        refs = [await lives.received() for _ in range(3)]
        await Watch(made.client, made.there).keep_house()
        handles = [made.client.get_workflow_handle(ref) for ref in refs]
        runs = [(await one.describe()).run_id for one in handles]
        found = await begun(made, anew=True)
        assert (found.cases, found.started) == (3, 3)
        assert found.ended, "what keeps the house, and begins again by itself"
        assert not {(await one.describe()).run_id for one in handles} & set(runs)
        assert await in_engine(made) == {ref: await made.case(ref) for ref in refs}

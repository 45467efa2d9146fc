"""The self-check of a house in the middle of its work: nothing while all is well, and each thing that is provoked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import delete, event, select, update
from sqlalchemy.ext.asyncio import AsyncSession

import worker
from models.obligation import Ended
from models.tables import CommandRow, ObligationRow, SelfCheckRow
from models.watch import EVERY, LATE, MOST, ROUND, SILENT, Kept, Matter
from portal.app import create_app
from records.outbox import Outbox
from records.watching import Watching
from tests.portal import scene
from tests.portal.scene import Scene
from tests.support.house import House, house
from worker import Watch

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("F12")]


class Watched:
    """A house, what happens in it, and a watch whose clock can be put ahead."""

    def __init__(self, made: House, played: Scene) -> None:
        self.house, self.scene, self.ahead = made, played, timedelta(0)
        self.watch = self.another()

    def another(self) -> Watch:
        return Watch(self.house.client, self.house.there, self.clock)

    def clock(self) -> datetime:
        return self.house.now + self.ahead

    async def last(self) -> Kept:
        there = self.house.there
        found = await Watching(there.database, there.auditor, there.recorder.directory, there.settings).last()
        assert found
        return found

    async def works(self) -> None:
        """Everything that the watch does beside checking, once."""
        await self.watch.forget()
        await self.watch.keep_house()
        await self.watch.reconcile()
        await self.watch.call()
        await self.watch.seal()
        await self.house.wait(timedelta(seconds=2))

    async def found(self, *, after: timedelta = EVERY, asks: bool = True) -> dict[Matter, Any]:
        """What a check finds so much later, while nobody but the reconciler works (unless not even that asks)."""
        self.ahead += after
        if asks:
            await self.watch.forget()
            await self.watch.reconcile()
        await self.watch.check()
        check = await self.last()
        assert check.at == self.clock(), "it was checked"
        return {one.matter: one for one in check.found}

    async def asked_outside(self) -> tuple[int, dict[str, Any]]:
        app = create_app(self.house.there, self.house.client, self.clock)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://reviews.test") as client:
            answer = await client.get("/health/watch")
        return answer.status_code, answer.json()

    async def change(self, statement: Any) -> None:  # noqa: ANN401 -- an update of any table
        async with self.house.there.database.writing() as session:
            await session.execute(statement)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    async with house(tmp_path_factory.mktemp("watched")) as made:
        yield Watched(made, await scene.play(made))


@pytest_asyncio.fixture(loop_scope="module")
async def watched(played: Watched) -> AsyncIterator[Watched]:
    """All is well at the beginning, and again at the end."""
    await played.house.read_clock()
    played.ahead = timedelta(0)
    played.watch = played.another()
    async with played.house.there.database.writing() as session:  # the checks of the test before were ahead of this
        await session.execute(delete(SelfCheckRow))
    await played.works()
    assert await played.found(after=timedelta(0)) == {}
    yield played


async def rows(session: AsyncSession, ref: str) -> list[ObligationRow]:
    return list(await session.scalars(select(ObligationRow).where(ObligationRow.case == ref)))


def obligation(ref: str, key: str) -> Any:  # noqa: ANN401 -- the beginning of an update
    return update(ObligationRow).where(ObligationRow.case == ref, ObligationRow.key == key)


@asynccontextmanager
async def spoilt(watched: Watched, ref: str, key: str, **values: Any) -> AsyncIterator[None]:  # noqa: ANN401 -- columns of any type
    async with watched.house.there.database.reading() as session:
        row = await session.get_one(ObligationRow, (ref, key))
        was = {name: getattr(row, name) for name in values}
    await watched.change(obligation(ref, key).values(values))
    yield
    await watched.change(obligation(ref, key).values(was))


async def test_a_healthy_house_in_the_middle_of_its_work_has_no_finding(watched: Watched) -> None:
    assert await watched.found() == {}
    assert await watched.asked_outside() == (200, {"well": True, "says": "All that is owed is watched."})


async def test_what_is_not_owed_any_more_or_suspended_is_not_found(watched: Watched) -> None:
    """The scene has a suspended return, a disputed one, a promise, a parked decision and a closed case."""
    states = set()
    async with watched.house.there.database.reading() as session:
        for ref in (watched.scene.review, watched.scene.parked, watched.scene.closed):
            states |= {one.state for one in await rows(session, ref)}
    assert {"open", "paused", "disputed", Ended.MET} <= states
    assert await watched.found() == {}


async def test_a_case_whose_workflow_cannot_be_brought_back_is_found(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is only gone is started again, and is none."""
    client, ref = watched.house.client, watched.scene.parked
    await client.get_workflow_handle(ref).terminate("gone")
    assert await watched.found(after=LATE) == {}
    monkeypatch.setattr(worker, "ANSWER", timedelta(seconds=0.5))
    await client.get_workflow_handle(ref).terminate("gone")
    await client.start_workflow("no such story", id=ref, task_queue="nobody")
    assert await watched.found() == {}, "it is helped first"
    found = await watched.found(after=LATE + EVERY)
    assert found.keys() == {Matter.LAGGING}
    assert (found[Matter.LAGGING].count, found[Matter.LAGGING].cases) == (1, (ref,))
    assert "1 open case is not watched by the engine" in found[Matter.LAGGING].what
    monkeypatch.undo()
    await client.get_workflow_handle(ref).terminate("gone")
    await watched.found()
    assert await watched.found() == {}


async def test_a_reminder_that_was_not_given_is_found(watched: Watched) -> None:
    ref, key = watched.scene.review, "agency_return/harrowshire-icb"
    past = watched.clock() - LATE
    async with spoilt(watched, ref, key, speaks=past + EVERY):
        assert await watched.found(after=EVERY) == {}
        found = await watched.found()
    assert found.keys() == {Matter.UNSAID}
    assert found[Matter.UNSAID].cases == (ref,)
    assert await watched.found() == {}


async def test_a_deadline_that_nothing_watches_is_found(watched: Watched) -> None:
    ref = watched.scene.review
    async with spoilt(watched, ref, "agency_return/harrowshire-icb", speaks=None):
        found = await watched.found()
        assert await watched.asked_outside() == (503, {"well": False, "says": "1 finding."})
    assert found.keys() == {Matter.UNWATCHED}
    assert found[Matter.UNWATCHED].what == "1 open deadline has no next step: nobody would ever be told of it again."
    assert await watched.found() == {}


async def test_an_open_case_in_which_nobody_owes_anything_is_found(watched: Watched) -> None:
    ref = watched.scene.urgent
    async with watched.house.there.database.reading() as session:
        keys = [one.key for one in await rows(session, ref) if one.state not in set(Ended)]
    assert keys
    async with watched.house.there.database.writing() as session:
        mine = update(ObligationRow).where(ObligationRow.case == ref, ObligationRow.key.in_(keys))
        await session.execute(mine.values(state=Ended.WITHDRAWN))
    found = await watched.found()
    async with watched.house.there.database.writing() as session:
        await session.execute(mine.values(state="open"))
    assert found.keys() == {Matter.IDLE}
    assert found[Matter.IDLE].cases == (ref,)
    assert await watched.found() == {}


async def test_a_register_in_which_nothing_stands_yet_is_no_fault(watched: Watched) -> None:
    await watched.house.open("p-018", "open_register", origin="audit", year=watched.house.now.year)
    assert await watched.found() == {}


async def test_a_message_that_does_not_leave_is_found(watched: Watched) -> None:
    """First as a notice at which nobody looks, then as a message that nobody takes to a channel."""
    ref = (await watched.house.refer()).case
    await watched.watch.seal()
    (told,) = [one for one in await watched.house.notices(ref) if one.state == "queued"][:1]
    found = await watched.found(after=LATE + EVERY)
    assert found.keys() == {Matter.UNSENT}
    assert found[Matter.UNSENT].cases == (ref,)
    async with watched.house.there.database.writing() as session:
        queued = [one.key for one in await watched.house.notices(ref) if one.state == "queued"]
        await Outbox.freeze(session, told.person, queued, watched.clock(), urgent=True)
    assert await watched.found() == {}, "it has just been looked at"
    found = await watched.found(after=LATE)
    assert found.keys() == {Matter.UNSENT}
    assert (found[Matter.UNSENT].count, found[Matter.UNSENT].cases) == (1, (ref,)), "one message, whatever is in it"
    async with watched.house.there.database.writing() as session:
        for key in {one.bundle for one in await watched.house.notices(ref) if one.bundle}:
            await Outbox.note(session, key, open=False)
    assert await watched.found() == {}


async def test_it_is_found_that_nobody_looks_after_regular_reports(watched: Watched) -> None:
    handle = watched.house.client.get_workflow_handle("housekeeping")
    await handle.terminate("gone")
    found = await watched.found()
    assert found.keys() == {Matter.HOUSE}
    await watched.works()
    assert await watched.found() == {}


async def test_what_was_asked_for_and_never_settled_is_found(watched: Watched) -> None:
    ref = watched.scene.referral
    async with watched.house.there.database.reading() as session:
        row = (await session.scalars(select(CommandRow).where(CommandRow.case == ref))).first()
    assert row
    mine = update(CommandRow).where(CommandRow.request == row.request)
    await watched.change(mine.values(state="asked", asked=watched.clock() - LATE))
    found = await watched.found()
    await watched.change(mine.values(state=row.state, asked=row.asked))
    assert found.keys() == {Matter.UNSETTLED}
    assert found[Matter.UNSETTLED].what == "1 command has waited for more than five minutes."
    assert await watched.found() == {}


async def test_what_nobody_seals_is_found(watched: Watched) -> None:
    seals = watched.house.there.settings.seals
    ref = (await watched.house.refer()).case
    await watched.watch.call()
    assert await watched.found() == {}, "the sealer has its time"
    found = await watched.found(after=LATE)
    assert found.keys() == {Matter.UNSEALED}
    assert found[Matter.UNSEALED].what == "What has grown was not sealed for five minutes: 1 audit chain."
    await watched.watch.seal()
    assert await watched.found() == {}
    kept = seals.read_bytes()
    seals.unlink()
    seals.mkdir()  # nobody can read or write it
    found = await watched.found()
    assert found[Matter.UNSEALED].count > len(await watched.house.open_cases())
    seals.rmdir()
    seals.write_bytes(kept)
    assert await watched.found() == {}
    assert ref in await watched.house.open_cases()


async def test_it_is_found_that_nobody_asks_the_cases_any_more(watched: Watched) -> None:
    assert await watched.found(after=ROUND, asks=False) == {}
    assert (await watched.found(asks=False)).keys() == {Matter.UNASKED}
    assert await watched.found() == {}


async def test_a_watch_that_has_just_begun_says_nothing_before_it_has_asked_and_speaks_if_it_never_can(
    watched: Watched,
) -> None:
    watched.watch = watched.another()
    before = (await watched.last()).at
    watched.ahead += EVERY
    await watched.watch.check()
    assert (await watched.last()).at == before
    assert (await watched.found(after=ROUND, asks=False)).keys() == {Matter.UNASKED}
    assert await watched.found() == {}


async def test_of_several_workers_one_looks_for_all(watched: Watched) -> None:
    other = watched.another()
    await other.reconcile()
    assert await watched.found() == {}
    watched.ahead += EVERY / 2
    await other.check()
    assert (await watched.last()).at == watched.clock() - EVERY / 2


async def test_a_self_check_that_is_silent_turns_the_address_to_503(watched: Watched) -> None:
    """The watch has stopped; nothing else is wrong, and nothing else says so."""
    assert await watched.found() == {}
    watched.ahead += SILENT
    assert (await watched.asked_outside())[0] == 200
    watched.ahead += timedelta(seconds=1)
    assert await watched.asked_outside() == (503, {"well": False, "says": "The self-check is silent."})


async def test_a_database_that_does_not_answer_is_silence_too(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await watched.asked_outside())[0] == 200
    monkeypatch.setattr(watched.house.there.database, "_read", None)
    assert await watched.asked_outside() == (503, {"well": False, "says": "The self-check is silent."})


async def test_the_address_says_how_much_was_found_and_nothing_of_it(watched: Watched) -> None:
    ref = watched.scene.restricted
    async with watched.house.there.database.reading() as session:
        key = next(one.key for one in await rows(session, ref) if one.state not in set(Ended))
    async with spoilt(watched, ref, key, speaks=None):
        assert (await watched.found())[Matter.UNWATCHED].cases == (ref,)
        status, said = await watched.asked_outside()
    assert (status, said) == (503, {"well": False, "says": "1 finding."})
    assert await watched.found() == {}


async def test_no_state_of_a_case_is_loaded_however_many_are_open(watched: Watched) -> None:
    said: list[str] = []
    there = watched.house.there
    engine = there.database._read.sync_engine

    def hear(*args: Any) -> None:  # noqa: ANN401 -- what the library gives
        said.append(args[2])

    event.listen(engine, "before_cursor_execute", hear)
    await Watching(there.database, there.auditor, there.recorder.directory, there.settings).recorded(watched.clock())
    event.remove(engine, "before_cursor_execute", hear)
    assert len(said) < MOST
    assert not [one for one in said if "cases.state" in one or "facts" in one]

"""What was asked and never arrived is sent again; workflows that are missing or lag behind the record are helped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from door.door import Done, Door
from door.refusals import Invalid, NotConfirmed, OtherBody
from models.batch import Batch
from models.command import Command, Signed
from models.lifecycles import COMMANDS
from models.tables import CommandRow
from tests.support.house import house, triage
from tests.support.lives import CHAIR, DEPUTY, MANAGER, Lives, Next
from tests.support.real import Real, real
from tests.support.recording import kept
from worker import Watch, make_worker


@asynccontextmanager
async def working(folder: Path) -> AsyncIterator[tuple[Real, Watch]]:
    """The real engine, a worker in this process, and a watch that looks when the test says so."""
    async with real(folder, worker=False) as made, make_worker(made.client, made.there):
        yield made, Watch(made.client, made.there)


async def committed_unknown_to_its_workflow(made: Real, command: Next) -> str:
    """Write a command to the record as if its workflow's memory of it had been lost. Returns its request."""
    request = f"w-{uuid4().hex}"
    known = (await made.case(command.case)).known
    door = made.door(0.01)
    model = door._read(_model(command), command.answers)[0]
    signed = await kept(door, model, command.case, command.person, request)
    written = await made.there.recorder.write(Batch(case=command.case, known=known, now=made.now, command=signed))
    assert written.number == known + 1, written
    return request


def _model(command: Next) -> type[Command]:
    return next(kinds[command.kind] for kinds in COMMANDS.values() if command.kind in kinds)


async def asked(made: Real) -> list[str]:
    async with made.there.database.reading() as session:
        return list(await session.scalars(select(CommandRow.request).where(CommandRow.state == "asked")))


@pytest.mark.promise("L5")
async def test_what_was_asked_while_the_engine_was_down_is_sent_again_and_done_once(tmp_path: Path) -> None:
    async with real(tmp_path, worker=False) as made:
        await made.kill(made.engine)
        command = await Lives(made).ready("referral", "submit_referral")
        answer = await made.told(command, "only-once", patience=0.5)
        assert isinstance(answer, NotConfirmed)
        assert "not be recorded twice" in answer.problems[0].words
        assert await asked(made) == ["only-once"]
        await made.start_engine()
        async with make_worker(made.client, made.there):
            assert await made.door().settle(timedelta(0)) == 1
            assert await asked(made) == []
            again = await made.told(command, "only-once")
            assert isinstance(again, Done)
            assert [fact.request for fact in await made.facts(again.case)].count("only-once") == 1
            assert await made.door().settle(timedelta(0)) == 0


@pytest.mark.promise("L5")
async def test_a_sweep_goes_on_past_a_command_that_is_refused(tmp_path: Path) -> None:
    async with working(tmp_path) as (made, _):
        lives = Lives(made)
        ref = await lives.received()
        await made.kill(made.engine)
        told = [
            await made.told(Next(MANAGER, ref, "triage", lives.triaging()), "one", patience=0.2),
            await made.told(Next(MANAGER, ref, "triage", lives.triaging("no_further_action")), "two", patience=0.2),
            await made.told(
                Next(MANAGER, ref, "promise", {"obligation": "triage", "until": lives.day(1)}), "three", patience=0.2
            ),
        ]
        assert {type(one) for one in told} == {NotConfirmed}
        await made.start_engine()
        assert await made.door().settle(timedelta(0)) == 3
        assert await asked(made) == []
        kinds = [fact.kind for fact in await made.facts(ref)]
        assert kinds.count("triaged") == 1
        assert "promised" not in kinds


@pytest.mark.promise("F12", "L5")
async def test_a_case_whose_workflow_is_gone_is_started_from_the_record(tmp_path: Path) -> None:
    async with working(tmp_path) as (made, watch):
        ref = await Lives(made).notified()
        await made.agree(ref)
        await made.workflow(ref).terminate("gone")
        await watch.reconcile()
        assert (await made.agree(ref)).marks


@pytest.mark.promise("L6")
async def test_every_open_case_is_started_again_when_the_engine_has_lost_its_store(tmp_path: Path) -> None:
    async with working(tmp_path) as (made, watch):
        lives = Lives(made)
        refs = [await lives.received(), await lives.notified()]
        await watch.reconcile()
        told = [one.key for ref in refs for one in await made.notices(ref)]
        await made.kill(made.engine)
        for file in made.folder.glob("engine.sqlite*"):
            file.unlink()
        await made.start_engine()
        await watch.forget()
        for _ in range(50):
            await watch.reconcile()
            if len(watch._agreed) > len(refs):
                break
            await asyncio.sleep(0.2)
        for ref in refs:
            await made.agree(ref)
        assert [one.key for ref in refs for one in await made.notices(ref)] == told, "no message is said again"


@pytest.mark.promise("L5")
async def test_a_workflow_that_lags_behind_the_record_is_woken(tmp_path: Path) -> None:
    async with working(tmp_path) as (made, watch):
        command = await Lives(made).ready("rapid_review", "record_event")
        before = await made.agree(command.case)
        await committed_unknown_to_its_workflow(made, command)
        await watch.reconcile()
        assert (await made.agree(command.case)).known > before.known


@pytest.mark.promise("L5")
async def test_what_the_record_allows_is_not_refused_because_the_workflow_lags_behind_it(tmp_path: Path) -> None:
    async with working(tmp_path) as (made, _):
        command = await Lives(made).ready("referral", "triage")
        await made.agree(command.case)
        await committed_unknown_to_its_workflow(made, command)
        told = {"how": "email", "words": "What was decided."}
        assert (await made.act(MANAGER, command.case, "tell_referrer", **told)).fact.kind == "referrer_told"


@pytest.mark.promise("L5")
@pytest.mark.parametrize(("lifecycle", "kind"), [("referral", "tell_referrer"), ("rapid_review", "reopen")])
async def test_a_workflow_that_missed_the_end_or_the_reopening_of_its_case_is_told(
    tmp_path: Path, lifecycle: str, kind: str
) -> None:
    async with working(tmp_path) as (made, watch):
        command = await Lives(made).ready(lifecycle, kind)
        await made.agree(command.case)
        await committed_unknown_to_its_workflow(made, command)
        for _ in range(3):
            await watch.reconcile()
        recorded = await made.agree(command.case)
        assert bool(recorded.closed) == (kind == "tell_referrer")


async def test_the_watch_goes_on_past_a_case_that_does_not_answer(tmp_path: Path) -> None:
    async with working(tmp_path) as (made, watch):
        lives = Lives(made)
        first, second = await lives.received(), await lives.received()
        await made.workflow(first).terminate("gone")
        await made.client.start_workflow("no such story", id=first, task_queue="nobody")
        await made.workflow(second).terminate("gone")
        await watch.reconcile()
        assert (await made.agree(second)).ref == second


@pytest.mark.promise("L4")
@pytest.mark.parametrize(("lifecycle", "kind"), [("referral", "submit_referral"), ("rapid_review", "arrange_meeting")])
async def test_two_doors_that_send_one_request_at_once_record_it_once(
    tmp_path: Path, lifecycle: str, kind: str
) -> None:
    async with house(tmp_path) as made:
        command = await Lives(made).ready(lifecycle, kind)
        doors = [Door(made.there.recorder, made.client, lambda: made.now) for _ in range(4)]
        actor = await made.actor(command.person)
        answers = await asyncio.gather(
            *(
                door.act(actor, command.case, kind, command.answers, "same")
                if command.case
                else door.refer(command.answers, "same")
                for door in doors
            )
        )
        assert len({one.fact.number for one in answers}) == len({one.case for one in answers}) == 1
        assert [fact.request for fact in await made.facts(answers[0].case)].count("same") == 1


async def test_the_same_request_with_other_words_or_from_somebody_else_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        lives = Lives(made)
        command = await lives.ready("rapid_review", "record_event")
        actor, other = await made.actor(MANAGER), await made.actor(DEPUTY)
        done = await made.door.act(actor, command.case, command.kind, command.answers, "one")
        assert await made.door.act(actor, command.case, command.kind, command.answers, "one") == done
        for who, said in ((actor, {**command.answers, "words": "Other."}), (other, command.answers)):
            with pytest.raises(OtherBody):
                await made.door.act(who, command.case, command.kind, said, "one")
        with pytest.raises(OtherBody):
            await made.door.act(actor, await lives.received(), "triage", triage(), "one")
        assert [fact.kind for fact in await made.facts(command.case)].count("event_recorded") == 1


async def test_the_same_request_is_answered_alike_when_its_dates_have_passed(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        command = await Lives(made).ready("rapid_review", "recommend")
        actor = await made.actor(MANAGER)
        done = await made.door.act(actor, command.case, command.kind, command.answers, "one")
        await made.wait(timedelta(days=30))
        assert await made.door.act(actor, command.case, command.kind, command.answers, "one") == done


async def test_a_command_that_arrives_a_second_time_as_another_update_is_recorded_once(tmp_path: Path) -> None:
    """The engine's own memory of updates ends with each run; the record's does not."""
    async with house(tmp_path) as made:
        command = await Lives(made).ready("rapid_review", "record_event")
        done = await made.door.act(await made.actor(MANAGER), command.case, command.kind, command.answers, "one")
        async with made.there.database.reading() as session:
            signed = Signed.model_validate((await session.get_one(CommandRow, "one")).signed)
        receipt = await made.client.get_workflow_handle(command.case).execute_update("act", signed, id="another")
        assert receipt["number"] == done.fact.number
        assert [fact.kind for fact in await made.facts(command.case)].count("event_recorded") == 1
        await made.act(CHAIR, command.case, "restrict", restricted=True, reason="The case goes on.")


async def test_a_refused_request_may_be_asked_again_when_the_case_has_moved_on(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        lives = Lives(made)
        ref, manager = await lives.received(), await made.actor(MANAGER)
        with pytest.raises(Invalid, match="Invalid"):
            await made.door.act(manager, ref, "tell_referrer", lives.telling(), "early")
        await made.act(MANAGER, ref, "triage", **lives.triaging("no_further_action"))
        done = await made.door.act(manager, ref, "tell_referrer", lives.telling(), "early")
        assert done.fact.kind == "referrer_told"

"""The recorder, on both databases: everything or nothing, once, in order, and verified."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, update

from door.refusals import Invalid
from models import shelf
from models.batch import Batch, Written
from models.command import Signed
from models.lifecycles import COMMANDS
from models.tables import CaseRow, CommandRow, HeadRow, NoticeRow, ObligationRow, PolicyRow, Table
from records.database import Database
from records.opening import open_installation
from records.policies import fill_shelf
from records.settings import Settings
from records.writing import TOGETHER, next_ref
from tests.support.lives import MANAGER, SOME_OR_ALL, Lives, Next
from tests.support.recording import START, Recording, kept, recording
from tests.support.tracking import Tracking


async def rows(database: Database) -> dict[str, int]:
    async with database.reading() as session:
        return {
            name: await session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Table.metadata.tables.items()
        }


async def signed(made: Recording, command: Next) -> Signed:
    model = COMMANDS[(await made.case(command.case)).kind][command.kind]
    shaped = model.model_validate(dict(command.answers))
    return await kept(made._door, shaped, command.case, command.person, f"s-{command.kind}")


@SOME_OR_ALL
@pytest.mark.promise("L3")
@pytest.mark.timeout(180)
async def test_every_command_is_recorded_with_its_link_and_its_state(
    tmp_path: Path, database_url: str, commands: Sequence[tuple[str, str]]
) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        lives = Lives(made)
        for lifecycle, kind in commands:
            done = await lives.give(await lives.ready(lifecycle, kind))
            assert done.fact.kind == COMMANDS[lifecycle][kind].FACT
        made.now = START + timedelta(days=40)
        async with made.there.database.reading() as session:
            chains = list(await session.scalars(select(HeadRow.chain).where(HeadRow.chain.like("%-2026-%"))))
        for ref in chains:
            await made.speak(ref)
        assert await made.seal()
        assert await made.broken() == []


@pytest.mark.promise("L3")
async def test_a_stale_view_writes_nothing_and_learns_what_it_missed(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        lives = Lives(made)
        ref = await lives.notified()
        command = await signed(made, Next(MANAGER, ref, "request_information", lives.asking()))
        before = await rows(made.there.database)
        written = await made.there.recorder.write(Batch(case=ref, known=1, now=made.now, command=command))
        missed = [fact.number for fact in await made.facts(ref) if fact.number > 1]
        assert missed
        assert (written.stale, [fact.number for fact in written.facts]) == (True, missed)
        assert await rows(made.there.database) == before


@pytest.mark.promise("L3", "L4")
async def test_of_two_writers_at_once_one_writes_and_the_other_learns_it(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        lives = Lives(made)
        ref = await lives.notified()
        known = (await made.case(ref)).known
        one = await signed(made, Next(MANAGER, ref, "request_information", lives.asking()))
        event = {"event": "inquest", "happened_at": START.isoformat(), "words": "It ended."}
        two = await signed(made, Next(MANAGER, ref, "record_event", event))
        other = await open_installation(made.there.settings)
        batches = [Batch(case=ref, known=known, now=made.now, command=command) for command in (one, two)]
        found = await asyncio.gather(made.there.recorder.write(batches[0]), other.recorder.write(batches[1]))
        await other.close()
        assert sorted(written.stale for written in found) == [False, True]
        fresh = [fact for fact in await made.facts(ref) if fact.number > known]
        assert sum(fact.kind != "told" for fact in fresh) == 1
        assert all([fact.number for fact in written.facts] == [fact.number for fact in fresh] for written in found)
        assert await made.broken() == []


@pytest.mark.promise("L3")
async def test_a_command_that_was_written_is_not_written_again(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        lives = Lives(made)
        ref = await lives.notified()
        event = {"event": "inquest", "happened_at": START.isoformat(), "words": "It ended."}
        command = await signed(made, Next(MANAGER, ref, "record_event", event))
        done = await made.write(command)
        before = await rows(made.there.database)
        again = await made.there.recorder.write(Batch(case=ref, known=done.fact.number, now=made.now, command=command))
        assert (again.number, again.facts, again.problems) == (done.fact.number, (), ())
        assert await rows(made.there.database) == before


@pytest.mark.promise("L3")
async def test_a_refused_command_writes_only_why(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        lives = Lives(made)
        ref = await lives.received()
        command = await signed(made, Next(MANAGER, ref, "tell_referrer", lives.telling()))
        before = await rows(made.there.database)
        with pytest.raises(Invalid):
            await made.write(command)
        assert await rows(made.there.database) == before
        async with made.there.database.reading() as session:
            row = await session.get_one(CommandRow, command.request)
        assert (row.state, row.problems[0]["words"]) == (
            "refused",
            "Triage the referral first: there is no outcome to tell yet.",
        )


async def told(database: Database) -> int:
    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(NoticeRow)) or 0


@pytest.mark.promise("L3", "G1")
async def test_what_a_command_makes_due_at_once_is_said_in_the_same_write(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        ref = await Lives(made).received()
        assert [fact.kind for fact in await made.facts(ref)] == ["referral_received", "told"]
        assert not (await made.case(ref)).due(made.now)
        assert await told(made.there.database) == 1


@pytest.mark.promise("L3")
async def test_a_rung_is_said_once_however_often_it_is_written(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        ref = await Lives(made).received()
        case = await made.case(ref)
        assert case.wakes
        made.now, before = case.wakes, await told(made.there.database)
        batch = Batch(case=ref, known=case.known, now=made.now, due=tuple(case.due(made.now)))
        first = await made.there.recorder.write(batch)
        assert [fact.kind for fact in first.facts] == ["told"]
        again = await made.there.recorder.write(batch)
        assert again.stale
        assert [fact.number for fact in again.facts] == [fact.number for fact in first.facts]
        overtaken = await made.there.recorder.write(batch.model_copy(update={"known": case.known + 1}))
        assert overtaken.facts == ()
        assert await told(made.there.database) == before + 1


async def due_together(made: Recording, cases: int) -> list[Batch]:
    """So many referrals at the moment at which the first rung of each speaks."""
    lives = Lives(made)
    refs = [await lives.received() for _ in range(cases)]
    made.now = max(case.wakes or START for case in [await made.case(ref) for ref in refs])
    found = [await made.case(ref) for ref in refs]
    return [Batch(case=one.ref, known=one.known, now=made.now, due=tuple(one.due(made.now))) for one in found]


def commits_of(database: Database) -> list[object]:
    """Hears every transaction that is committed from now on."""
    heard: list[object] = []
    for engine in database.engines:
        event.listen(engine.sync_engine, "commit", heard.append)
    return heard


@pytest.mark.promise("L3", "G1")
async def test_what_falls_due_together_is_written_together_each_case_as_if_it_were_alone(
    tmp_path: Path, database_url: str
) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        batches, before = await due_together(made, 2 * TOGETHER), await told(made.there.database)
        heard = commits_of(made.there.database)
        done = await asyncio.gather(*map(made.there.recorder.write, batches))
        assert len(heard) == 2
        for batch, written in zip(batches, done, strict=True):
            assert [(fact.case, fact.number) for fact in written.facts] == [(batch.case, batch.known + 1)]
            assert (await made.case(batch.case)).known == batch.known + 1
        assert await told(made.there.database) == before + len(batches)
        again = await asyncio.gather(*map(made.there.recorder.write, batches))
        assert [(one.stale, one.facts) for one in again] == [(True, one.facts) for one in done]
        assert await made.broken() == []


@pytest.mark.promise("L3", "G1")
async def test_a_case_that_cannot_be_written_keeps_no_other_from_it(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        batches = await due_together(made, 4)
        async with made.there.database.writing() as session:
            await session.execute(update(CaseRow).where(CaseRow.ref == batches[1].case).values(state={"ref": 1}))
        done = await asyncio.gather(*map(made.there.recorder.write, batches), return_exceptions=True)
        assert [isinstance(one, Exception) for one in done] == [False, True, False, False]
        for batch in (batches[0], *batches[2:]):
            assert (await made.case(batch.case)).known == batch.known + 1


@pytest.mark.promise("L3", "G1")
async def test_who_is_given_up_while_all_wait_takes_no_other_with_it(tmp_path: Path, database_url: str) -> None:
    """The one whose turn it is may be told to stop, by the engine or because the worker ends."""
    async with recording(tmp_path, database_url=database_url) as made:
        batches = await due_together(made, 3)
        tasks = [asyncio.create_task(made.there.recorder.write(batch)) for batch in batches]
        await asyncio.sleep(0)
        tasks[0].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError)
        assert [one.facts[0].case for one in done[1:] if isinstance(one, Written)] == [one.case for one in batches[1:]]
        same = await asyncio.gather(*(made.there.recorder.write(batches[0]) for _ in range(2)))
        assert [one.stale for one in same] == [False, True]
        assert same[0].facts == same[1].facts


@pytest.mark.promise("L3", "L4")
async def test_what_begins_at_once_in_several_processes_begins_once(tmp_path: Path, database_url: str) -> None:
    """The first link of a chain, the first number of a year, and one request sent through many doors."""
    async with recording(tmp_path, database_url=database_url) as made:
        others = [await open_installation(Settings(data_dir=tmp_path, database_url=database_url)) for _ in range(4)]

        async def begin(number: int) -> str:
            there = others[number]
            async with there.database.writing() as session:
                await there.auditor.append(
                    session, "sign-ins", START + timedelta(seconds=number), MANAGER, "signed_in", {}
                )
            for _ in range(5):
                try:
                    async with there.database.writing() as session:
                        return await next_ref(session, "LR", START)
                except Exception:  # noqa: BLE001, S112 -- the engine tries again as well
                    continue
            raise AssertionError

        refs = await asyncio.gather(*(begin(number) for number in range(4)))
        assert sorted(refs) == [f"LR-2026-{number:04}" for number in range(1, 5)]
        doors = [Recording(there) for there in others]
        shaped = COMMANDS["referral"]["submit_referral"].model_validate(Lives(made).referring())
        asked = await asyncio.gather(*(kept(one._door, shaped, "", "referrer", "one") for one in doors))
        assert len({one.signature for one in asked}) == 1
        for there in others:
            await there.close()
        assert await made.broken() == []


@pytest.mark.promise("D5", "F12")
async def test_what_is_owed_anew_by_the_fact_that_did_it_leaves_no_open_line_behind(
    tmp_path: Path, database_url: str
) -> None:
    """The state keeps the present one of its kind; the line of the one before says that it was done."""
    async with recording(tmp_path, database_url=database_url) as made:
        ref = (await made.open(MANAGER, "open_register", origin="audit", year=2026)).case
        item = await Tracking(made).pursued(ref)
        made.now += timedelta(days=70)
        await made.speak(ref)
        await made.act(MANAGER, ref, "give_progress", item=item, forecast="on_track", words="It goes on.")
        async with made.there.database.reading() as session:
            lines = {row.key: row for row in await session.scalars(select(ObligationRow))}
            told = select(NoticeRow.state).where(NoticeRow.obligation == f"progress/{item}").distinct()
            states = list(await session.scalars(told))
        assert (lines[f"progress/{item}"].state, lines[f"progress/{item}"].speaks) == ("met", None)
        assert lines[f"progress/{item}#2"].state == "open"
        assert states == ["superseded"]
        assert await made.broken() == []


@pytest.mark.promise("F9", "L4")
async def test_a_policy_keeps_its_name_under_a_program_that_has_learnt_new_questions(tmp_path: Path) -> None:
    """What an older program wrote down has fewer keys; its name is the one that its cases carry."""
    async with recording(tmp_path) as made:
        async with made.there.database.writing() as session:
            shipped = (await session.scalars(select(PolicyRow))).one()
            older = json.loads(json.dumps(shipped.body))
            for block in (block for blocks in older["lifecycles"].values() for block in blocks.values()):
                for name in {"urgent", "may_start", "each"} & block.keys():
                    if not block[name]:
                        del block[name]
            policy, calendar = shelf.names(older)
            assert policy != shipped.digest.split("/")[0]
            session.add(PolicyRow(digest=f"{policy}/{calendar}", what="older", body=older, adopted=START))
        async with made.there.database.reading() as session:
            await fill_shelf(session)
        assert shelf.policy(policy).lifecycles.keys() == older["lifecycles"].keys()
        assert await made.broken() == []

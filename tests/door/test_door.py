"""The one door: what is not signed, allowed, possible or wanted is refused in words, and nothing is written."""

import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text, update
from temporalio.client import WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError

import records.writing
from door.refusals import Invalid, MovedOn, NotAllowed, NotConfirmed, NotStored, NotThere, Refusal
from models.batch import Batch
from models.case import packed
from models.command import Command, Signed
from models.examining import examined
from models.judging import CLOSED
from models.lifecycles import COMMANDS
from models.rights import NO
from models.tables import CommandRow, Table, TextRow
from models.time import day_of
from records.database import Database
from records.opening import open_installation
from records.settings import TASK_QUEUE
from records.writing import FAULT, UNKNOWN_RULES, UNSIGNED
from tests.support.house import House, decision, house, referral, triage
from tests.support.lives import (
    ALL,
    AUTHORITY,
    CHAIR,
    DEPUTY,
    ICB,
    ICB_AGENCY,
    MANAGER,
    POLICE,
    POLICE_AGENCY,
    SUBGROUP,
    Lives,
    Next,
)  # fmt: skip
from tests.support.real import real
from tests.support.recording import kept
from worker import make_worker


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as found:
        yield found


async def rows(database: Database) -> dict[str, int]:
    """How much the database holds, table by table."""
    async with database.reading() as session:
        return {
            name: await session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Table.metadata.tables.items()
        }


async def signed_by_the_door(made: House, command: Next, request: str) -> Signed:
    """The command as the door stores it, signed, and not yet sent."""
    shaped = COMMANDS[(await made.case(command.case)).kind][command.kind].model_validate(dict(command.answers))
    return await kept(made.door, shaped, command.case, command.person, request)


async def straight_to_the_workflow(made: House, signed: Signed) -> str:
    """Go round the door. Returns the words of the refusal; empty if it was taken."""
    try:
        await made.client.get_workflow_handle(signed.case).execute_update("act", signed, id=uuid4().hex)
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        assert isinstance(cause, ApplicationError)
        return str(cause.details[0][0]["words"])
    return ""


async def refused(made: House, command: Next, request: str = "", **more: Any) -> Refusal:  # noqa: ANN401 -- what `act` takes
    with pytest.raises(Refusal) as caught:
        await made.door.act(
            await made.actor(command.person),
            command.case,
            command.kind,
            command.answers,
            request or uuid4().hex,
            **more,
        )
    return caught.value


# Signatures


@pytest.mark.promise("K2")
async def test_a_command_that_did_not_come_through_the_door_is_refused_and_writes_nothing(made: House) -> None:
    lives = Lives(made)
    command = await lives.ready("rapid_review", "record_event")
    other = await lives.notified()
    genuine = await signed_by_the_door(made, command, "genuine")
    elsewhere = await signed_by_the_door(
        made, Next(MANAGER, other, "record_event", {**command.answers, "words": "Other words."}), "elsewhere"
    )
    before, known = await rows(made.there.database), (await made.case(command.case)).known
    changes: list[dict[str, Any]] = [
        {"signature": ""}, {"signature": "0" * 64}, {"actor": CHAIR},
        {"body": {**genuine.body, "event": "police_outcome"}},
        {"kind": "withdraw_notification", "body": {"withdrawn_at": made.now.isoformat()}}, {"request": "another"},
        {"text": elsewhere.text}, {"text": ""}, {"text": "nothing"}, {"text_digest": elsewhere.text_digest},
        {"case": command.case, "signature": elsewhere.signature}, {"asked": made.now + timedelta(days=1)},
    ]  # fmt: skip
    for change in changes:
        forged = genuine.model_copy(update=change)
        assert await straight_to_the_workflow(made, forged) == UNSIGNED, change
    assert await straight_to_the_workflow(made, elsewhere.model_copy(update={"case": command.case})) == UNSIGNED
    assert await rows(made.there.database) == before
    assert (await made.case(command.case)).known == known
    async with made.there.database.reading() as session:
        states = await session.scalars(select(CommandRow.state).where(CommandRow.request.in_(["genuine", "elsewhere"])))
        assert set(states) == {"asked"}, "a forged command does not settle the real one"
    assert await straight_to_the_workflow(made, genuine) == ""


@pytest.mark.promise("K2")
async def test_no_case_can_be_opened_round_the_door(made: House) -> None:
    real_one = (await made.refer()).case
    case = await made.case(real_one)
    start = case.model_copy(update={"ref": "LR-2026-9999", "known": 0, "marks": {}, "obligations": {}, "said": {}})
    forged = Signed(
        request="f",
        case=start.ref,
        kind="submit_referral",
        actor="referrer",
        body={},
        asked=made.now,
        signature="0" * 64,
    )
    before = await rows(made.there.database)
    operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        "referral", packed(start), id=start.ref, task_queue=TASK_QUEUE, id_conflict_policy=WorkflowIDConflictPolicy.FAIL
    )
    with pytest.raises(WorkflowUpdateFailedError):
        await made.client.execute_update_with_start_workflow("act", forged, start_workflow_operation=operation, id="f")
    assert await rows(made.there.database) == before


@pytest.mark.promise("K2")
async def test_words_that_were_exchanged_in_the_database_are_not_taken(made: House) -> None:
    command = await Lives(made).ready("rapid_review", "record_event")
    genuine = await signed_by_the_door(made, command, "genuine")
    vault = made.there.vault
    exchanged = [
        vault.seal({"words": "Others."}, "texts.sealed/genuine"),
        vault.seal({"words": "Moved."}, "texts.sealed/x"),
        b"\x02k1",
    ]
    for sealed in exchanged:
        async with made.there.database.writing() as session:
            await session.execute(update(TextRow).where(TextRow.id == "genuine").values(sealed=sealed))
        assert await straight_to_the_workflow(made, genuine) == UNSIGNED


# Rights and state, asked again


@pytest.mark.promise("K2")
async def test_an_office_that_was_taken_away_on_the_way_gives_no_right_any_more(made: House) -> None:
    command = await Lives(made).ready("rapid_review", "record_event")
    signed = await signed_by_the_door(made, command, "late")
    async with made.there.database.writing() as session:
        directory = await made.there.recorder.directory.read(session)
        assert directory
        others = tuple(one for one in directory.holdings if MANAGER not in {one.person, one.deputy})
        await made.there.recorder.directory.replace(
            session, directory.model_copy(update={"holdings": others}), MANAGER, made.now
        )
    known = (await made.case(command.case)).known
    with pytest.raises(Invalid) as caught:
        await made.door.send(signed)
    assert [one.words for one in caught.value.problems] == [NO]
    assert (await made.case(command.case)).known == known


@pytest.mark.promise("K4")
async def test_somebody_locked_out_on_the_way_cannot_finish(made: House) -> None:
    lives = Lives(made)
    ref = await lives.received()
    signed = await signed_by_the_door(made, Next(SUBGROUP, ref, "triage", lives.triaging()), "late")
    await made.act(MANAGER, ref, "lock_out", person=SUBGROUP, locked=True, reason="Own practice.")
    with pytest.raises(Invalid):
        await made.door.send(signed)
    assert "triaged" not in {fact.kind for fact in await made.facts(ref)}


@pytest.mark.promise("K4")
async def test_whoever_locks_themselves_out_is_asked_back_by_the_door(made: House) -> None:
    ref = await Lives(made).received()
    mine = {"person": MANAGER, "locked": True, "reason": "Own practice."}
    with pytest.raises(Invalid) as caught:
        await made.act(MANAGER, ref, "lock_out", **mine)
    assert [one.field for one in caught.value.problems] == ["sure"]
    assert (await made.act(MANAGER, ref, "lock_out", **mine, sure=True)).fact.data["person"] == MANAGER


async def test_the_state_is_judged_again_inside_the_transaction(made: House) -> None:
    lives = Lives(made)
    ref = await lives.received()
    first = await signed_by_the_door(made, Next(MANAGER, ref, "triage", lives.triaging("no_further_action")), "first")
    second = await signed_by_the_door(made, Next(DEPUTY, ref, "triage", lives.triaging("no_further_action")), "second")
    await made.door.send(first)
    before = await made.facts(ref)
    written = await made.there.recorder.write(Batch(case=ref, known=len(before), now=made.now, command=second))
    assert "triaged already" in written.problems[0].words
    assert not written.facts
    assert await made.facts(ref) == before


STRANGE: dict[str, tuple[str, dict[str, Any], str]] = {
    "an agency": ("request_information", {"agencies": ["atlantis"]}, "agencies"),
    "a person": ("lock_out", {"person": "p-999", "locked": True, "reason": "r"}, "person"),
    "an agency at the meeting": ("record_meeting", {"agencies": ["atlantis"]}, "agencies"),
}


@pytest.mark.promise("B2")
@pytest.mark.parametrize("name", STRANGE)
async def test_who_is_named_stands_in_the_directory_at_the_door_and_in_the_transaction(made: House, name: str) -> None:
    lives = Lives(made)
    ref = await lives.notified()
    kind, answers, field = STRANGE[name]
    command = Next(MANAGER, ref, kind, {**(lives.meeting() if kind == "record_meeting" else {}), **answers})
    await refused_at_the_door_and_in_the_transaction(made, command, field)


@pytest.mark.promise("A6")
@pytest.mark.parametrize("other", ["LR-2026-9999", "itself"])
async def test_a_duplicate_is_another_case_at_the_door_and_in_the_transaction(made: House, other: str) -> None:
    ref = await Lives(made).received()
    answers = {"other": ref if other == "itself" else other, "same": True, "reason": "r"}
    await refused_at_the_door_and_in_the_transaction(made, Next(MANAGER, ref, "decide_duplicate", answers), "other")


@pytest.mark.promise("A6")
@pytest.mark.parametrize("other", ["RR-2026-9999", "itself", "a referral"])
async def test_a_referral_joins_a_rapid_review_at_the_door_and_in_the_transaction(made: House, other: str) -> None:
    lives = Lives(made)
    ref = await lives.received()
    answers = lives.triaging("joined")
    joins = {"itself": ref, "a referral": await lives.received()}.get(other, other)
    answers["children"][0]["joins"] = joins
    await refused_at_the_door_and_in_the_transaction(made, Next(MANAGER, ref, "triage", answers), "children.0.joins")


@pytest.mark.promise("B7", "K4")
async def test_a_decision_joins_another_review_of_ours_that_they_can_open_or_one_elsewhere_in_its_own_words(
    made: House,
) -> None:
    lives = Lives(made)
    ref, shut, other = await lives.met(), await lives.received(), await lives.received()
    locked = {"person": CHAIR, "locked": True, "reason": "r"}
    await made.act(MANAGER, shut, "lock_out", **locked)

    async def told(joins: str) -> str:
        command = Next(CHAIR, ref, "decide", lives.deciding("joined", joins=joins))
        await refused_at_the_door_and_in_the_transaction(made, command, "joins")
        return (await refused(made, command)).problems[0].words.replace(joins.upper(), "REF")

    assert (
        await told(ref) == await told(ref.lower()) == "This is the case itself. Enter the reference of the other one."
    )
    missing = "There is no case REF that you can open. Check the reference."
    assert await told("RR-2026-9999") == await told("LR-2026-99999") == await told(shut) == missing
    for taken in (other, "The review of Otherbury, 2025"):
        await made.act(CHAIR, ref, "decide", **lives.deciding("joined", joins=taken))
        ref = await lives.met()


async def refused_at_the_door_and_in_the_transaction(made: House, command: Next, field: str) -> None:
    refusal = await refused(made, command)
    assert [one.field for one in refusal.problems] == [field]
    signed = await signed_by_the_door(made, command, uuid4().hex)
    before = await made.facts(command.case)
    written = await made.there.recorder.write(Batch(case=command.case, known=len(before), now=made.now, command=signed))
    assert [one.field for one in written.problems] == [field]
    assert await made.facts(command.case) == before


async def test_what_the_state_does_not_allow_leaves_no_trace_in_the_history(tmp_path: Path) -> None:
    async with real(tmp_path, worker=False) as made, make_worker(made.client, made.there):
        lives = Lives(made)
        ref = await lives.opened()
        await made.quiet(ref)
        handle = made.workflow(ref)
        length = (await handle.describe()).history_length
        for _ in range(3):
            answer = await made.told(Next(MANAGER, ref, "request_information", lives.asking()), uuid4().hex)
            assert isinstance(answer, Invalid)
            assert "Record it first" in answer.problems[0].words
        assert (await handle.describe()).history_length == length


async def test_a_rule_book_that_nobody_knows_is_refused_and_the_case_goes_on(made: House) -> None:
    ref = (await made.refer()).case
    for kind, field in (("adopt_policy", "policy"), ("adopt_calendar", "calendar")):
        refusal = await refused(made, Next(MANAGER, ref, kind, {field: "never-heard-of", "reason": "Why not?"}))
        assert refusal.problems[0].words in {UNKNOWN_RULES, f"There is no {field} of this name."}
    await made.act(MANAGER, ref, "triage", **Lives(made).triaging())


async def test_a_fault_in_the_program_refuses_one_command_and_does_not_stop_the_case(
    made: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def faulty(*_: Any) -> None:  # noqa: ANN401 -- whatever it is given
        message = "Found with injuries"
        raise ZeroDivisionError(message)

    ref, lives = (await made.refer()).case, Lives(made)
    with monkeypatch.context() as patch:
        patch.setattr(records.writing, "fact_of", faulty)
        refusal = await refused(made, Next(MANAGER, ref, "triage", lives.triaging()))
    assert [one.words for one in refusal.problems] == [FAULT]
    assert "injuries" not in "".join(capsys.readouterr())
    await made.act(MANAGER, ref, "triage", **lives.triaging())


# Who, where and when


@pytest.mark.promise("K3")
async def test_nobody_answers_for_another_agency(made: House) -> None:
    lives = Lives(made)
    ref = await lives.asked()
    day = (made.now + timedelta(days=1)).date().isoformat()
    mine, theirs = f"agency_return/{POLICE_AGENCY}", f"agency_return/{ICB_AGENCY}"
    more = {"reason": "Because.", "words": "Because."}
    for kind, answers in (
        ("promise", {"obligation": theirs, "until": day}),
        ("dispute", {"obligation": theirs, "ground": "not_ours", "words": more["words"]}),
        ("ask_time", {"obligation": theirs, "until": day, "reason": more["reason"]}),
        ("submit_return", lives.returning(ICB_AGENCY)),
    ):
        refusal = await refused(made, Next(POLICE, ref, kind, answers))
        assert isinstance(refusal, NotAllowed), kind
    before = len(await made.facts(ref))
    await made.act(POLICE, ref, "promise", obligation=mine, until=day)
    assert len(await made.facts(ref)) == before + 1
    stranger = await refused(made, Next("p-017", ref, "promise", {"obligation": mine, "until": day}))
    assert isinstance(stranger, NotAllowed)


async def test_a_page_that_is_out_of_date_is_told_so_but_for_what_may_overtake(made: House) -> None:
    lives = Lives(made)
    ref = await lives.asked()
    await made.wait(timedelta(minutes=1))
    seen = (await made.case(ref)).known
    await made.act(POLICE, ref, "submit_return", **lives.returning())
    moved = await refused(made, Next(CHAIR, ref, "record_analysis", lives.analysing()), seen=seen)
    assert isinstance(moved, MovedOn)
    assert "What you typed is still here" in moved.problems[0].words
    returned = {"agency": ICB_AGENCY, "holds": "nothing"}
    await made.door.act(await made.actor(ICB), ref, "submit_return", returned, "r", seen)
    seen = (await made.case(ref)).known
    await made.wait(timedelta(days=20))
    assert (await made.case(ref)).known > seen, "only rungs have spoken since"
    await made.door.act(await made.actor(CHAIR), ref, "record_analysis", lives.analysing(), "a", seen)


@pytest.mark.promise("K4")
async def test_a_closed_case_takes_nothing_but_who_may_read_it_and_to_be_reopened(made: House) -> None:
    lives = Lives(made)
    closed, kept = await lives.closed("referral"), await lives.closed("referral")
    for kind in ("restrict", "lock_out", "let_in"):
        await lives.give((await lives.ready("referral", kind))._replace(case=kept))
    state = await made.case(kept)
    assert state.closed
    assert {"restricted", "locked_out", "let_in"} <= state.said.keys()
    before = await rows(made.there.database)
    for lifecycle, kind in ALL:
        if lifecycle != "referral" or kind in {"submit_referral", "reopen", "restrict", "lock_out", "let_in"}:
            continue
        command = await lives.ready("referral", kind)
        refusal = await refused(made, command._replace(case=closed))
        assert [one.words for one in refusal.problems] == [CLOSED], kind
    await made.act(MANAGER, closed, "reopen", reason="Something has come to light.")
    assert not (await made.case(closed)).closed
    assert before["cases"] < (await rows(made.there.database))["cases"]


async def test_a_case_or_command_that_is_not_there_is_said_not_to_be_there(made: House) -> None:
    ref = (await made.refer()).case
    for case, kind in (("LR-2026-9999", "triage"), (ref, "decide"), (ref, "no_such_thing"), ("'; --", "triage")):
        refusal = await refused(made, Next(MANAGER, case, kind, {}))
        assert isinstance(refusal, NotThere)


# Bad input


EMPTY: Mapping[str, Any] = {}
LONG = "ж" * 10_000_000
ODD: tuple[Any, ...] = (
    None, 5, -1.5, True, [], [[]], {}, {"a": {}}, "", " ", "\x00", "a\x07b", "\u202egnp", "2026-02-30",
    "2026-13-01T00:00:00Z", "yes' --",
    "\ud800", 10**400,
)  # fmt: skip


@pytest.mark.promise("A3")
@pytest.mark.parametrize(("lifecycle", "kind"), ALL, ids=lambda one: one)
def test_whatever_is_sent_for_any_question_is_taken_or_refused_in_words_that_do_not_repeat_it(
    lifecycle: str, kind: str
) -> None:
    model = COMMANDS[lifecycle][kind]
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    assert {one.field for one in examined(model, EMPTY, datetime(2026, 3, 2, tzinfo=UTC))[1]} == required
    for name in model.model_fields:
        for odd in ODD:
            _refused_or_taken(model, {name: odd})
    _refused_or_taken(model, {"Quillon Zarbane": "x", "zarbane": 1})


def _refused_or_taken(model: type[Command], answers: Mapping[str, Any]) -> None:
    command, problems = examined(model, answers, datetime(2026, 3, 2, tzinfo=UTC))
    assert command or problems
    assert all(one.words.endswith((".", "?", "”.")) for one in problems)
    said = " ".join(one.words + one.field for one in problems)
    assert not any(isinstance(value, str) and len(value.strip()) > 2 and value in said for value in answers.values())
    assert "Quillon" not in said


async def test_ten_megabytes_and_control_characters_are_refused_at_once_and_stored_nowhere(made: House) -> None:
    lives, before = Lives(made), await rows(made.there.database)
    for narrative in (LONG, "A\x00B", "right\u202eto left"):
        began = time.monotonic()
        with pytest.raises(Invalid) as caught:
            await made.refer(narrative=narrative)
        assert time.monotonic() - began < 1
        assert [one.field for one in caught.value.problems] == ["narrative"]
    assert await rows(made.there.database) == before
    longest = "ж" * 20_000
    ref = await lives.received(narrative=longest)
    assert (await made.case(ref)).known


@pytest.mark.promise("A3")
async def test_dates_that_cannot_be_are_named_beside_their_questions(made: House) -> None:
    now = await made.read_clock()
    today, later, earlier = now.date(), now.date() + timedelta(days=2), now.date() - timedelta(days=9)
    child = {"name": "A"}
    for answers, field in (
        ({"incident_on": str(later), "aware_at": str(later)}, "incident_on"),
        ({"incident_on": str(today), "aware_at": str(earlier)}, "aware_at"),
        ({"children": [{**child, "born": str(today)}]}, "children.0.born"),
        ({"children": [{**child, "born": "2020-01-02", "died": "2020-01-01"}]}, "children.0.died"),
        ({"children": [{**child, "born": "2020-01-02", "died": str(later)}]}, "children.0.died"),
        ({"children": [child]}, "children.0.born"),
        ({"children": [{**child, "born": "2020-01-02", "expected": "2020-01-02"}]}, "children.0.born"),
        ({"children": []}, "children"),
        ({"incident_on": "2026-02-30"}, "incident_on"),
    ):
        with pytest.raises(Invalid) as caught:
            await made.refer(**answers)
        assert field in {one.field for one in caught.value.problems}, answers
    lives = Lives(made)
    review = await lives.opened()
    for sent in (now - timedelta(days=400), now + timedelta(days=1)):
        refusal = await refused(
            made,
            Next(
                "p-001", review, "record_notification", {**lives.notifying(), "sent_at": sent.isoformat(), "late": "l"}
            ),
        )
        assert [one.field for one in refusal.problems] == ["sent_at"]


# Faults


@pytest.mark.promise("L5")
async def test_an_engine_that_is_down_is_said_in_words_within_patience_and_the_same_request_is_done_later(
    tmp_path: Path,
) -> None:
    async with real(tmp_path, worker=False) as made:
        command = Next("referrer", "", "submit_referral", referral(made.now))
        for wait in ("no worker", "no engine"):
            began = time.monotonic()
            answer = await made.told(command, "patient", patience=1)
            assert isinstance(answer, NotConfirmed), wait
            assert time.monotonic() - began < 2
            assert "What you typed is kept" in answer.problems[0].words
            await made.kill(made.engine)
        await made.start_engine()
        async with make_worker(made.client, made.there):
            done = await made.told(command, "patient")
            assert done == await made.told(command, "patient")
            async with made.there.database.reading() as session:
                assert await session.scalar(select(func.count()).select_from(Table.metadata.tables["cases"])) == 1


async def limit(database: Database, pages: int | None) -> None:
    """Let the database grow no more, as on a full disk; or again."""
    async with database.writing() as session:
        most = await session.scalar(text("PRAGMA page_count")) if pages is None else pages
        await session.execute(text(f"PRAGMA max_page_count={most}"))


ENDLESS = 1_000_000


@pytest.mark.promise("L5")
async def test_a_full_disk_is_said_in_words_and_nothing_is_half_written(made: House) -> None:
    long = {"narrative": "ж" * 20_000}
    await limit(made.there.database, None)
    before = await rows(made.there.database)
    with pytest.raises(NotStored) as caught:
        await made.door.refer({**referral(made.now), **long}, "full")
    assert "disk may be full" in caught.value.problems[0].words
    assert await rows(made.there.database) == before
    await limit(made.there.database, ENDLESS)
    done = await made.door.refer({**referral(made.now), **long}, "full")
    assert done.fact.number == 1


@pytest.mark.promise("L5")
async def test_a_disk_that_is_full_for_the_worker_delays_what_was_asked_and_loses_nothing(tmp_path: Path) -> None:
    async with real(tmp_path, worker=False) as made:
        own = await open_installation(made.there.settings)
        async with make_worker(made.client, own):
            await limit(own.database, None)
            before = await rows(made.there.database)
            children = [{"name": "Quillon Zarbane", "born": "2019-02-03", "address": "ж" * 20_000}] * 12
            answers = {**referral(made.now), "children": children}
            command = Next("referrer", "", "submit_referral", answers)
            assert isinstance(await made.told(command, "full", patience=2), NotConfirmed)
            counted = await rows(made.there.database)
            await limit(own.database, ENDLESS)
            written = ("facts", "audit_links", "notices", "children")
            assert {name: counted[name] for name in written} == {name: before[name] for name in written}
            done = await made.told(command, "full")
            assert not isinstance(done, Refusal)
            assert [fact.request for fact in await made.facts(done.case)].count("full") == 1
            assert await made.broken() == []
        await own.close()


@pytest.mark.promise("D2", "D3")
async def test_all_that_is_wrong_in_a_recommendation_is_said_at_once_each_beside_its_question(made: House) -> None:
    register = (await made.open(MANAGER, "open_register", origin="audit", year=2026)).case
    text = "Ask at every home visit who else lives in the home."
    said = {"text": text, "agency": POLICE_AGENCY, "measures": [{"measure": "More children are seen."}]}
    right = {**said, "by": str(day_of(made.now) + timedelta(days=90))}
    await made.act(MANAGER, register, "recommend", **right)
    wrong = {"by": "2020-01-01", "owner": ICB, "deputy": ICB, "sponsor": ICB}
    with pytest.raises(Invalid) as caught:
        await made.act(MANAGER, register, "recommend", **{**said, **wrong})
    assert [one.field for one in caught.value.problems] == ["by", "deputy", "owner", "sponsor", "another", "seen"]
    with pytest.raises(NotAllowed):
        await made.act(POLICE, register, "recommend", **right, owner=ICB)  # nothing is said to whom it does not concern
    assert len((await made.case(register)).recommendations) == 1


@pytest.mark.promise("C1")
async def test_what_cannot_be_in_a_commission_and_what_it_names_in_vain_are_said_together(made: House) -> None:
    review = (await made.open(
        MANAGER, "enter_review", name="Child T", origin="practice_review", decided_on=str(day_of(made.now)),
        reached="decided", agencies=[ICB_AGENCY],
    )).case  # fmt: skip
    plan = {"method": "author_led", "terms": "Why nobody asked.", "budget": "12000"}
    wrong = {"scope_from": "2026-01-31", "scope_until": "2024-01-01", "agencies": ["no-agency"]}
    with pytest.raises(Invalid) as caught:
        await made.act(MANAGER, review, "commission", **plan, **wrong)
    assert [one.field for one in caught.value.problems] == ["scope_until", "agencies"]


@pytest.mark.promise("J3")
async def test_what_is_wrong_in_a_decision_and_what_its_case_forbids_is_said_at_once(made: House) -> None:
    referral = (await made.refer()).case
    await made.act(MANAGER, referral, "triage", **triage())
    review = await made.child_of(referral)
    sent = {"sent_at": made.now.isoformat(), "sent_by": "The director", "reference": "N-1"}
    await made.act(AUTHORITY, review, "record_notification", **sent)
    later = str(day_of(made.now) + timedelta(days=500))
    answers = decision("parked", made.now, parked_on="inquest", parked_review=later)
    answers["positions"][0] = {**answers["positions"][0], "position": "dissents", "words": ""}
    with pytest.raises(Invalid) as refused:
        await made.act(CHAIR, review, "decide", **answers)
    assert [one.field for one in refused.value.problems] == ["positions.0.words", "", "parked_review"]
    with pytest.raises(Invalid) as refused:
        await made.act(CHAIR, review, "decide", **{**answers, "parked_review": None})
    assert sorted(one.field for one in refused.value.problems) == ["", "parked_review", "positions.0.words"]

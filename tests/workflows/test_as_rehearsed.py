"""What the pure core rehearses is what the real workflows do on the real engine, message for message."""

import random
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from door.adopting import with_holiday
from models import shelf
from models.calendar import WorkingDays
from models.case import Case, packed
from models.clocks import due_time
from models.lifecycles import OPENINGS
from models.policy import Span, Unit
from models.rehearsal import ANYBODY, NAMES, REFERRAL, Act, Scenario, Stage, rehearse
from models.replaying import replay
from models.rights import Actor, actor_of
from models.time import at, day_of
from policy.backlog import a_backlog
from policy.reading import read_scenario
from policy.year import a_year, only
from records.policies import put_in_force
from records.questions import Questions
from records.settings import TASK_QUEUE
from tests.support.house import ROOT, House, example_directory, house, shipped_policy, triage
from tests.support.sampling import sampled

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


@pytest.mark.promise("F10", "F13", "B3", "B11", "C7", "D5", "E5", "E7", "F14")
@pytest.mark.timeout(180)
@pytest.mark.parametrize("path", sampled([pytest.param(path, id=path.stem) for path in SHIPPED], 2))
async def test_engine_and_rehearsal_tell_the_same_people_the_same_things_at_the_same_times(
    path: Path, tmp_path: Path
) -> None:
    await compared(shipped(path), tmp_path)


@pytest.mark.promise("F10", "K4")
@pytest.mark.timeout(180)
async def test_what_somebody_owes_who_is_locked_out_goes_in_the_engine_as_rehearsed_to_their_deputies(
    tmp_path: Path,
) -> None:
    silent = shipped(ROOT / "policy" / "scenarios" / "silent-agency.yaml")
    contact = example_directory().holding("agency_contact", "harrow-vale-hospitals", silent.starts)
    assert contact
    answers = {"person": contact.person, "locked": True}
    lock = Act(after=Span(n=3, unit=Unit.WORKING_DAYS), who="independent_chair", do="lock_out", answers=answers)
    lasts = Span(n=5, unit=Unit.WORKING_DAYS)
    acts = [one for one in silent.acts if one.after.n <= lasts.n]
    said = await compared(silent.model_copy(update={"acts": (*acts, lock), "lasts": lasts}), tmp_path)
    assert contact.deputy in {person for key, person, _ in said if "/handed_on/" in key}


@pytest.mark.promise("F10", "B2")
@pytest.mark.timeout(180)
async def test_what_is_not_owed_any_more_is_taken_back_in_the_engine_as_rehearsed(tmp_path: Path) -> None:
    silent = shipped(ROOT / "policy" / "scenarios" / "silent-agency.yaml")
    lasts, agency = Span(n=5, unit=Unit.WORKING_DAYS), "harrow-vale-hospitals"
    acts = [one for one in silent.acts if one.after.n < lasts.n]
    disputed = {"obligation": f"agency_return/{agency}", "ground": "not_ours"}
    ends = [
        Act(after=Span(n=4, unit=Unit.WORKING_DAYS), who=f"agency_contact/{agency}", do="dispute", answers=disputed),
        Act(after=lasts, who="local_authority_lead", do="withdraw_notification"),
    ]
    said = await compared(silent.model_copy(update={"acts": (*acts, *ends), "lasts": lasts}), tmp_path)
    assert [key for key, _, _ in said if f"dispute/agency_return/{agency}/over/" in key]
    assert [key for key, _, _ in said if "agency_return/harrowshire-" in key and "/moved/" in key]


@pytest.mark.promise("F10")
@pytest.mark.timeout(180)
async def test_ten_cases_of_a_busy_year_go_in_the_engine_as_rehearsed(tmp_path: Path) -> None:
    chosen = {str(number) for number in random.Random(20261122).sample(range(1, 201), 10)}  # noqa: S311 -- no secret
    await compared(until_the_last(only(a_year(), chosen)), tmp_path)


@pytest.mark.promise("F10")
def test_a_year_with_200_cases_is_rehearsed_without_a_refusal() -> None:
    directory = example_directory()
    rehearsed = rehearse(a_year(), *shelf.put(shipped_policy()), directory)
    assert len({step.case for step in rehearsed.steps if step.case.startswith("LR")}) == 200
    assert [step for step in rehearsed.steps if step.refused] == []


@pytest.mark.promise("F10", "H7")
@pytest.mark.timeout(180)
async def test_the_first_panels_of_a_backlog_of_deaths_go_in_the_engine_as_rehearsed(tmp_path: Path) -> None:
    await compared(until_the_last(only(a_backlog(), {"1", "2", "3", "4", "5"})), tmp_path)


@pytest.mark.proof
@pytest.mark.promise("F10", "H7")
@pytest.mark.timeout(1800)
async def test_a_whole_backlog_of_deaths_goes_in_the_engine_as_rehearsed(tmp_path: Path) -> None:
    await compared(until_the_last(a_backlog()), tmp_path)


def until_the_last(scenario: Scenario) -> Scenario:
    """The same scenario, which looks on until the working day after its last act."""
    last = max(act.after.n for act in scenario.acts)
    return scenario.model_copy(update={"lasts": Span(n=last + 1, unit=Unit.WORKING_DAYS)})


async def compared(scenario: Scenario, tmp_path: Path) -> list[tuple[str, str, datetime]]:
    """Run it on the engine and through the pure core, and compare every message: its key, its person, its time.

    Then let what was recorded be lived again under the same rules: that gives the same messages too.
    """
    directory = example_directory()
    policy, calendar = shelf.put(shipped_policy())
    async with house(tmp_path) as made:
        scenario = scenario.model_copy(update={"starts": next_monday(await made.read_clock())})
        moments = await perform(made, scenario, Stage(scenario, policy, calendar, directory))
        rehearsed = rehearse(scenario, policy, calendar, directory, moments)
        engine = {ref: await made.notices(ref) for ref in {notice.case for notice in rehearsed.notices}}
        ends, everybody = await made.read_clock(), await made.actor(MANAGER)
        histories, left_out = await Questions(made.there.recorder).histories(everybody, ends, scenario.starts)
        assert (len(histories), left_out) == (len(engine), 0)
    said = sorted((notice.key, notice.person, notice.rung_at) for notices in engine.values() for notice in notices)
    assert said == sorted((notice.key, notice.person, notice.rung_at) for notice in rehearsed.notices)
    refused = [step for step in rehearsed.steps if step.refused]
    assert refused == []
    if not (scenario.outages or scenario.leaves):  # who lives it again knows of no silence, and of today's people alone
        again = replay(histories, policy, calendar, directory, ends)
        assert said == sorted((notice.key, notice.person, notice.rung_at) for notice in again.notices)
        assert [step for step in again.steps if step.refused] == []
    return said


@pytest.mark.promise("F7")
async def test_a_case_reopened_under_a_new_calendar_is_in_the_engine_what_its_facts_make_of_it(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        ref = (await made.refer(event="concern")).case
        await made.act(MANAGER, ref, "triage", **triage("no_further_action"))
        await made.act(MANAGER, ref, "tell_referrer", how="phone", words="No review is needed.")
        assert (await made.case(ref)).closed
        fresh = with_holiday(shipped_policy(), day_off(day_of(made.now)), "A day of thanks", "proclamation")
        async with made.there.database.writing() as session:
            _, calendar = await put_in_force(session, fresh, made.now)
        await made.act(MANAGER, ref, "reopen", reason="More came to light.")
        kept = await made.case(ref)
        assert kept.calendar == calendar
        assert await made.client.get_workflow_handle(ref).query("state", result_type=Case) == kept
        (again,) = kept.open()
        span = shelf.blocks(kept.policy, kept.kind)[again.block].budget
        assert span
        assert again.due == due_time(again.start, span, shelf.days(calendar))


def day_off(today: date) -> date:
    """The next working day."""
    return WorkingDays(shipped_policy().calendar).add(today, 1)

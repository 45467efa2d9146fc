"""A register of which news come for three years is continued as new: without a gap, and nothing is said twice."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from models import shelf
from models.case import Case
from models.facts import Fact
from models.fold import after
from models.policy import Span, Unit
from models.rehearsal import Act, Scenario, Stage, Timeline, rehearse
from models.tables import NoticeRow
from notifier.rendering import Knowing, parcel
from tests.support.enacting import next_monday, perform
from tests.support.house import example_directory, house, shipped_policy

pytestmark = [pytest.mark.promise("D5", "L5"), pytest.mark.timeout(900)]
MONTHS, MONTH = 36, 30
AGENCIES = ("harrow-vale-hospitals", "harrowshire-police", "harrowshire-schools")
SILENT = {*range(7, 11), *range(20, 24)}
"""Months in which nobody says how it is going."""


class Said(NamedTuple):
    """What somebody read, and when."""

    person: str
    text: str
    at: datetime


def days(count: int) -> Span:
    return Span(n=count, unit=Unit.DAYS)


def three_years(recommendations: int) -> Scenario:
    """Each recommendation is accepted, and its owner says every month how it is going, but for two silences."""
    unit, acts = "business_manager", [Act(who="business_manager", do="open_register", on="register")]
    for number in range(1, recommendations + 1):
        agency = AGENCIES[number % len(AGENCIES)]
        said = {"agency": agency, "by": f"+{150 * (1 + number % 6)} days"}
        acts += [
            Act(after=days(1), who=unit, do="recommend", on="register", answers=said),
            Act(
                after=days(5), who=f"agency_lead/{agency}", do="answer_recommendation", on="register",
                answers={"item": f"r{number}"},
            ),
        ]  # fmt: skip
    for month in range(1, MONTHS):
        acts += [
            Act(
                after=days(5 + MONTH * month), who=f"agency_contact/{AGENCIES[number % len(AGENCIES)]}",
                do="give_progress", on="register", answers={"item": f"r{number}"},
            )
            for number in range(1, recommendations + 1)
            if month not in SILENT
        ]  # fmt: skip
    acts.sort(key=lambda one: one.after.n)
    begins = datetime(2026, 3, 2, 9, tzinfo=UTC)
    return Scenario(title="Three years", starts=begins, lasts=days(MONTH * MONTHS), acts=tuple(acts))


async def runs(client: Client, ref: str) -> list[int]:
    """How long each run of this workflow was in events, the newest first; each goes on where another ended."""
    found, run, begun = list[int](), "", None
    while True:
        history = [one async for one in client.get_workflow_handle(ref, run_id=run or None).fetch_history_events()]
        ends_in_another = history[-1].event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
        assert ends_in_another is bool(found), "a run that ended otherwise"
        assert begun is None or begun - history[-1].event_time.ToDatetime() < timedelta(seconds=1), "a gap"
        found.append(len(history))
        begun = history[0].event_time.ToDatetime()
        run = history[0].workflow_execution_started_event_attributes.continued_execution_run_id
        if not run:
            return found


def texts(case: str, facts: Sequence[Fact], rows: Sequence[NoticeRow], fresh: Case) -> list[Said]:
    """What each message said at its time, and to whom."""
    directory, found, state = example_directory(), list[Said](), fresh
    of = {number: [one for one in rows if one.fact == number] for number in {row.fact for row in rows}}
    for fact in facts:
        state = after(state, fact)
        for row in of.get(fact.number, ()):
            made = parcel("b", [row], Knowing({case: state}, directory, "http://p", fact.recorded))
            assert not made.fell_back
            found.append(Said(row.person, made.text, row.rung_at))
    return found


async def lived(scenario: Scenario, folder: Path) -> tuple[Timeline, list[NoticeRow], list[Said], list[int]]:
    """Live it on the engine. Returns what the core tells of the story, what was told, its words, each run’s length."""
    directory = example_directory()
    policy, calendar = shelf.put(shipped_policy())
    async with house(folder) as made:
        scenario = scenario.model_copy(update={"starts": next_monday(await made.read_clock())})
        moments = await perform(made, scenario, Stage(scenario, policy, calendar, directory))
        core = rehearse(scenario, policy, calendar, directory, moments)
        (ref,) = {one.case for one in core.notices}
        facts, rows = await made.facts(ref), await made.notices(ref)
        fresh = Case(ref=ref, kind="register", policy=policy, calendar=calendar, opened=facts[0].recorded)
        assert [one.number for one in facts] == list(range(1, len(facts) + 1))
        return core, rows, texts(ref, facts, rows, fresh), await runs(made.client, ref)


async def without_a_gap_and_once(scenario: Scenario, folder: Path, renewals: int) -> None:
    core, rows, said, lengths = await lived(scenario, folder)
    assert [step for step in core.steps if step.refused] == []
    assert len(lengths) > renewals, lengths
    told = sorted((one.rung_at, one.key, one.person) for one in rows)
    assert told == sorted((one.rung_at, one.key, one.person) for one in core.notices), "each rung, at its time"
    assert told[-1][0] - told[0][0] > timedelta(days=MONTH * (MONTHS - 3)), "from the first weeks to the last"
    assert [key for key, count in Counter(one.key for one in rows).items() if count > 1] == []
    last = dict[tuple[str, str], datetime]()
    for one in sorted(said, key=lambda one: one.at):
        before = last.get((one.person, one.text))
        assert before is None or one.at - before >= timedelta(days=7), one  # a week later a reminder is still true
        last[one.person, one.text] = one.at
    given = sum(step.what == "progress_given" for step in core.steps)
    assert given > len(scenario.acts) * 3 / 4


async def test_three_years_of_monthly_news_are_continued_as_new_many_times_without_a_gap_and_nothing_is_said_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server suggests it after thousands of events, of which a small register has none: here after 120."""
    monkeypatch.setattr(
        workflow.Info, "is_continue_as_new_suggested", lambda info: info.get_current_history_length() > 120
    )
    await without_a_gap_and_once(three_years(2), tmp_path, renewals=5)


@pytest.mark.proof
async def test_a_large_register_is_continued_as_new_when_the_server_suggests_it_without_a_gap_and_nothing_is_said_twice(
    tmp_path: Path,
) -> None:
    await without_a_gap_and_once(three_years(24), tmp_path, renewals=1)

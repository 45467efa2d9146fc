"""A list of the deaths of five years is taken over: all of it or nothing, once, and nothing of the children is kept."""

import csv
import io
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Table, func, select

from door.refusals import Invalid, NotAllowed
from door.taking_deaths_over import TakingDeathsOver
from models.child_death_commands import Category, Modifiable
from models.death_backlog import backlog
from models.past_deaths import PastDeath, PastDeaths
from models.tables import CaseRow, ChildRow, CountedRow, FactRow, LinkRow, NoticeRow, SettingRow
from models.tables import Table as Base
from models.time import at, day_of
from policy.reading import read_policy_file
from records.audit import Broken
from records.chains import TAKEN_OVER
from records.counted import counted, open_reviews
from tests.portal.test_deaths import read
from tests.support.chat import Chatting, chatting
from tests.support.house import POLICY, House, house, notifying
from tests.support.past_deaths import COMPLETED, OPEN, understood

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180), pytest.mark.promise("H13", "H14")]
COORDINATOR, CHAIR, PANEL = "p-024", "p-021", "p-026"
DIGEST, APRIL = "0" * 64, 4


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("deaths")) as there:
        yield there


def deaths(name: str = "mended.xlsx") -> PastDeaths:
    return understood(name, date(2026, 1, 2))


def only(found: PastDeaths, *said: PastDeath) -> PastDeaths:
    return found.model_copy(update={"deaths": said})


async def counts(made: House) -> tuple[int, ...]:
    """Cases, facts of people, rows of coarse values, children, links of lists."""
    asked = (
        select(func.count()).select_from(CaseRow), select(func.count()).where(FactRow.kind != "told"),
        select(func.count()).select_from(CountedRow), select(func.count()).select_from(ChildRow),
        select(func.count()).where(LinkRow.chain == TAKEN_OVER),
    )  # fmt: skip
    async with made.there.database.reading() as session:
        return tuple([await session.scalar(one) or 0 for one in asked])


async def broken(made: House) -> list[Broken]:
    async with made.there.database.reading() as session:
        return await made.there.auditor.verify(session, made.there.settings.seals)


async def test_a_list_with_a_problem_is_not_taken_at_all_and_every_cell_is_named(made: House) -> None:
    over, messy = TakingDeathsOver(made.there.recorder, made.client), deaths("messy.xlsx")
    with pytest.raises(Invalid) as refused:
        await over.take(await made.actor(COORDINATOR), messy, DIGEST, made.now)
    assert {one.field for one in refused.value.problems} == {one.cell for one in messy.problems}
    assert await counts(made) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("person", [CHAIR, PANEL, "p-005"])
async def test_only_who_reviews_deaths_or_the_business_unit_takes_a_list_over(made: House, person: str) -> None:
    over = TakingDeathsOver(made.there.recorder, made.client)
    with pytest.raises(NotAllowed):
        await over.take(await made.actor(person), deaths(), DIGEST, made.now)
    assert await counts(made) == (0, 0, 0, 0, 0)


async def test_a_trial_keeps_nothing_and_says_what_would_be_taken(made: House) -> None:
    over = TakingDeathsOver(made.there.recorder, made.client)
    taken = await over.take(await made.actor(COORDINATOR), deaths(), DIGEST, made.now, dry=True)
    assert (len(taken.cases), taken.counted, taken.known) == (len(OPEN), COMPLETED, 0)
    assert await counts(made) == (0, 0, 0, 0, 0)


async def test_one_row_that_cannot_be_entered_keeps_out_all_of_them(made: House) -> None:
    """A single open row that only the command itself refuses: the list was read, and the rules are asked again."""
    found = deaths()
    bad = next(one for one in found.deaths if not one.completed).model_copy(update={"area": "nowhere"})
    over = TakingDeathsOver(made.there.recorder, made.client)
    with pytest.raises(Invalid) as refused:
        await over.take(await made.actor(COORDINATOR), only(found, *found.deaths[:3], bad), DIGEST, made.now)
    assert [one.field for one in refused.value.problems] == [bad.cell]
    assert await counts(made) == (0, 0, 0, 0, 0)


async def test_it_is_taken_over_once_however_often_it_is_asked_and_what_says_otherwise_is_named(made: House) -> None:
    found, coordinator, progress = deaths(), await made.actor(COORDINATOR), dict[str, tuple[int, int]]()

    def tell(what: str, done: int, of: int) -> None:
        progress[what] = done, of

    over, every = TakingDeathsOver(made.there.recorder, made.client, tell), COMPLETED + len(OPEN)
    taken = await over.take(coordinator, found, DIGEST, await made.read_clock())
    assert (len(taken.cases), taken.counted) == (len(OPEN), COMPLETED)
    assert progress == {"Entering": (every, every), "Writing": (1, 1), "Starting": (len(OPEN), len(OPEN))}
    before = await counts(made)
    assert before == (len(OPEN), len(OPEN), every, len(OPEN), 1), "one link for all of it"
    again = await over.take(coordinator, deaths("mended.csv"), DIGEST, made.now)
    assert (again.cases, again.counted, again.known, again.changed) == ((), 0, every, ())
    first, *_, last = found.deaths
    other = first.model_copy(update={"category": Category.MALIGNANCY, "modifiable": Modifiable.TOO_LITTLE})
    later = last.model_copy(update={"name": "Somebody Else"})
    third = await over.take(coordinator, only(found, other, later), DIGEST, made.now)
    assert (third.known, third.changed) == (2, (first.cell, last.cell)), "named, and not touched"
    assert await counts(made) == before
    async with made.there.database.reading() as session:
        link = (await session.scalars(select(LinkRow).where(LinkRow.chain == TAKEN_OVER))).one()
        noted = await session.get_one(SettingRow, f"{TAKEN_OVER}/1")
    assert (link.actor, link.kind) == (COORDINATOR, "past_deaths_taken_over")
    assert noted.value == f"{COMPLETED} counted, {len(OPEN)} opened, SHA-256 {DIGEST}"
    assert await broken(made) == []
    async with made.there.database.writing() as session:
        (await session.get_one(SettingRow, f"{TAKEN_OVER}/1")).value = "none"
    assert [one.chain for one in await broken(made)] == [TAKEN_OVER], "what is noted of it cannot be changed unseen"
    async with made.there.database.writing() as session:
        (await session.get_one(SettingRow, f"{TAKEN_OVER}/1")).value = noted.value


async def test_what_is_taken_over_counts_by_the_months_of_the_list(made: House) -> None:
    found = deaths().deaths
    async with made.there.database.reading() as session:
        here, waiting = await counted(session), await open_reviews(session)
    assert Counter(one.notified for one in here) == Counter(one.notified.replace(day=1) for one in found)
    reviewed = [one for one in here if one.reviewed]
    assert Counter(one.category for one in reviewed) == Counter(one.category for one in found if one.completed)
    assert len(reviewed) == COMPLETED
    months = {one.months for one in reviewed}
    assert min(months, key=lambda one: one or 0) == 2
    assert max(months, key=lambda one: one or 0) == 15
    assert {one.notified for one in waiting} == {one.notified for one in found if not one.completed}
    table = backlog(waiting, date(2026, 1, 2))
    said = {row.label: [cell.count for cell in row.cells] for row in table.rows}
    assert {label: row[-1] for label, row in said.items()} == {
        "Nothing outside": 8, "Inquest": 3, "Post-mortem report": 1, "Police investigation or prosecution": 1,
        "Patient safety incident investigation": 1,
    }  # fmt: skip
    assert all(row[1] == row[-1] for row in said.values()), "all of them were notified 6 to 12 months ago"


async def test_the_figures_begin_with_the_years_of_the_list(made: House) -> None:
    page = await read(made, COORDINATOR, "/deaths?first=2020&last=2025&as=csv")
    sheet = list(csv.reader(io.StringIO(page.text.lstrip("\ufeff"))))
    lines, found = {line[0]: line[1:] for line in reversed(sheet)}, deaths().deaths  # of a name the first table's
    years = range(2020, 2026)
    notified, reviewed = (
        [sum(day.year - (day.month < APRIL) == year for day in each) for year in years]
        for each in ([one.notified for one in found], [one.panel for one in found if one.completed and one.panel])
    )
    assert lines["Notified"] == [*map(str, notified), str(len(found))]
    assert lines["Reviewed"] == [*map(str, reviewed), str(COMPLETED)]
    assert lines["Open at the end"][-1] == str(len(OPEN))
    assert lines["All open reviews"][3] == f"{len(OPEN)} (100%)"


async def test_a_completed_review_leaves_nothing_of_the_child_anywhere(made: House) -> None:
    completed = [one for one in deaths().deaths if one.completed]
    words = {word for one in completed for word in (one.name, one.nhs_number, one.reference)}
    words |= {f"{one.born}" for one in completed} - {f"{one.died}" for one in completed}
    tables: list[Table] = list(Base.metadata.sorted_tables)
    async with made.there.database.reading() as session:
        for table in tables:
            for row in (await session.execute(select(table))).mappings():
                opened = json.dumps(dict(row), default=str) + await unsealed(made, table.name, dict(row))
                assert not [word for word in words if word in opened], table.name


async def unsealed(made: House, table: str, row: dict[str, object]) -> str:
    """What is sealed in a row of those tables in which something of a child could stand."""
    places = {
        "children": f"children.sealed/{row.get('case')}/{row.get('number')}",
        "texts": f"texts.sealed/{row.get('id')}", "counted_deaths": f"counted_deaths.sealed/{row.get('id')}",
    }  # fmt: skip
    sealed = row.get("sealed")
    if table not in places or not isinstance(sealed, bytes):
        return ""
    return json.dumps(made.there.vault.unseal(sealed, places[table]), ensure_ascii=False)


async def test_an_open_review_stands_at_its_step_and_its_next_step_is_owed(made: House) -> None:
    found = [one for one in deaths().deaths if not one.completed]
    states = {one.said["key"]: one for one in [await made.case(ref) for ref in await made.open_cases()]}
    by_cell = {one.cell: one for one in found}
    assert len(states) == len(by_cell) == len(OPEN)
    steps = sorted(
        " ".join(sorted(f"{one.block}{' waits' * one.paused}" for one in case.open())) for case in states.values()
    )
    first = "immediate_decisions key_worker meeting national_database request_information"
    assert Counter(steps) == {
        first: 1, "meeting request_information": 2, "agency_return agency_return meeting": 1,
        "agency_return meeting": 1, "meeting waits wait_review": 2, "meeting waits wait_review wait_review": 1,
        "draft_analysis": 1, "draft_analysis wait_review": 2, "panel": 2, "panel waits wait_review": 1,
    }  # fmt: skip
    for case in states.values():
        assert case.marks["death_notified"].at < case.opened - timedelta(days=150)
        due = [one.due for one in case.open() if one.block == "draft_analysis"]
        held = case.marks.get("meeting_held")
        assert all(one and held and one - held.at < timedelta(days=20) for one in due), "counted from the meeting"


async def test_a_child_whose_review_is_here_already_is_named_and_keeps_the_whole_list_out(made: House) -> None:
    now = await made.read_clock()
    child = {**notifying(now), "name": "Valeria Nowhere-Else"}
    ref = (await made.open(COORDINATOR, "notify_death", **child)).case
    found = deaths()
    fresh = {"reference": "CD/2099/001", "nhs_number": "", "name": "valeria nowhere else", "born": child["born"]}
    same = PastDeath.model_validate({**found.deaths[-1].model_dump(), **fresh})
    completed = PastDeath.model_validate({**found.deaths[0].model_dump(), **fresh, "reference": "CD/2099/002"})
    before, over = await counts(made), TakingDeathsOver(made.there.recorder, made.client)
    for one in same, completed:
        with pytest.raises(Invalid) as refused:
            await over.take(await made.actor(COORDINATOR), only(found, one), DIGEST, made.now)
        assert [problem.field for problem in refused.value.problems] == [one.cell]
        assert ref in refused.value.problems[0].words
    assert await counts(made) == before


@pytest.mark.promise("H12")
async def test_a_death_that_was_entered_unexplained_comes_before_the_sub_group_and_can_be_referred(made: House) -> None:
    told, today = notifying(await made.read_clock()), day_of(made.now)
    child = {name: told[name] for name in ("born", "sex", "ethnic_group", "area", "place_of_death")}
    days = {"died": today - timedelta(days=90), "notified_on": today - timedelta(days=89)}
    said = {"name": "Ottilie Unheard", "reached": "asked", "unexplained": True}
    ref = (await made.open(COORDINATOR, "enter_death", **child, **days, **said)).case
    again = today + timedelta(days=60)
    await made.act("p-020", ref, "consider_review", outcome="refer", again=again, reasons="The injuries.")
    referral = await made.child_of(ref)
    assert (await made.case(referral)).kind == "referral"
    assert "waits" in (await made.case(ref)).said
    assert await broken(made) == []


async def notices(made: House) -> list[NoticeRow]:
    async with made.there.database.reading() as session:
        return list(await session.scalars(select(NoticeRow)))


async def first_morning(chat: Chatting, found: PastDeaths) -> dict[str, list[str]]:
    """Take it over in the evening. Returns what each person finds in chat in the morning."""
    made = chat.house
    evening = at(day_of(await made.read_clock()), time(21))
    await made.wait_until(evening)
    over = TakingDeathsOver(made.there.recorder, made.client)
    await over.take(await made.actor(COORDINATOR), found, DIGEST, made.now)
    await made.settled()
    await chat.posted()
    await made.wait_until(at(day_of(evening) + timedelta(days=1), time(8, 55)))
    everybody = sorted({one.person for one in await notices(made)})
    assert [person for person in everybody if await chat.sees(person)] == [], "nobody is woken"
    await made.wait(timedelta(hours=4))
    await chat.posted()
    return {person: await chat.reads(person) for person in sorted({one.person for one in await notices(made)})}


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.promise("G5", "H5")
async def test_the_first_morning_is_one_message_a_person_and_nobody_is_chased_for_what_is_behind_or_waits(
    tmp_path: Path,
) -> None:
    async with chatting(tmp_path, read_policy_file(POLICY)) as chat:
        said = await first_morning(chat, deaths())
        told = {(one.person, one.obligation.split("/")[0].split("#")[0]) for one in await notices(chat.house)}
    assert {person: len(words) for person, words in said.items()} == dict.fromkeys(said, 1)
    assert COORDINATOR in said
    assert not {person for person in said if person in {CHAIR, "p-019"}}, "nobody is gone over"
    assert "wait_review" not in {block for _, block in told}, "waits are looked at on their day"

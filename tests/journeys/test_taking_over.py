"""A tracker of twelve years is taken over: all of it or nothing, once, and the first morning is calm."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from door.refusals import Invalid, NotAllowed
from door.taking_over import TakingOver
from models.recommended import Standing
from models.tables import CaseRow, FactRow, NoticeRow
from models.tracker import Tracker
from models.tracker_reading import read_tracker
from policy.reading import read_directory_file, read_tracker_mapping
from records.sheets import read_sheets
from tests.support.house import DIRECTORY, House, house
from tests.support.trackers import DATA

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180), pytest.mark.promise("D8")]
MANAGER, CHAIR = "p-018", "p-021"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("tracker")) as there:
        yield there


def tracker(name: str) -> Tracker:
    directory = read_directory_file(DIRECTORY)
    mapping = read_tracker_mapping((DATA / "mapping.yaml").read_text(encoding="utf-8"), "mapping.yaml", directory)
    return read_tracker(read_sheets((DATA / name).read_bytes(), name), mapping, directory)


async def counts(made: House) -> tuple[int, int]:
    async with made.there.database.reading() as session:
        cases = await session.scalar(select(func.count()).select_from(CaseRow))
        facts = await session.scalar(select(func.count()).select_from(FactRow).where(FactRow.kind != "told"))
    return cases or 0, facts or 0


async def test_a_tracker_with_a_problem_is_not_taken_at_all_and_every_cell_is_named(made: House) -> None:
    over, messy = TakingOver(made.there.recorder, made.client), tracker("messy.xlsx")
    with pytest.raises(Invalid) as refused:
        await over.take(await made.actor(MANAGER), messy, made.now)
    assert {one.field for one in refused.value.problems} == {one.cell for one in messy.problems}
    assert await counts(made) == (0, 0)


async def test_only_the_business_unit_takes_a_tracker_over(made: House) -> None:
    over = TakingOver(made.there.recorder, made.client)
    with pytest.raises(NotAllowed):
        await over.take(await made.actor(CHAIR), tracker("mended.xlsx"), made.now)
    assert await counts(made) == (0, 0)


async def test_a_trial_keeps_nothing_and_says_what_would_be_taken(made: House) -> None:
    over, mended = TakingOver(made.there.recorder, made.client), tracker("mended.xlsx")
    taken = await over.take(await made.actor(MANAGER), mended, made.now, dry=True)
    assert (len(taken.cases), taken.entered, taken.known) == (16, len(mended.recommendations), 0)
    assert await counts(made) == (0, 0)


@pytest.mark.promise("C13")
@pytest.mark.promise("G4")
async def test_it_is_taken_over_once_however_often_it_is_asked_and_owners_are_asked_first(made: House) -> None:
    over, mended = TakingOver(made.there.recorder, made.client), tracker("mended.xlsx")
    manager = await made.actor(MANAGER)
    taken = await over.take(manager, mended, await made.read_clock())
    assert (len(taken.cases), taken.entered) == (16, len(mended.recommendations))
    cases, facts = await counts(made)
    finished = len([ref for ref in taken.cases if (await made.case(ref)).closed])
    assert (cases, facts) == (16, 16 + taken.entered + finished)
    again = await over.take(manager, tracker("mended.csv"), made.now)
    assert (again.cases, again.entered, again.known, again.changed) == ((), 0, taken.entered, ())
    assert await counts(made) == (cases, facts)

    here = [await made.case(ref) for ref in taken.cases]
    standing = Counter(one.standing for case in here for one in case.recommendations.values())
    said = Counter(str(one.status) for one in mended.recommendations)
    assert standing[Standing.PAST] == said["closed_with_evidence"]
    assert standing[Standing.WITHDRAWN] == said["withdrawn"]
    assert standing[Standing.CLOSED] == 0, "nothing is called closed that was not shown here"

    await made.settled()
    await made.wait(timedelta(days=1))
    async with made.there.database.reading() as session:
        heard = Counter(await session.scalars(select(NoticeRow.person)))
    assert sum(heard.values()) > 40, "half of it was overdue long ago"
    assert heard[CHAIR] <= 2, "nobody is gone over before their owners were asked"

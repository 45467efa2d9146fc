"""Somebody is killed in the middle of taking over a tracker: all of it is recorded or nothing, and once."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from models.case import Case
from models.tables import CaseRow, CountedRow, FactRow
from models.tracker import Tracker
from records.accounts import Accounts
from tests.journeys.test_taking_over import MANAGER, tracker
from tests.support.mortal_import import COMMITTED, ITSELF, MOMENTS, NOBODY, take_over
from tests.support.past_deaths import DATA as PAST_DEATHS
from tests.support.real import FORKING, SOON, Real, real
from tests.support.trackers import DATA
from worker import Watch

pytestmark = [pytest.mark.promise("D8", "L5"), pytest.mark.timeout(180)]
PASSWORD = "a long word for a test"
EMAIL = "rosamund.testwick@partnership.example.org"


async def signed_up(house: Real) -> None:
    there = house.there
    accounts = Accounts(there.database, there.vault, there.auditor)
    await accounts.set_password(await accounts.only_link("invitation", MANAGER, house.now), PASSWORD, house.now)


async def imported(
    house: Real, moment: str = "", victim: int = NOBODY, what: str = "tracker", data: Path = DATA
) -> tuple[int, dict[str, Any]]:
    """Give the command, with this death in the middle of it. Returns how the process ended, and what it said."""
    log = house.folder / "import.log"
    log.unlink(missing_ok=True)
    settings = house.there.settings
    words = [
        what, "import", str(data / "mended.xlsx"), "--mapping", str(data / "mapping.yaml"), "--data-dir",
        str(house.folder), "--as", EMAIL, "--json",
    ]  # fmt: skip
    environment = {"REVIEWS_PASSWORD": PASSWORD, "REVIEWS_ENGINE": settings.engine}
    process = FORKING.Process(target=take_over, args=(environment, log, words, moment, victim), daemon=True)
    process.start()
    await asyncio.to_thread(process.join, SOON)
    said = log.read_text()
    assert process.exitcode is not None, said
    return process.exitcode, json.loads(said) if process.exitcode == 0 else {}


async def taken_over(house: Real) -> list[Case]:
    """The cases of the tracker."""
    async with house.there.database.reading() as session:
        found = [Case.model_validate(one) for one in await session.scalars(select(CaseRow.state))]
    return [one for one in found if one.said.get("key")]


async def facts(house: Real) -> int:
    count = select(func.count()).select_from(FactRow).where(FactRow.kind != "told")
    async with house.there.database.reading() as session:
        return await session.scalar(count) or 0


async def all_is_there_once(house: Real, whole: Tracker) -> None:
    """Every case and recommendation is recorded once, and each open case lives after the reconciler has looked."""
    await Watch(house.client, house.there).reconcile()
    cases = await taken_over(house)
    assert len(cases) == 16
    keys = Counter(one.key for case in cases for one in case.recommendations.values())
    assert (len(keys), set(keys.values())) == (len(whole.recommendations), {1})
    for case in cases:
        if not case.closed:
            await house.agree(case.ref)
    assert [one.ref for one in cases if not one.closed], "some of them are open"
    before = await facts(house)
    code, said = await imported(house)
    assert (code, said["entered"], said["cases"], said["known"]) == (0, 0, [], len(whole.recommendations))
    assert (await facts(house), len(await taken_over(house))) == (before, 16)
    assert await house.broken() == []


async def killed(house: Real, moment: str, victim: int) -> None:
    """Let somebody die at this moment of an import: all is recorded, or nothing."""
    before = await facts(house)
    code, _ = await imported(house, moment, victim)
    assert (code == 0) is (victim != ITSELF)
    committed = moment in COMMITTED or victim != ITSELF
    assert len(await taken_over(house)) == (16 if committed else 0)
    assert committed or await facts(house) == before
    if not committed:
        code, said = await imported(house)
        assert (code, said["known"]) == (0, 0)


async def test_an_import_and_a_worker_killed_while_workflows_start_have_recorded_all_of_it_once(tmp_path: Path) -> None:
    whole = tracker("mended.xlsx")
    async with real(tmp_path) as house:
        await signed_up(house)
        code, _ = await imported(house, "half have started", ITSELF)
        assert code == -9
        await house.kill(house.worker)
        await house.start_worker()
        await all_is_there_once(house, whole)


@pytest.mark.proof
@pytest.mark.parametrize("victim", ["import", "worker", "engine"])
@pytest.mark.parametrize("moment", MOMENTS)
async def test_whoever_is_killed_whenever_during_an_import_all_is_recorded_or_nothing_and_once(
    tmp_path: Path, moment: str, victim: str
) -> None:
    whole = tracker("mended.xlsx")
    async with real(tmp_path) as house:
        await signed_up(house)
        assert house.worker
        assert house.engine
        await killed(house, moment, {"import": ITSELF, "worker": house.worker.pid, "engine": house.engine.pid}[victim])
        if victim == "engine":
            await asyncio.wait_for(house.engine.wait(), SOON)
            await house.start_engine()
        if victim == "worker":
            await asyncio.wait_for(house.worker.wait(), SOON)
            await house.start_worker()
        await all_is_there_once(house, whole)


@pytest.mark.promise("H13", "H14")
@pytest.mark.parametrize("moment", ["written, and not committed", "committed, and nothing started"])
async def test_an_import_of_past_deaths_that_is_killed_has_recorded_all_of_it_or_nothing_and_once(
    tmp_path: Path, moment: str
) -> None:
    async with real(tmp_path) as house:
        await signed_up(house)
        code, _ = await imported(house, moment, ITSELF, "deaths", PAST_DEATHS)
        assert code == -9
        there = (60, 14) if moment in COMMITTED else (0, 0)
        assert (await rows(house), len(await taken_over(house))) == there
        code, said = await imported(house, what="deaths", data=PAST_DEATHS)
        assert (code, said["counted"] + len(said["cases"]), said["known"]) == (0, 60 - there[0], there[0])
        await Watch(house.client, house.there).reconcile()
        cases = await taken_over(house)
        assert (await rows(house), len(cases)) == (60, 14)
        for case in cases:
            await house.agree(case.ref)
        assert await house.broken() == []


async def rows(house: Real) -> int:
    """Deaths of which coarse values are kept."""
    async with house.there.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(CountedRow)) or 0

"""A list of past deaths in the record itself, on either database."""

from datetime import date
from pathlib import Path

import pytest

from door.taking_deaths_over import TakingDeathsOver
from models.rights import Actor, actor_of
from models.time import day_of
from records.counted import counted, open_reviews
from tests.support.lives import Lives
from tests.support.lives_of_deaths import COORDINATOR, Deaths
from tests.support.past_deaths import COMPLETED, OPEN, understood
from tests.support.recording import Recording, recording

pytestmark = pytest.mark.promise("H13", "H14", "L12")


async def actor(made: Recording) -> Actor:
    async with made.there.database.reading() as session:
        directory = await made.there.recorder.directory.read(session)
    assert directory
    return actor_of(directory, COORDINATOR, made.now)


async def test_a_list_is_taken_over_once_and_its_open_reviews_are_waiting(tmp_path: Path, database_url: str) -> None:
    found = understood("mended.xlsx", date(2026, 1, 2))
    async with recording(tmp_path, database_url=database_url) as made:
        over, coordinator = TakingDeathsOver(made.there.recorder, None), await actor(made)
        taken = await over.take(coordinator, found, "0" * 64, made.now)
        assert (len(taken.cases), taken.counted) == (len(OPEN), COMPLETED)
        again = await over.take(coordinator, found, "0" * 64, made.now)
        assert (again.cases, again.counted, again.known, again.changed) == ((), 0, len(found.deaths), ())
        async with made.there.database.reading() as session:
            here, waiting = await counted(session), await open_reviews(session)
            broken = await made.there.auditor.verify(session, made.there.settings.seals)
    assert len(here) == len(found.deaths)
    assert sorted(one.notified for one in waiting) == sorted(one.notified for one in found.deaths if not one.completed)
    assert broken == []


async def test_a_review_that_is_entered_counts_from_its_old_notification(tmp_path: Path) -> None:
    async with recording(tmp_path) as made:
        deaths = Deaths(Lives(made))
        long_ago = {"born": "2022-01-05", "died": "2023-02-03", "notified_on": "2023-02-06", "met_on": "2023-05-01"}
        await made.open(COORDINATOR, "enter_death", **{**deaths.entering(), **long_ago})
        async with made.there.database.reading() as session:
            (one,), (waiting,) = await counted(session), await open_reviews(session)
    assert (one.notified, one.reviewed) == (date(2023, 2, 1), None)
    assert waiting.notified == date(2023, 2, 6)
    assert waiting.notified < day_of(made.now)

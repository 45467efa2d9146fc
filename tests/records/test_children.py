"""Who may be the same child: found however they are spelt among those that came last, and by NHS number among all."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from models.rights import actor_of
from models.tables import CaseRow, ChildRow
from records import children
from records.children import note_numbers
from records.questions import Questions
from tests.support.lives import Lives
from tests.support.lives_of_deaths import COORDINATOR, Deaths
from tests.support.recording import Recording, recording

pytestmark = pytest.mark.promise("A6")
NUMBER = "9434765919"
TOLD = {"name": "Quilon Zarbain", "born": "2025-01-28", "nhs_number": "", "address": ""}
"""As somebody else spells Quillon Zarbane."""


@pytest_asyncio.fixture
async def made(tmp_path: Path, database_url: str) -> AsyncIterator[Recording]:
    async with recording(tmp_path, database_url=database_url) as one:
        yield one


async def found(made: Recording, **said: str) -> set[str]:
    """The cases that somebody who notifies a death is shown, with what they say of the child."""
    questions = Questions(made.there.recorder)
    directory = await questions.directory()
    assert directory
    like = await questions.like([{**TOLD, **said}], actor_of(directory, COORDINATOR, made.now), made.now)
    return {one.ref for one in like}


async def one_of_long_ago(made: Recording, *, closed: bool) -> str:
    """A child's death, after which as many others came as are compared by name."""
    deaths = Deaths(Lives(made))
    first = await deaths.notified(name="Quillon Zarbane", born="2025-01-28", nhs_number=NUMBER)
    made.now += timedelta(days=1)
    await deaths.notified(name="Brendric Holthoworth", born="2021-04-02")
    if closed:
        async with made.there.database.writing() as session:
            await session.execute(update(CaseRow).where(CaseRow.ref == first).values(closed=made.now))
    return first


async def test_a_child_spelt_otherwise_is_found_among_those_that_came_last(made: Recording) -> None:
    first = await one_of_long_ago(made, closed=True)
    assert await found(made) == {first}


async def test_a_child_spelt_otherwise_is_found_among_open_cases_however_old(
    made: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "NEAREST", 1)
    first = await one_of_long_ago(made, closed=False)
    assert await found(made) == {first}


async def test_of_closed_cases_of_long_ago_the_nhs_number_is_asked_however_it_is_written(
    made: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "NEAREST", 1)
    first = await one_of_long_ago(made, closed=True)
    assert await found(made) == set()
    assert await found(made, nhs_number="943 476-5919") == {first}
    assert await found(made, nhs_number="4505577104") == set()


async def test_what_an_earlier_release_kept_is_looked_at_until_its_number_is_noted(
    made: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "NEAREST", 1)
    first = await one_of_long_ago(made, closed=True)
    async with made.there.database.writing() as session:
        kept = (await session.scalars(select(ChildRow.nhs_key).order_by(ChildRow.case))).all()
        await session.execute(update(ChildRow).values(nhs_key=None))
    assert await found(made) == {first}
    async with made.there.database.writing() as session:
        await note_numbers(session, made.there.vault)
    async with made.there.database.reading() as session:
        assert (await session.scalars(select(ChildRow.nhs_key).order_by(ChildRow.case))).all() == kept
    assert await found(made) == set()
    assert await found(made, nhs_number=NUMBER) == {first}


async def test_of_the_number_only_a_keyed_digest_is_kept_and_none_of_a_child_without_one(made: Recording) -> None:
    await one_of_long_ago(made, closed=True)
    async with made.there.database.reading() as session:
        first, second = await session.scalars(select(ChildRow.nhs_key).order_by(ChildRow.case))
    assert first
    assert NUMBER not in first
    assert first == made.there.vault.look_up(f"nhs number {NUMBER}")
    assert second == ""


async def test_whoever_asks_of_a_death_finds_what_was_decided_of_it_from_the_other_side(made: Recording) -> None:
    """Also where the child is not alike at all: the decision stands in the other case."""
    deaths, questions = Deaths(Lives(made)), Questions(made.there.recorder)
    first = await deaths.notified(name="Quillon Zarbane", born="2025-01-28")
    second = await deaths.notified(name="Brendric Holthoworth", born="2021-04-02")
    same = {"other": first, "same": True, "reason": "They were found to be one child."}
    await made.act(COORDINATOR, second, "decide_duplicate", **same)
    directory = await questions.directory()
    assert directory
    actor = actor_of(directory, COORDINATOR, made.now)
    assert [(one.ref, one.decided) for one in await questions.likely_same(first, actor, made.now)] == [(second, True)]
    assert await questions.joined(first, actor, made.now) == [second]

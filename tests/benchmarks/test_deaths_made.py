"""The record of child deaths that benchmarks are measured on: its shares, its bounds, and that it is a true record."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from benchmarks.deaths_drawn import EVERY, OPEN, Death, alike, drawn
from benchmarks.deaths_made import made, private_of
from models.child_death_commands import Category, Ethnic, Modifiable, age
from models.death_bands import AgeBand, PlaceGroup, age_band, place_group
from models.nhs_number import can_be_nhs_number
from models.referral import OF_AGE, Sex
from models.tables import BoardRow, CaseRow, ChildRow, CountedRow
from records.children import Kept
from records.counted import counted
from tests.support.lives import Lives
from tests.support.lives_of_deaths import Deaths
from tests.support.recording import Recording, recording

END = datetime(2026, 11, 20, 12, tzinfo=UTC)
MANY, FEW, LIVES = 7000, 40, 10


@pytest.fixture(scope="module")
def deaths() -> list[Death]:
    return drawn(MANY, END.date())


@pytest.mark.parametrize(
    ("what", "share"),
    [
        pytest.param(lambda one: one.age in {AgeBand.NEONATAL, AgeBand.INFANT}, 0.65, id="under one year"),
        pytest.param(lambda one: one.age is AgeBand.NEONATAL, 0.42, id="under 28 days"),
        pytest.param(lambda one: one.sex is Sex.MALE, 0.56, id="male"),
        pytest.param(lambda one: one.ethnic_group is Ethnic.NOT_KNOWN, 0.1, id="ethnic group not known"),
        pytest.param(lambda one: one.modifiable is Modifiable.YES, 0.28, id="modifiable factors"),
        pytest.param(lambda one: one.modifiable is Modifiable.TOO_LITTLE, 0.03, id="not enough information"),
        pytest.param(lambda one: place_group(one.place) is PlaceGroup.HOSPITAL, 0.77, id="in hospital"),
    ],
)
def test_the_shares_are_those_of_england(deaths: list[Death], what: Callable[[Death], bool], share: float) -> None:
    assert sum(map(what, deaths)) / MANY == pytest.approx(share, abs=0.02)


def test_perinatal_events_and_anomalies_are_the_most_frequent_categories(deaths: list[Death]) -> None:
    found = Counter(one.category for one in deaths)
    assert [name for name, _ in found.most_common(2)] == [Category.PERINATAL, Category.GENETIC]
    assert set(found) == set(Category)


def test_as_many_are_open_as_in_england_and_the_others_were_reviewed_before_the_end(deaths: list[Death]) -> None:
    assert sum(one.open for one in deaths) == round(MANY * OPEN / EVERY)
    assert all(one.notified + timedelta(days=one.took) <= END.date() for one in deaths if not one.open)


@pytest.mark.parametrize(("years_ago", "share"), [(9, 0.32), (5, 0.48)])
def test_of_older_reviews_fewer_took_less_than_a_year(deaths: list[Death], years_ago: int, share: float) -> None:
    then = [one for one in deaths if (END.date() - one.notified).days // 365 == years_ago]
    assert sum(one.took < 365 for one in then) / len(then) == pytest.approx(share, abs=0.06)


def test_each_child_was_of_the_age_that_is_said_and_its_notification_came_within_five_days(
    deaths: list[Death],
) -> None:
    for one in deaths:
        assert timedelta(0) <= one.notified - one.died <= timedelta(days=5)
        assert age_band(one.born, one.died) is one.age
        assert age(one.born, one.died) < OF_AGE
        assert can_be_nhs_number(one.nhs_number)


def test_every_death_is_in_one_group_and_of_the_same_age_on_the_days_of_its_group(deaths: list[Death]) -> None:
    groups = list(alike(deaths, LIVES))
    assert Counter(one for group in groups for one in group.deaths) == Counter(deaths)
    for group in groups:
        assert {(one.open, one.sudden) for one in group.deaths} == {(group.open, group.sudden)}
        for one in group.deaths:
            said = private_of(group, one)
            assert age_band(*(date.fromisoformat(said[name]) for name in ("born", "died"))) is one.age


def test_the_same_seed_draws_the_same_deaths_and_another_one_others() -> None:
    assert drawn(300, END.date(), 1) == drawn(300, END.date(), 1) != drawn(300, END.date(), 2)


@pytest_asyncio.fixture
async def record(tmp_path: Path) -> AsyncIterator[tuple[Recording, list[Death]]]:
    async with recording(tmp_path) as one:
        one.now = END
        yield one, await made(one.there, FEW, END, LIVES)


@pytest.mark.timeout(300)
async def test_what_was_made_is_what_its_facts_make_of_it_down_to_the_last_link(
    record: tuple[Recording, list[Death]],
) -> None:
    one, deaths = record
    assert await one.broken() == []
    async with one.there.database.reading() as session:
        for table in (CaseRow, BoardRow, ChildRow, CountedRow):
            assert await session.scalar(select(func.count()).select_from(table)) == FEW
        assert await session.scalar(select(func.count()).where(CaseRow.closed.is_(None))) == sum(
            one.open for one in deaths
        )
        named = [Kept(row.case, row.number, row.sealed) for row in await session.scalars(select(ChildRow))]
        counts = await counted(session)
        # Rows that were counted by the facts themselves, and rows of copies: each as its own facts say.
        assert Counter((row.age_band, row.sex, row.ethnic_group, row.place) for row in counts) == Counter(
            (death.age, death.sex, death.ethnic_group, place_group(death.place)) for death in deaths
        )
        assert Counter((row.category, row.modifiable) for row in counts if row.reviewed) == Counter(
            (death.category, death.modifiable) for death in deaths if not death.open
        )
    assert {kept.opened(one.there.vault)["name"] for kept in named} == {death.name for death in deaths}
    # A death that is notified now gets the next number, and that of no copy.
    assert len({await Deaths(Lives(one)).notified(), *(kept.case for kept in named)}) == FEW + 1


@pytest.mark.timeout(300)
async def test_nothing_of_a_child_stands_in_clear_in_what_was_made(record: tuple[Recording, list[Death]]) -> None:
    one, deaths = record
    await one.there.close()
    kept = b"".join(file.read_bytes() for file in one.there.settings.data_dir.glob("records.sqlite*"))
    assert not [death for death in deaths if death.name.encode() in kept or death.nhs_number.encode() in kept]
    assert b"death_notified" in kept

"""The table of coarse values: what each fact of a death changes in it, and that it names no case."""

from collections.abc import AsyncIterator
from datetime import date, time
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, insert, select, update

from models.child_death_commands import Category, Ethnic, Modifiable
from models.clocks import add_months
from models.death_bands import AgeBand, Begins, Counted, PlaceGroup, Years
from models.death_figures import figures
from models.referral import Sex
from models.tables import CountedRow
from models.time import at, day_of
from records.counted import counted, open_reviews, place_of
from records.panels import before_panel
from records.questions import Questions
from tests.support.lives import Lives
from tests.support.lives_of_deaths import COORDINATOR, PANEL, Deaths
from tests.support.recording import Recording, recording

pytestmark = pytest.mark.promise("H8", "H14")


@pytest_asyncio.fixture
async def made(tmp_path: Path) -> AsyncIterator[Recording]:
    async with recording(tmp_path) as one:
        yield one


async def found(made: Recording) -> list[Counted]:
    async with made.there.database.reading() as session:
        return await counted(session)


async def test_a_death_counts_from_its_notification_by_coarse_values_alone(made: Recording) -> None:
    await Deaths(Lives(made)).notified()
    (one,) = await found(made)
    assert (one.notified, one.age_band, one.area) == (
        day_of(made.now).replace(day=1), AgeBand.UNDER_FIVE, "harrowshire",
    )  # fmt: skip
    assert (one.reviewed, one.months, one.category, one.modifiable) == (None, None, None, None)


async def test_no_column_of_it_says_of_which_case_a_row_is(made: Recording) -> None:
    ref = await Deaths(Lives(made)).notified()
    async with made.there.database.reading() as session:
        (row,) = await session.execute(select(*CountedRow.__table__.columns))
    assert not [value for value in row if ref.encode() in str(value).encode()]
    assert made.there.vault.unseal(row.sealed, place_of(row.id)) == ref


async def test_what_the_panel_finds_is_counted_once_it_is_quorate_with_the_category_of_the_highest_rank(
    made: Recording,
) -> None:
    deaths = Deaths(Lives(made))
    ref = await deaths.listed()
    few = {**deaths.analysing(), "seats": ["panel_chair"]}
    await made.act(PANEL, ref, "complete_analysis", **few)
    assert (await found(made))[0].category is None
    await made.act(PANEL, ref, "list_for_panel", **deaths.listing())
    await made.act(PANEL, ref, "complete_analysis", **deaths.analysing())
    (one,) = await found(made)
    assert (one.category, one.modifiable, one.months) == (Category.ACUTE, Modifiable.YES, 0)
    assert one.reviewed == day_of(made.now).replace(day=1)


async def test_a_day_that_is_corrected_is_corrected_in_the_figures(made: Recording) -> None:
    deaths = Deaths(Lives(made))
    open_, reviewed = await deaths.notified(), await deaths.reviewed()
    earlier = at(add_months(day_of(made.now), -2), time(0))
    for ref in (open_, reviewed):
        await made.act(COORDINATOR, ref, "correct", mark="death_notified", at=earlier.isoformat(), reason="The letter.")
    one, other = sorted(await found(made), key=lambda one: one.reviewed is not None)
    assert one.notified == other.notified == day_of(earlier).replace(day=1)
    assert (one.reviewed, one.months) == (None, None)
    assert (other.reviewed, other.months) == (day_of(made.now).replace(day=1), 2)


@pytest.mark.promise("A6")
async def test_notifications_of_one_death_count_once_and_again_apart_when_that_was_wrong(made: Recording) -> None:
    deaths = Deaths(Lives(made))
    first, second = await deaths.notified(), await deaths.notified()
    assert len(await found(made)) == 2
    same = {"other": first, "reason": "The same day and name."}
    await made.act(COORDINATOR, second, "decide_duplicate", same=True, **same)
    assert len(await found(made)) == 1
    await made.act(COORDINATOR, second, "decide_duplicate", same=False, **same)
    assert len(await found(made)) == 2


@pytest.mark.promise("H15")
async def test_a_death_that_another_area_reviews_is_not_counted_here(made: Recording) -> None:
    await Deaths(Lives(made)).over()
    assert await found(made) == []


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("begins", list(Begins))
async def test_the_deaths_of_some_years_make_the_same_figures_as_all_deaths(
    made: Recording, begins: Begins, *, together: bool
) -> None:
    """Only what counts in none of them is left out."""
    dice = Random(7)  # noqa: S311 -- the same in every run
    async with made.there.database.writing() as session:
        await session.execute(insert(CountedRow), [drawn(dice, number) for number in range(400)])
    async with made.there.database.reading() as session:
        every = await counted(session)
        for first in range(2018, 2025):
            for last in range(first, 2025):
                years = Years(first=first, last=last, begins=begins, together=together)
                those = await counted(session, years)
                whole, some = figures(every, years), figures(those, years)
                assert some.confidential() == whole.confidential()
                assert some.unseen == whole.unseen
                assert list(some.kinds()) == list(whole.kinds())
                assert len(those) < len(every)
    assert len(every) == 400


def drawn(dice: Random, number: int) -> dict[str, Any]:
    """A row of the table."""
    notified = date(dice.randint(2016, 2025), dice.randint(1, 12), 1)
    months = dice.choice([None, *range(30)])
    panel = {"category": dice.choice(list(Category)), "modifiable": dice.choice(list(Modifiable))}
    return {
        "id": str(number), "sealed": b"", "notified": notified, "months": months, "area": "harrowshire",
        "reviewed": None if months is None else add_months(notified, months), "age_band": dice.choice(list(AgeBand)),
        "sex": dice.choice(list(Sex)), "ethnic_group": dice.choice(list(Ethnic)),
        "place": dice.choice(list(PlaceGroup)), "counts": True,
        **(dict.fromkeys(panel) if months is None else panel),
    }  # fmt: skip


@pytest.mark.promise("H7", "H13")
async def test_what_is_open_and_before_the_panel_is_read_from_either_database(
    tmp_path: Path, database_url: str
) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        deaths = Deaths(Lives(made))
        waits, ready = await deaths.drafted(), await deaths.drafted()
        await made.act(COORDINATOR, waits, "open_wait", **deaths.waiting())
        await made.act(COORDINATOR, waits, "request_information", **deaths.asking())
        async with made.there.database.reading() as session:
            assert sorted(one.awaits for one in await open_reviews(session)) == ["", "Inquest"]
            assert [(one.ref, one.on, one.waits) for one in await before_panel(session)] == [
                (waits, None, ("1 reporting form", "Inquest")), (ready, None, ()),
            ]  # fmt: skip


@pytest.mark.promise("H14", "K8")
async def test_what_is_amended_of_a_child_holds_for_the_figures_the_case_and_the_record(made: Recording) -> None:
    deaths = Deaths(Lives(made))
    ref = await deaths.notified()
    amended = deaths.amending(name="Wren Sedge", ethnic_group="black", area="lowmarsh", place_of_death="hospice")
    await made.act(COORDINATOR, ref, "amend_death", **amended)
    (row,) = await found(made)
    assert (row.ethnic_group, row.area, row.place) == (Ethnic.BLACK, "lowmarsh", PlaceGroup.HOSPICE)
    [(_, child)] = await Questions(made.there.recorder).children(ref)
    assert child["name"] == "Wren Sedge"
    assert (await made.case(ref)).said["area"] == "lowmarsh"
    async with made.there.database.reading() as session:
        assert list(await made.there.auditor.verify(session, made.there.settings.seals)) == []


@pytest.mark.promise("H12")
async def test_a_death_is_referred_in_the_words_that_were_amended(made: Recording) -> None:
    deaths = Deaths(Lives(made))
    ref = await deaths.unexplained()
    await made.act(COORDINATOR, ref, "amend_death", **deaths.amending(name="Wren Sedge"))
    again = deaths.lives.day(90)
    await made.act("p-020", ref, "consider_review", outcome="refer", again=again, reasons="Who knew?")
    [(_, child)] = await Questions(made.there.recorder).children(await made.child_of(ref))
    assert child["name"] == "Wren Sedge"


@pytest.mark.promise("K7")
@pytest.mark.parametrize(
    "change",
    [
        {"notified": date(2020, 1, 1)}, {"reviewed": None}, {"months": 14}, {"age_band": "under_one"}, {"sex": "male"},
        {"ethnic_group": "other"}, {"place": "other"}, {"area": "lowmarsh"}, {"category": "1"}, {"modifiable": "none"},
        {"counts": False}, {"sealed": b"-"}, {},
    ],
)  # fmt: skip
async def test_a_row_of_the_figures_that_was_altered_or_removed_is_found(
    made: Recording, change: dict[str, object]
) -> None:
    await Deaths(Lives(made)).reviewed()

    async def broken() -> list[str]:
        async with made.there.database.reading() as session:
            return [one.words for one in await made.there.auditor.verify(session, made.there.settings.seals)]

    assert await broken() == []
    async with made.there.database.writing() as session:
        await session.execute(update(CountedRow).values(change) if change else delete(CountedRow))
    (words,) = await broken()
    assert words.endswith("the row among the figures.")

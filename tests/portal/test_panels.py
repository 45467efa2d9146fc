"""The panel's days and its papers: who prepares them, and that no paper says of whom it is."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pypdf import PdfReader

from models.time import day_of
from tests.portal.test_deaths import read
from tests.support import canary
from tests.support.canary import found_in
from tests.support.house import House, house
from tests.support.lives import Lives
from tests.support.lives_of_deaths import COORDINATOR, PANEL, Deaths

SUBGROUP, CONTACT = "p-020", "p-011"
SUMMARY = "A child of one year who was found in the morning."


@pytest_asyncio.fixture
async def made(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as one:
        yield one


async def listed(made: House) -> str:
    """A death of the canary, listed for the panel of today: what was drafted for the panel names nobody."""
    deaths = Deaths(Lives(made, canary.words, canary.REFERRAL))
    ref = await deaths.met()
    await made.act("p-025", ref, "draft_analysis", summary=SUMMARY)
    await made.act(PANEL, ref, "list_for_panel", panel="harrowshire", extra=True, on=str(day_of(made.now)))
    return ref


@pytest.mark.promise("H8")
async def test_a_paper_says_what_was_written_for_the_panel_and_neither_name_nor_case(made: House) -> None:
    ref, on = await listed(made), day_of(made.now)
    page = (await read(made, PANEL, f"/deaths/panels/harrowshire/{on}")).text
    assert SUMMARY in page
    assert "5 to 9 years" in page
    assert not found_in(page)
    assert ref not in page
    pdf = PdfReader(io.BytesIO((await read(made, PANEL, f"/deaths/panels/harrowshire/{on}/papers.pdf")).content))
    text = " ".join("".join(one.extract_text() for one in pdf.pages).split())
    assert SUMMARY in text
    assert not found_in(text)
    assert ref not in text


@pytest.mark.promise("H7")
async def test_the_page_of_the_panels_says_what_is_listed_what_is_ready_and_for_what_others_wait(made: House) -> None:
    deaths = Deaths(Lives(made))
    first, ready, waits = await listed(made), await deaths.drafted(), await deaths.drafted()
    await made.act(COORDINATOR, waits, "open_wait", **deaths.waiting())
    page = (await read(made, COORDINATOR, "/deaths/panels")).text
    places = [
        page.index(words) for words in ("Ready, and not listed", ready, "Harrowshire panel<", first, "Not ready", waits)
    ]
    assert places == sorted(places)
    assert "waits for inquest" in page


@pytest.mark.promise("K3")
@pytest.mark.parametrize("person", [SUBGROUP, CONTACT])
async def test_whoever_does_not_prepare_the_panel_reads_no_papers(made: House, person: str) -> None:
    await listed(made)
    papers = f"/harrowshire/{day_of(made.now)}"
    for address in ("", papers, f"{papers}/papers.pdf"):
        assert (await read(made, person, f"/deaths/panels{address}")).status_code == 403


async def test_a_day_without_a_death_has_no_papers(made: House) -> None:
    for on in ("2026-01-08", "today"):
        assert (await read(made, PANEL, f"/deaths/panels/harrowshire/{on}")).status_code == 404

"""The panel's days and its papers: who prepares them, and that no paper says of whom it is."""

import io
import re
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path

import pytest
import pytest_asyncio
from pypdf import PdfReader

from door.refusals import Invalid
from models import shelf
from models.board import Line
from models.children import NAMED
from models.panels import meetings
from models.time import day_of
from portal.pages import day
from records.questions import EVER, Questions
from tests.portal.test_deaths import read, visitor
from tests.support import canary
from tests.support.canary import found_in
from tests.support.house import House, house
from tests.support.lives import Lives
from tests.support.lives_of_deaths import COORDINATOR, PANEL, Deaths

SUBGROUP, CONTACT, DOCTOR = "p-020", "p-011", "p-025"
SUMMARY = "A child of one year who was found in the morning."


@pytest_asyncio.fixture
async def made(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as one:
        yield one


async def listed(made: House) -> str:
    """A death of the canary, listed for the panel of today: what was drafted for the panel names nobody."""
    deaths = Deaths(Lives(made, canary.words, canary.REFERRAL))
    ref = await deaths.met()
    await made.act(DOCTOR, ref, "draft_analysis", summary=SUMMARY)
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


@pytest.mark.promise("H8")
async def test_a_draft_that_names_the_child_is_refused_beside_its_tick_and_nothing_typed_is_lost(made: House) -> None:
    deaths = Deaths(Lives(made, canary.words, canary.REFERRAL))
    ref = await deaths.met()
    draft = {"summary": f"{canary.FIRST} was loved."}
    with pytest.raises(Invalid) as refused:
        await made.act(DOCTOR, ref, "draft_analysis", **draft)
    assert [(one.field, one.words) for one in refused.value.problems] == [("no_name", NAMED)]
    address = f"/cases/{ref}/draft_analysis"
    async with await visitor(made, DOCTOR) as client:
        hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', (await client.get(address)).text)
        page = await client.post(address, data={**dict(hidden), **draft})
    assert page.status_code == 422
    assert NAMED in page.text
    assert draft["summary"] in page.text
    assert "It is an ordinary word here" in page.text
    await made.act(DOCTOR, ref, "draft_analysis", **draft, no_name=True)


@pytest.mark.promise("H7")
async def test_the_page_says_what_a_panel_without_a_quorum_lacked_until_it_is_reviewed(made: House) -> None:
    deaths = Deaths(Lives(made))
    ref = await deaths.listed()
    few = {"seats": ["panel_chair", "local_authority", "icb", "police"], "left": ["police"], "interests": "A friend."}
    await made.act(PANEL, ref, "complete_analysis", **{**deaths.analysing(), **few})
    page = (await read(made, PANEL, f"/cases/{ref}")).text
    assert page.count("It had no quorum") == 2, "at the head of the page, and in the time line"
    assert "3 of the 4 seats that it needs were filled" in page
    assert "List it for another panel." in page
    await made.act(PANEL, ref, "list_for_panel", **deaths.listing())
    assert "It is on the list of another." in (await read(made, PANEL, f"/cases/{ref}")).text
    await made.act(PANEL, ref, "complete_analysis", **deaths.analysing())
    assert (await read(made, PANEL, f"/cases/{ref}")).text.count("It had no quorum") == 1


@pytest.mark.promise("H7")
async def test_the_form_says_on_which_days_the_panels_of_the_area_meet(made: House) -> None:
    ref = await Deaths(Lives(made)).drafted()
    page = (await read(made, PANEL, f"/cases/{ref}/list_for_panel")).text
    case = await made.case(ref)
    deaths = shelf.policy(case.policy).child_deaths
    assert deaths
    near = islice(meetings(deaths.panels["harrowshire"], day_of(made.now), shelf.days(case.calendar)), 3)
    assert "Harrowshire panel: meets on {}, {} and {}.".format(*map(day, near)) in page
    assert "Lowmarsh panel" not in page


@pytest.mark.promise("A6")
async def test_the_page_of_what_has_joined_another_asks_nothing_and_leads_there(made: House) -> None:
    deaths = Deaths(Lives(made))
    first, second = await deaths.notified(), await deaths.notified()
    await made.act(COORDINATOR, second, "decide_duplicate", other=first, same=True, reason="r")
    page = (await read(made, COORDINATOR, f"/cases/{second}")).text
    assert "For you now" not in page
    assert "Nothing is owed." in page
    assert f'Belongs to <a class="govuk-link" href="/cases/{first}">' in page
    assert f'About the same as <a class="govuk-link" href="/cases/{first}">' in page
    for line in await board(made, COORDINATOR):
        if line.ref == second:
            assert (line.stage, line.waiting_for, line.mine) == ("Nothing is owed", [], False)
    with pytest.raises(Invalid) as refused:
        await made.act(COORDINATOR, second, "name_key_worker", name="K", contact="c")
    (said,) = refused.value.problems
    assert said.words == f"This is about the same as {first}, which it has joined. Go on there."


@pytest.mark.promise("A6")
async def test_what_has_joined_is_asked_about_no_more_and_nothing_joins_it(made: House) -> None:
    deaths = Deaths(Lives(made))
    first, second, third = [await deaths.notified() for _ in range(3)]
    asking = "Say whether it is the same"
    assert (await read(made, COORDINATOR, f"/cases/{third}")).text.count(asking) == 2
    await made.act(COORDINATOR, second, "decide_duplicate", other=first, same=True, reason="r")
    assert asking not in (await read(made, COORDINATOR, f"/cases/{second}")).text
    assert (await read(made, COORDINATOR, f"/cases/{third}")).text.count(asking) == 1
    with pytest.raises(Invalid) as refused:
        await made.act(COORDINATOR, third, "decide_duplicate", other=second, same=True, reason="r")
    assert refused.value.problems[0].words == f"{second} has itself joined {first}. Name that one."
    form = (await read(made, COORDINATOR, f"/cases/{second}/decide_duplicate")).text
    assert f'value="{first}"' in form, "the one of which it may turn out not to be the same"
    await made.act(COORDINATOR, second, "decide_duplicate", other=first, same=False, reason="r")
    with pytest.raises(Invalid, match="Invalid") as again:
        await made.act(COORDINATOR, second, "decide_duplicate", other=first, same=False, reason="r")
    assert [one.field for one in again.value.problems] == ["same"]


async def board(made: House, person: str) -> list[Line]:
    return await Questions(made.there.recorder).board(await made.actor(person), made.now, closed=EVER)

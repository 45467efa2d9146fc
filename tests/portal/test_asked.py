"""An agency that is asked knows of which child, and for what; an agency that is not asked learns nothing."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from models.time import day_of
from tests.portal.scene import AUTHORITY, CHAIR, HOSPITAL, MANAGER, POLICE, SCHOOLS, STRANGER
from tests.portal.test_papers import Site
from tests.support.house import House, house, triage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("B2")]

NAME, ADDRESS, NUMBER, LOOK_FOR = "Ottoline Vark", "7 Fen Row", "943 476 5919", "Visits to the walk-in centre in May."
TOLD = (NAME, ADDRESS, NUMBER, "3 February 2019", LOOK_FOR, "section 16H")
ASKED = ["harrowshire-police", "harrow-vale-hospitals", "harrowshire-schools"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Site, str]]:
    async with house(tmp_path_factory.mktemp("asked")) as made:
        yield Site(made, None), await _review(made)  # type: ignore[arg-type]


async def _review(made: House) -> str:
    """Of two children one is reviewed: the police, the hospital and the schools are asked, probation is to learn."""
    child = {"name": NAME, "born": "2019-02-03", "address": ADDRESS, "nhs_number": NUMBER}
    referral = (await made.refer(children=[child, {"name": "Barnaby Quill", "born": "2017-01-05"}])).case
    said = triage(children=2)
    said["children"][1] = triage("no_further_action", children=1)["children"][0] | {"child": 2}
    await made.act(MANAGER, referral, "triage", **said)
    review = await made.child_of(referral)
    sent = {"sent_at": made.now.isoformat(), "sent_by": "The director", "reference": "N-1"}
    await made.act(AUTHORITY, review, "record_notification", **sent)
    await made.act(MANAGER, review, "request_information", agencies=ASKED, words=LOOK_FOR)
    measures, by = [{"measure": "Every list is checked."}], str(day_of(made.now) + timedelta(days=5))
    said = {"text": "Check the list.", "agency": "harrowshire-probation", "by": by, "measures": measures}
    await made.act(CHAIR, review, "recommend", **said)
    return review


@pytest.mark.parametrize("page", ["", "/submit_return"])
async def test_an_asked_agency_sees_the_child_and_what_it_is_asked(site: tuple[Site, str], page: str) -> None:
    made, review = site
    answer = await made.read(POLICE, f"/cases/{review}{page}")
    assert answer.status_code == 200
    assert [one for one in TOLD if one not in answer.text] == []
    assert "Barnaby Quill" not in answer.text, "the review is not about him"


@pytest.mark.promise("K6")
async def test_that_an_agency_saw_the_child_is_noted(site: tuple[Site, str]) -> None:
    made, review = site
    before = (await made.reads()).count((HOSPITAL, review, "children"))
    await made.read(HOSPITAL, f"/cases/{review}")
    assert (await made.reads()).count((HOSPITAL, review, "children")) == before + 1


@pytest.mark.promise("K3")
@pytest.mark.parametrize("person", [STRANGER, "p-015"])
@pytest.mark.parametrize("page", ["", "/submit_return", "/deadlines", "/chronology"])
async def test_an_agency_that_is_not_asked_learns_of_no_child(site: tuple[Site, str], person: str, page: str) -> None:
    made, review = site
    answer = await made.read(person, f"/cases/{review}{page}")
    assert [one for one in TOLD if one in answer.text] == []
    assert (person, review, "children") not in await made.reads()


@pytest.mark.promise("K4")
async def test_whoever_is_locked_out_of_an_asked_agency_sees_no_child(site: tuple[Site, str]) -> None:
    made, review = site
    await made.house.act(MANAGER, review, "lock_out", person=SCHOOLS, locked=True, reason="Taught the child.")
    answer = await made.read(SCHOOLS, f"/cases/{review}")
    assert answer.status_code == 403
    assert NAME not in answer.text

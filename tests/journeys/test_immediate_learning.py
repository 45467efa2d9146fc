"""Immediate learning: a recommendation at once, before any other step of the review, that closes as every other."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from door.refusals import Invalid
from models.recommended import Standing
from models.time import day_of
from tests.support.browsing import Served, fill, picture, send, served, text_of
from tests.support.house import House
from tests.support.lives import CHAIR, MANAGER, POLICE, POLICE_AGENCY, Lives

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180), pytest.mark.browser, pytest.mark.promise("B10"),
]  # fmt: skip

LEAD, SUBGROUP = "p-004", "p-020"
TEXT, MEASURE = "Log every call with the child's name.", "Nine of ten calls name the child."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served(tmp_path_factory.mktemp("learning")) as made:
        yield made


def recommending(house: House) -> dict[str, Any]:
    by = str(day_of(house.now) + timedelta(days=14))
    measures = [{"measure": MEASURE, "baseline": "Four."}]
    return {"text": TEXT, "agency": POLICE_AGENCY, "by": by, "measures": measures, "source": "immediate", "seen": True}


@pytest.mark.promise("D1", "D4")
async def test_what_cannot_wait_is_recommended_before_the_panel_is_notified_and_is_answered(site: Served) -> None:
    ref = await Lives(site.house).opened()
    page = await site.page(MANAGER)
    await page.goto(f"/cases/{ref}")
    await page.get_by_role("link", name="Make a recommendation").click()
    assert await page.input_value('[name="source"]:checked') == "immediate", "of a review that is not decided yet"
    by = str(day_of(site.house.now) + timedelta(days=14))
    await fill(page, {"text": TEXT, "agency": POLICE_AGENCY, "by": by, "measures.0.measure": MEASURE})
    await picture(page, "learning-recommend")
    await send(page)
    if "This is advice" in await text_of(page):
        await send(page)
    lead = await site.page(LEAD)
    inbox = await text_of(lead, "/inbox")
    assert f"Answer the recommendation: recommendation 1 ({ref})" in inbox
    assert TEXT not in inbox, "messages say no words of a case"
    await lead.goto(f"/cases/{ref}")
    await lead.get_by_role("button", name="Answer the recommendation").click()
    await fill(lead, {"answer": "accepts"})
    await send(lead)
    one = (await site.house.case(ref)).recommendations["r1"]
    assert (one.standing, one.agency) == (Standing.PURSUED, POLICE_AGENCY)


async def test_it_is_owed_whatever_becomes_of_the_review_and_the_case_waits_for_it(site: Served) -> None:
    """No practice review is held; the review is decided, submitted, answered and told, and still waits for this."""
    house, lives = site.house, Lives(site.house)
    ref = await lives.met()
    await house.act(MANAGER, ref, "recommend", **recommending(house), another=True)
    await house.act(CHAIR, ref, "decide", **lives.deciding("no_further_review"))
    await house.act(MANAGER, ref, "record_submission", **lives.submitting())
    await house.act(MANAGER, ref, "record_panel_answer", **lives.answering())
    await house.act(MANAGER, ref, "tell_referrer", **lives.telling())
    case = await house.case(ref)
    assert case.closed is None
    assert {one.block for one in case.open()} == {"answer_recommendation"}
    board = await text_of(await site.page(MANAGER), "/cases")
    assert "Recommendations are pursued" in board[board.index(ref) :]


@pytest.mark.promise("E1", "E2")
async def test_that_it_is_done_is_not_enough_it_closes_on_accepted_evidence_of_both_kinds_alone(site: Served) -> None:
    house, lives = site.house, Lives(site.house)
    ref = await lives.notified()
    await house.act(MANAGER, ref, "recommend", **recommending(house), another=True)
    await house.act(POLICE, ref, "answer_recommendation", item="r1", answer="accepts")
    closing = {"item": "r1", "decided_by": "office", "retest": "6_months", "words": "It is done."}
    for evidence, shows in (("e1", "delivery"), ("e2", "impact")):
        with pytest.raises(Invalid):
            await house.act(CHAIR, ref, "close_recommendation", **closing, evidence=["e1"])
        await house.act(POLICE, ref, "give_evidence", item="r1", measure="m1", shows=shows, words="Ten calls.")
        await house.act(SUBGROUP, ref, "accept_evidence", item="r1", evidence=evidence, words="It is dated.")
    await house.act(CHAIR, ref, "close_recommendation", **closing, evidence=["e1", "e2"])
    assert (await house.case(ref)).recommendations["r1"].standing is Standing.CLOSED

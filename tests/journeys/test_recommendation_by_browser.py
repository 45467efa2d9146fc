"""By the pages: a review is commissioned, and its recommendation is proven and closed by independent eyes."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
import pytest_asyncio

from models.recommended import Standing
from models.time import day_of
from tests.support.browsing import Served, axe, fill, picture, send, served, text_of

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180), pytest.mark.browser, pytest.mark.promise("E2"),
]  # fmt: skip
MANAGER, SUBGROUP, CHAIR, LEAD, OWNER = "p-018", "p-020", "p-021", "p-010", "p-011"
HOSPITALS = "harrow-vale-hospitals"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served(tmp_path_factory.mktemp("gate")) as made:
        yield made


async def entered(site: Served) -> str:
    """By its page, from the board."""
    page, today = await site.page(MANAGER), day_of(site.house.now)
    await page.goto("/cases")
    await page.get_by_role("link", name="Enter a review").click()
    await picture(page, "enter-review")
    await fill(page, {
        "name": "Child Larch", "origin": "practice_review", "decided_on": str(today), "reached": "decided",
        "agencies": [HOSPITALS, "harrowshire-police"],
    })  # fmt: skip
    await send(page)
    assert "The review was entered here" in await text_of(page)
    return page.url.rpartition("/")[2].partition("?")[0]


async def again(site: Served, ref: str, by: date) -> None:
    """What is recommended once more, and badly: advice comes first, then what was said before, and nothing is lost."""
    page = await site.page(CHAIR)
    await page.goto(f"/cases/{ref}/recommend")
    words = "Ensure that all discharge forms name who visits, and train staff, and review the policy."
    await fill(page, {
        "text": words, "agency": HOSPITALS, "by": str(by), "measures.0.measure": "Training is delivered.",
    })  # fmt: skip
    await send(page)
    shown = await text_of(page)
    assert "This is advice. You can send it as it is." in shown
    assert "Recommended before" not in shown
    await send(page)
    shown = await text_of(page)
    await picture(page, "said-before")
    assert "Recommended before" in shown
    assert "Change the discharge form so that it names who visits." in shown
    assert words in await page.input_value('[name="text"]')
    assert len((await site.house.case(ref)).recommendations) == 1
    assert await axe(page) == []
    await page.check('[name="seen"]')
    await send(page)
    assert (await site.house.case(ref)).recommendations["r2"].owner == ""


@pytest.mark.promise("D2", "D3", "E1", "E6")
async def test_a_recommendation_is_proven_and_closed_by_the_pages(site: Served) -> None:
    ref, house = await entered(site), site.house
    page = await site.page(MANAGER)
    await page.goto(f"/cases/{ref}/commission")
    await fill(page, {
        "method": "author_led", "scope_from": "2024-01-01", "scope_until": "2026-01-31", "terms": "Why nobody asked.",
        "agencies": [HOSPITALS, "harrowshire-police"], "budget": "12000",
    })  # fmt: skip
    await picture(page, "commission")
    await send(page)
    await picture(page, "review")
    by = day_of(house.now) + timedelta(days=120)
    await page.goto(f"/cases/{ref}/recommend")
    await fill(page, {
        "text": "Change the discharge form so that it names who visits.", "agency": HOSPITALS, "owner": OWNER,
        "by": str(by), "measures.0.measure": "More infants are seen again within a week.",
        "measures.0.baseline": "4 of 10 in May 2026", "themes": ["non_accidental_injury"], "source": "review",
        "actions.0.action": "Write the form and have it adopted.", "actions.0.by": str(by),
    })  # fmt: skip
    await picture(page, "recommend")
    assert await axe(page) == []
    await send(page)
    assert (await house.case(ref)).recommendations["r1"].standing is Standing.MADE
    await again(site, ref, by)

    lead = await site.page(LEAD)
    await lead.goto(f"/cases/{ref}")
    await lead.get_by_role("button", name="Answer the recommendation").first.click()
    await fill(lead, {"answer": "accepts"})
    await send(lead)

    owner = await site.page(OWNER, width=360)
    await picture(owner, "owner-case")
    for shows in ("delivery", "impact"):
        await owner.goto(f"/cases/{ref}/give_evidence?about=r1")
        await owner.set_input_files('input[type="file"]', {
            "name": f"{shows}.txt", "mimeType": "text/plain", "buffer": b"Ten records were read.",
        })  # fmt: skip
        await fill(owner, {"measure": "m1", "shows": shows, "words": "Ten records were read."})
        await picture(owner, f"give-{shows}")
        await send(owner)
    assert (await house.case(ref)).recommendations["r1"].waiting == ["e1", "e2"]

    # The owner cannot look at their own work; the chair of the sub-group can.
    refused = await owner.goto(f"/cases/{ref}/accept_evidence?about=r1")
    assert refused
    assert refused.status == 403
    chair = await site.page(SUBGROUP)
    for name in ("e1", "e2"):
        await chair.goto(f"/cases/{ref}/accept_evidence?about=r1")
        await fill(chair, {"evidence": name, "words": "It is dated, and counts what was promised."})
        await picture(chair, f"accept-{name}")
        await send(chair)
    await page.goto(f"/cases/{ref}/close_recommendation?about=r1")
    await fill(page, {
        "decided_by": "meeting", "seats": ["subgroup_chair", "local_authority", "police"], "evidence": ["e1", "e2"],
        "retest": "6_months", "words": "Infants are seen again.",
    })  # fmt: skip
    await picture(page, "close")
    await send(page)
    one = (await house.case(ref)).recommendations["r1"]
    assert (one.standing, one.closed_on) == (Standing.CLOSED, ("e1", "e2"))
    await page.goto(f"/cases/{ref}")
    await picture(page, "review-after")


@pytest.mark.promise("F14")
async def test_a_disagreement_is_raised_and_answered_by_the_pages_and_both_agencies_read_it(site: Served) -> None:
    police, council = await site.page("p-005"), await site.page("p-002")
    await police.goto("/open/raise_disagreement")
    await fill(police, {
        "challenged": "harrowshire-council", "at_risk": "no",
        "about": "The strategy meeting was not held.", "wanted": "Hold it this week.",
    })  # fmt: skip
    await picture(police, "disagreement")
    await send(police)
    ref = police.url.rpartition("/")[2].partition("?")[0]
    shown = await text_of(council, f"/cases/{ref}")
    assert "The strategy meeting was not held." in shown
    await council.get_by_role("button", name="Answer the challenge").first.click()
    await fill(council, {"answer": "agrees", "words": "It is tomorrow."})
    await send(council)
    assert "It is tomorrow." in await text_of(police, f"/cases/{ref}")
    other = await site.page("p-011")
    answer = await other.goto(f"/cases/{ref}")
    assert answer
    assert answer.status == 404
    await police.goto(f"/cases/{ref}")
    await picture(police, "disagreement-case")

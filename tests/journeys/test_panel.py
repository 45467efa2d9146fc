"""The national panel: the submission is recorded, its answer is awaited and never overdue, and each answer leads on."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from models.time import day_of, london
from tests.support.browsing import Served, fill, picture, send, served, text_of
from tests.support.house import House
from tests.support.lives import CHAIR, MANAGER, Lives

pytestmark = [
    pytest.mark.proof,
    pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180), pytest.mark.browser, pytest.mark.promise("B9"),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served(tmp_path_factory.mktemp("panel")) as made:
        yield made


async def opened(house: House, ref: str) -> set[str]:
    return {one.block for one in (await house.case(ref)).open()}


async def answered(site: Served, ref: str, position: str) -> None:
    """Record the panel's answer on its page, as the business unit does."""
    page = await site.page(MANAGER)
    await page.goto(f"/cases/{ref}/record_panel_answer")
    now = f"{london(site.house.now):%Y-%m-%d %H:%M}"
    await fill(page, {"received_at": now, "position": position, "points": f"Points of one that {position}."})
    await picture(page, f"panel-{position}")
    await send(page)
    assert await page.locator(".govuk-notification-banner--success").count() == 1
    assert f"Points of one that {position}." in await text_of(page)


async def told(site: Served, ref: str) -> None:
    await site.house.act(MANAGER, ref, "tell_referrer", **Lives(site.house).telling())


async def test_the_submission_is_recorded_with_its_time_and_reference(site: Served) -> None:
    house, lives = site.house, Lives(site.house)
    ref = await lives.decided()
    page = await site.page(MANAGER)
    await page.goto(f"/cases/{ref}/record_submission")
    now = f"{london(house.now):%Y-%m-%d %H:%M}"
    said = {"sent_at": now, "siblings_safe": "yes", "siblings_words": "Their aunt has them.", "reference": "P-2026-7"}
    await fill(page, said)
    await send(page)
    shown = await text_of(page)
    assert "The rapid review went to the national panel" in shown
    assert "P-2026-7" in shown
    assert "panel_answer" in await opened(house, ref)


async def test_an_answer_that_does_not_come_is_awaited_and_nobody_here_is_late(site: Served) -> None:
    house, lives = site.house, Lives(site.house)
    ref = await lives.submitted()
    await told(site, ref)
    due = (await house.case(ref)).obligations["panel_answer"].due
    assert due is not None
    await house.wait_until(due + timedelta(days=45, hours=12))
    page = await site.page(MANAGER)
    late = (day_of(house.now) - day_of(due)).days
    board = await text_of(page, "/cases")
    await picture(page, "panel-board")
    mine = board[board.index(ref) :]
    assert f"expected {late} days ago" in mine
    assert "Awaited The national panel" in mine
    for address in (f"/cases/{ref}", f"/cases/{ref}/deadlines"):
        shown = await text_of(page, address)
        await picture(page, f"panel-{address.rsplit('/', 1)[1]}")
        assert f"xpected {late} days ago" in shown, address
        assert "verdue" not in shown, address
    assert "nobody here is late" in await text_of(page, f"/cases/{ref}")
    assert "Awaited from The national panel" in await text_of(page, f"/cases/{ref}/deadlines")
    messages = [one for one in await house.notices(ref) if one.obligation == "panel_answer"]
    assert {one.office for one in messages} == {"business_manager"}
    inbox = await text_of(page, "/inbox")
    assert f"Answer of the national panel ({ref})" in inbox
    assert f"Answer of the national panel: overdue ({ref})" not in inbox
    assert "waits for the national panel" in inbox
    await answered(site, ref, "agrees")
    assert (await house.case(ref)).closed is not None


async def test_an_agreement_leaves_only_the_referrer_to_be_told(site: Served) -> None:
    ref = await Lives(site.house).submitted()
    await answered(site, ref, "agrees")
    assert await opened(site.house, ref) == {"tell_referrer"}
    await told(site, ref)
    assert (await site.house.case(ref)).closed is not None


async def test_a_national_review_is_recorded_and_leaves_only_the_referrer_to_be_told(site: Served) -> None:
    ref = await Lives(site.house).submitted()
    await answered(site, ref, "national_review")
    assert "The panel holds a national review" in await text_of(await site.page(CHAIR), f"/cases/{ref}")
    assert await opened(site.house, ref) == {"tell_referrer"}
    await told(site, ref)
    assert (await site.house.case(ref)).closed is not None


async def test_what_the_panel_asks_for_is_owed_and_then_its_answer_is_awaited_again(site: Served) -> None:
    house = site.house
    ref = await Lives(house).submitted()
    await told(site, ref)
    await answered(site, ref, "more_information")
    assert await opened(house, ref) == {"panel_information"}
    page = await site.page(MANAGER)
    await page.goto(f"/cases/{ref}")
    await page.get_by_role("button", name="Record further information sent to the panel").click()
    assert "Points of one that more_information." in await text_of(page), "what it asked stands beside"
    await fill(page, {"sent_at": f"{london(house.now):%Y-%m-%d %H:%M}", "words": "The school's record of calls."})
    await send(page)
    assert await opened(house, ref) == {"panel_answer"}
    await answered(site, ref, "agrees")
    assert (await house.case(ref)).closed is not None


async def test_a_disagreement_opens_a_fresh_decision_with_the_old_one_beside_it_and_both_stay(site: Served) -> None:
    house, lives = site.house, Lives(site.house)
    ref = await lives.submitted()
    await told(site, ref)
    await answered(site, ref, "disagrees")
    assert await opened(house, ref) == {"reconsider"}
    chair = await site.page(CHAIR)
    await chair.goto("/inbox")
    assert f"Decide again after the national panel disagreed ({ref})" in await text_of(chair)
    beside = await text_of(chair, f"/cases/{ref}/decide")
    await picture(chair, "panel-reconsider")
    for words in ("Points of one that disagrees.", "Words about reasons.", "Words about position.", "Does not agree"):
        assert words in beside, words
    again = {**lives.deciding("practice_review"), "reasons": "The panel has shown a recurrent theme."}
    await house.act(CHAIR, ref, "decide", **again)
    assert await opened(house, ref) == {"submit_changed_decision", "tell_referrer"}, "the referrer hears the change"
    await house.act(MANAGER, ref, "record_submission", **lives.submitting())
    assert await opened(house, ref) == {"panel_answer", "tell_referrer"}
    await told(site, ref)
    await answered(site, ref, "agrees")
    assert (await house.case(ref)).closed is not None
    shown = await text_of(chair, f"/cases/{ref}")
    assert "Words about reasons." in shown
    assert "The panel has shown a recurrent theme." in shown
    assert shown.count("The decision was recorded") >= 2

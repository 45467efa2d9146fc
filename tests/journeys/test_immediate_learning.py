"""Immediate learning: a recommendation to one agency at once, owed by a date, chased, and met by its own answer."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from door.refusals import Invalid, NotAllowed
from models.time import day_of
from tests.support.browsing import Served, fill, picture, send, served, text_of
from tests.support.house import House
from tests.support.lives import CHAIR, ICB, MANAGER, POLICE, POLICE_AGENCY, Lives

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180), pytest.mark.browser, pytest.mark.promise("B10"),
]  # fmt: skip

LEAD = "p-004"
FIRST, SECOND = "Every call is logged with the child's name.", "Officers ask who else lives there."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served(tmp_path_factory.mktemp("learning")) as made:
        yield made


async def recommend(site: Served, ref: str, person: str, action: str, days: int) -> None:
    """On its page, before anything else is decided."""
    page = await site.page(person)
    await page.goto(f"/cases/{ref}")
    await page.get_by_role("link", name="Recommend immediate learning").click()
    by = str(day_of(site.house.now) + timedelta(days=days))
    await fill(page, {"agency": POLICE_AGENCY, "action": action, "by": by})
    await picture(page, "learning-recommend")
    await send(page)
    assert "Immediate learning became a recommendation" in await text_of(page)
    assert action in await text_of(page)


def learning(number: int = 1) -> str:
    return f"immediate_learning/{POLICE_AGENCY}{'' if number == 1 else f'#{number}'}"


async def due(house: House, ref: str, number: int = 1) -> object:
    one = (await house.case(ref)).obligations[learning(number)].due
    return day_of(one) if one else None


async def test_learning_is_recommended_at_once_owed_by_a_date_and_met_by_its_own_answer(site: Served) -> None:
    house, lives = site.house, Lives(site.house)
    ref = await lives.opened()  # the national panel has not even been notified
    await recommend(site, ref, MANAGER, FIRST, 14)
    await recommend(site, ref, CHAIR, SECOND, 7)
    assert [await due(house, ref, number) for number in (1, 2)] == [
        day_of(house.now) + timedelta(days=days) for days in (14, 7)
    ]

    # The agency hears of it, sees both in their words, and says which one is done.
    lead = await site.page(LEAD)
    inbox = await text_of(lead, "/inbox")
    assert f"Recommendation from immediate learning ({ref})" in inbox
    assert FIRST not in inbox
    shown = await text_of(lead, f"/cases/{ref}")
    await picture(lead, "learning-agency")
    assert FIRST in shown
    assert SECOND in shown
    assert shown.index(SECOND) < shown.index(FIRST), "the earlier date stands first"
    await lead.locator(".portal-owed", has_text=SECOND).get_by_role("button", name="Say what was done").click()
    beside = await text_of(lead)
    assert SECOND in beside
    assert FIRST not in beside, "only what is answered stands beside the form"
    await fill(lead, {"done": "The form asks it now; ten calls were looked at."})
    await picture(lead, "learning-done")
    await send(lead)
    after = await text_of(lead)
    assert "A recommendation from immediate learning was carried out" in after
    assert "The form asks it now; ten calls were looked at." in after
    case = await house.case(ref)
    assert case.obligations[learning(1)].ended is None
    assert case.obligations[learning(2)].ended == "met"
    assert f"Recommendation from immediate learning, Harrowshire Police (“{SECOND}”): done" in after

    # The other one is chased up its ladder when its date has passed.
    last = case.obligations[learning(1)].due
    assert last is not None
    await house.wait_until(last + timedelta(days=10, hours=12))
    told = [one.office for one in await house.notices(ref) if one.obligation == learning(1)]
    assert list(dict.fromkeys(told)) == ["agency_lead", "business_manager", "independent_chair"]
    manager = await site.page(MANAGER)
    assert "overdue" in (await text_of(manager, f"/cases/{ref}/deadlines")).partition(FIRST)[2][:200]


async def test_it_is_owed_whatever_becomes_of_the_review_and_the_case_waits_for_it(site: Served) -> None:
    """No practice review is held; the review is decided, submitted, answered and told, and still waits for this."""
    house, lives = site.house, Lives(site.house)
    ref = await lives.answered()
    await house.act(MANAGER, ref, "tell_referrer", **lives.telling())
    other = await lives.met()
    by = str(day_of(house.now) + timedelta(days=20))
    await house.act(MANAGER, other, "agree_learning", agency=POLICE_AGENCY, action=FIRST, by=by)
    await house.act(CHAIR, other, "decide", **lives.deciding("no_further_review"))
    await house.act(MANAGER, other, "record_submission", **lives.submitting())
    await house.act(MANAGER, other, "record_panel_answer", **lives.answering())
    await house.act(MANAGER, other, "tell_referrer", **lives.telling())
    assert (await house.case(ref)).closed is not None
    assert [one.key for one in (await house.case(other)).open()] == [learning()]
    board = await text_of(await site.page(MANAGER), "/cases")
    assert "Recommendation from immediate learning" in board[board.index(other) :]
    await house.act(POLICE, other, "learning_done", agency=POLICE_AGENCY, recommendation=learning(), done="Done.")
    assert (await house.case(other)).closed is not None


async def test_it_is_promised_and_extended_like_everything_that_is_owed(site: Served) -> None:
    house, lives = site.house, Lives(site.house)
    ref = await lives.notified()
    by = day_of(house.now) + timedelta(days=8)
    await house.act(MANAGER, ref, "agree_learning", agency=POLICE_AGENCY, action=FIRST, by=str(by))
    later, reason = str(by + timedelta(days=3)), "Training."
    await house.act(LEAD, ref, "ask_time", obligation=learning(), until=later, reason=reason)
    await house.act(CHAIR, ref, "answer_time", obligation=learning(), granted=True, until=later, reason="Agreed.")
    assert await due(house, ref) == by + timedelta(days=3)
    await house.act(LEAD, ref, "promise", obligation=learning(), until=str(day_of(house.now) + timedelta(days=2)))
    assert (await house.case(ref)).obligations[learning()].promises


async def test_nobody_answers_for_another_agency_or_for_what_is_not_owed(site: Served) -> None:
    house, lives = site.house, Lives(site.house)
    ref = await lives.notified()
    by = str(day_of(house.now) + timedelta(days=8))
    await house.act(MANAGER, ref, "agree_learning", agency=POLICE_AGENCY, action=FIRST, by=by)
    said = {"agency": POLICE_AGENCY, "recommendation": learning(), "done": "Done."}
    with pytest.raises(NotAllowed):
        await house.act(ICB, ref, "learning_done", **said)
    for other in (learning(2), "submission", "nothing"):
        with pytest.raises(Invalid) as refusal:
            await house.act(POLICE, ref, "learning_done", **{**said, "recommendation": other})
        assert [one.field for one in refusal.value.problems] == ["recommendation"]
    page = await site.page(ICB)
    answer = await page.goto(f"/cases/{ref}/learning_done?about={learning()}")
    assert answer is not None
    assert answer.status in {403, 404}
    page = await site.page(POLICE)
    answer = await page.goto(f"/cases/{ref}/learning_done")
    assert answer is not None
    assert answer.status == 404, "it has to be said which one"

"""The main acts by keys alone: refer, return, decide, promise. The focus can be seen at every step."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Page

from models.time import day_of, london
from tests.portal.scene import AUTHORITY, CHAIR, HOSPITAL, MANAGER, POLICE
from tests.support.browsing import Served, served
from tests.support.house import triage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
    pytest.mark.promise("K10"),
]

MOST = 150
"""Presses of Tab after which a person gives up."""

FOCUS = """() => {
  const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect()
  const label = here.labels && here.labels.length ? getComputedStyle(here.labels[0], '::before') : style
  const ring = one => (one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) > 0) || one.boxShadow !== 'none'
  return {
    name: here.name || '', value: here.value || '', tag: here.tagName, type: here.type || '',
    words: (here.textContent || '').trim(),
    seen: ring(style) || ring(label),
    inside: box.bottom > 0 && box.top < innerHeight,
  }
}"""


class Keys:
    """Somebody who has no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, key: str) -> dict[str, str]:
        """Press a key, and look where the focus is: it must be in sight, with a ring round it."""
        await self.page.keyboard.press(key)
        here: dict[str, str] = await self.page.evaluate(FOCUS)
        if here["tag"] not in {"BODY", "MAIN", "FORM"}:
            assert here["seen"], f"no focus to be seen on {here}"
            assert here["inside"], f"the focus is out of sight on {here}"
        return here

    async def to(self, name: str) -> None:
        """Tab to the input of this name; of radios, to the group."""
        for _ in range(MOST):
            if (await self.press("Tab"))["name"] == name:
                return
        raise AssertionError(f"Tab does not lead to {name}")

    async def write(self, name: str, words: str) -> None:
        await self.to(name)
        await self.page.keyboard.type(words)

    async def day(self, name: str, day: str, clock: str = "") -> None:
        year, month, number = day.split("-")
        parts = {"day": str(int(number)), "month": str(int(month)), "year": year, **({"time": clock} if clock else {})}
        for part, words in parts.items():
            await self.write(f"{name}-{part}", words)

    async def choose(self, name: str, value: str) -> None:
        """Tab to a group of radios; space takes the first, the arrows lead on."""
        await self.to(name)
        here = await self.press("Space")
        for _ in range(MOST):
            if here["value"] == value:
                return
            here = await self.press("ArrowDown")
        raise AssertionError(f"the arrows do not lead to {value} of {name}")

    async def act(self, words: str) -> None:
        """Tab to a button or a link with these words, and press Enter."""
        for _ in range(MOST):
            here = await self.press("Tab")
            if here["tag"] in {"BUTTON", "A"} and here["words"].startswith(words):
                async with self.page.expect_navigation():
                    await self.page.keyboard.press("Enter")
                return
        raise AssertionError(f"Tab does not lead to {words}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served(tmp_path_factory.mktemp("keys")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def review(site: Served) -> str:
    """A rapid review that waits for the hospital's return and for the decision."""
    house = site.house
    ref = (await house.refer()).case
    await house.act(MANAGER, ref, "triage", **triage())
    review = await house.child_of(ref)
    now = house.now.isoformat()
    await house.act(AUTHORITY, review, "record_notification", sent_at=now, sent_by="The director", reference="N-1")
    await house.act(MANAGER, review, "request_information", agencies=["harrowshire-police", "harrow-vale-hospitals"])
    await house.act(CHAIR, review, "record_analysis", facts="a", context="b", practice="c", learning="d")
    safe = {"siblings_safe": "yes", "siblings_words": "None."}
    await house.act(
        MANAGER, review, "record_meeting", held_at=now, seats=["independent_chair", "police", "icb"], **safe
    )
    return review


async def arrive(site: Served, person: str, address: str) -> Keys:
    page = await site.page(person)
    await page.goto(address)
    return Keys(page)


@pytest.mark.promise("A1")
async def test_refer_by_keys_alone(site: Served) -> None:
    today = london(site.house.now).date()
    keys = await arrive(site, "", "/")
    await keys.act("Refer a serious incident")
    await keys.act("Start now")
    await keys.choose("event", "serious_harm")
    await keys.day("incident_on", str(today - timedelta(days=2)))
    await keys.day("aware_at", str(today - timedelta(days=1)))
    await keys.choose("in_area", "yes")
    await keys.choose("abuse_or_neglect", "not_known")
    await keys.write("narrative", "Found with injuries.")
    await keys.act("Save and continue")
    await keys.write("children.0.name", "Quillon Zarbane")
    await keys.day("children.0.born", "2019-02-03")
    await keys.act("Save and continue")
    await keys.choose("others", "no")
    await keys.act("Save and continue")
    for name, words in (
        ("referrer_name", "Norwen Tace"),
        ("referrer_role", "Nurse"),
        ("referrer_agency", "Hospital"),
        ("referrer_email", "n@example.org"),
    ):
        await keys.write(name, words)
    await keys.choose("lead_agrees", "yes")
    await keys.act("Save and continue")
    await keys.act("Send me the link")
    assert "The business unit sends you the link" in await keys.page.inner_text("h1")


@pytest.mark.promise("F4")
async def test_promise_by_keys_alone_from_the_inbox(site: Served, review: str) -> None:
    await site.house.wait(timedelta(days=15))
    keys = await arrive(site, HOSPITAL, "/inbox")
    await keys.act("Promise a date")
    await keys.day("until", str(day_of(site.house.now) + timedelta(days=2)))
    await keys.act("Promise this date")
    assert "A date was promised" in await keys.page.inner_text(".govuk-notification-banner")
    case = await site.house.case(review)
    assert case.obligations["agency_return/harrow-vale-hospitals"].promises


@pytest.mark.promise("B2")
async def test_return_by_keys_alone_from_the_board(site: Served, review: str) -> None:
    keys = await arrive(site, POLICE, "/cases")
    await keys.act(review)
    await keys.act("Give the return")
    await keys.choose("holds", "something")
    await keys.write("summary", "Four calls.")
    await keys.day("events.0.on", "2025-03-04")
    await keys.write("events.0.event", "Officers spoke to the mother.")
    await keys.act("Send the return")
    assert "A return came in" in await keys.page.inner_text(".govuk-notification-banner")


@pytest.mark.promise("B7")
async def test_decide_by_keys_alone(site: Served, review: str) -> None:
    keys = await arrive(site, CHAIR, f"/cases/{review}")
    await keys.act("Record the decision")
    now = london(site.house.now)
    await keys.day("decided_at", str(now.date()), f"{now:%H:%M}")
    for row in range(await keys.page.locator('[name^="criteria."][name$=".reason"]').count()):
        await keys.choose(f"criteria.{row}.met", "no")
        await keys.write(f"criteria.{row}.reason", "Looked at.")
    for row in range(await keys.page.locator('[name^="positions."][name$=".words"]').count()):
        await keys.choose(f"positions.{row}.position", "agrees")
    await keys.choose("outcome", "no_further_review")
    await keys.write("reasons", "The learning is shared.")
    await keys.act("Record the decision")
    assert "The decision was recorded" in await keys.page.inner_text(".govuk-notification-banner")

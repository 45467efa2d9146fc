"""A referral by somebody without an account: proven, saved as it goes, resumed, never lost, sent once."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from sqlalchemy import func, select
from temporalio.client import Client

from door.door import Door
from models.tables import CaseRow
from models.time import london
from notifier.post import Post
from portal.visiting import Portal
from records.accounts import IDLE
from records.codec import converter
from tests.portal.scene import MANAGER
from tests.support.browsing import Served, fill, picture, press, send, served
from tests.support.sampling import sampled

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served(tmp_path_factory.mktemp("referring")) as made:
        yield made


def incident(site: Served) -> dict[str, str | bool | list[str]]:
    today = london(site.house.now).date()
    return {
        "event": "serious_harm",
        "incident_on": str(today - timedelta(days=2)),
        "aware_at": str(today - timedelta(days=1)),
        "in_area": "yes",
        "abuse_or_neglect": "yes",
        "narrative": "Found with injuries.",
    }


def sender() -> dict[str, str | bool | list[str]]:
    email = f"{uuid4().hex[:8]}@hospital.example.org"
    return {
        "referrer_name": "Norwen Tace",
        "referrer_role": "Nurse",
        "referrer_agency": "Hospital",
        "referrer_email": email,
        "lead_agrees": "yes",
    }


async def begun(site: Served, width: int = 1280) -> Page:
    page = await site.page(width=width)
    await page.goto("/refer")
    await press(page, "Start now")
    return page


async def filled(site: Served, page: Page, safety: dict[str, str | bool | list[str]] | None = None) -> str:
    """Every page of the form; returns the e-mail address, and leaves at the check."""
    you = sender()
    for answers in (
        incident(site),
        {"children.0.name": "Quillon Zarbane", "children.0.born": "2019-02-03"},
        safety or {"others": "no"},
        you,
    ):
        await fill(page, answers)
        await press(page, "Save and continue")
    return str(you["referrer_email"])


async def mailed(site: Served, email: str) -> str:
    """The newest link that was mailed to this address."""
    there = site.house.there
    mail = next(one for one in await Post(there.database, there.vault).read() if one.to == email)
    found = re.search(r"http\S+#\S+", mail.text)
    assert found
    return found[0]


async def proven(site: Served, page: Page, email: str) -> None:
    await press(page, "Send me the link")
    await page.goto(await mailed(site, email))
    await press(page, "Go on with my referral")


async def referrals(site: Served) -> int:
    async with site.house.there.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(CaseRow).where(CaseRow.kind == "referral")) or 0


async def kept(page: Page) -> None:
    """Wait until the page says that it has saved."""
    await expect(page.locator("#saved")).to_contain_text("Saved at")


@pytest.mark.promise("A13")
async def test_the_first_words_are_what_to_do_if_a_child_is_in_danger_now(site: Served) -> None:
    page = await site.page()
    await page.goto("/refer")
    words = await page.inner_text("main")
    assert (
        words.index("call 999") < words.index("01632 960100") < words.index("Use this form") < words.index("Start now")
    )


@pytest.mark.promise("A1")
async def test_a_scanner_that_follows_the_mailed_link_uses_nothing_up_and_the_button_does_so_once(site: Served) -> None:
    page = await begun(site)
    email = await filled(site, page)
    await press(page, "Send me the link")
    link = await mailed(site, email)
    async with httpx2.AsyncClient() as scanner:
        for _ in range(10):
            assert (await scanner.get(link)).status_code == 200
    curious = await site.page()
    for _ in range(3):
        await curious.goto(link)
        await curious.reload()
    assert link.partition("#")[2] not in curious.url
    await page.goto(link)
    await press(page, "Go on with my referral")
    await expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    late = await site.page()
    await late.goto("/refer/return")
    await late.goto(link)  # in a tab where the page is open already: only what stands after the # is new
    assert await late.input_value('[name="token"]') == link.partition("#")[2]
    await press(late, "Go on with my referral")
    assert "has been used already" in await late.inner_text(".govuk-error-summary")
    await press(page, "Send the referral")
    await picture(page, "received")
    receipt = await page.inner_text("main")
    found = re.search(r"LR-\d{4}-\d{4}", receipt)
    assert found
    private = await mailed(site, email)
    elsewhere = await site.page()
    await elsewhere.goto(private)
    await press(elsewhere, "Show the status")
    status = await elsewhere.inner_text("main")
    assert found[0] in status
    assert "Quillon" not in status


@pytest.mark.promise("A2")
async def test_each_answer_is_saved_as_it_is_typed_and_found_on_another_device_a_week_later_after_a_restart(
    site: Served,
) -> None:
    page = await begun(site)
    for name, answer in incident(site).items():
        await page.evaluate("document.getElementById('saved').textContent = ''")
        await fill(page, {name: answer})
        await page.keyboard.press("Tab")
        await kept(page)
    email = str(sender()["referrer_email"])
    await press(page, "Save and come back later")
    await fill(page, {"email": email})
    await press(page, "Send me the link")
    await site.house.wait(timedelta(days=7))
    await site.restart()
    other = await site.page(width=360)
    await other.goto(await mailed(site, email))
    await press(other, "Go on with my referral")
    await other.goto("/refer/incident")
    assert await other.locator('[name="narrative"]').input_value() == "Found with injuries."
    for name in ("event", "in_area", "abuse_or_neglect"):
        assert await other.locator(f'[name="{name}"]:checked').count() == 1, name
    for name in ("incident_on", "aware_at"):
        assert await other.locator(f'[name="{name}-day"]').input_value(), name
    await page.goto("/refer/incident")  # the first device no longer holds it, for the link has proven whose it is
    assert page.url.endswith("/refer")


@pytest.mark.promise("A2")
@pytest.mark.parametrize("leaves", sampled(["by closing", "by the button", "by loading it again", "by a link"], 2))
async def test_whoever_leaves_in_the_middle_of_a_word_loses_no_letter(site: Served, leaves: str) -> None:
    page = await begun(site)
    await page.goto("/refer/you")
    await page.locator('[name="referrer_name"]').press_sequentially("Morwenna Tamsin")
    await page.locator('[name="referrer_role"]').press_sequentially("Custody ser", delay=5)
    match leaves:
        case "by a link":
            await page.get_by_role("link", name="Back").click()
        case "by the button":
            await press(page, "Save and come back later")
        case "by loading it again":
            await page.reload()
        case _:
            await page.close(run_before_unload=True)
    other = await page.context.new_page()
    for _ in range(20):
        await other.goto("/refer/you")
        if await other.locator('[name="referrer_role"]').input_value():
            break
    assert await other.locator('[name="referrer_role"]').input_value() == "Custody ser"
    assert await other.locator('[name="referrer_name"]').input_value() == "Morwenna Tamsin"


@pytest.mark.promise("A2")
async def test_the_form_shows_the_questions_that_earlier_answers_call_for(site: Served) -> None:
    page = await begun(site)
    harm, coroner = page.locator('[name="harm"]'), page.locator('[name="coroner"]').first
    await expect(harm).to_be_hidden()
    await fill(page, {"event": "serious_harm"})
    await expect(harm).to_be_visible()
    await fill(page, {"event": "death"})
    await expect(harm).to_be_hidden()
    await expect(coroner).to_be_attached()
    await page.goto("/refer/safety")
    carers, safe, action = (
        page.locator(f'[name="{name}"]').first for name in ("carers", "siblings_safe", "safety_action")
    )
    await fill(page, {"others": "yes"})
    await expect(carers).to_be_visible()
    await fill(page, {"siblings_safe": "no"})
    await expect(action).to_be_visible()
    await fill(page, {"others": "no"})
    await expect(action).to_be_hidden()
    await press(page, "Save and continue")
    assert page.url.endswith("/refer/you")
    await page.goto("/refer/safety")
    await fill(page, {"others": "yes"})
    assert await safe.count() == 1


@pytest.mark.promise("A2")
async def test_nothing_typed_is_lost_when_the_engine_is_down_and_it_is_sent_once(site: Served) -> None:
    page = await begun(site)
    await proven(site, page, await filled(site, page))
    portal: Portal = site.app.state.portal
    before, working = await referrals(site), portal.door
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=converter(portal.there.keys))
    portal.door = Door(portal.there.recorder, nowhere, portal.clock, patience=timedelta(seconds=1))
    async with page.expect_response(lambda answer: answer.request.method == "POST") as told:
        await page.get_by_role("button", name="Send the referral").click()
    assert (await told.value).status == 503
    await picture(page, "engine-down")
    words = await page.inner_text("main")
    assert "Not yet confirmed. What you typed is kept." in words
    assert "Found with injuries." in words
    assert await referrals(site) == before
    portal.door = working
    await press(page, "Send the referral")
    assert "Referral received" in await page.inner_text("main")
    assert await referrals(site) == before + 1


@pytest.mark.promise("A2")
async def test_back_and_two_tabs_lose_nothing(site: Served) -> None:
    page = await begun(site)
    await fill(page, incident(site))
    await press(page, "Save and continue")
    await fill(page, {"children.0.name": "Quillon Zarbane"})
    await page.go_back()
    assert await page.locator('[name="narrative"]').input_value() == "Found with injuries."
    second = await page.context.new_page()
    await second.goto("/refer/you")
    await fill(second, {"referrer_name": "Norwen Tace"})
    await fill(page, {"narrative": "Found with injuries, and cold."})
    await page.keyboard.press("Tab")
    await kept(page)
    await second.keyboard.press("Tab")
    await kept(second)
    await second.goto("/refer/incident")
    assert await second.locator('[name="narrative"]').input_value() == "Found with injuries, and cold."
    await page.goto("/refer/you")
    assert await page.locator('[name="referrer_name"]').input_value() == "Norwen Tace"


@pytest.mark.promise("A13")
async def test_not_known_about_other_children_rings_the_business_unit_at_once(site: Served) -> None:
    page = await begun(site)
    email = await filled(site, page, {"others": "yes", "siblings_safe": "not_known"})
    await proven(site, page, email)
    await press(page, "Send the referral")
    found = re.search(r"LR-\d{4}-\d{4}", await page.inner_text("main"))
    assert found
    inbox = await site.page(MANAGER)
    first = inbox.locator("article").first
    for _ in range(20):
        await inbox.goto("/inbox")
        if await first.count() and found[0] in await first.inner_text():
            break
        await inbox.wait_for_timeout(200)
    urgent = inbox.locator("article", has_text="Urgent").filter(has_text=found[0])
    assert "Make sure that the other children are safe" in await urgent.first.inner_text()
    assert await urgent.get_by_role("button", name="Say whether they are safe").count() == 1


@pytest.mark.promise("A2")
async def test_the_line_beside_the_button_says_why_nothing_is_saved_any_more(site: Served) -> None:
    first, second = await begun(site, width=360), await site.page()
    email = str(sender()["referrer_email"])
    await first.goto("/refer/later")
    await fill(first, {"email": email})
    await press(first, "Send me the link")
    await first.goto("/refer/incident")
    await second.goto(await mailed(site, email))
    await press(second, "Go on with my referral")
    await fill(first, {"narrative": "What I typed on the first."})
    await first.keyboard.press("Tab")
    await expect(first.locator("#saved")).to_contain_text("its link was opened on another device")
    await press(first, "Save and continue")
    await picture(first, "another-device")
    assert await first.locator('[name="narrative"]').input_value() == "What I typed on the first."


@pytest.mark.promise("K1")
async def test_whoever_was_signed_out_while_typing_is_told_beside_the_button_and_goes_on_after_signing_in(
    site: Served,
) -> None:
    made = site.house
    ref = (await made.refer()).case
    page = await site.page(MANAGER)
    await page.goto(f"/cases/{ref}/restrict")
    await picture(page, "signed-in")
    made.now += IDLE + timedelta(minutes=1)
    await fill(page, {"reason": "A relative works here."})
    await page.keyboard.press("Tab")
    await expect(page.locator("#saved")).to_contain_text("What you typed is kept. Press the button")
    await send(page)
    await picture(page, "kept")
    assert "What you typed is kept" in await page.inner_text("main")
    await site.sign_in(page.context, MANAGER)
    await page.goto(f"/cases/{ref}/restrict")
    assert await page.locator('[name="reason"]').input_value() == "A relative works here."

"""By the pages: an agency is asked for its reporting form, begins it, comes back to it, and gives it."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.browsing import Served, axe, fill, picture, send, served, text_of
from tests.support.lives import Lives
from tests.support.lives_of_deaths import COORDINATOR, Deaths

pytestmark = [pytest.mark.timeout(120), pytest.mark.browser]
CONTACT, HOSPITALS = "p-011", "harrow-vale-hospitals"
SHARED, SOFA, SMOKED, ILL = (
    "Did the child share a bed, sofa or chair with somebody while asleep?", "Was it a sofa or a chair?",
    "Did anybody in the household smoke or vape?", "Was the child ill in the week before?",
)  # fmt: skip
"""Questions of the form of sudden deaths, as the shipped policy has them; the second is asked after a yes."""


async def asked(site: Served) -> str:
    """A death of which the hospital is asked, with the form of sudden deaths."""
    death = await Deaths(Lives(site.house)).notified()
    page = await site.page(COORDINATOR)
    await page.goto(f"/cases/{death}/request_information")
    await page.get_by_label("Harrow Vale Hospitals").check()
    await page.get_by_label("Sudden unexpected death").check()
    await picture(page, "ask-for-forms")
    await send(page)
    return death


async def answer(page: Page, question: str, value: str) -> None:
    await page.check(f'[name="{await place(page, question)}"][value="{value}"]')


async def place(page: Page, question: str) -> str:
    """The input of the answer to this question."""
    row = page.locator("fieldset", has=page.locator("legend", has_text=question)).last
    return await row.locator("input[type=radio]").first.get_attribute("name") or ""


@pytest.mark.promise("H4", "A3")
async def test_a_reporting_form_is_begun_and_left_and_come_back_to_and_says_what_was_left_blank(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        death = await asked(site)
        page = await site.page(CONTACT, 390)
        await page.goto(f"/cases/{death}/return_form")
        await fill(page, {"holds": "something"})
        await page.fill('[name="summary"]', "Two visits in October.")
        await expect(page.get_by_text(SOFA)).to_be_hidden()
        for question, value in (given := {SHARED: "yes", SOFA: "not_known", SMOKED: "no"}).items():
            await answer(page, question, value)
        await expect(page.locator("#saved")).to_contain_text("Saved at")
        await picture(page, "reporting-form")
        assert await axe(page) == []
        await page.goto("/cases")
        await page.goto(f"/cases/{death}/return_form")
        assert await page.input_value('[name="summary"]') == "Two visits in October."
        for question, value in given.items():
            name = await place(page, question)
            await expect(page.locator(f'[name="{name}"][value="{value}"]')).to_be_checked()
        await answer(page, SHARED, "no")
        await expect(page.get_by_text(SOFA)).to_be_hidden()
        await send(page)
        reader = await site.page(COORDINATOR)
        await reader.goto(f"/cases/{death}")
        shown = await text_of(reader)
        assert SOFA not in shown, "what the last answer does not ask is not given"
        assert f"{ILL} Left blank" in shown
        assert f"{SHARED}: Answer No" in shown
        assert f"{SMOKED}: Answer No" in shown

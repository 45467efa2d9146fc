"""One incident and several children, one of them not yet born: one referral, and an outcome for each."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from models.time import london
from tests.journeys.test_by_browser import MANAGER, give, mailed
from tests.support.browsing import Served, fill, picture, press, served

NAMES = ("Quillon Zarbane", "Isaura Zarbane", "Baby Zarbane")


@pytest.mark.proof
@pytest.mark.browser
@pytest.mark.timeout(240)
@pytest.mark.promise("A5")
async def test_one_incident_has_an_outcome_for_each_child_and_an_unborn_child_has_an_expected_date(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as site:
        today = london(site.house.now).date()
        expected = today + timedelta(weeks=12)
        referrer = await site.page(width=360)
        ref = await refer(site, referrer, today, expected)

        manager = await site.page(MANAGER)
        await manager.goto(f"/cases/{ref}/triage")
        await expect(manager.get_by_text(f"Expected {expected:%A} {expected.day} {expected:%B %Y}")).to_be_visible()
        await picture(manager, "triage-three-children")
        await give(manager, ref, "triage", decisions())
        await picture(manager, "case-three-children")
        review = await site.house.child_of(ref)
        page = await manager.inner_text("main")
        born = "born 3 February 2019 (child 1): Notify the national panel and hold a rapid review"
        assert f"Quillon Zarbane, {born}" in page
        single = "Single-agency review: Harrow Vale Hospitals NHS Trust"
        assert f"Isaura Zarbane, born 4 May 2021 (child 2): {single}" in page
        unborn = f"expected {expected.day} {expected:%B %Y} (child 3)"
        assert f"Baby Zarbane, {unborn}: Pass to another body: Local authority designated officer" in page

        await manager.goto(f"/cases/{review}")
        children = manager.locator("h2", has_text="The child").locator("xpath=following-sibling::ul[1]")
        assert "Quillon Zarbane" in await children.inner_text()
        assert not [name for name in NAMES[1:] if name in await children.inner_text()]
        await manager.goto("/register")
        row = await manager.locator("tbody tr").inner_text()
        assert f"Child 2: {single}" in row
        assert "Child 3: Pass to another body: Local authority designated officer" in row
        await picture(manager, "register-three-children")
        await manager.goto(f"/cases/{review}/notification-pack")
        assert "Quillon Zarbane" in await manager.inner_text("main")


async def refer(site: Served, page: Page, today: date, expected: date) -> str:
    """Refer three children; what cannot be is said beside the child, and nothing that was typed is lost."""
    await page.goto("/refer")
    await press(page, "Start now")
    incident, aware = today - timedelta(days=2), today - timedelta(days=1)
    await fill(
        page,
        {
            "event": "serious_harm", "incident_on": str(incident), "aware_at": str(aware), "in_area": "yes",
            "abuse_or_neglect": "yes", "narrative": "The mother and two children were found injured.",
        },
    )  # fmt: skip
    await press(page, "Save and continue")
    await fill(page, {"children.0.name": NAMES[0], "children.0.born": "2019-02-03"})
    await press(page, "Add another child")
    await fill(page, {"children.1.name": NAMES[1], "children.1.born": "2021-05-04"})
    await press(page, "Add another child")
    await fill(page, {"children.2.name": NAMES[2], "children.2.born": str(aware)})
    await press(page, "Save and continue")
    await expect(page.locator(".govuk-error-summary")).to_contain_text(
        "Child 3: The child was born after the incident."
    )
    await picture(page, "born-after-the-incident")
    await page.get_by_role("link", name="enter the expected date instead").click()
    for part in ("day", "month", "year"):
        await page.fill(f'[name="children.2.born-{part}"]', "")
    await fill(page, {"children.2.expected": str(today - timedelta(weeks=60))})
    await press(page, "Save and continue")
    await expect(page.locator(".govuk-error-summary")).to_contain_text("cannot have been expected then")
    await fill(page, {"children.2.expected": str(expected)})
    assert [await page.input_value(f'[name="children.{n}.name"]') for n in range(3)] == list(NAMES)
    await press(page, "Save and continue")
    await fill(page, {"others": "no"})
    await press(page, "Save and continue")
    await fill(
        page,
        {
            "referrer_name": "Norwen Tace", "referrer_role": "Midwife", "referrer_agency": "Hospital",
            "referrer_email": "midwife@hospital.example.org", "lead_agrees": "yes",
        },
    )  # fmt: skip
    await press(page, "Save and continue")
    checked = await page.inner_text("main")
    assert "Child 3: Expected date of birth, if not yet born when it happened" in checked
    await picture(page, "check-three-children")
    await press(page, "Send me the link")
    await page.goto(await mailed(site, "refer/return"))
    await press(page, "Go on with my referral")
    await press(page, "Send the referral")
    return (await page.inner_text("main")).partition("LR-")[2].split()[0].join(("LR-", ""))


def decisions() -> dict[str, str | bool | list[str]]:
    """A rapid review for the first child, a review by one agency for the second, another body for the third."""
    answers: dict[str, str | bool | list[str]] = {
        "siblings_safe": "yes", "siblings_words": "All are with their aunt.", "restricted": False,
    }  # fmt: skip
    for child, met in enumerate(("yes", "no", "no")):
        for row in range(3):
            answers[f"children.{child}.criteria.{row}.met"] = met if row == 1 else "yes"
            answers[f"children.{child}.criteria.{row}.reason"] = "As the hospital says."
    routes = ("rapid_review", "single_agency_review", "pass_on")
    answers |= {f"children.{n}.route": route for n, route in enumerate(routes)}
    answers |= {f"children.{n}.reason": f"The reasons for child {n + 1}." for n in range(3)}
    return {**answers, "children.1.agency": "harrow-vale-hospitals", "children.2.body": "lado"}

"""Signing in for production in a real browser: with a code of one's phone, and with the account of an organisation."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from playwright.async_api import Page

from records.second_factor import STEP
from tests.support.browsing import WIDTHS, Served, axe, picture, press, served, text_of
from tests.support.ports import free_port
from tests.support.provider import provider, settings_for

pytestmark = [pytest.mark.browser, pytest.mark.proof, pytest.mark.promise("K1", "K10")]
MANAGER, ADMINISTRATOR, EMAIL = "p-018", "p-019", "rosamund.testwick@partnership.example.org"
FONTS = "https://fonts.googleapis.com"
"""The provider's own pages ask for a font there; the test answers."""
PASSWORD = "three quiet lanterns"


async def looks_good(page: Page, name: str) -> None:
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        assert await axe(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await picture(page, f"{name}-{width}")


async def typed_password(page: Page) -> None:
    await page.goto("/sign-in?next=/sessions")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await press(page, "Sign in")


def code(site: Served, secret: str) -> str:
    return pyotp.TOTP(secret).generate_otp(int(site.house.now.timestamp()) // STEP)


@pytest.mark.timeout(240)
async def test_a_second_factor_is_set_up_used_and_replaced_by_a_kept_code(tmp_path: Path) -> None:
    async with served(tmp_path, sign_in="second_factor") as site:
        link = await site.accounts.only_link("invitation", MANAGER, site.house.now)
        await site.accounts.set_password(link, PASSWORD, site.house.now)
        page = await site.page()
        await typed_password(page)
        await looks_good(page, "second-factor-set-up")
        app = await page.get_by_role("link", name="open it in the app").get_attribute("href")
        secret = parse_qs(urlsplit(str(app)).query)["secret"][0]
        await page.get_by_label("The six digits").fill("123")
        await press(page, "Go on")
        await looks_good(page, "second-factor-set-up-wrong")
        await page.get_by_label("The six digits").fill(code(site, secret))
        await press(page, "Go on")
        await looks_good(page, "second-factor-kept")
        kept = re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", await text_of(page))
        assert len(kept) == 10
        await page.get_by_role("button", name="I have kept them: go on").click()
        await page.wait_for_url("**/sessions")
        assert "This browser" in await text_of(page)

        other = await site.page()
        await typed_password(other)
        await looks_good(other, "second-factor-code")
        await other.get_by_label("The six digits that").fill(code(site, secret))
        await press(other, "Sign in")
        assert "not right, or has been used" in await other.inner_text("main"), "the code that set it up"
        await looks_good(other, "second-factor-code-wrong")
        await other.get_by_text("I do not have my phone").click()
        await other.get_by_label("Recovery code").fill(kept[0])
        await press(other, "Sign in")
        await looks_good(other, "sessions")
        await press(other, "End all others")
        await page.goto("/inbox")
        assert "/sign-in" in page.url, "the first browser is signed out"
        unit = await site.page(ADMINISTRATOR)
        await unit.goto("/people")
        await looks_good(unit, "people")


@pytest.mark.timeout(240)
async def test_one_signs_in_with_ones_organisation_and_out_again_there_too(tmp_path: Path) -> None:
    issuer = f"http://127.0.0.1:{free_port()}"
    async with served(tmp_path, **settings_for(issuer)) as site, provider(issuer, site.address):
        site.also = (issuer, FONTS)
        page = await site.page()
        await page.route(f"{FONTS}/**", lambda route: route.fulfill(body="", content_type="text/css"))
        for email, title in (
            ("stranger@council.example.org", "You cannot use this service yet"),
            (EMAIL, "Where you are"),
        ):
            await page.goto("/sign-in?next=/sessions")
            await looks_good(page, "organisation-sign-in")
            await page.get_by_role("button", name="Sign in with your organisation’s account").click()
            await page.locator('input[name="login"]').fill(email)
            await page.locator('input[name="password"]').fill("any")
            await page.locator('button[type="submit"]').click()
            await page.locator('button[type="submit"]').click()
            await page.wait_for_url(f"{site.address}/**")
            assert title in await text_of(page)
            await looks_good(page, f"organisation-{title.split()[1]}")
            if email != EMAIL:
                await page.context.clear_cookies()
        await press(page, "Make an access token")
        await looks_good(page, "organisation-token")
        await page.goto("/people")
        await looks_good(page, "organisation-people")
        await page.goto("/sign-out")
        await press(page, "Sign out")
        await looks_good(page, "organisation-signed-out")
        await page.get_by_role("link", name="Sign out of your organisation").click()
        await page.wait_for_url(f"{issuer}/**")
        await page.goto(f"{site.address}/inbox")
        assert "/sign-in" in page.url

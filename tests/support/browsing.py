"""A real browser before the real portal, over a house whose time can be moved."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright

from portal.app import create_app
from portal.visiting import SESSION, cookie_name
from records.accounts import Accounts
from records.opening import Installation, open_installation
from tests.conftest import CHROMIUM
from tests.support.house import House, house
from tests.support.ports import free_port

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text()
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = (360, 1280)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Served:
    """A house with its portal open on loopback, and a browser in front of it."""

    def __init__(self, house: House, browser: Browser, port: int) -> None:
        self.house, self.browser, self.address = house, browser, f"http://127.0.0.1:{port}"
        self.strays: list[str] = []
        self.also: tuple[str, ...] = ()
        """What else the browser may ask, as an identity provider."""
        self.app: FastAPI
        self._port = port
        self._server: uvicorn.Server
        self._serving: asyncio.Task[None]

    async def start(self, there: Installation) -> None:
        self.app = create_app(there, self.house.client, lambda: self.house.now, attempts=10_000)
        config = uvicorn.Config(self.app, port=self._port, log_level="warning", lifespan="off", access_log=False)
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._serving = asyncio.create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110 -- uvicorn says it by a flag only
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._serving

    async def restart(self) -> None:
        """The portal ends, and another one opens the same folder; nothing is left of the first but what it wrote."""
        await self.stop()
        await self.start(await open_installation(self.house.there.settings))

    async def context(self, person: str = "", width: int = 1280) -> BrowserContext:
        """A browser window of its own; signed in as this person, if one is named."""
        context = await self.browser.new_context(base_url=self.address, viewport={"width": width, "height": 900})
        context.set_default_timeout(15_000)
        context.on("request", self._requested)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.strays.append(str(error.error)))
        if person:
            await self.sign_in(context, person)
        return context

    async def sign_in(self, context: BrowserContext, person: str) -> None:
        async with self.house.there.database.writing() as session:
            token = await self.accounts.begin(session, person, await self.house.read_clock())
        name = cookie_name(f"127.0.0.1:{self._port}", SESSION)
        await context.add_cookies([{"name": name, "value": token, "url": self.address}])

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", *self.also)):
            self.strays.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        """What the console says of a refusal is meant; all else that it calls an error is not."""
        refused = re.search(r"status of [45]|^Response Status Error Code [45]", message.text)  # the browser, and htmx
        if message.type == "error" and not refused:
            self.strays.append(message.text)

    async def page(self, person: str = "", width: int = 1280) -> Page:
        return await (await self.context(person, width)).new_page()

    @property
    def accounts(self) -> Accounts:
        there = self.house.there
        return Accounts(there.database, there.vault, there.auditor)


@asynccontextmanager
async def served(folder: Path, **settings: Any) -> AsyncIterator[Served]:  # noqa: ANN401 -- settings of any type
    port = free_port()
    async with house(folder, port=port, **settings) as made, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        found = Served(made, browser, port)
        await found.start(made.there)
        try:
            yield found
            assert found.strays == [], found.strays
        finally:
            await browser.close()
            await found.stop()


async def fill(page: Page, answers: Mapping[str, str | bool | list[str]]) -> None:
    """Answer the questions of a form as a person does: text, dates in three boxes, radios, checkboxes."""
    for name, value in answers.items():
        if isinstance(value, list):
            for one in value:
                await page.check(f'[name="{name}"][value="{one}"]')
            continue
        text = str(value).lower() if isinstance(value, bool) else value
        if await page.locator(f'[name="{name}-day"]').count():
            day, _, clock = text.partition(" ")
            year, month, number = day.split("-")
            for part, said in (("day", str(int(number))), ("month", str(int(month))), ("year", year)):
                await page.fill(f'[name="{name}-{part}"]', said)
            if clock:
                await page.fill(f'[name="{name}-time"]', clock)
            continue
        field = page.locator(f'[name="{name}"]')
        kind = await field.first.evaluate("(e) => e.type || e.tagName")
        if kind in {"radio", "checkbox"}:
            await page.check(f'[name="{name}"][value="{text}"]')
        elif kind == "select-one":
            await page.select_option(f'[name="{name}"]', text)
        else:
            await field.first.fill(text)


async def press(page: Page, words: str) -> None:
    async with page.expect_navigation():
        await page.get_by_role("button", name=words, exact=True).last.click()


async def send(page: Page) -> None:
    """Press the button at the end of a form, whatever it says."""
    async with page.expect_navigation():
        await page.locator("main form .govuk-button-group button").first.click()


async def text_of(page: Page, address: str = "") -> str:
    """All that stands on a page, folded or not, in one line; of the page that is open, if no address is given."""
    if address:
        await page.goto(address)
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    return re.sub(r"\s+", " ", await page.inner_text("main"))


async def axe(page: Page) -> list[str]:
    """What axe-core finds on this page, in words."""
    await page.evaluate(AXE)
    run = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then(found => found.violations)"
    found = await page.evaluate(run, TAGS)
    return [f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


async def picture(page: Page, name: str) -> None:
    """A screenshot for people to look at, where a folder for them is named."""
    folder = os.environ.get("PICTURES")
    if folder:
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)

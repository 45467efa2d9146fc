"""Makes the picture of the README: a demonstration with invented cases, seen by a real browser.

Run it in the repository: .venv/bin/python -m docs.pictures.make
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from playwright.async_api import async_playwright

from portal.visiting import SESSION, cookie_name
from tests.conftest import CHROMIUM
from tests.support.house import referral, triage
from tests.support.running import Running

HERE = Path(__file__).parent
MANAGER, AUTHORITY = "p-018", "p-001"
AGENCIES = ["harrowshire-police", "harrowshire-icb", "harrow-vale-hospitals"]
RETURNS = {"p-005": "harrowshire-police", "p-008": "harrowshire-icb", "p-011": "harrow-vale-hospitals"}


class Partnership:
    """What people do through the JSON interface, each signed in as themselves."""

    def __init__(self, address: str) -> None:
        self.address, self.now = address, datetime.now(UTC)

    @contextmanager
    def as_(self, person: str) -> Iterator[httpx2.Client]:
        with httpx2.Client(base_url=self.address, timeout=30) as browser:
            browser.get("/sign-in")
            browser.post("/sign-in/demonstration", data={"_csrf": browser.cookies["anonymous"], "person": person})
            browser.headers["Authorization"] = (
                f"Bearer {browser.cookies[cookie_name(browser.base_url.netloc.decode(), SESSION)]}"
            )
            yield browser

    def give(self, person: str, ref: str, kind: str, **answers: Any) -> str:  # noqa: ANN401 -- the answers of a form
        path = f"/api/v1/cases/{ref}/{kind}" if ref else "/api/v1/referrals"
        with self.as_(person) as browser:
            done = browser.post(path, json=answers)
        assert done.status_code == 200, done.text
        return str(done.json()["case"])

    def refer(self, days_ago: int, **answers: Any) -> str:  # noqa: ANN401 -- the answers of a form
        day = (self.now - timedelta(days=days_ago)).date().isoformat()
        about = {**referral(self.now), "incident_on": day, "aware_at": day, **answers}
        return self.give(MANAGER, "", "submit_referral", **about)

    def review(self, days_ago: int) -> str:
        """A rapid review whose national notification was sent some days ago, with three agencies asked."""
        self.give(MANAGER, self.refer(days_ago + 1), "triage", **triage())
        with self.as_(MANAGER) as browser:
            ref = max(line["ref"] for line in browser.get("/api/v1/cases").json() if line["kind"] == "rapid_review")
        sent = (self.now - timedelta(days=days_ago)).isoformat()
        notified = {"sent_at": sent, "sent_by": "The director", "reference": "N-1", "late": "Entered for this picture."}
        self.give(AUTHORITY, ref, "record_notification", **notified)
        self.give(MANAGER, ref, "request_information", agencies=AGENCIES)
        return str(ref)

    def live(self) -> None:
        """A few weeks of a partnership's work."""
        late, soon = self.review(21), self.review(11)
        self.give("p-005", late, "submit_return", agency="harrowshire-police", holds="nothing")
        for person, agency in RETURNS.items():
            self.give(person, soon, "submit_return", agency=agency, holds="nothing")
        self.review(2)
        self.refer(1, others="not_known", siblings_safe="not_known")
        self.refer(1)


async def picture(address: str, file: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(base_url=address, viewport={"width": 1180, "height": 760})
        await page.goto("/sign-in")
        form = page.locator('form[action="/sign-in/demonstration"]')
        await form.locator("select").select_option(MANAGER)
        await form.locator("button").click()
        await page.goto("/cases")
        await page.screenshot(path=file, full_page=True)
        await browser.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as home, Running(Path(home) / "demonstration", "--demonstration") as running:
        running.ready()
        Partnership(running.address).live()
        asyncio.run(picture(running.address, HERE / "board.png"))


if __name__ == "__main__":
    main()

"""The calendar of one person: an address to which a phone subscribes, with every date that they owe, and no more."""

import re
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from icalendar import Calendar, Event
from playwright.async_api import Page
from sqlalchemy import func, select

from models.tables import OneTimeRow, ReadRow
from models.time import day_of
from portal.visiting import SESSION, cookie_name
from tests.portal import scene
from tests.portal.scene import CHAIR, HOSPITAL, LOCKED_OUT, MANAGER, POLICE, STRANGER, Scene
from tests.support.browsing import Served, axe, picture, press, served

pytestmark = [
    pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("F15"), pytest.mark.timeout(120),
]  # fmt: skip


class Site:
    def __init__(self, made: Served, played: Scene) -> None:
        self.served, self.house, self.scene = made, made.house, played

    async def subscribe(self, person: str) -> str:
        """Make an address with the button, as a person does."""
        page = await self.served.page(person)
        await page.goto("/inbox")
        await page.get_by_role("link", name="Your dates in your calendar").click()
        return await made_by(page)

    async def fetch(self, address: str) -> httpx2.Response:
        """What a phone gets: it has no cookie and has signed in nowhere."""
        async with httpx2.AsyncClient(timeout=30) as phone:
            return await phone.get(address)

    async def events(self, address: str) -> dict[str, Event]:
        answer = await self.fetch(address)
        assert answer.status_code == 200, answer.text
        return {str(event["uid"]).removesuffix("@case-reviews"): event for event in walk(answer.content)}


async def made_by(page: Page) -> str:
    await press(page, await page.locator("main form button").first.inner_text())
    return await page.locator("code").inner_text()


def walk(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with served(tmp_path_factory.mktemp("calendar")) as made:
        yield Site(made, await scene.play(made.house))


async def owed(site: Site, office: str) -> dict[str, datetime]:
    """Every open date of this office, from the state of the cases."""
    found = {}
    for ref in await site.house.open_cases():
        for one in (await site.house.case(ref)).open():
            if one.due and one.owed_by == office:
                found[f"{ref}/{one.key}"] = one.due
    return found


async def test_a_person_subscribes_by_a_button_and_gets_every_date_that_they_owe(site: Site) -> None:
    events = await site.events(await site.subscribe(MANAGER))
    dates = {name: event for name, event in events.items() if not name.endswith("-meeting")}
    expected = await owed(site, "business_manager")
    assert dates.keys() == expected.keys()
    assert len(expected) >= 5
    for name, due in expected.items():
        begins = dates[name].decoded("dtstart")
        urgent = name.endswith("siblings_safety")
        assert begins == (due.replace(microsecond=0) if urgent else day_of(due)), name
        assert isinstance(begins, datetime) == urgent, name
    event = dates[f"{site.scene.review}/submission"]
    assert str(event["summary"]) == f"Submit the rapid review to the national panel ({site.scene.review})"
    assert str(event["url"]).endswith(f"/cases/{site.scene.review}")
    assert str(event["transp"]) == "TRANSPARENT"


async def test_an_agency_gets_its_own_dates_and_its_meetings_and_nothing_of_others(site: Site) -> None:
    hospital = await site.events(await site.subscribe(HOSPITAL))
    assert hospital.keys() == {
        f"{site.scene.review}/agency_return/harrow-vale-hospitals",
        f"{site.scene.review}-meeting",
    }
    named = hospital[f"{site.scene.review}/agency_return/harrow-vale-hospitals"]
    assert str(named["summary"]) == f"Return of the agency, Harrow Vale Hospitals NHS Trust ({site.scene.review})"
    meeting = hospital[f"{site.scene.review}-meeting"]
    assert meeting.decoded("dtend") - meeting.decoded("dtstart") == timedelta(minutes=120)
    assert await site.events(await site.subscribe(STRANGER)) == {}
    assert not [name for name in await site.events(await site.subscribe(LOCKED_OUT)) if site.scene.review in name]


async def test_an_entry_says_a_reference_the_policys_words_and_a_date_and_nothing_more(site: Site) -> None:
    answer = await site.fetch(await site.subscribe(MANAGER))
    assert answer.headers["content-type"].startswith("text/calendar")
    for event in walk(answer.content):
        assert set(event) <= {
            "UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "SEQUENCE", "SUMMARY", "TRANSP", "URL",
        }  # fmt: skip
        assert re.fullmatch(
            r"[A-Z][A-Za-z ’',:-]+\([LR]R-\d{4}-\d{4}\)|Meeting [LR]R-\d{4}-\d{4}", str(event["summary"])
        )
    for private in ("Quillon", "Zarbane", "Room 2", "Rosamund", "Esmeralda", "police.example.org", "logged with"):
        assert private.encode() not in answer.content


async def test_the_calendar_follows_when_a_date_moves_and_when_it_is_done(site: Site) -> None:
    address = await site.subscribe(POLICE)
    name = f"{site.scene.review}/answer_recommendation/r1"
    before = (await site.events(address))[name].decoded("dtstart")
    later = before + timedelta(days=2)
    await site.house.act(
        POLICE, site.scene.review, "ask_time", obligation="answer_recommendation/r1", until=str(later), reason="r"
    )
    given = {"obligation": "answer_recommendation/r1", "granted": True, "until": str(later), "reason": "r"}
    await site.house.act(CHAIR, site.scene.review, "answer_time", **given)
    assert (await site.events(address))[name].decoded("dtstart") == later
    await site.house.act(POLICE, site.scene.review, "answer_recommendation", item="r1", answer="accepts")
    assert name not in await site.events(address)


@pytest.mark.proof
async def test_the_looks_of_a_phone_are_noted_once_a_day_and_person(site: Site) -> None:
    async def noted(person: str) -> int:
        mine = select(func.count()).where(ReadRow.person == person, ReadRow.what == "calendar")
        async with site.house.there.database.reading() as session:
            return await session.scalar(mine) or 0

    before, other = await noted(MANAGER), await noted(CHAIR)
    await site.house.wait(timedelta(days=1))
    for _ in range(3):
        await site.fetch(await site.subscribe(MANAGER))
    assert await noted(MANAGER) == before + 1
    await site.fetch(await site.subscribe(CHAIR))
    assert await noted(CHAIR) == other + 1
    await site.house.wait(timedelta(days=1))
    await site.fetch(await site.subscribe(MANAGER))
    assert await noted(MANAGER) == before + 2
    site.house.now -= timedelta(days=2)


async def test_an_address_is_kept_as_a_digest_and_opens_nothing_else(site: Site) -> None:
    address = await site.subscribe(MANAGER)
    token = address.rsplit("/", 1)[1].removesuffix(".ics")
    assert len(token) >= 43
    async with site.house.there.database.reading() as session:
        rows = (await session.scalars(select(OneTimeRow))).all()
    assert token not in {row.id for row in rows}
    session_cookie = {cookie_name(site.served.address, SESSION): token}
    async with httpx2.AsyncClient(base_url=site.served.address, cookies=session_cookie) as other:
        assert (await other.get("/cases")).status_code == 303
        assert (await other.get("/api/v1/cases", headers={"authorization": f"Bearer {token}"})).status_code == 401
    assert (await site.fetch(address.replace(token, "x" * len(token)))).status_code == 404


async def test_an_address_ends_with_a_new_one_and_with_the_button(site: Site) -> None:
    first = await site.subscribe(CHAIR)
    second = await site.subscribe(CHAIR)
    assert (await site.fetch(first)).status_code == 404
    assert (await site.fetch(second)).status_code == 200
    page = await site.served.page(CHAIR)
    await page.goto("/calendar")
    assert second not in await page.inner_text("main"), "it is shown once"
    await press(page, "End the address")
    assert (await site.fetch(second)).status_code == 404
    assert await page.get_by_role("button", name="End the address").count() == 0


async def test_an_address_ends_with_a_new_password_and_when_somebody_leaves(site: Site) -> None:
    address, there = await site.subscribe(CHAIR), site.house.there
    async with there.database.writing() as session:
        token = await site.served.accounts.link(session, "invitation", CHAIR, None)
    await site.served.accounts.set_password(token, "three words apart", site.house.now)
    assert (await site.fetch(address)).status_code == 404
    address = await site.subscribe(POLICE)
    async with there.database.writing() as session:
        directory = await there.recorder.directory.read(session)
        assert directory is not None
        left = [
            one.model_copy(update={"until": date(2025, 1, 2)} if one.person == POLICE else {})
            for one in directory.holdings
            if one.deputy != POLICE
        ]
        changed = directory.model_copy(update={"holdings": tuple(left)})
        await there.recorder.directory.replace(session, changed, "p-019", site.house.now)
    assert await site.events(address) == {}


async def test_the_page_is_accessible_with_and_without_an_address(site: Site) -> None:
    for width in (360, 1280):
        page = await site.served.page("p-008", width)
        await page.goto("/calendar")
        assert await axe(page) == []
        await made_by(page)
        await picture(page, f"calendar-{width}")
        assert await axe(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.goto("/calendar")
        await press(page, "End the address")

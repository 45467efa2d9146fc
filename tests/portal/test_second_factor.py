"""A second factor of local accounts: asked for at every door, set up once, taken off on record. Sessions that end."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx2
import pyotp
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select, update

from models.tables import AccountRow, LinkRow
from portal.app import create_app
from portal.visiting import SESSION
from records.accounts import TRIES, Accounts, SignInFailed, TooLate, WrongCode
from records.second_factor import STEP
from tests.portal.scene import ADMINISTRATOR, CHAIR, HOSPITAL, MANAGER, POLICE
from tests.support.house import House, house

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("K1")]
PASSWORD = "three quiet lanterns"
EMAILS = {
    MANAGER: "rosamund.testwick@partnership.example.org", CHAIR: "ulysses.scrutton-sample@partnership.example.org",
    POLICE: "esmeralda.dummett@police.example.org",
}  # fmt: skip


@dataclass
class Site:
    house: House
    app: FastAPI

    @property
    def accounts(self) -> Accounts:
        there = self.house.there
        return Accounts(there.database, there.vault, there.auditor, there.settings.sign_in)

    @asynccontextmanager
    async def browser(self, person: str = "", address: str = "127.0.0.1") -> AsyncIterator["Browser"]:
        made = self.house
        cookies = {}
        if person:
            async with made.there.database.writing() as session:
                cookies[SESSION] = await self.accounts.begin(session, person, made.now)
        transport = httpx2.ASGITransport(app=self.app, client=(address, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://reviews.test", cookies=cookies) as client:
            found = Browser(client)
            found.keep(await client.get("/sign-out" if person else "/sign-in"))
            yield found

    async def has_password(self, person: str) -> None:
        async with self.house.there.database.writing() as session:
            token = await self.accounts.link(session, "invitation", person, None)
        assert await self.accounts.set_password(token, PASSWORD, self.house.now) == person

    async def set_up(self, person: str) -> tuple[str, list[str]]:
        """Set it up as a person does. Returns the app's secret, and the recovery codes."""
        await self.has_password(person)
        await self.accounts.take_off(person, ADMINISTRATOR, self.house.now)
        async with self.browser() as browser:
            page = await browser.sign_in(EMAILS[person])
            link = re.search(r'href="(otpauth://[^"]+)"', page.text)
            assert link
            secret = parse_qs(urlsplit(unescape(link[1])).query)["secret"][0]
            kept = await browser.post("/sign-in/set-up", half=browser.half, code=self.code(secret))
            codes = re.findall(r'portal-code">([a-z2-7-]+)<', kept.text)
            assert len(codes) == 10
            assert (await browser.client.get("/inbox")).status_code == 200
        self.later()
        return secret, codes

    def code(self, secret: str) -> str:
        return pyotp.TOTP(secret).generate_otp(int(self.house.now.timestamp()) // STEP)

    def later(self, steps: int = 1) -> None:
        self.house.now += timedelta(seconds=STEP * steps)

    async def links(self) -> list[tuple[str, str]]:
        async with self.house.there.database.reading() as session:
            found = select(LinkRow).where(LinkRow.chain == "sign-ins").order_by(LinkRow.number)
            return [(link.kind, link.actor) for link in await session.scalars(found)]


class Browser:
    """A browser that sends what is hidden in the page that it saw last."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client, self.csrf, self.half = client, "", ""

    def keep(self, page: httpx2.Response) -> httpx2.Response:
        for name, mine in (("_csrf", "csrf"), ("half", "half")):
            if found := re.search(rf'name="{name}" value="([^"]+)"', page.text):
                setattr(self, mine, found[1])
        return page

    async def post(self, to: str, **form: str) -> httpx2.Response:
        return self.keep(await self.client.post(to, data={"_csrf": self.csrf, **form}))

    async def sign_in(self, email: str) -> httpx2.Response:
        return await self.post("/sign-in", email=email, password=PASSWORD)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("second-factor"), sign_in="second_factor") as made:
        yield Site(made, create_app(made.there, made.client, lambda: made.now, attempts=10_000))


async def test_whoever_has_none_sets_it_up_before_any_other_page(site: Site) -> None:
    await site.has_password(MANAGER)
    async with site.browser() as browser:
        page = await browser.sign_in(EMAILS[MANAGER])
        assert "Set up your second factor" in page.text
        assert (await browser.client.get("/inbox")).status_code == 303
        wrong = await browser.post("/sign-in/set-up", half=browser.half, code="000000")
        assert wrong.status_code == 422
        assert (await browser.client.get("/inbox")).status_code == 303
        skipped = await browser.post("/sign-in/code", half=browser.half, code="")
        assert skipped.status_code == 422, "without one no code is right"
    secret, _ = await site.set_up(MANAGER)
    assert ("second_factor_set", MANAGER) in await site.links()
    async with site.house.there.database.reading() as session:
        account = await session.get_one(AccountRow, MANAGER)
        assert account.second_factor
        assert secret.encode() not in account.second_factor


async def test_no_code_works_twice_and_clocks_may_differ_by_half_a_minute(site: Site) -> None:
    secret, _ = await site.set_up(MANAGER)
    async with site.browser() as browser:
        await browser.sign_in(EMAILS[MANAGER])
        late = site.code(secret)
        site.later()
        entered = await browser.post("/sign-in/code", half=browser.half, code=f" {late[:3]} {late[3:]} ")
        assert entered.headers["location"] == "/cases"
    async with site.browser() as browser:
        await browser.sign_in(EMAILS[MANAGER])
        assert (await browser.post("/sign-in/code", half=browser.half, code=late)).status_code == 422
        code = site.code(secret)
        site.later(2)
        assert (await browser.post("/sign-in/code", half=browser.half, code=code)).status_code == 422, "too old"
        assert (await browser.post("/sign-in/code", half=browser.half, code=site.code(secret))).status_code == 303
        site.later()
        with pytest.raises(TooLate):
            await site.accounts.second_step(browser.half, site.code(secret), site.house.now)


async def test_a_recovery_code_lets_in_once_and_only_its_own_person(site: Site) -> None:
    _, codes = await site.set_up(CHAIR)
    _, others = await site.set_up(POLICE)
    for code, status in ((others[0], 422), (codes[0].upper().replace("-", " "), 303), (codes[0], 422), (codes[1], 303)):
        async with site.browser() as browser:
            await browser.sign_in(EMAILS[CHAIR])
            entered = await browser.post("/sign-in/code", half=browser.half, code="", recovery=code)
            assert entered.status_code == status, code
    async with site.browser() as browser:
        await browser.sign_in(EMAILS[POLICE])
        assert (await browser.post("/sign-in/code", half=browser.half, recovery=others[0])).status_code == 303


async def test_wrong_codes_count_to_the_same_lock_as_wrong_passwords(site: Site) -> None:
    secret, _ = await site.set_up(POLICE)
    accounts = site.accounts
    for tries in range(TRIES):
        with pytest.raises(SignInFailed):
            await accounts.sign_in(EMAILS[POLICE], PASSWORD if tries % 2 else "wrong", site.house.now, code="1")
    with pytest.raises(SignInFailed):
        await accounts.sign_in(EMAILS[POLICE], PASSWORD, site.house.now, code=site.code(secret))
    site.later(30)
    assert await accounts.sign_in(EMAILS[POLICE], PASSWORD, site.house.now, code=site.code(secret))


async def test_programs_give_the_code_in_a_field(site: Site) -> None:
    secret, _ = await site.set_up(MANAGER)
    async with site.browser() as browser:
        said = {"email": EMAILS[MANAGER], "password": PASSWORD}
        asked = await browser.client.post("/api/v1/session", json=said)
        assert (asked.status_code, "code" in asked.json()["title"]) == (401, True)
        given = await browser.client.post("/api/v1/session", json={**said, "code": site.code(secret)})
        assert given.status_code == 200
        again = await browser.client.post("/api/v1/session", json={**said, "code": site.code(secret)})
        assert again.json()["title"] == WrongCode.words


async def test_a_new_password_leaves_the_second_factor(site: Site) -> None:
    secret, _ = await site.set_up(MANAGER)
    await site.has_password(MANAGER)
    async with site.browser() as browser:
        assert "Your code" in (await browser.sign_in(EMAILS[MANAGER])).text
        assert (await browser.post("/sign-in/code", half=browser.half, code=site.code(secret))).status_code == 303


async def test_a_lost_second_factor_is_taken_off_by_two_where_an_invitation_takes_two(site: Site) -> None:
    secret, codes = await site.set_up(CHAIR)
    for person in (ADMINISTRATOR, MANAGER):
        await site.has_password(person)
    async with site.browser(CHAIR) as own, site.browser(ADMINISTRATOR) as first, site.browser(MANAGER) as second:
        path = f"/people/{CHAIR}/second-factor"
        assert (await own.post(path)).status_code == 403
        assert "A second person takes" in (await first.post(path)).text
        assert (await first.post(path)).status_code == 403, "pressing twice does not make two people"
        assert "asks to take off your second factor" in (await own.client.get("/inbox")).text
        assert path in (await second.client.get("/inbox")).text
        assert "is taken off" in (await second.post(path)).text
        assert (await own.client.get("/inbox")).status_code == 303, "whoever had it is signed out"
    assert (await site.links())[-2:] == [("second_factor_ended", CHAIR), ("second_factor_taken_off", MANAGER)]
    async with site.browser() as browser:
        assert "Set up your second factor" in (await browser.sign_in(EMAILS[CHAIR])).text
        for old in ({"code": site.code(secret)}, {"recovery": codes[5]}):
            assert (await browser.post("/sign-in/code", half=browser.half, **old)).status_code == 422


async def test_a_second_factor_that_was_changed_in_the_database_is_found(site: Site) -> None:
    await site.set_up(POLICE)
    there = site.house.there

    async def words() -> list[str]:
        async with there.database.reading() as session:
            found = await there.auditor.verify(session, there.settings.seals)
        return [one.words for one in found if "second factor" in one.words]

    async with there.database.reading() as session:
        kept = (await session.get_one(AccountRow, POLICE)).second_factor
    assert await words() == []
    for wrong in (None, b"another"):
        async with there.database.writing() as session:
            await session.execute(update(AccountRow).where(AccountRow.person == POLICE).values(second_factor=wrong))
        assert await words() == [f"The second factor of {POLICE} was added, changed or removed."]
    async with there.database.writing() as session:
        await session.execute(update(AccountRow).where(AccountRow.person == POLICE).values(second_factor=kept))


async def test_one_sees_where_one_is_signed_in_and_ends_it(site: Site) -> None:
    async with site.browser(HOSPITAL) as here, site.browser(HOSPITAL) as lost, site.browser(HOSPITAL) as third:
        page = await here.client.get("/sessions")
        others = re.findall(r'name="session" value="(\w+)"', page.text)
        assert (len(others), page.text.count("This browser")) == (2, 1)
        async with site.browser(POLICE) as stranger:
            await stranger.post("/sessions/end", session=others[0])
        assert len(await site.accounts.running(HOSPITAL, site.house.now)) == 3, "nobody ends another's"
        await here.post("/sessions/end", session=others[0])
        left = [one for one in (lost, third) if (await one.client.get("/sessions")).status_code == 200]
        assert len(left) == 1
        await here.post("/sessions/end")
        assert (await left[0].client.get("/sessions")).status_code == 303
        assert (await here.client.get("/sessions")).status_code == 200
        assert (await site.links())[-1] == ("sessions_revoked", HOSPITAL)


async def test_the_business_unit_signs_somebody_out_everywhere_on_record_and_nobody_else_can(site: Site) -> None:
    async with site.browser(HOSPITAL) as lost, site.browser(POLICE) as other, site.browser(ADMINISTRATOR) as unit:
        path = f"/people/{HOSPITAL}/sign-out"
        assert (await other.post(path)).status_code == 403
        assert (await lost.client.get("/inbox")).status_code == 200
        assert "is signed out everywhere" in (await unit.post(path)).text
        assert (await lost.client.get("/inbox")).status_code == 303
        assert (await site.links())[-1] == ("sessions_revoked", ADMINISTRATOR)
        assert (await unit.post("/people/p-999/sign-out")).status_code == 404

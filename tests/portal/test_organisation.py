"""Sign-in with the account of one's organisation, against an identity provider that nobody here wrote."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from models.tables import LinkRow
from portal.app import create_app
from portal.provider import NotVouched, Provider, ProviderSilent, attempt
from records.settings import Settings
from tests.portal.scene import CHAIR, MANAGER
from tests.support.house import House, house
from tests.support.ports import free_port
from tests.support.provider import CLIENT, SECRET, provider, settings_for, signed_in_there

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("K1")]
OURS = "http://127.0.0.1:8080"


@dataclass
class Site:
    house: House
    app: FastAPI
    issuer: str

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx2.AsyncClient]:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url=OURS) as client:
            yield client

    async def last(self) -> tuple[str, str]:
        async with self.house.there.database.reading() as session:
            found = select(LinkRow).where(LinkRow.chain == "sign-ins").order_by(LinkRow.number.desc()).limit(1)
            link = (await session.scalars(found)).one()
            return link.kind, link.actor


EMAILS = {
    MANAGER: "rosamund.testwick@partnership.example.org",
    CHAIR: "ulysses.scrutton-sample@partnership.example.org",
}


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=[False, pytest.param(True, marks=pytest.mark.proof)],
    ids=["in the token", "userinfo"],
)
async def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    issuer = f"http://127.0.0.1:{free_port()}"
    folder = tmp_path_factory.mktemp("organisation")
    async with provider(issuer, OURS, sparse=request.param), house(folder, **settings_for(issuer)) as made:
        yield Site(made, create_app(made.there, made.client, lambda: made.now, attempts=10_000), issuer)


async def began(browser: httpx2.AsyncClient, following: str = "") -> str:
    """Where the browser is led to."""
    answer = await browser.get("/sign-in/organisation", params={"next": following})
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def test_whoever_the_organisation_vouches_for_is_who_our_directory_says(site: Site) -> None:
    async with site.browser() as browser:
        page = await browser.get("/sign-in?next=/inbox")
        assert 'href="/sign-in/organisation?next=%2Finbox"' in page.text
        assert 'name="password"' not in page.text
        back = await signed_in_there(await began(browser, "/inbox"), EMAILS[MANAGER])
        answer = await browser.get(back)
        assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
        assert await site.last() == ("signed_in", MANAGER)
        shown = await browser.get("/inbox")
        assert "Rosamund Testwick, Business manager" in shown.text
        again = await browser.get(back)
        assert again.status_code == 403, "what leads back leads in once"
        token = re.search(r'name="_csrf" value="([^"]+)"', (await browser.get("/sign-out")).text)
        assert token
        left = await browser.post("/sign-out", data={"_csrf": token[1]})
        assert left.headers["location"] == "/signed-out"
        assert f'href="{site.issuer}/session/end?client_id={CLIENT}' in (await browser.get("/signed-out")).text
        assert (await browser.get("/inbox")).status_code == 303


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("stranger@council.example.org", "You cannot use this service yet"),
        (f"unverified{EMAILS[MANAGER]}", "You have not been signed in"),
    ],
)
async def test_somebody_unknown_or_unverified_is_refused_in_words_and_on_record(
    site: Site, email: str, words: str
) -> None:
    async with site.browser() as browser:
        answer = await browser.get(await signed_in_there(await began(browser), email))
        assert answer.status_code == 403
        assert words in answer.text
        assert email not in answer.text
        assert await site.last() == ("sign_in_failed", "unknown")
        assert (await browser.get("/inbox")).status_code == 303
    if "stranger" in email:
        assert "Rosamund Testwick" in answer.text, "it says whom to ask"


async def test_what_was_begun_in_another_browser_or_too_long_ago_leads_nowhere(site: Site) -> None:
    async with site.browser() as mine, site.browser() as theirs:
        back = await signed_in_there(await began(theirs), EMAILS[CHAIR])
        assert (await mine.get(back)).status_code == 403
        await began(mine)
        assert (await mine.get(back)).status_code == 403, "another attempt of one's own"
        site.house.now += timedelta(minutes=11)
        assert (await theirs.get(back)).status_code == 403


async def test_a_nonce_of_another_attempt_is_refused(site: Site) -> None:
    """A code that was stolen and put into an attempt of one's own fails at the provider (PKCE), or by its nonce."""
    known = Provider(site.house.there.settings)
    one, other = attempt(""), attempt("")
    for mixed in (one.model_copy(update={"nonce": other.nonce}), one.model_copy(update={"verifier": other.verifier})):
        back = await signed_in_there(await known.leads_to(one), EMAILS[CHAIR])
        with pytest.raises(NotVouched):
            await known.vouches_for(mixed, parse_qs(urlsplit(back).query)["code"][0])


@pytest.mark.parametrize("how", ["none", "by our secret", "for another", "old", "by a key of one's own"])
async def test_a_token_that_the_provider_did_not_make_for_us_is_refused(site: Site, how: str) -> None:
    known, now = Provider(site.house.there.settings), 4_000_000_000
    said = {"iss": site.issuer, "aud": CLIENT, "sub": "x", "nonce": "n", "iat": now - 5_000_000, "exp": now}
    key = {"none": "", "by our secret": SECRET * 3}.get(how, "some other secret of more than enough length")
    said |= {"aud": "another"} if how == "for another" else {"exp": 1_000_000_000} if how == "old" else {}
    made = jwt.encode(said, key, "none" if how == "none" else "HS256")
    with pytest.raises(NotVouched):
        await known._claims(made, "n")


async def test_a_provider_that_does_not_answer_is_said_in_words(site: Site, tmp_path: Path) -> None:
    silent = Settings(data_dir=tmp_path, **settings_for(f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(ProviderSilent):
        await Provider(silent).leads_to(attempt(""))
    elsewhere = Settings(data_dir=tmp_path, **settings_for(site.issuer.replace("127.0.0.1", "localhost")))
    with pytest.raises(ProviderSilent):
        await Provider(elsewhere).leads_to(attempt(""))


async def test_local_passwords_open_no_door_and_an_access_token_opens_those_of_programs(site: Site) -> None:
    async with site.browser() as browser:
        said = {"email": EMAILS[MANAGER], "password": "three words apart"}
        refused = await browser.post("/api/v1/session", json=said)
        assert refused.status_code == 401
        assert "access token" in refused.json()["title"]
        for page in ("/invitation", "/forgotten"):
            assert "There are no passwords here" in (await browser.get(page)).text
        await browser.get(await signed_in_there(await began(browser), EMAILS[MANAGER]))
        token = re.search(r'name="_csrf" value="([^"]+)"', (await browser.get("/sessions")).text)
        assert token
        assert (await browser.post("/people/p-021/invite", data={"_csrf": token[1]})).status_code == 404
        made = await browser.post("/sessions/token", data={"_csrf": token[1], "do": "make"})
        access = re.search(r'portal-code">([\w-]+)<', made.text)
        assert access
        assert access[1] not in (await browser.get("/sessions")).text, "it is shown once"
        session = await browser.post("/api/v1/session", json={"access_token": access[1]})
        bearer = {"Authorization": f"Bearer {session.json()['token']}"}
        assert (await browser.get("/api/v1/cases", headers=bearer)).status_code == 200
        await browser.post("/sessions/token", data={"_csrf": token[1], "do": "end"})
        assert (await browser.post("/api/v1/session", json={"access_token": access[1]})).status_code == 401

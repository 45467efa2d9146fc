"""The engine's own page reads what the engine keeps only for an administrator who is signed in at the portal."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import httpx2
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToJson, Parse
from playwright.async_api import Page, async_playwright
from sqlalchemy import select
from temporalio.api.common.v1 import Payload, Payloads

from models.case import Case, packed
from models.tables import CaseRow, ReadRow
from portal.app import create_app
from portal.codec import CLOSED, WHAT
from portal.visiting import SESSION, cookie_name
from records.accounts import Accounts
from records.codec import ENCODING, EngineCodec
from records.keys import new_keys
from records.opening import Installation
from records.policies import in_force
from records.settings import Settings
from tests.conftest import CHROMIUM
from tests.portal import scene
from tests.support.browsing import FLAGS
from tests.support.house import furnished, referral
from tests.support.ports import free_port
from tests.support.running import Running, write_json

pytestmark = pytest.mark.promise("K8")
PAGE, ADDRESS = "https://engine.example.org", "/engine/codec/decode"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"case":"RR-2026-0001","due":"2026-03-04"}')


class Site:
    """A portal, and what the engine keeps of it."""

    def __init__(self, there: Installation, client: httpx2.AsyncClient) -> None:
        self.there, self.client = there, client

    async def sealed(self) -> dict[str, Any]:
        found = await EngineCodec(self.there.keys).encode([PLAIN])
        return dict(json.loads(MessageToJson(Payloads(payloads=found))))

    async def ask(self, person: str, sent: object, **headers: str) -> httpx2.Response:
        accounts, cookies = Accounts(self.there.database, self.there.vault, self.there.auditor), {}
        if person:
            async with self.there.database.writing() as session:
                token = await accounts.begin(session, person, datetime.now(UTC))
            cookies = {cookie_name("reviews.test", SESSION): token}
        given = {"Origin": PAGE, "Content-Type": "application/json", "X-Namespace": "default"} | headers
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return await self.client.post(ADDRESS, content=json.dumps(sent), headers=given | {"Cookie": cookie})

    async def noted(self) -> list[tuple[str, str]]:
        async with self.there.database.reading() as session:
            rows = await session.scalars(select(ReadRow).where(ReadRow.what == WHAT))
            return [(row.person, row.case) for row in rows]


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    there = await furnished(tmp_path, datetime.now(UTC), engine_page=PAGE)
    async with of(there) as client:
        yield Site(there, client)
    await there.close()


def of(there: Installation) -> httpx2.AsyncClient:
    app = create_app(there, MagicMock())  # nothing here asks the engine
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://reviews.test")


async def test_an_administrator_reads_and_it_is_noted_who_read_of_which_case(site: Site) -> None:
    await site.ask(scene.ADMINISTRATOR, await site.sealed())
    answer = await site.ask(scene.ADMINISTRATOR, await site.sealed())
    assert answer.status_code == 200, answer.text
    assert list(Parse(answer.text, Payloads()).payloads) == [PLAIN]
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert await site.noted() == [(scene.ADMINISTRATOR, "RR-2026-0001")]  # the page asks for each value: once a day


async def test_a_case_is_read_unpacked_as_its_workflow_carries_it_packed(site: Site) -> None:
    case = Case(ref="LR-2026-0002", kind="referral", policy="p", calendar="c", opened=datetime.now(UTC))
    kept = await EngineCodec(site.there.keys).encode(
        [Payload(metadata={"encoding": b"binary/plain"}, data=packed(case))]
    )
    answer = await site.ask(scene.ADMINISTRATOR, json.loads(MessageToJson(Payloads(payloads=kept))))
    (read,) = Parse(answer.text, Payloads()).payloads
    assert Case.model_validate_json(read.data) == case
    assert await site.noted() == [(scene.ADMINISTRATOR, "LR-2026-0002")]


@pytest.mark.promise("K4")
async def test_a_case_from_which_the_administrator_is_locked_out_stays_closed(site: Site) -> None:
    now, said = datetime.now(UTC), {"locked_out": [scene.ADMINISTRATOR]}
    async with site.there.database.writing() as session:
        policy, calendar = await in_force(session) or ("", "")
        state = Case(ref="RR-2026-0001", kind="rapid_review", policy=policy, calendar=calendar, opened=now, said=said)
        kept = state.model_dump(mode="json")
        session.add(CaseRow(ref=state.ref, kind=state.kind, known=0, state=kept, opened=now, closed=None, parent=None))
    answer = await site.ask(scene.ADMINISTRATOR, await site.sealed())
    assert (answer.status_code, answer.text) == (403, CLOSED)
    assert await site.noted() == []


@pytest.mark.parametrize(
    ("person", "status"), [("", 401), (scene.SUBGROUP, 403), (scene.CHAIR, 403), (scene.STRANGER, 403)]
)
async def test_nobody_else_reads(site: Site, person: str, status: int) -> None:
    answer = await site.ask(person, await site.sealed())
    assert answer.status_code == status
    assert "RR-2026" not in answer.text
    assert await site.noted() == []


@pytest.mark.promise("K11")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_no_other_page_is_answered_and_no_form_can_ask(site: Site, headers: dict[str, str], status: int) -> None:
    answer = await site.ask(scene.ADMINISTRATOR, await site.sealed(), **headers)
    assert answer.status_code == status
    assert await site.noted() == []


async def test_the_browser_hears_that_only_the_engines_page_may_ask(site: Site) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = await site.client.options(ADDRESS, headers=asked)
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-headers"] == "content-type, x-namespace"


async def test_what_another_installation_wrote_stays_as_it_is_and_what_is_nothing_is_refused(site: Site) -> None:
    foreign = await EngineCodec(new_keys()).encode([PLAIN])
    foreign[0].metadata["key"] = (await EngineCodec(site.there.keys).encode([PLAIN]))[0].metadata["key"]
    unknown = Payload(metadata={"encoding": ENCODING, "key": b"lost"}, data=b"x" * 40)
    sent = Payloads(payloads=[*foreign, unknown])
    answer = await site.ask(scene.ADMINISTRATOR, json.loads(MessageToJson(sent)))
    assert Parse(answer.text, Payloads()) == sent
    wrong: object
    for wrong in ({"payloads": "x"}, {"other": []}, {"payloads": [{"data": "not base64!"}]}):
        assert (await site.ask(scene.ADMINISTRATOR, wrong)).status_code == 400, wrong


async def test_without_the_setting_there_is_no_such_address(tmp_path: Path) -> None:
    there = await furnished(tmp_path, datetime.now(UTC))
    async with of(there) as client:
        site = Site(there, client)
        assert (await site.ask(scene.ADMINISTRATOR, await site.sealed())).status_code == 404
        assert (await client.options(ADDRESS)).status_code == 404
    await there.close()


@pytest.mark.parametrize("page", ["engine.example.org", "https://engine.example.org/", "https://a.example/path"])
def test_the_setting_is_an_origin(page: str) -> None:
    with pytest.raises(ValueError, match="an address without a path"):
        Settings(engine_page=page)


# The real page

ALLOW = """([endpoint]) => {
  localStorage.setItem('endpoint', JSON.stringify(endpoint))
  localStorage.setItem('includeCredentials', 'true')
  localStorage.setItem('overrideRemoteCodecConfiguration', 'true')
}"""
"""What whoever looks sets in the page itself: of the embedded engine it cannot be set by its command."""
READ, SEALED = r'"ref"', r'"[\w+/]{100,}'


def referred(running: Running) -> str:
    file = write_json(running.folder.parent / "referral.json", referral(datetime.now(UTC)))
    return str(running.json("refer", file)["case"])


async def _look(page: Page, engine: str, ref: str, *, reads: bool) -> None:
    """Open the engine's page of a case, which shows it in the clear, or says that it could not, and shows it sealed."""
    await page.goto(f"{engine}/namespaces/default/workflows/{ref}")
    if not reads:
        await page.get_by_role("button", name="Codec Server could not connect").wait_for()
    await page.get_by_text(re.compile(READ if reads else SEALED)).first.wait_for()
    assert bool(re.search(READ, await page.inner_text("main"))) == reads


@pytest.mark.proof
@pytest.mark.browser
@pytest.mark.timeout(180)
async def test_the_engines_real_page_reads_for_the_administrator_and_for_nobody_else(tmp_path: Path) -> None:
    port = free_port()
    engine = f"http://127.0.0.1:{port}"
    with Running(tmp_path / "here", "--demonstration", "--engine-page", str(port)) as running:
        ref = referred(running.ready())
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = await browser.new_page()
            await _look(page, engine, ref, reads=False)  # it sends no cookie
            await page.evaluate(ALLOW, [f"{running.address}/engine/codec"])
            await _look(page, engine, ref, reads=False)  # nobody is signed in
            for person in (scene.CHAIR, scene.ADMINISTRATOR):
                await page.goto(f"{running.address}/sign-in")
                await page.select_option("select[name=person]", person)
                await page.get_by_role("button", name="Be this person").click()
                await _look(page, engine, ref, reads=person == scene.ADMINISTRATOR)
                await page.goto(f"{running.address}/sign-out")
                await page.get_by_role("button", name="Sign out").click()
            await browser.close()

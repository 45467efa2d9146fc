"""Whoever opens a case is noted, whatever page, export or interface showed it; those entitled see who opened what."""

import csv
import io
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from models.tables import ReadRow
from portal.app import create_app
from portal.visiting import SESSION
from records.accounts import Accounts
from records.drafts import Drafts
from tests.portal import scene
from tests.portal.scene import CHAIR, HOSPITAL, LOCKED_OUT, MANAGER, POLICE, Scene
from tests.portal.walking import Seen, Walker, form_of, state_of
from tests.support.house import House, house
from tests.support.sampling import sampled

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("K6")]

ADDRESS = "http://reviews.test"
STARTS = ("/cases?closed=yes", "/inbox", "/register", "/mail", "/reads", "/calendar")


class Site:
    def __init__(self, made: House, played: Scene) -> None:
        self.house, self.scene = made, played
        self.app: FastAPI = create_app(made.there, made.client, lambda: made.now)
        there = made.there
        self.accounts = Accounts(there.database, there.vault, there.auditor)

    async def token(self, person: str) -> str:
        async with self.house.there.database.writing() as session:
            return await self.accounts.begin(session, person, self.house.now)

    async def walker(self, person: str) -> Walker:
        return Walker(ADDRESS, {SESSION: await self.token(person)}, self.app)

    async def get(self, person: str, address: str) -> httpx2.Response:
        return await (await self.walker(person)).client.get(address)

    async def noted(self) -> list[tuple[str, str, str]]:
        async with self.house.there.database.reading() as session:
            rows = (await session.scalars(select(ReadRow).order_by(ReadRow.number))).all()
        return [(row.person, row.case, row.what) for row in rows]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("reads")) as made:
        yield Site(made, await scene.play(made))


def shows(seen: Seen, refs: list[str]) -> set[str]:
    """The cases that stand in an answer, be it a page, a table or a calendar."""
    return {ref for ref in refs if ref in seen.text}


@pytest.mark.parametrize("person", sampled([MANAGER, CHAIR, HOSPITAL], 2))
async def test_every_page_file_and_export_that_shows_a_case_is_noted(site: Site, person: str) -> None:
    """Every address that can be come to by links, and every form sent empty: none shows a case without a note."""
    walker, refs = await site.walker(person), [ref for ref in vars(site.scene).values() if isinstance(ref, str)]
    waiting, kinds, sent, shown = [*STARTS], set[str](), set[str](), set[str]()

    async def check(seen: Seen, before: int, address: str) -> None:
        noted, here = (await site.noted())[before:], shows(seen, refs)
        exported = "as=" in address and seen.status == 200
        if seen.status < 500 and seen.status not in {401, 403, 404} and (here or exported):
            shown.add(state_of(address))
            assert person in {who for who, _, _ in noted}, address
            about = next((ref for ref in refs if f"/cases/{ref}" in address), "")
            assert not about or about in {case for _, case, _ in noted}, address

    while waiting:
        address = waiting.pop(0)
        kind = state_of(address)
        if kind in kinds or address.startswith(("/sign-out", "/refer", "/demonstration")):
            continue
        kinds.add(kind)
        before = len(await site.noted())
        seen = await walker.get(address)
        await check(seen, before, address)
        waiting += seen.links
        for form in seen.forms:
            if form.method == "post" and form_of(form.action) not in sent and "sign-out" not in form.action:
                sent.add(form_of(form.action))
                before = len(await site.noted())
                await check(await walker.post(address, form), before, form.action)
    assert len(shown) >= (8 if person == HOSPITAL else 16), sorted(shown)
    await walker.client.aclose()


async def test_the_interface_for_programs_is_noted_too(site: Site) -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=site.app), base_url=ADDRESS) as client:
        client.headers["authorization"] = f"Bearer {await site.token(POLICE)}"
        for address, note in (
            ("/api/v1/cases", (POLICE, "", "api board")),
            (f"/api/v1/cases/{site.scene.review}", (POLICE, site.scene.review, "api")),
        ):
            before = len(await site.noted())
            assert site.scene.review in (await client.get(address)).text
            assert (await site.noted())[before:] == [note]


async def test_a_draft_that_saves_itself_is_no_read(site: Site) -> None:
    walker = await site.walker(CHAIR)
    page = f"/cases/{site.scene.review}/record_analysis"
    form = next(one for one in (await walker.get(page)).forms if one.method == "post")
    before = len(await site.noted())
    answer = await walker.client.post(f"{page}/save", data={**dict(form.fields), "facts": "A first word."})
    assert answer.status_code == 200
    assert len(await site.noted()) == before
    there = site.house.there
    assert await Drafts(there.database, there.vault).open(CHAIR, site.scene.review, "record_analysis/") is not None


async def test_who_is_turned_away_has_read_nothing(site: Site) -> None:
    before = len(await site.noted())
    assert (await site.get(LOCKED_OUT, f"/cases/{site.scene.review}")).status_code == 403
    assert (await site.get(POLICE, "/reads")).status_code == 403
    assert len(await site.noted()) == before


async def test_those_entitled_see_who_opened_what_by_case_and_by_person_and_can_take_it_away(site: Site) -> None:
    await site.get(POLICE, f"/cases/{site.scene.review}/deadlines")
    await site.get(POLICE, f"/cases/{site.scene.review}/submit_return")
    of_case = (await site.get(CHAIR, f"/reads?case={site.scene.review.lower()}")).text
    assert "Esmeralda Dummett" in of_case
    assert "Deadlines" in of_case
    assert "Form: Agency return" in of_case
    table = rows((await site.get(MANAGER, f"/reads?person={POLICE}&as=csv")).content)
    assert table[0] == ["When", "Who", "Case", "What"]
    assert {row[1] for row in table[1:]} == {"Esmeralda Dummett"}
    assert (MANAGER, "", "reads exported") in await site.noted()
    link = (await site.get(MANAGER, f"/cases/{site.scene.review}")).text
    assert f'href="/reads?case={site.scene.review}"' in link


async def test_what_somebody_types_into_the_filter_is_not_kept(site: Site) -> None:
    assert (await site.get(MANAGER, "/reads?case=Quillon+Zarbane")).status_code == 200
    assert "QUILLON" not in str(await site.noted()).upper()


async def test_nobody_learns_from_the_log_of_a_case_that_they_may_not_open(site: Site) -> None:
    refused = {"person": CHAIR, "locked": True, "reason": "Chaired the panel at the time."}
    await site.house.act(MANAGER, site.scene.parked, "lock_out", **refused)
    await site.get(MANAGER, f"/cases/{site.scene.parked}")
    chairs = (await site.get(CHAIR, "/reads")).text
    assert site.scene.parked not in chairs
    assert site.scene.review in chairs
    assert site.scene.parked in (await site.get(MANAGER, "/reads")).text


async def test_the_log_is_part_of_the_chain(site: Site) -> None:
    there = site.house.there
    async with there.database.reading() as session:
        assert await there.auditor.verify(session, there.settings.seals) == []
    async with there.database.writing() as session:
        row = (await session.scalars(select(ReadRow).order_by(ReadRow.number.desc()))).first()
        assert row is not None
        row.person = "p-002"
    async with there.database.reading() as session:
        broken = await there.auditor.verify(session, there.settings.seals)
    assert {one.chain for one in broken} == {"reads"}
    async with there.database.writing() as session:
        found = await session.get_one(ReadRow, row.number)
        found.person = MANAGER


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))

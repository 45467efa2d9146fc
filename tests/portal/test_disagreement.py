"""A disagreement on its page and in JSON: to whom what can be done about it is offered, and to whom it is not."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
import pytest_asyncio

from models.directory import Directory
from portal.app import create_app
from portal.visiting import SESSION
from records.accounts import Accounts
from tests.portal.scene import CHAIR, ICB, POLICE
from tests.support.house import House, house

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("F14", "K2")]

RAISER, CHALLENGED = "harrowshire-police", "harrowshire-icb"
CHALLENGE = {"agency": RAISER, "challenged": CHALLENGED, "about": "The plan was ended.", "wanted": "A new meeting."}


class Site:
    """The portal of a house, and a disagreement in which no child is at risk at first."""

    def __init__(self, made: House, directory: Directory, ref: str) -> None:
        self.house, self.directory, self.ref = made, directory, ref
        self.app = create_app(made.there, made.client, lambda: made.now, attempts=100_000)

    async def client(self, person: str) -> httpx2.AsyncClient:
        there = self.house.there
        async with there.database.writing() as session:
            token = await Accounts(there.database, there.vault, there.auditor).begin(session, person, self.house.now)
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url="http://reviews.test", cookies={SESSION: token},
            headers={"authorization": f"Bearer {token}"},
        )  # fmt: skip

    async def offered(self, kind: str) -> set[str]:
        """Everybody to whom the page of the case has a link to this; JSON says the same."""
        found = set()
        for person in self.directory.people:
            async with await self.client(person) as client:
                page = await client.get(f"/cases/{self.ref}")
                said = await client.get(f"/api/v1/cases/{self.ref}")
            linked = page.status_code == 200 and f'href="/cases/{self.ref}/{kind}"' in page.text
            assert linked == (said.status_code == 200 and kind in said.json()["can"]), person
            found |= {person} if linked else set()
        return found

    async def post(self, person: str, kind: str, **body: str) -> httpx2.Response:
        async with await self.client(person) as client:
            return await client.post(f"/api/v1/cases/{self.ref}/{kind}", json=body)

    def of(self, agency: str) -> set[str]:
        """The contact and the lead of an agency, and who stands in for them."""
        held = (one for one in self.directory.holdings if one.agency == agency)
        return {
            who
            for one in held
            if one.office in {"agency_contact", "agency_lead"}
            for who in (one.person, one.deputy)
            if who
        }


@pytest_asyncio.fixture(loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("disagreement")) as made:
        ref = (await made.open(POLICE, "raise_disagreement", at_risk="no", **CHALLENGE)).case
        async with made.there.database.reading() as session:
            directory = await made.there.recorder.directory.read(session)
        assert directory
        yield Site(made, directory, ref)


@pytest.mark.proof
async def test_withdrawing_a_challenge_is_offered_to_the_agency_that_raised_it_and_to_nobody_else(site: Site) -> None:
    assert await site.offered("withdraw_disagreement") == site.of(RAISER)
    await site.house.wait(timedelta(days=9))  # everybody on the ladder has heard of it by then
    assert await site.offered("withdraw_disagreement") == site.of(RAISER)
    for person in site.of(CHALLENGED) | {CHAIR}:
        refused = await site.post(person, "withdraw_disagreement", agency=RAISER, reason="It is settled.")
        assert refused.status_code == 403, person
    assert (await site.post(POLICE, "withdraw_disagreement", agency=RAISER, reason="It is settled.")).status_code == 200
    assert await site.offered("withdraw_disagreement") == set()


@pytest.mark.proof
async def test_saying_that_no_child_is_at_risk_any_more_is_not_offered_to_the_side_that_is_challenged(
    site: Site,
) -> None:
    either = site.of(RAISER) | site.of(CHALLENGED) | {CHAIR, "p-022"}
    assert await site.offered("change_risk") == either
    said = await site.post(ICB, "change_risk", at_risk="yes", reason="She has been sent home.")
    assert said.status_code == 200, said.text
    assert await site.offered("change_risk") == either - site.of(CHALLENGED)
    assert (await site.post(ICB, "change_risk", at_risk="no", reason="She is safe.")).status_code == 403
    async with await site.client(POLICE) as client:
        page = await client.get(f"/cases/{site.ref}")
    assert "<strong>A child is at risk now</strong>" in page.text
    assert "What is open is counted anew from then; it had been due by the end of" in page.text
    assert (await site.post(POLICE, "change_risk", at_risk="no", reason="She is safe.")).status_code == 200
    async with await site.client(POLICE) as client:
        page = await client.get(f"/cases/{site.ref}")
    assert "<strong>No child is at risk any more</strong>" in page.text


async def test_what_a_disagreement_is_about_stands_on_its_page_and_beside_every_form_of_it(site: Site) -> None:
    agencies = site.directory.agencies
    sides = f"{agencies[RAISER].name} challenges {agencies[CHALLENGED].name}"
    needed = (sides, CHALLENGE["about"], CHALLENGE["wanted"], "No (said")
    forms = {POLICE: "change_risk", ICB: "answer_disagreement"}
    for person, kind in forms.items():
        async with await site.client(person) as client:
            for address in (f"/cases/{site.ref}", f"/cases/{site.ref}/{kind}"):
                top = (await client.get(address)).text.partition('id="challenge"')[2].partition("</dl>")[0]
                assert all(words in top for words in needed), address


async def test_whoever_responds_sees_what_was_answered_beside_the_form(site: Site) -> None:
    answer = {"agency": CHALLENGED, "answer": "disagrees", "words": "The plan has to stay ended."}
    assert (await site.post(ICB, "answer_disagreement", **answer)).status_code == 200
    async with await site.client(POLICE) as client:
        page = await client.get(f"/cases/{site.ref}/respond_disagreement")
    assert CHALLENGE["about"] in page.text
    assert answer["words"] in page.text

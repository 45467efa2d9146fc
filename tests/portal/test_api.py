"""The JSON interface: every problem at once, once for each key, and an answer in words to whatever is sent."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, given, settings
from temporalio.client import Client

from door.door import Door
from door.refusals import NotConfirmed, NotStored
from models.lifecycles import COMMANDS, OPENINGS
from portal.app import create_app
from portal.guarding import LARGEST, PROBLEM
from portal.visiting import Portal
from records.accounts import Accounts
from records.codec import converter
from tests.portal.scene import HOSPITAL, MANAGER, POLICE, STRANGER
from tests.support.house import House, house, referral, triage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("A3", "L11")]

PROOF = os.environ.get("HYPOTHESIS_PROFILE") == "proof"
EXAMPLES = 40 if PROOF else 3


class Site:
    def __init__(self, made: House) -> None:
        self.house = made
        self.app = create_app(made.there, made.client, lambda: made.now, attempts=100_000)
        self.review = ""

    async def token(self, person: str) -> str:
        there = self.house.there
        async with there.database.writing() as session:
            return await Accounts(there.database, there.vault, there.auditor).begin(session, person, self.house.now)

    async def client(self, person: str = "") -> httpx2.AsyncClient:
        headers = {"authorization": f"Bearer {await self.token(person)}"} if person else {}
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url="http://reviews.test/api/v1", headers=headers
        )

    async def post(self, person: str, path: str, body: Any, key: str = "") -> httpx2.Response:  # noqa: ANN401 -- any JSON value
        async with await self.client(person) as client:
            return await client.post(path, json=body, headers={"idempotency-key": key} if key else {})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("api")) as made:
        found = Site(made)
        ref = (await made.refer()).case
        await made.act(MANAGER, ref, "triage", **triage())
        found.review = await made.child_of(ref)
        yield found


def wrong(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """The problem of an answer, which must be one."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"]
    return body


def fields(answer: httpx2.Response) -> set[str]:
    return {one["field"] for one in wrong(answer, 422)["problems"]}


async def test_every_problem_is_named_at_once_beside_its_field(site: Site) -> None:
    good = referral(site.house.now)
    bad = {
        **good,
        "event": "something",
        "aware_at": "31 February",
        "children": [{"name": "", "born": "2019-13-45"}, 7],
        "narrative": 5,
        "nonsense": True,
    }
    del bad["referrer_name"]
    answer = await site.post(MANAGER, "/referrals", bad)
    assert fields(answer) == {
        "event",
        "aware_at",
        "children.0.name",
        "children.0.born",
        "children.1",
        "narrative",
        "referrer_name",
        "nonsense",
    }
    assert wrong(answer, 422)["title"] == "There are 8 problems."


async def test_what_was_sent_is_never_repeated(site: Site) -> None:
    bad = {**referral(site.house.now), "event": "Zebedee", "Zebedee Quoxwell": "x", "children": "Zebedee"}
    assert "Zebedee" not in (await site.post(MANAGER, "/referrals", bad)).text


@pytest.mark.parametrize("value", [0, 1767225600, 1767225600.5, "1767225600", True, None, [], {}])
async def test_a_date_is_written_out(site: Site, value: object) -> None:
    assert fields(await site.post(MANAGER, "/referrals", {**referral(site.house.now), "aware_at": value})) == {
        "aware_at"
    }
    sent = await site.post(
        MANAGER,
        f"/cases/{site.review}/record_notification",
        {"sent_at": value, "sent_by": "The director", "reference": "N-1"},
    )
    assert fields(sent) == {"sent_at"}


@pytest.mark.parametrize("value", [5, [], {}, None, True, "\x00", "\u202e", "x" * 20_001])
async def test_words_are_text_that_can_be_shown_and_not_too_long(site: Site, value: object) -> None:
    assert fields(await site.post(MANAGER, "/referrals", {**referral(site.house.now), "narrative": value})) == {
        "narrative"
    }


async def test_impossible_dates_are_refused_together(site: Site) -> None:
    bad = {**referral(site.house.now), "incident_on": "2019-01-01", "aware_at": "2018-12-31"}
    assert {"aware_at", "children.0.born"} <= fields(await site.post(MANAGER, "/referrals", bad))


async def test_what_is_impossible_is_named_beside_what_cannot_be_read(site: Site) -> None:
    bad = {**referral(site.house.now), "incident_on": "2019-01-01", "aware_at": "2018-12-31", "narrative": "a\x07"}
    assert fields(await site.post(MANAGER, "/referrals", {**bad, "colour": "red"})) >= {
        "aware_at", "children.0.born", "narrative", "colour",
    }  # fmt: skip
    body = {"sent_at": "2099-01-01T09:00:00Z", "sent_by": 5}
    sent = await site.post(MANAGER, f"/cases/{site.review}/record_notification", body)
    assert fields(sent) == {"sent_at", "sent_by", "reference"}


BODIES = {
    "nothing": b"",
    "not JSON": b"{",
    "not letters": b"\xff\xfe",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "a text": b'"x"',
    "not a number": b'{"event": NaN}',
    "deep": b'{"children": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "very deep": b"[" * 400_000,
    "twice the same name": b'{"event": "death", "event": "concern"}',
    "half a letter": b'{"narrative": "\\ud800"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_whatever_the_body_is_the_answer_is_a_problem_in_words(site: Site, body: bytes) -> None:
    async with await site.client(MANAGER) as client:
        for path in ("/referrals", "/session", f"/cases/{site.review}/decide"):
            answer = await client.post(path, content=body, headers={"content-type": "application/json"})
            wrong(answer, answer.status_code)
            assert answer.status_code in {400, 401, 422}, (path, answer.text)


async def test_ten_megabytes_are_too_much(site: Site) -> None:
    async with await site.client(MANAGER) as client:
        answer = await client.post("/referrals", json={**referral(site.house.now), "narrative": "x" * 10_000_000})
    assert wrong(answer, 413)
    assert LARGEST < 10_000_000


async def test_the_same_key_with_the_same_body_is_done_once_and_with_another_is_refused(site: Site) -> None:
    key, body = uuid4().hex, referral(site.house.now)
    first = await site.post(MANAGER, "/referrals", body, key)
    again = await site.post(MANAGER, "/referrals", body, key)
    assert first.status_code == 200
    assert first.json() == again.json()
    wrong(await site.post(MANAGER, "/referrals", {**body, "narrative": "Another."}, key), 409)
    told = await site.post(MANAGER, f"/cases/{first.json()['case']}/triage", triage("no_further_action"), f"t-{key}")
    assert told.status_code == 200
    assert (
        await site.post(MANAGER, f"/cases/{first.json()['case']}/triage", triage("no_further_action"), f"t-{key}")
    ).json() == told.json()


async def test_the_key_of_one_person_is_not_that_of_another(site: Site) -> None:
    key, body = uuid4().hex, referral(site.house.now)
    first = await site.post(MANAGER, "/referrals", body, key)
    other = await site.post(POLICE, "/referrals", {**body, "narrative": "Another."}, key)
    assert (first.status_code, other.status_code) == (200, 200)
    assert first.json()["case"] != other.json()["case"]


@pytest.mark.promise("F14", "L11")
async def test_a_case_of_another_kind_is_opened_at_its_own_address_once_for_each_key_with_every_problem_named(
    site: Site,
) -> None:
    wrong(await site.post(MANAGER, "/cases/PD-2026-0001/raise_disagreement", {}), 404)
    challenge = {"agency": "harrowshire-police", "challenged": "harrowshire-police", "at_risk": "perhaps"}
    assert fields(await site.post(POLICE, "/open/raise_disagreement", challenge)) == {
        "challenged", "at_risk", "about", "wanted",
    }  # fmt: skip
    good = {**challenge, "challenged": "harrowshire-icb", "at_risk": "no", "about": "The plan.", "wanted": "Another."}
    first, again = [await site.post(POLICE, "/open/raise_disagreement", good, "challenge-1") for _ in range(2)]
    assert (first.status_code, first.json()) == (200, again.json())
    assert (first.json()["case"][:3], first.json()["kind"], first.json()["fact"]) == ("PD-", "disagreement_raised", 1)
    wrong(await site.post(POLICE, "/open/raise_disagreement", {**good, "wanted": "Nothing."}, "challenge-1"), 409)
    wrong(await site.post(MANAGER, "/open/raise_disagreement", good), 403)
    wrong(await site.post(MANAGER, "/open/submit_referral", {}), 404)


@pytest.mark.promise("K3")
async def test_what_is_not_theirs_is_not_there(site: Site) -> None:
    async with await site.client(STRANGER) as client:
        theirs, nowhere = await client.get(f"/cases/{site.review}"), await client.get("/cases/RR-2026-9999")
        assert wrong(theirs, 404) == wrong(nowhere, 404)
        assert (await client.get("/cases")).json() == []
    for kind in ("decide", "submit_return", "promise", "record_notification"):
        theirs = await site.post(STRANGER, f"/cases/{site.review}/{kind}", {"obligation": "notify_national_panel"})
        nowhere = await site.post(STRANGER, f"/cases/RR-2026-9999/{kind}", {"obligation": "notify_national_panel"})
        assert theirs.status_code == nowhere.status_code == 404
        assert theirs.json() == nowhere.json()


async def test_without_a_token_nothing_is_said(site: Site) -> None:
    async with await site.client() as client:
        for method, path in (
            ("GET", "/cases"),
            ("GET", f"/cases/{site.review}"),
            ("POST", "/referrals"),
            ("POST", f"/cases/{site.review}/decide"),
            ("POST", "/open/enter_review"),
        ):
            wrong(await client.request(method, path), 401)
        wrong(await client.get("/cases", headers={"authorization": "Bearer nonsense"}), 401)
        wrong(await client.get("/cases", headers={"authorization": "Basic YTpi"}), 401)
        wrong(await client.post("/session", json={"email": "nobody@example.org", "password": "x"}), 401)
        wrong(await client.get("/nowhere"), 404)
        wrong(await client.put("/cases"), 405)


async def test_every_command_is_described_with_its_questions(site: Site) -> None:
    async with await site.client() as client:
        described = (await client.get("/openapi.json")).json()
    kinds = {kind for of_kind in COMMANDS.values() for kind in of_kind} - OPENINGS.keys()
    below = {path.rpartition("/")[2] for path in described["paths"] if path.startswith("/api/v1/cases/{ref}/")}
    assert below == kinds | {"files"}
    opening = {path.rpartition("/")[2] for path in described["paths"] if path.startswith("/api/v1/open/")}
    assert opening == {"enter_death", "enter_review", "notify_death", "open_register", "raise_disagreement"}
    decide = described["paths"]["/api/v1/cases/{ref}/decide"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    assert decide["properties"]["outcome"]["title"] == "What is the decision?"
    assert "$ref" not in json.dumps(decide)
    for path, method, one in (
        (path, how, one) for path, ways in described["paths"].items() for how, one in ways.items()
    ):
        answers = {status: list(said.get("content", {})) for status, said in one["responses"].items()}
        assert set(answers) == {"200", "default"}, (method, path)
        assert answers["default"] == ["application/problem+json"], (method, path)
    assert "HTTPValidationError" not in json.dumps(described)


@pytest.mark.promise("L5", "L11")
@pytest.mark.parametrize("given", ["", "4711"])
async def test_what_is_not_confirmed_names_the_key_with_which_it_is_recorded_once(site: Site, given: str) -> None:
    portal: Portal = site.app.state.portal
    nowhere = await Client.connect("127.0.0.1:1", lazy=True, data_converter=converter(portal.there.keys))
    working = portal.door
    portal.door = Door(portal.there.recorder, nowhere, portal.clock, patience=timedelta(seconds=1))
    body = {
        "text": f"Flag the records {given}.", "agency": "harrowshire-icb", "by": str(site.house.now.date()),
        "measures": [{"measure": "They are flagged."}], "seen": True, "another": True,
    }  # fmt: skip
    path = f"/cases/{site.review}/recommend"
    try:
        unsure = await site.post(MANAGER, path, body, given)
    finally:
        portal.door = working
    told = unsure.json()
    assert (unsure.status_code, told["key"]) == (503, unsure.headers["idempotency-key"])
    assert told["key"] == (given or told["key"])
    assert "with the Idempotency-Key that this answer names" in told["title"]
    first, second = [await site.post(MANAGER, path, body, told["key"]) for _ in range(2)]
    assert (first.status_code, first.json()) == (200, second.json())
    async with await site.client() as client:
        described = (await client.get("/openapi.json")).json()
    wrong = described["paths"]["/api/v1/referrals"]["post"]["responses"]["default"]["content"][PROBLEM]["schema"]
    assert "Idempotency-Key" in wrong["properties"]["key"]["description"]


async def test_what_could_not_be_stored_is_said_in_json_without_a_page_or_a_button() -> None:
    for refusal in (NotStored(), NotConfirmed("j-1")):
        words = " ".join(one.words for one in refusal.problems)
        assert "send it again" in words
        assert "button" not in words
        assert "page" not in words


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.timeout(1800 if PROOF else 120)
async def test_whatever_schemathesis_thinks_of_is_answered_as_described(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Bodies made from the description, good and bad, against every address: as described, never a fault of ours."""
    async with house(tmp_path_factory.mktemp("schema")) as made:
        site = Site(made)
        ref = (await made.refer()).case
        await made.act(MANAGER, ref, "triage", **triage())
        site.review = await made.child_of(ref)
        tried = Tried(site, await site.client(HOSPITAL), asyncio.get_running_loop())
        await asyncio.to_thread(tried.every_operation)
        assert tried.wrong == []
        assert tried.answers > EXAMPLES


class Tried:
    """One run of schemathesis, in a thread; its requests are answered in the loop of the house."""

    def __init__(self, site: Site, client: httpx2.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self.site, self.client, self.loop = site, client, loop
        self.wrong: list[str] = []
        self.answers = 0

    def every_operation(self) -> None:
        calm = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        for result in schemathesis.openapi.from_dict(self.site.app.openapi()).get_all_operations():
            operation: Any = result.ok()  # type: ignore[union-attr]
            calm(given(case=operation.as_strategy())(self.one))()

    def one(self, case: Any) -> None:  # noqa: ANN401 -- a class of schemathesis without types
        body = case.body if isinstance(case.body, (dict, list, str, int, float, bool, type(None))) else {}
        address = case.path.removeprefix("/api/v1").replace("{ref}", self.site.review)
        sending = self.client.request(case.method, address, json=body if case.method == "POST" else None)
        answer = asyncio.run_coroutine_threadsafe(sending, self.loop).result(30)
        self.answers += 1
        described = "application/json" if answer.status_code == 200 else PROBLEM
        if answer.status_code >= 500 or answer.headers["content-type"] != described:
            self.wrong.append(f"{case.method} {address}: {answer.status_code} {answer.text[:200]}")

"""What stands before every page: forged forms, limits, headers, sessions, and what may never be said."""

import re
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from errno import ENOSPC
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models.time import day_of
from portal import front, guarding
from portal.app import create_app
from portal.guarding import HEADERS, LARGEST
from portal.visiting import ANONYMOUS, SESSION, Portal
from records.accounts import IDLE, LOCK, LONGEST, STILL_THEIRS, TRIES, Accounts
from tests.portal.scene import AUTHORITY, CHAIR, HOSPITAL, LOCKED_OUT, MANAGER, POLICE, STRANGER
from tests.support.house import House, house, triage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("K11")]

RETURN = "agency_return/harrow-vale-hospitals"
CANARY = "Zebedee Quoxwell"


class Site:
    """The portal of a house, without a browser."""

    def __init__(self, made: House) -> None:
        self.house = made
        self.app = create_app(made.there, made.client, lambda: made.now, attempts=10_000)
        self.accounts = Accounts(made.there.database, made.there.vault, made.there.auditor)
        self.review = ""

    @property
    def portal(self) -> Portal:
        found: Portal = self.app.state.portal
        return found

    def client(self, **options: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url="http://reviews.test", headers=options
        )

    async def visitor(self, person: str) -> "Visitor":
        async with self.house.there.database.writing() as session:
            token = await self.accounts.begin(session, person, await self.house.read_clock())
        client = self.client()
        client.cookies.set(SESSION, token)
        async with self.house.there.database.reading() as reading:
            known = await self.accounts.session(reading, token, self.house.now)
        assert known
        return Visitor(client, known.form_token)

    async def facts(self) -> int:
        return len(await self.house.facts(self.review))


class Visitor:
    """Somebody signed in, who sends forms as a browser does."""

    def __init__(self, client: httpx2.AsyncClient, token: str) -> None:
        self.client, self.token = client, token

    async def form(self, address: str) -> dict[str, str]:
        """The hidden inputs of a page's form."""
        page = await self.client.get(address)
        assert page.status_code == 200, page.status_code
        return dict(
            re.findall(
                r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text.partition('<form method="post"')[2]
            )
        )

    async def send(self, address: str, answers: dict[str, str], **headers: str) -> httpx2.Response:
        return await self.client.post(
            address, data={"_csrf": self.token, "_request": f"w-{uuid4().hex}", **answers}, headers=headers
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("guards")) as made:
        found = Site(made)
        ref = (await made.refer()).case
        await made.act(MANAGER, ref, "triage", **triage())
        found.review = await made.child_of(ref)
        now = made.now.isoformat()
        await made.act(
            AUTHORITY, found.review, "record_notification", sent_at=now, sent_by="The director", reference="N-1"
        )
        await made.act(
            MANAGER, found.review, "request_information", agencies=["harrowshire-police", "harrow-vale-hospitals"]
        )
        yield found


def promise(site: Site) -> dict[str, str]:
    day = day_of(site.house.now) + timedelta(days=2)
    return {"until-day": str(day.day), "until-month": str(day.month), "until-year": str(day.year), "obligation": RETURN}


# Forged forms


FORGED: dict[str, tuple[str, dict[str, str]]] = {
    "missing": ("", {}),
    "of another session": ("other", {}),
    "made up": (secrets.token_urlsafe(24), {}),
    "not of these letters": ("é\N{SNOWMAN}", {}),
    "from another origin": ("mine", {"Origin": "https://elsewhere.example"}),
    "from another site": ("mine", {"Sec-Fetch-Site": "cross-site"}),
    "from a sister site": ("mine", {"Sec-Fetch-Site": "same-site"}),
    "from nowhere": ("mine", {"Origin": "null"}),
}
"""The token (that of this session, of another, or these letters) and what the browser says of where it came from."""


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_form_does_nothing(site: Site, how: str) -> None:
    mine, other = await site.visitor(HOSPITAL), await site.visitor(POLICE)
    said, headers = FORGED[how]
    token = {"mine": mine.token, "other": other.token}.get(said, said)
    before = await site.facts()
    for address in (
        f"/cases/{site.review}/promise?about={RETURN}",
        f"/cases/{site.review}/promise/save?about={RETURN}",
        "/sign-out",
    ):
        answer = await mine.client.post(
            address, data={**promise(site), "_csrf": token, "_request": f"w-{uuid4().hex}"}, headers=headers
        )
        assert answer.status_code == 403, address
        assert "This form is out of date" in answer.text
    assert await site.facts() == before
    assert (await mine.client.get("/cases")).status_code == 200


async def test_the_doors_without_an_account_ask_for_the_token_of_the_browser_too(site: Site) -> None:
    async with site.client() as client:
        for address in (
            "/refer",
            "/refer/return",
            "/refer/later",
            "/refer/check",
            "/status",
            "/sign-in",
            "/invitation",
        ):
            assert (await client.post(address, data={"_csrf": "x"})).status_code == 403, address
        await client.get("/refer")
        assert (await client.post("/refer", data={"_csrf": client.cookies[ANONYMOUS]})).status_code == 303


# Headers and cookies


async def test_every_answer_carries_the_headers_also_errors(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError(CANARY)

    async with site.client() as client:
        answers = [
            await client.get(address)
            for address in (
                "/",
                "/nowhere",
                "/cases",
                "/static/portal.css",
                "/static/none",
                "/api/v1/cases",
                "/health/live",
            )
        ]
        answers += [
            await client.post("/sign-in", data={}),
            await client.put("/cases"),
            await client.post("/refer", content=b"x" * (LARGEST + 1)),
        ]
        monkeypatch.setattr(site.portal, "rules", broken)
        answers += [await client.get("/accessibility")]
        monkeypatch.undo()
        monkeypatch.setattr(site.portal.questions, "board", broken)
        answers += [await (await site.visitor(MANAGER)).client.get("/cases")]
    assert [answer.status_code for answer in answers] == [200, 404, 303, 200, 404, 401, 200, 403, 405, 413, 500, 500]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, answer.url
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'nonce-")
        assert "unsafe" not in policy
        assert CANARY not in answer.text
        assert ("no-store" in answer.headers.get("cache-control", "")) == ("/static/" not in str(answer.url))
    nonces = {re.search(r"nonce-([^']+)'", answer.headers["content-security-policy"])[1] for answer in answers}  # type: ignore[index]
    assert len(nonces) == len(answers)


async def test_cookies_are_for_the_server_alone_and_for_this_site_alone(site: Site, tmp_path: Path) -> None:
    async with site.client() as client:
        given = (await client.get("/")).headers["set-cookie"].lower()
    assert all(part in given for part in ("httponly", "samesite=lax", "path=/"))
    secure = site.portal.settings.model_copy(update={"insecure_cookies": False})
    there = site.house.there
    app = create_app(type(there)(**{**vars(there), "settings": secure}), site.house.client, lambda: site.house.now)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="https://reviews.test") as client:
        answer = await client.get("/")
    assert "; secure" in answer.headers["set-cookie"].lower()
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_two_installations_on_one_machine_leave_each_other_signed_in(site: Site) -> None:
    """A browser sends the cookies of a host to each of its ports."""
    async with site.client() as browser:
        for port, person in ((8080, CHAIR), (8081, POLICE)):
            async with account(site, person) as (email, password):
                at = f"http://reviews.test:{port}"
                await browser.get(f"{at}/sign-in")
                form = {"_csrf": browser.cookies[ANONYMOUS], "email": email, "password": password}
                assert (await browser.post(f"{at}/sign-in", data=form)).status_code == 303
        names = [(await browser.get(f"http://reviews.test:{port}/sign-out")).text for port in (8080, 8081)]
        directory = (await site.portal.directory()).people
        assert [directory[one].name in text for one, text in zip((CHAIR, POLICE), names, strict=True)] == [True, True]
        token = re.search(r'name="_csrf" value="([^"]+)"', names[0])
        assert token
        await browser.post("http://reviews.test:8080/sign-out", data={"_csrf": token[1]})
        left = [(await browser.get(f"http://reviews.test:{port}/cases")).status_code for port in (8080, 8081)]
    assert left == [303, 200]


# Limits


async def test_too_much_is_refused_by_what_is_said_and_by_what_is_counted(site: Site) -> None:
    async def unsaid() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b"a=" + b"x" * 100_000 + b"&"

    form = {"content-type": "application/x-www-form-urlencoded"}
    async with site.client() as client:
        for address in ("/refer", "/api/v1/session", f"/cases/{site.review}/decide"):
            said = await client.post(address, content=b"x" * (LARGEST + 1), headers=form)
            words = "Too much was sent at once" if address.startswith("/api/") else "That is too much at once"
            assert (said.status_code, words in said.text) == (413, True), address
            assert address.startswith("/api/") or "Skip to main content" in said.text, "in the frame of every page"
        mine = await site.visitor(CHAIR)
        counted = await mine.client.post(f"/cases/{site.review}/decide", content=unsaid(), headers=form)
        assert counted.status_code == 413
        assert (await client.post("/refer", content=unsaid(), headers=form)).status_code == 413


async def test_doors_that_can_be_tried_blindly_take_so_many_a_minute(site: Site) -> None:
    app = create_app(site.house.there, site.house.client, lambda: site.house.now, attempts=3)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://reviews.test") as client:
        for address in ("/sign-in", "/status", "/refer/return"):
            await client.post(address)
        answer = await client.post("/invitation")
        assert (answer.status_code, "Wait a minute" in answer.text) == (429, True)
        assert "Skip to main content" in answer.text, "in the frame of every page"
        assert (await client.post("/api/v1/session", json={})).status_code == 429
        assert (await client.get("/sign-in")).status_code == 200


# Signing in, and being signed in


@asynccontextmanager
async def account(site: Site, person: str) -> AsyncIterator[tuple[str, str]]:
    """An account of this person: (e-mail address, password)."""
    password = "three quiet lanterns"
    async with site.house.there.database.writing() as session:
        token = await site.accounts.link(session, "invitation", person, None)
    assert await site.accounts.set_password(token, password, site.house.now) == person
    yield (await site.portal.directory()).people[person].email, password


async def sign_in(client: httpx2.AsyncClient, email: str, password: str, following: str = "") -> httpx2.Response:
    await client.get("/sign-in")
    return await client.post(
        "/sign-in", data={"_csrf": client.cookies[ANONYMOUS], "email": email, "password": password, "next": following}
    )


@pytest.mark.promise("K1")
async def test_eight_wrong_tries_lock_the_account_for_a_quarter_of_an_hour(site: Site) -> None:
    async with account(site, "p-022") as (email, password), site.client() as client:
        for _ in range(TRIES):
            answer = await sign_in(client, email, "not this one at all")
            assert answer.status_code == 422
        locked = await sign_in(client, email, password)
        assert locked.status_code == 422
        unknown = await sign_in(client, "nobody@example.org", password)
        assert re.sub(r'(value|nonce|name)="[^"]*"', "", unknown.text) == re.sub(
            r'(value|nonce|name)="[^"]*"', "", locked.text
        )
        site.house.now += LOCK + timedelta(seconds=1)
        assert (await sign_in(client, email, password)).status_code == 303


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
    ],
)
async def test_signing_in_never_leads_to_another_site(site: Site, address: str) -> None:
    async with account(site, "p-023") as (email, password), site.client() as client:
        to = (await sign_in(client, email, password, address)).headers["location"]
    assert to.startswith("/")
    assert not re.match(r"/[\s\\]*[/\\]", to.replace("%09", "\t").replace("%5C", "\\")) or to.startswith("/%09")


@pytest.mark.promise("K1")
async def test_after_signing_in_one_is_where_one_wanted_to_be(site: Site) -> None:
    wanted = f"/cases/{site.review}/promise?about={RETURN}"
    async with account(site, HOSPITAL) as (email, password), site.client() as client:
        asked = await client.get(wanted)
        page = await client.get(asked.headers["location"])
        following = re.search(r'name="next" value="([^"]*)"', page.text)
        assert following
        answer = await sign_in(client, email, password, following[1].replace("&amp;", "&"))
        assert answer.headers["location"] == wanted


@pytest.mark.promise("K1")
async def test_a_session_ends_by_signing_out_by_time_and_when_it_is_revoked(site: Site) -> None:
    async def runs(visitor: Visitor) -> bool:
        return (await visitor.client.get("/cases")).status_code == 200

    out, idle, long, revoked = [await site.visitor(MANAGER) for _ in range(4)]
    kept = out.client.cookies[SESSION]
    await out.send("/sign-out", {})
    out.client.cookies.set(SESSION, kept)
    assert not await runs(out)
    await site.accounts.revoke(MANAGER, site.house.now)
    assert not await runs(revoked)
    idle, long = await site.visitor(MANAGER), await site.visitor(MANAGER)
    began = site.house.now
    while site.house.now - began < LONGEST:
        assert await runs(long)
        site.house.now += IDLE - timedelta(minutes=1)
    assert not await runs(long)
    assert not await runs(idle)
    site.house.now = await site.house.read_clock()


@pytest.mark.promise("K1")
async def test_every_page_shows_who_is_signed_in_and_in_which_office(site: Site) -> None:
    chair = await site.visitor(CHAIR)
    name = (await site.portal.directory()).people[CHAIR].name
    for address in (
        "/",
        "/cases",
        f"/cases/{site.review}/decide",
        "/inbox",
        "/refer",
        "/accessibility",
        "/people",
        "/no",
    ):
        assert f"Signed in as {name}, Independent chair" in (await chair.client.get(address)).text, address
    async with site.client() as nobody:
        assert "Signed in as" not in (await nobody.get("/")).text


# What was typed while the session ran out

ANALYSIS = {"facts": "Typed before I was called away.", "context": "Two.", "practice": "Three.", "learning": "Four."}


@pytest.mark.promise("K1", "A2")
async def test_what_was_typed_while_the_session_ran_out_is_kept_and_one_signs_in_and_goes_on(site: Site) -> None:
    address = f"/cases/{site.review}/record_analysis"
    async with account(site, CHAIR) as (email, password):
        chair = await site.visitor(CHAIR)
        form = await chair.form(address)
        site.house.now += IDLE + timedelta(minutes=1)
        saved = await chair.send(f"{address}/save", {**form, **ANALYSIS, "facts": "Half a sentence"})
        assert (saved.status_code, saved.headers["content-type"].partition(";")[0]) == (401, "text/plain")
        assert "What you typed is kept." in saved.text
        sent = await chair.send(address, {**form, **ANALYSIS})
        assert (sent.status_code, sent.headers["location"].partition("?")[0]) == (303, "/sign-in")
        page = (await chair.client.get(sent.headers["location"])).text
        assert "What you typed is kept" in page
        following = re.search(r'name="next" value="([^"]*)"', page)
        assert following
        wrong = await sign_in(chair.client, email, "not this one", following[1])
        assert f'name="next" value="{address}"' in wrong.text
        entered = await sign_in(chair.client, email, password, following[1])
        assert entered.headers["location"] == address
        assert "Typed before I was called away." in (await chair.client.get(address)).text
    site.house.now = await site.house.read_clock()


@pytest.mark.promise("K1")
@pytest.mark.parametrize("how", ["revoked", "long ago", "of another form", "from another site", "not theirs to give"])
async def test_what_comes_of_no_session_that_just_ran_out_is_not_kept(site: Site, how: str) -> None:
    kind = "decide" if how == "not theirs to give" else "submit_return"
    address = f"/cases/{site.review}/{kind}"
    police = await site.visitor(POLICE)
    site.house.now += STILL_THEIRS + timedelta(minutes=1) if how == "long ago" else IDLE + timedelta(minutes=1)
    if how == "revoked":
        await site.accounts.revoke(POLICE, site.house.now)
    forged = {"_csrf": "another"} if how == "of another form" else {}
    headers = {"Origin": "https://elsewhere.example"} if how == "from another site" else {}
    sent = await police.send(address, {"summary": "Planted words.", "reasons": "Planted words.", **forged}, **headers)
    if how in {"of another form", "from another site"}:
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in")
    else:
        assert 'name="_carried"' in sent.text, "it goes along, and is kept if whoever typed it signs in"
    saved = await police.send(f"{address}/save", {"summary": "Planted words.", **forged}, **headers)
    assert (saved.status_code, "kept" in saved.text) == (401, False)
    site.house.now = await site.house.read_clock()
    assert await site.portal.drafts.open(POLICE, site.review, f"{kind}/") is None


@pytest.mark.promise("K1")
@pytest.mark.parametrize("who", [POLICE, HOSPITAL])
async def test_what_was_typed_after_signing_out_elsewhere_goes_on_with_whoever_typed_it(site: Site, who: str) -> None:
    address, words = f"/cases/{site.review}/submit_return", f"Typed until {who}."
    async with account(site, who) as (email, password):
        police = await site.visitor(POLICE)
        await police.send("/sign-out", {})
        sent = await police.send(address, {"agency": "harrowshire-police", "holds": "something", "summary": words})
        assert "What you typed is in this page: sign in" in sent.text
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', sent.text))
        said = {name: unescape(value) for name, value in form.items()} | {"email": email}
        wrong = await police.client.post("/sign-in", data=said | {"password": "not this one"})
        assert 'name="_carried"' in wrong.text
        entered = await police.client.post("/sign-in", data=said | {"password": password})
        assert (entered.status_code, entered.headers["location"]) == (303, address)
        page = (await police.client.get(address)).text
        assert (words in page) == (who == POLICE)


@pytest.mark.promise("K1")
async def test_a_form_of_an_earlier_session_of_ones_own_does_nothing_and_is_kept_and_shown_again(site: Site) -> None:
    address, words = f"/cases/{site.review}/submit_return", "Typed in the first session."
    first, second = await site.visitor(POLICE), await site.visitor(POLICE)
    first.client.cookies.set(SESSION, second.client.cookies[SESSION])
    sent = await first.send(address, {"agency": "harrowshire-police", "holds": "something", "summary": words})
    assert (sent.status_code, sent.headers["location"]) == (303, address)
    assert words in (await first.client.get(address)).text
    assert not any(fact.kind == "return_received" for fact in await site.house.facts(site.review))


# What is not one's own


@pytest.mark.promise("K3")
async def test_what_belongs_to_another_agency_is_not_there(site: Site) -> None:
    """To the contact of one agency nothing is said of what another owes, nor of cases to which theirs is no party."""
    police, stranger = await site.visitor(POLICE), await site.visitor(STRANGER)
    nowhere = await stranger.client.get("/cases/RR-2026-9999")
    for address in (
        "",
        "/deadlines",
        "/chronology",
        "/pack",
        "/meeting.ics",
        "/notification-pack",
        "/submit_return",
        f"/promise?about={RETURN}",
    ):
        answer = await stranger.client.get(f"/cases/{site.review}{address}")
        assert (answer.status_code, plain(answer)) == (404, plain(nowhere)), address
    for kind in ("promise", "dispute", "ask_time", "suspend", "settle_dispute"):
        for where in (f"/cases/{site.review}/{kind}?about={RETURN}",):
            assert (await police.client.get(where)).status_code in {403, 404}
            answer = await police.send(where, promise(site))
            assert answer.status_code in {403, 404}
            assert "Harrow Vale" not in answer.text
    other = await police.send(
        f"/cases/{site.review}/submit_return", {"agency": "harrow-vale-hospitals", "holds": "nothing"}
    )
    assert other.status_code in {403, 409, 422}
    assert not any(fact.kind == "return_received" for fact in await site.house.facts(site.review))
    for address in ("", "/deadlines", "/chronology"):
        page = (await police.client.get(f"/cases/{site.review}{address}")).text
        assert "Harrow Vale" not in page
        assert ("Quillon" in page) == (not address), "who is asked is told of which child, on the case page alone"
    board = (await police.client.get("/cases")).text
    assert "Harrow Vale" not in board
    for address in ("/pack", "/notification-pack", "/decide", "/correct?about=awareness"):
        assert (await police.client.get(f"/cases/{site.review}{address}")).status_code == 403


def plain(answer: httpx2.Response) -> str:
    return re.sub(r'nonce="[^"]*"', "", answer.text)


@pytest.mark.promise("K3")
async def test_nobody_finds_out_by_trying_which_other_agencies_were_asked(site: Site) -> None:
    """What another agency owes and what nobody owes are answered alike, by page and by JSON."""
    police = await site.visitor(POLICE)
    header = {"authorization": f"Bearer {police.client.cookies[SESSION]}"}
    until = (day_of(site.house.now) + timedelta(days=2)).isoformat()
    answers = {
        "submit_return": {"agency": "harrowshire-police", "holds": "perhaps"}, "promise": {"until": until},
        "dispute": {"ground": "not_ours", "words": "x"}, "ask_time": {"until": until, "reason": "x"},
    }  # fmt: skip
    for kind, good in answers.items():
        said = set()
        for key in (RETURN, "agency_return/harrowshire-fire-service"):
            page = await police.client.get(f"/cases/{site.review}/{kind}?about={key}")
            asked = good if kind == "submit_return" else {**good, "obligation": key}
            answer = await police.client.post(f"/api/v1/cases/{site.review}/{kind}", json=asked, headers=header)
            said.add((page.status_code, plain(page), answer.status_code, answer.text))
        assert len(said) == 1, said
        assert {one[2] for one in said} == {422 if kind == "submit_return" else 403}
    mine = await police.client.get(f"/cases/{site.review}/submit_return?about=agency_return/harrowshire-police")
    assert "This is about: Return of the agency, Harrowshire Police." in mine.text


@pytest.mark.promise("K4")
async def test_somebody_locked_out_is_told_why_and_sees_nothing(site: Site) -> None:
    locked = {"person": LOCKED_OUT, "locked": True, "reason": "Managed the team."}
    visitor = await site.visitor(LOCKED_OUT)
    assert (await visitor.client.get(f"/cases/{site.review}")).status_code == 200
    await site.house.door.act(await site.house.actor(MANAGER), site.review, "lock_out", locked, f"r-{uuid4().hex}")
    for address in ("", "/deadlines", "/pack", "/promise"):
        answer = await visitor.client.get(f"/cases/{site.review}{address}")
        assert answer.status_code == 403
        assert "your own practice is part of it" in answer.text
    assert site.review not in (await visitor.client.get("/cases")).text


# Pages that are out of date


async def test_a_page_that_is_out_of_date_says_so_and_keeps_what_was_typed(site: Site) -> None:
    chair = await site.visitor(CHAIR)
    address = f"/cases/{site.review}/record_analysis"
    form = await chair.form(address)
    site.house.now = await site.house.read_clock()
    await site.house.act(MANAGER, site.review, "restrict", restricted=False, reason="Asked for.")
    words = {"facts": "What I typed before.", "context": "Looked at.", "practice": "Two.", "learning": "One."}
    stale = await chair.send(address, {**form, **words})
    assert stale.status_code == 409
    assert "Something has happened in this case since you opened this page" in stale.text
    assert "What I typed before." in stale.text
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', stale.text))
    assert (await chair.send(address, {**again, **words})).status_code == 303


def news_on(page: str) -> str:
    found = page.partition('id="news"')[2].partition("<form")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found))


@pytest.mark.promise("J3", "K3")
async def test_a_page_that_is_out_of_date_shows_what_came_since_as_far_as_its_reader_sees_it(site: Site) -> None:
    chair, police = await site.visitor(CHAIR), await site.visitor(POLICE)
    analysis, gives = f"/cases/{site.review}/record_analysis", f"/cases/{site.review}/submit_return"
    of_chair, of_police = await chair.form(analysis), await police.form(gives)
    assert 'id="news"' not in (await chair.client.get(analysis)).text
    site.house.now = await site.house.read_clock()
    await site.house.act(MANAGER, site.review, "restrict", restricted=False, reason="Asked by the third school.")
    incomplete = await chair.send(analysis, {**of_chair, "facts": "Half of it."})
    words = {"facts": "What I typed before.", "context": "Looked at.", "practice": "Two.", "learning": "One."}
    stale = await chair.send(analysis, {**of_chair, **words})
    assert (incomplete.status_code, stale.status_code) == (422, 409)
    for shown in (news_on(incomplete.text), news_on(stale.text)):
        assert "New Who may open the case was decided" in shown
        assert ", Business manager." in shown
        assert "Asked by the third school." in shown
    assert "What I typed before." in stale.text
    hidden = await police.send(gives, of_police)
    assert (hidden.status_code, news_on(hidden.text)) == (422, "")
    assert "third school" not in hidden.text


@pytest.mark.promise("K4")
async def test_a_page_asks_back_once_before_somebody_locks_themselves_out(site: Site) -> None:
    ref = (await site.house.refer(event="concern")).case
    manager, address, knows = await site.visitor(MANAGER), f"/cases/{ref}/lock_out", "can then no longer open this case"
    assert knows not in (await manager.client.get(address)).text
    mine = {"person": MANAGER, "locked": "true", "reason": "I know the family."}
    asked_back = await manager.send(address, {**await manager.form(address), **mine})
    assert asked_back.status_code == 422
    assert re.search(r'<input[^>]* name="sure"[^>]* type="checkbox"[^>]*>', asked_back.text), "a box to tick"
    assert '<a href="#sure">' in asked_back.text
    assert "I know the family." in asked_back.text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked_back.text))
    assert (await manager.send(address, {**hidden, **mine, "sure": "true"})).status_code == 303
    assert (await manager.client.get(f"/cases/{ref}")).status_code == 403


async def test_the_same_form_sent_twice_is_done_once(site: Site) -> None:
    visitor = await site.visitor(HOSPITAL)
    address, before = f"/cases/{site.review}/promise?about={RETURN}", await site.facts()
    form = {**await visitor.form(address), **promise(site)}
    first, second = await visitor.send(address, form), await visitor.send(address, form)
    assert (
        (first.status_code, first.headers["location"])
        == (second.status_code, second.headers["location"])
        == (303, f"/cases/{site.review}?done={before + 1}")
    )
    assert await site.facts() == before + 1
    assert "Your draft is kept" not in (await visitor.client.get(f"/cases/{site.review}/ask_time?about={RETURN}")).text
    other = await visitor.send(address, {**form, "until-day": str(int(form["until-day"]) % 27 + 1)})
    assert other.status_code in {409, 422}
    assert await site.facts() == before + 1


async def test_a_closed_case_takes_nothing_but_being_reopened_and_rules_of_access(site: Site) -> None:
    ref = (await site.house.refer(event="concern")).case
    manager = await site.visitor(MANAGER)
    await site.house.act(MANAGER, ref, "triage", **triage("no_further_action"))
    form = await manager.form(f"/cases/{ref}/answer_safety")
    await site.house.act(MANAGER, ref, "tell_referrer", how="phone", words="No review.")
    answer = await manager.send(
        f"/cases/{ref}/answer_safety", {**form, "siblings_safe": "yes", "words": "I typed this."}
    )
    assert answer.status_code in {409, 422}
    assert "closed" in answer.text
    assert "I typed this." in answer.text
    page = await manager.client.get(f"/cases/{ref}")
    assert "Reopen this case" in page.text
    assert "Restrict this case" in page.text
    assert "Record what is known" not in page.text
    assert "/triage" not in page.text


# What may never be said


@pytest.mark.promise("K11", "G8")
async def test_no_personal_word_is_in_an_address_an_error_or_a_log(
    site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    chair = await site.visitor(CHAIR)
    answers = []
    address = f"/cases/{site.review}/record_analysis"
    words = dict.fromkeys(("facts", "context", "practice", "learning"), f"About {CANARY}")

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY)

    answers += [await chair.send(address, {**words, CANARY: "x"})]
    answers += [await chair.send(f"/cases/{site.review}/{CANARY}", words), await chair.client.get(f"/cases/{CANARY}")]
    answers += [await chair.send(address, {**words, "_csrf": CANARY})]
    monkeypatch.setattr(site.portal.door, "act", broken)
    failed = await chair.send(address, words)
    monkeypatch.undo()
    assert failed.status_code == 500
    for answer in (*answers[1:], failed):
        assert CANARY not in answer.text
        assert "RuntimeError" not in answer.text
    for answer in (*answers, failed):
        assert CANARY not in str(answer.headers)
    said = capfd.readouterr()
    assert CANARY not in said.out + said.err + caplog.text
    assert "RuntimeError" in said.out + said.err + caplog.text
    assert chair.token not in said.out + said.err + caplog.text


@asynccontextmanager
async def full(site: Site) -> AsyncIterator[None]:
    """The database cannot grow, as on a full disk."""
    database = site.house.there.database
    async with database.writing() as session:
        pages = await session.scalar(text("PRAGMA page_count"))
        await session.execute(text(f"PRAGMA max_page_count={pages}"))
    try:
        yield
    finally:
        async with database.writing() as session:
            await session.execute(text("PRAGMA max_page_count=1000000"))


@pytest.mark.promise("L5")
async def test_a_draft_that_cannot_be_stored_is_said_in_words(site: Site) -> None:
    visitor = await site.visitor(MANAGER)
    address = f"/cases/{site.review}/record_submission"
    form = await visitor.form(address)
    async with full(site):
        answer = await visitor.send(f"{address}/save", {**form, "siblings_words": "ж" * 20_000})
        assert answer.status_code == 503
        assert "disk may be full" in answer.text
        assert "ж" not in answer.text
    assert (await visitor.send(f"{address}/save", {**form, "siblings_words": "There are none."})).status_code == 200


@pytest.mark.promise("L5")
async def test_what_could_not_be_stored_comes_back_with_a_button_that_sends_it_again(site: Site) -> None:
    chair = await site.visitor(CHAIR)
    address = f"/cases/{site.review}/record_analysis"
    form, words = await chair.form(address), {**ANALYSIS, "facts": "ж" * 20_000}
    async with full(site):
        answer = await chair.send(address, {**form, **words})
        saved = await chair.send(f"{address}/save", {**form, **words})
    assert (answer.status_code, saved.status_code) == (503, 503)
    assert "press the button when it is mended" in answer.text
    again = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
    assert again == {"_csrf": chair.token, "_request": again["_request"], **form, **words}
    assert "Send it again" in answer.text
    assert saved.headers["content-type"].startswith("text/plain")
    assert "tried again with your next change" in saved.text
    assert (await chair.send(address, {**again, "facts": ""})).status_code == 422


@pytest.mark.promise("L5")
async def test_no_page_of_a_full_disk_shows_a_password(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full_disk(*_: object, **__: object) -> str:
        raise OperationalError("INSERT", {}, OSError(ENOSPC, "No space left on device"))

    monkeypatch.setattr(site.portal.accounts, "sign_in", full_disk)
    async with site.client() as client:
        answer = await sign_in(client, "chair@example.org", "three quiet lanterns")
    assert answer.status_code == 503
    assert "Try again when it is mended." in answer.text
    assert "three quiet lanterns" not in answer.text


@pytest.mark.promise("L5", "K11")
async def test_an_answer_comes_also_when_the_log_cannot_be_written(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY)

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    visitor = await site.visitor(MANAGER)
    monkeypatch.setattr(guarding.log, "error", full_disk)
    monkeypatch.setattr(site.portal.questions, "board", broken)
    page = await visitor.client.get("/cases")
    bearer = {"authorization": f"Bearer {visitor.client.cookies[SESSION]}"}
    said = await visitor.client.get("/api/v1/cases", headers=bearer)
    monkeypatch.setattr(site.portal, "rules", broken)
    bare = await visitor.client.get("/cases")
    assert [one.status_code for one in (page, said, bare)] == [500, 500, 500]
    assert said.headers["content-type"] == "application/problem+json"
    assert "Try again in a few minutes." in page.text
    assert "Try again in a few minutes." in bare.text
    assert "recorded." not in page.text.replace("look first whether it is recorded.", "")


@pytest.mark.promise("L9")
async def test_an_outside_monitor_hears_that_there_is_no_room_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.client()
    asked = await client.get("/health/ready")
    assert (asked.status_code, asked.json()) == (200, {"database": True, "engine": True, "room": True})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=front.LEAST_ROOM - 1))
    asked = await client.get("/health/ready")
    assert (asked.status_code, asked.json()["room"]) == (503, False)

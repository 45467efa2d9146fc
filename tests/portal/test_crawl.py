"""Every page of the portal, as everybody who may come to it, at two widths, also with its errors shown."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page

from models.watch import LATE, Running
from notifier.post import Mail, Post
from notifier.receipts import STATUS
from portal import codec
from portal.chat import NOT_SET_UP
from portal.forms import steps
from portal.inviting import ASKED
from portal.typed import of_answers
from portal.visiting import SESSION, cookie_name
from portal.ways_in import DEATH, WAYS
from records.accounts import CALENDAR
from records.drafts import Drafts, owner_of
from records.watching import Watching
from tests.portal import scene
from tests.portal.scene import Scene
from tests.portal.walking import Form, Walker, form_of, route_of, routes, state_of
from tests.support.browsing import AXE, TAGS, WIDTHS, Served, served
from tests.support.documents import PDF
from tests.support.house import House, notifying, referral
from tests.support.lives import Lives
from tests.support.lives_of_deaths import COORDINATOR, Deaths

pytestmark = [pytest.mark.proof, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(900)]

ROLES = {
    "referrer": "",
    "agency contact": scene.HOSPITAL,
    "agency lead": scene.HOSPITAL_LEAD,
    "business unit": scene.MANAGER,
    "sub-group chair": scene.SUBGROUP,
    "independent chair": scene.CHAIR,
    "safeguarding partner": scene.PARTNER,
    "child death coordinator": COORDINATOR,
    "administrator": scene.ADMINISTRATOR,
    "locked out": scene.LOCKED_OUT,
    "party to nothing": scene.STRANGER,
}
PARALLEL = 3
LEAVES = ("/sign-out", "/sign-in/demonstration", "/refer/check", "/messages/")
"""Forms that end or change who is there, or are used up; sent at the end, by somebody of their own."""


@dataclass
class Site:
    served: Served
    scene: Scene
    cookies: dict[str, dict[str, str]]


@dataclass
class Found:
    """What a crawl has reached: routes, and for each kind of page whose first address it was."""

    reached: set[tuple[str, str]] = field(default_factory=set)
    shown: dict[str, tuple[str, str]] = field(default_factory=dict)
    posted: dict[str, tuple[str, str]] = field(default_factory=dict)
    statuses: dict[str, dict[str, int]] = field(default_factory=dict)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with served(tmp_path_factory.mktemp("crawl"), demonstration=True) as made:
        played = await scene.play(made.house)
        await _watched(made.house, played)
        await _pursued(made.house, played.parked)
        await Deaths(Lives(made.house)).listed()
        cookies = {role: await _cookies(made, person, played) for role, person in ROLES.items()}
        yield Site(made, played, cookies)


async def _pursued(house: House, review: str) -> None:
    """A recommendation of which evidence waits to be looked at."""
    measure = {"measure": "More children are seen within a week.", "baseline": "Four of ten."}
    await house.act(
        scene.MANAGER, review, "recommend", text="Write down who lives in the home.", agency="harrowshire-police",
        owner=scene.POLICE, by=str(scene.day(house, 90)), measures=[measure], themes=["neglect"],
        actions=[{"action": "Change the form.", "by": str(scene.day(house, 30))}],
    )  # fmt: skip
    await house.act("p-004", review, "answer_recommendation", item="r1", answer="accepts")
    shown = {"measure": "m1", "shows": "delivery", "words": "The audit of May."}
    await house.act(scene.POLICE, review, "give_evidence", item="r1", **shown)


async def _watched(house: House, played: Scene) -> None:
    """A self-check that has found something, so that its page and the inbox say so."""
    there, now = house.there, house.now
    running = Running(lagging={played.review: now - 2 * LATE}, asked=now, house_looks=None)
    await Watching(there.database, there.auditor, there.recorder.directory, there.settings).check(running, now)


def named(made: Served, name: str) -> str:
    """What a cookie is called at this address."""
    return cookie_name(made.address.partition("//")[2], name)


async def _by_hand(made: Served, review: str) -> None:
    """Letters to be passed on, invitations that wait for a second person, messages that went astray; of each one stays.

    Their forms are gone once they are sent, so they come after the crawl.
    """
    there, now = made.house.there, made.house.now
    await scene.astray(made.house, review, scene.POLICE)
    await scene.held_back(made.house, review, scene.HOSPITAL)
    async with there.database.writing() as session:
        for _ in range(2):
            letter = Mail(to="nurse@example.org", subject="Your referral: go on here", text="A link.", written=now)
            await Post(there.database, there.vault).write(session, letter)
        for person in (scene.CHAIR, scene.SUBGROUP):
            asked = f"{person}/{scene.ADMINISTRATOR}"
            await made.accounts.link(session, ASKED, asked, now + timedelta(days=7))


async def _cookies(made: Served, person: str, played: Scene) -> dict[str, str]:
    """Signed in; or, without an account, with a complete referral begun and another one sent."""
    there, now = made.house.there, made.house.now
    session_name, status_name = (named(made, name) for name in (SESSION, STATUS))
    if person:
        await made.accounts.only_link(CALENDAR, person, now)
        async with there.database.writing() as session:
            return {session_name: await made.accounts.begin(session, person, now)}
    token, drafts = secrets.token_urlsafe(32), Drafts(there.database, there.vault)
    for way in WAYS:
        draft = await drafts.begin(owner_of(token), "", way.command.KIND, now)
        await drafts.type(draft, of_answers(way.command, notifying(now) if way is DEATH else referral(now)), now)
    async with there.database.writing() as session:
        return {
            **{named(made, way.cookie): token for way in WAYS},
            status_name: await made.accounts.link(session, STATUS, played.referral, now + timedelta(days=60)),
        }


def seeds(played: Scene) -> list[str]:
    """Where a crawl begins: what is typed by hand or comes from a message; the rest it finds by links."""
    cases = [f"/cases/{ref}" for ref in (played.review, played.urgent, played.parked, played.closed, played.restricted)]
    forms = [
        f"{way.path}/{step}" for way in WAYS for step in (*steps(way.command), "later", "check", "received", "return")
    ]
    return [
        "/",
        "/cases?closed=yes",
        "/inbox",
        "/people",
        "/register",
        "/mail",
        "/reads",
        "/calendar",
        "/calendar/feed/nobodys.ics",
        *cases,
        *forms,
        "/invitation",
        "/nowhere",
        "/health/live",
        "/health/ready",
        "/health/watch",
        "/watch",
    ]


async def crawl(site: Site, role: str, all_routes: list[tuple[str, str]], found: Found) -> None:
    """One page of each kind that this role can come to by links, and each form sent empty once."""
    walker = Walker(site.served.address, site.cookies[role])
    waiting, forms = seeds(site.scene), dict[str, tuple[str, Form]]()
    first, visited, kinds = set(waiting), set[str](), set[str]()
    statuses = found.statuses.setdefault(role, {})
    while waiting:
        address = waiting.pop(0)
        kind = state_of(address)
        if address in visited or (kind in kinds and address not in first) or address.startswith("/sign-out"):
            continue
        visited.add(address)
        kinds.add(kind)
        seen = await walker.get(address)
        statuses[address] = seen.status
        assert seen.status < 500 or address in {"/health/ready", "/health/watch"}, f"{role}: {address}: {seen.status}"
        found.reached.add(("GET", route_of(all_routes, "GET", address.partition("?")[0])))
        if seen.status == 200 or address == "/nowhere":
            found.shown.setdefault(kind, (role, address))
        waiting += seen.links
        for form in seen.forms:
            if form.method == "post" and not form.action.startswith(LEAVES) and not form.action.endswith("/sign-out"):
                forms.setdefault(form_of(form.action), (address, form))
    for kind, (address, form) in forms.items():
        answer = await walker.post(address, form)
        assert answer.status < 500, f"{role}: {form.action}: {answer.status}"
        found.reached.add(("POST", route_of(all_routes, "POST", form.action.partition("?")[0])))
        if answer.status in {200, 403, 422}:
            found.posted.setdefault(kind, (role, address))
    await walker.client.aclose()


async def _leaves(site: Site, all_routes: list[tuple[str, str]], found: Found) -> None:
    """Signing in and out, sending, passing on by hand, and saving a draft: each by a visitor of its own."""
    made = site.served
    await _by_hand(made, site.scene.review)
    for person, page, action in (
        ("", "/sign-in", "/sign-in/demonstration"),
        (scene.MANAGER, "/sign-out", "/sign-out"),
        ("", "/refer/check", "/refer/check"),
        ("", "/notify/check", "/notify/check"),
        (scene.MANAGER, "/mail", "/mail/"),
        (scene.MANAGER, "/messages", "/messages/release"),
        (scene.MANAGER, "/messages", "/messages/b-"),
        (scene.MANAGER, "/inbox", f"/people/{scene.SUBGROUP}/withdraw"),
    ):
        walker = Walker(made.address, await _cookies(made, person, site.scene))
        seen = await walker.get(page)
        found.reached.add(("GET", page))
        found.shown.setdefault(page, ("business unit" if person else "referrer", page))
        form = next(one for one in seen.forms if one.action.startswith(action) and one.method == "post")
        answer = await walker.post(page, Form(form.action, "post", [*form.fields, ("person", scene.CHAIR)]))
        assert answer.status == 200, f"{action}: {answer.status}"
        found.reached.add(("POST", route_of(all_routes, "POST", form.action)))
        await walker.client.aclose()
    walker = Walker(made.address, {})
    form = next(one for one in (await walker.get("/sign-in")).forms if one.action == "/sign-in")
    assert (await walker.post("/sign-in", Form("/forgotten", "post", form.fields))).status == 200
    found.reached.add(("POST", "/forgotten"))
    await walker.client.aclose()
    # What a page leads to only where people sign in in another way: it refuses in words.
    elsewhere = (
        ("", "/sign-in", "/sign-in/code", 422),
        ("", "/sign-in", "/sign-in/set-up", 422),
        (scene.MANAGER, "/sign-out", "/sessions/end", 200),
        (scene.MANAGER, "/sign-out", "/sessions/token", 404),
        (scene.MANAGER, "/sign-out", f"/people/{scene.MANAGER}/second-factor", 403),
        (scene.MANAGER, "/sign-out", f"/people/{scene.POLICE}/sign-out", 200),
    )
    for person, page, action, status in elsewhere:
        walker = Walker(made.address, await _cookies(made, person, site.scene) if person else {})
        form = next(one for one in (await walker.get(page)).forms if one.method == "post")
        sent = Form(action, "post", [*form.fields, ("session", "of nobody")])
        assert (await walker.post(page, sent)).status == status, action
        found.reached.add(("POST", route_of(all_routes, "POST", action)))
        await walker.client.aclose()
    saves = (
        ("referrer", "/refer/incident", "/refer/incident/save"),
        ("referrer", "/notify/child", "/notify/child/save"),
        ("independent chair", f"/cases/{site.scene.review}/decide", "/save"),
        ("business unit", "/open/enter_review", "/save"),
    )
    for role, page, action in saves:
        walker = Walker(made.address, site.cookies[role])
        form = next(one for one in (await walker.get(page)).forms if one.method == "post")
        target = action if action != "/save" else f"{form.action}/save"
        answer = await walker.post(page, Form(target, "post", form.fields))
        assert "Saved at" in answer.text
        found.reached.add(("POST", route_of(all_routes, "POST", target)))
        await walker.client.aclose()


async def _interface(site: Site, all_routes: list[tuple[str, str]], found: Found) -> None:
    """The JSON interface: every address, with nothing said. What is wrong is told as problem+json."""
    client = Walker(site.served.address, {}).client
    client.headers["authorization"] = f"Bearer {site.cookies['business unit'][named(site.served, SESSION)]}"
    for method, path in (one for one in all_routes if one[1].startswith("/api/")):
        address = path.replace("{ref}", site.scene.review)
        answer = await client.request(method, address, json={} if method == "POST" else None)
        assert answer.status_code < 500, f"{method} {address}: {answer.status_code}"
        assert answer.status_code == 200 or answer.headers["content-type"] == "application/problem+json", address
        found.reached.add((method, path))
    await client.aclose()


async def _files(site: Site, found: Found) -> None:
    """A file that somebody gave: no command that is shipped asks for one yet, so that no page leads to it."""
    client = Walker(site.served.address, site.cookies["business unit"]).client
    client.headers["authorization"] = f"Bearer {site.cookies['business unit'][named(site.served, SESSION)]}"
    kept = await client.post(f"/api/v1/cases/{site.scene.review}/files", content=PDF)
    assert (await client.get(f"/files/{kept.json()['id']}")).content == PDF
    found.reached.add(("GET", "/files/{id_}"))
    await client.aclose()


async def _machines(site: Site, found: Found) -> None:
    """What only another machine calls, and no page leads to: what is not set up says so in plain words."""
    client = Walker(site.served.address, {}).client
    answer = await client.post("/slack/events", content="payload={}")
    assert (answer.status_code, answer.text) == (404, NOT_SET_UP)
    found.reached.add(("POST", "/slack/events"))
    for method in ("OPTIONS", "POST"):
        answer = await client.request(method, "/engine/codec/decode")
        assert (answer.status_code, answer.text) == (404, codec.NOT_SET_UP)
        found.reached.add((method, "/engine/codec/decode"))
    await client.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found(site: Site) -> Found:
    result, all_routes = Found(), routes(site.served.app)
    for role in ROLES:
        await crawl(site, role, all_routes, result)
    await _leaves(site, all_routes, result)
    await _interface(site, all_routes, result)
    await _files(site, result)
    await _machines(site, result)
    return result


@pytest.mark.browser
@pytest.mark.promise("K10")
async def test_the_crawl_reaches_every_route(site: Site, found: Found) -> None:
    assert set(routes(site.served.app)) - found.reached == set()


@pytest.mark.browser
@pytest.mark.promise("K3", "K4")
async def test_who_may_not_open_a_page_is_turned_away(site: Site, found: Found) -> None:
    """A page that is open to one is not there, or closed, for those whose office or part does not allow it."""
    review, restricted = f"/cases/{site.scene.review}", f"/cases/{site.scene.restricted}"
    opened = {role: {status: address for address, status in seen.items()} for role, seen in found.statuses.items()}
    assert found.statuses["locked out"][review] == 403
    assert found.statuses["locked out"][f"/cases/{site.scene.parked}"] == 200
    assert {
        found.statuses["party to nothing"][f"/cases/{ref}"]
        for ref in (site.scene.review, site.scene.parked, site.scene.closed)
    } == {404}
    for role, person in ROLES.items():
        expected = 200 if person in {scene.MANAGER, scene.CHAIR, scene.ADMINISTRATOR} else 0
        if expected:
            assert found.statuses[role][restricted] == expected, role
        elif person:
            assert found.statuses[role][restricted] in {403, 404}, role
        for unit_only in ("/people", "/register", "/mail", "/watch"):
            allowed = person in {scene.MANAGER, scene.ADMINISTRATOR} or not person
            assert found.statuses[role][unit_only] == (200 if allowed else 403), (role, unit_only)
        named = person in {scene.MANAGER, scene.ADMINISTRATOR, scene.CHAIR} or not person
        assert found.statuses[role]["/reads"] == (200 if named else 403), role
    assert 500 not in {status for seen in opened.values() for status in seen}


RUN = """async (tags) => {
  const found = await axe.run(document, {runOnly: tags, resultTypes: ['violations']})
  return {
    wrong: found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`),
    wide: document.documentElement.scrollWidth,
  }
}"""


async def looked_at(page: Page, address: str) -> list[str]:
    """What is wrong with the page as it stands, at each width."""
    found = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        seen = await page.evaluate(RUN, TAGS)
        found += [f"{address} at {width}: {one}" for one in seen["wrong"]]
        if seen["wide"] > width:
            found.append(f"{address} at {width}: {seen['wide']} wide")
    return found


class Looking:
    """Pages of one browser, each signed in as a role, with axe in every page."""

    def __init__(self, site: Site) -> None:
        self.site, self.contexts = site, dict[str, BrowserContext]()
        self.lock = asyncio.Lock()

    async def context(self, role: str) -> BrowserContext:
        async with self.lock:
            if role not in self.contexts:
                context = await self.site.served.context()
                await context.add_init_script(AXE)
                cookies = self.site.cookies[role]
                await context.add_cookies(
                    [{"name": name, "value": value, "url": self.site.served.address} for name, value in cookies.items()]
                )
                self.contexts[role] = context
        return self.contexts[role]

    async def all_of(self, todo: Mapping[str, tuple[str, str]], *, send: bool) -> list[str]:
        waiting, wrong = list(todo.values()), list[str]()

        async def work() -> None:
            pages = dict[str, Page]()  # one for each role: a new one for every address takes three times as long
            while waiting:
                role, address = waiting.pop(0)
                page = pages.get(role) or await (await self.context(role)).new_page()
                pages[role] = page
                await page.goto(address)
                if send:
                    async with page.expect_navigation():
                        await page.locator("main form[method=post] button[type=submit]:visible").last.click()
                wrong.extend(await looked_at(page, f"{address}{' with errors' if send else ''}"))
            for page in pages.values():
                await page.close()

        await asyncio.gather(*(work() for _ in range(PARALLEL)))
        return wrong


def _is_form(state: str, found: Found) -> bool:
    return form_of(state) in found.posted


@pytest.mark.browser
@pytest.mark.promise("K10", "K11", "L14")
async def test_every_page_is_accessible_and_narrow_enough(site: Site, found: Found) -> None:
    """Forms of commands are looked at with their errors shown and empty, in the next tests."""
    pages = {
        state: where
        for state, where in found.shown.items()
        if not _is_form(state, found)
        and not where[1].startswith("/health")
        and "?as=" not in where[1]
        and "as=" not in where[1]
        and not where[1].partition("?")[0].endswith((".ics", ".pdf"))
    }
    assert await Looking(site).all_of(pages, send=False) == []


@pytest.mark.browser
@pytest.mark.promise("K10", "L14")
async def test_every_form_is_accessible_with_its_errors_shown(site: Site, found: Found) -> None:
    assert await Looking(site).all_of(found.posted, send=True) == []


@pytest.mark.browser
async def test_every_empty_form_is_accessible(site: Site, found: Found) -> None:
    assert (
        await Looking(site).all_of(
            {state: where for state, where in found.shown.items() if _is_form(state, found)}, send=False
        )
        == []
    )

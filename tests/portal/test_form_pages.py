"""The page of every command in a real browser: accessible, no wider than a telephone, and nothing from outside."""

import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.routing import Route as Path_
from starlette.staticfiles import StaticFiles

from portal.forms import Form
from portal.pages import STATIC, Link, Message, Sheet, refusal, templates
from portal.pages import Page as Frame
from tests.conftest import CHROMIUM
from tests.portal.examples import ANSWERS, EVERY, NOW, ROWS, fixed_of, wrong_everywhere

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=360, height=740)
ENV = templates()
REFUSED = "Failed to load resource: the server responded with a status of"
"""What the console says of every refusal, which is meant to have such a status."""
NAVIGATION = (Link("Cases", "/", current=True), Link("My list", "/mine"), Link("Sign out", "/out"))


def answer(template: str, title: str, status: int = 200, **context: object) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    frame = Frame(title, nonce, navigation=NAVIGATION, back="/")
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    html = ENV.get_template(template).render(page=frame, **context)
    return HTMLResponse(html, status, {"Content-Security-Policy": policy})


async def form_page(request: Request) -> HTMLResponse:
    command = EVERY[request.path_params["kind"]]
    fixed, status = fixed_of(command), 200
    form = Form.empty(command, ROWS, fixed)
    if "wrong" in request.query_params:
        form = Form.filled(command, ANSWERS[command.KIND], ROWS, fixed).refused(wrong_everywhere(command))
    if request.method == "POST":
        pairs = (await request.form()).multi_items()
        form = Form.posted(command, [(name, str(value)) for name, value in pairs], ROWS, fixed)
    if request.method == "POST" and not form.reshaped:
        made, form = form.checked(NOW)
        if made is not None:
            return answer("message.html", "Sent", message=Message("Sent", ("It is recorded.",), panel=True))
        status = 422
    sheet = Sheet(form, request.url.path, "token", "request-1", autosave="/saved", caption="RR-2026-0004")
    return answer("form.html", command.TITLE, status, sheet=sheet)


async def saved(request: Request) -> HTMLResponse:
    return HTMLResponse(ENV.get_template("saved.html").render(at=datetime(2026, 3, 3, 10, 42, tzinfo=UTC)))


async def refused(request: Request) -> HTMLResponse:
    status = int(request.path_params["status"])
    return answer("message.html", "Refused", status, message=refusal(status, kept=True, links=(Link("Go back", "/"),)))


APP = Starlette(
    routes=[
        Path_("/form/{kind}", form_page, methods=["GET", "POST"]),
        Path_("/saved", saved, methods=["POST"]),
        Path_("/refused/{status}", refused),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
)


class Server(uvicorn.Server):
    """A server in a thread, on a port that was free."""

    def install_signal_handlers(self) -> None:
        """Leave the signals to pytest."""

    @property
    def url(self) -> str:
        port = self.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = Server(uvicorn.Config(APP, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield server.url
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A browser's page, and what should not have been: complaints of the console, and requests to another machine."""

    def __init__(self, browser: Browser, url: str, *, script: bool = True) -> None:
        self.page = browser.new_context(viewport=WIDE, java_script_enabled=script, base_url=url).new_page()
        self.page.set_default_timeout(5_000)
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self._said(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "request", lambda request: None if request.url.startswith(url) else self._said("error", request.url)
        )

    def _said(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not text.startswith(REFUSED):
            self.complaints.append(text)


def watched(browser: Browser, url: str, *, script: bool = True) -> Iterator[Page]:
    one = Watched(browser, url, script=script)
    yield one.page
    one.page.context.close()
    assert one.complaints == []


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    yield from watched(browser, url)


@pytest.fixture
def plain_page(browser: Browser, url: str) -> Iterator[Page]:
    """Without JavaScript."""
    yield from watched(browser, url, script=False)


@pytest.fixture
def cut_off_page(browser: Browser, url: str) -> Iterator[Page]:
    """Its console may complain, for the test takes the server away."""
    one = Watched(browser, url)
    yield one.page
    one.page.context.close()


@pytest.fixture(scope="module")
def looked_at(browser: Browser, url: str) -> Iterator[Watched]:
    """One page for all the looking, because a new one takes longer than the look."""
    one = Watched(browser, url)
    one.page.add_init_script(AXE)
    yield one
    one.page.context.close()


def assert_good_at_both_widths(looked_at: Watched, address: str) -> None:
    looked_at.complaints.clear()
    page = looked_at.page
    page.goto(address)
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        run = "rules => axe.run({runOnly: rules, resultTypes: ['violations']}).then(found => found.violations)"
        found = page.evaluate(run, RULES)
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    assert looked_at.complaints == []


RICH = ("submit_referral", "triage", "decide", "submit_return", "record_meeting")
"""The longest forms; of the others the crawl sees most, and `make proof` all."""


@pytest.mark.parametrize(
    "how", [pytest.param("", id="empty", marks=pytest.mark.proof), pytest.param("?wrong", id="wrong")]
)
@pytest.mark.parametrize(
    "kind", [kind if kind in RICH else pytest.param(kind, marks=pytest.mark.proof) for kind in EVERY]
)
def test_every_form_is_accessible_and_narrow_enough(looked_at: Watched, kind: str, how: str) -> None:
    assert_good_at_both_widths(looked_at, f"/form/{kind}{how}")


@pytest.mark.parametrize("status", [403, 404, 409, 413, 422, 429, 500, 503])
def test_every_refusal_is_accessible_and_says_that_nothing_is_lost(looked_at: Watched, status: int) -> None:
    assert_good_at_both_widths(looked_at, f"/refused/{status}")
    expect(looked_at.page.get_by_text("Nothing that you typed is lost.")).to_be_visible()


def test_the_summary_takes_the_focus_and_leads_to_each_question(page: Page) -> None:
    page.goto("/form/submit_referral")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    assert page.title().startswith("Error: ")
    for link in page.locator(".govuk-error-summary a").all():
        place = (link.get_attribute("href") or "")[1:]
        link.click()
        expect(page.locator(f'[id="{place}"]')).to_be_focused()


def test_questions_appear_with_the_answer_that_calls_for_them(page: Page) -> None:
    page.goto("/form/submit_referral")
    carers, action = page.get_by_label("Who cares for them now?"), page.get_by_label("What is being done")
    expect(carers).to_be_hidden()
    others = page.get_by_role("group", name="Are there other children")
    others.get_by_label("Yes").check()
    expect(carers).to_be_visible()
    expect(action).to_be_hidden()
    page.get_by_role("group", name="Are they safe now?").get_by_label("Not known").check()
    expect(action).to_be_visible()
    others.get_by_label("Not known").check()
    expect(action).to_be_visible()
    others.get_by_label("No", exact=True).check()
    expect(action).to_be_hidden()
    page.get_by_label("A child has been seriously harmed").check()
    expect(page.get_by_label("What harm, and is it likely to last?")).to_be_visible()


def test_without_script_rows_are_added_and_removed_and_every_question_is_there(plain_page: Page) -> None:
    page = plain_page
    page.goto("/form/submit_referral")
    expect(page.get_by_label("What harm, and is it likely to last?")).to_be_visible()
    page.get_by_label("Full name").fill("First")
    page.get_by_role("button", name="Add another child").click()
    assert page.url.endswith("#children.1")
    expect(page.get_by_label("Full name")).to_have_count(2)
    page.get_by_label("Full name").last.fill("Second")
    page.get_by_role("button", name="Remove child 1").click()
    expect(page.get_by_label("Full name")).to_have_value("Second")


def test_the_enter_key_sends_the_form_and_removes_nothing(page: Page) -> None:
    page.goto("/form/submit_referral?wrong")
    page.get_by_label("Full name").first.press("Enter")
    expect(page.get_by_role("heading", name="Sent")).to_be_visible()


def test_a_change_is_saved_and_said_quietly(page: Page) -> None:
    page.goto("/form/reopen")
    with page.expect_request("**/saved") as caught:
        page.get_by_label("What has come to light?").press_sequentially("A new statement")
        page.get_by_label("What has come to light?").blur()
    assert parse_qs(caught.value.post_data or "") == {
        "_csrf": ["token"],
        "_request": ["request-1"],
        "reason": ["A new statement"],
    }
    expect(page.get_by_role("status")).to_have_text("Saved at 10:42am")


def test_a_slow_save_presses_no_button_that_has_got_the_focus_meanwhile(page: Page) -> None:
    page.goto("/form/submit_referral")
    posted: list[tuple[str, str]] = []
    page.on("request", lambda one: posted.append((one.url, one.post_data or "")) if one.method == "POST" else None)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/saved", hold, times=1)
    page.get_by_label("Full name").fill("First")
    page.get_by_role("button", name="Send").focus()  # the first save is on its way
    page.get_by_label("Full name").fill("Second")
    page.get_by_role("button", name="Add another child").focus()  # the next one waits for it
    held[0].continue_()
    expect(page.get_by_role("status")).to_have_text("Saved at 10:42am")
    page.wait_for_timeout(1_200)  # nor does the save after a pause in typing
    assert len(posted) > 1
    assert {url.rsplit("/", 1)[1] for url, _ in posted} == {"saved"}
    assert all("_do" not in parse_qs(data) for _, data in posted)


@pytest.mark.parametrize("failure", ["offline", "refused"])
def test_a_change_that_cannot_be_saved_is_said_and_stays_in_the_form(cut_off_page: Page, failure: str) -> None:
    def fail(route: Route) -> None:
        if failure == "offline":
            route.abort()
        else:
            route.fulfill(status=503, body="Sorry")

    page = cut_off_page
    page.route("**/saved", fail)
    page.goto("/form/reopen")
    page.get_by_label("What has come to light?").fill("A new statement")
    page.get_by_label("What has come to light?").blur()
    expect(page.get_by_role("status")).to_contain_text("Not saved yet.")
    expect(page.get_by_label("What has come to light?")).to_have_value("A new statement")


def test_a_return_is_made_by_keys_alone(page: Page) -> None:
    page.goto("/form/submit_return")
    keys = page.keyboard
    page.get_by_role("group", name="Agency").get_by_label("Harrowshire Police").focus()
    for key in ("Space", "Tab", "Space", "Tab"):
        keys.press(key)
    keys.type("Four contacts.")
    for _ in range(4):
        keys.press("Tab")
    for part in ("24", "12", "2025"):
        keys.type(part)
        keys.press("Tab")
    keys.type("A call to the house.")
    for key in ("Tab", "ArrowDown", "Tab", "Tab", "Enter"):
        keys.press(key)
    expect(page.get_by_role("heading", name="Sent")).to_be_visible()

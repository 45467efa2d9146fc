"""The form of a referral as its server sees it: what cannot be is said at once, and what is proven stays proven."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from models.referral import SubmitReferral
from models.time import day_of
from notifier.post import Post
from portal.app import create_app
from portal.forms import steps
from portal.questions import asked_of
from portal.referring import LINKS_A_DAY
from tests.support.house import house, of_death, referral
from tests.support.window import Window, Windows, words

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("A2")]

Answers = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def windows(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Windows]:
    async with house(tmp_path_factory.mktemp("form")) as made:
        yield Windows(made)


async def begun(windows: Windows) -> Window:
    window = await windows.open()
    await window.press("/refer", "/refer")
    return window


def said(windows: Windows, **answers: Any) -> Answers:  # noqa: ANN401 -- the answers of a form
    return {**referral(windows.house.now), **answers}


async def put(window: Window, step: str, answers: Answers) -> str:
    """One page of the form, filled in and sent. Returns the words of the page that follows."""
    own = {one.name for one in asked_of(SubmitReferral) if one.step == step}
    page = (await window.client.get(f"/refer/{step}")).text
    mine = {name: value for name, value in answers.items() if name in own}
    return await window.send(f"/refer/{step}", page, SubmitReferral, mine)


async def filled(windows: Windows, **answers: Any) -> Window:  # noqa: ANN401 -- the answers of a form
    window = await begun(windows)
    for step in steps(SubmitReferral):
        await put(window, step, said(windows, **answers))
    return window


def impossible(windows: Windows) -> dict[str, tuple[str, Answers, str]]:
    """What cannot be: the page on which it is said, the answers, and the words."""
    today = day_of(windows.house.now)
    incident, before = str(today - timedelta(days=4)), str(today - timedelta(days=5))
    unborn = {"name": "Quillon Zarbane", "born": str(today - timedelta(days=3))}
    return {
        "aware before it happened": (
            "incident",
            {"incident_on": incident, "aware_at": before},
            "Nobody can become aware before it happened.",
        ),
        "in the future": ("incident", {"incident_on": str(today + timedelta(days=9))}, "must be today or in the past"),
        "born after it": (
            "children",
            {"incident_on": incident, "children": [unborn]},
            "The child was born after the incident.",
        ),
        "no date of birth": ("children", {"children": [{"name": "Quillon Zarbane"}]}, "Enter the date of birth"),
        "no date of death": ("children", {"event": "death"}, "Enter the date of death of the child who died."),
        "safety passed over": ("safety", {"others": "yes"}, "Say whether the other children are safe"),
    }


@pytest.mark.parametrize(
    "which",
    [
        "aware before it happened",
        "in the future",
        "born after it",
        "no date of birth",
        "no date of death",
        "safety passed over",
    ],
)
async def test_what_cannot_be_is_said_on_its_own_page_and_by_the_check_with_the_way_there(
    windows: Windows, which: str
) -> None:
    at_fault, answers, problem = impossible(windows)[which]
    window = await begun(windows)
    for step in steps(SubmitReferral)[: steps(SubmitReferral).index(at_fault)]:
        await put(window, step, said(windows, **answers))
    assert problem in await put(window, at_fault, said(windows, **answers))
    for step in steps(SubmitReferral):  # whoever walks on by the addresses all the same
        await put(window, step, said(windows, **answers))
    answer = await window.client.get("/refer/check")
    assert answer.url.path == f"/refer/{at_fault}"
    assert problem in words(answer.text)
    happened = {name: value for name, value in answers.items() if name == "event"}
    mended = await put(window, at_fault, of_death(said(windows, **happened)))
    assert problem not in mended


@pytest.mark.promise("A3")
async def test_what_cannot_be_read_and_what_cannot_be_are_said_at_once(windows: Windows) -> None:
    _, dates, impossible_ = impossible(windows)["aware before it happened"]
    window = await begun(windows)
    page = await put(window, "incident", {**said(windows, **dates), "narrative": "Found\x07 there."})
    assert impossible_ in page
    assert "has characters that cannot be shown" in page


async def checked(window: Window) -> str:
    """Send the check page's form. Returns the words of the page that follows."""
    return words((await window.press("/refer/check", "/refer/check")).text)


async def links_to(windows: Windows, email: str) -> list[str]:
    """The secrets of the links that were mailed to this address to go on with a referral, the newest first."""
    there = windows.house.there
    mails = [mail.text for mail in await Post(there.database, there.vault).read() if mail.to == email]
    return [found[1] for text in mails if (found := re.search(r"refer/return#(\S+)", text))]


async def prove(window: Window, secret: str) -> httpx2.Response:
    return await window.press("/refer/return", "/refer/return", token=secret)


@pytest.mark.promise("A1")
async def test_an_address_that_is_changed_after_it_was_proven_has_to_be_proven_again(windows: Windows) -> None:
    email, other = "first@hospital.example.org", "second@hospital.example.org"
    window = await filled(windows, referrer_email=email)
    await checked(window)
    await prove(window, (await links_to(windows, email))[0])
    await put(window, "you", said(windows, referrer_email=other))
    assert "The business unit sends you the link" in await checked(window)
    assert await links_to(windows, other)
    await put(window, "you", said(windows, referrer_email=email.upper()))
    assert "Referral received" in await checked(window)


@pytest.mark.promise("A1")
async def test_a_link_proves_the_address_to_which_it_went_and_no_other(windows: Windows) -> None:
    email, other = "third@hospital.example.org", "fourth@hospital.example.org"
    window = await filled(windows, referrer_email=email)
    await checked(window)
    await put(window, "you", said(windows, referrer_email=other))
    assert "Check your answers" in words((await prove(window, (await links_to(windows, email))[0])).text)
    assert "The business unit sends you the link" in await checked(window)


@pytest.mark.promise("K11")
async def test_of_the_links_of_one_referral_only_the_newest_works(windows: Windows) -> None:
    email = "fifth@hospital.example.org"
    window = await filled(windows, referrer_email=email)
    await checked(window)
    await checked(window)
    newest, earlier = await links_to(windows, email)
    assert (await prove(window, earlier)).status_code == 422
    assert "Check your answers" in words((await prove(window, newest)).text)


@pytest.mark.promise("K11")
async def test_an_address_gets_few_links_a_day_whoever_asks_and_however_often(windows: Windows) -> None:
    email = "sixth@hospital.example.org"
    earlier, window = [await filled(windows, referrer_email=email) for _ in range(2)]
    answers = [await checked(one) for one in (earlier, window) for _ in range(4)]
    assert len(await links_to(windows, email)) == LINKS_A_DAY
    assert "No more links today" in answers[-1]
    assert "Everything that you typed is saved" in answers[-1]
    later = await window.press("/refer/later", "/refer/later", email=email)
    assert later.status_code == 429
    assert len(await links_to(windows, email)) == LINKS_A_DAY
    windows.house.now += timedelta(days=1, minutes=1)
    assert "The business unit sends you the link" in await checked(window)
    await windows.house.read_clock()


@pytest.mark.promise("K11")
async def test_the_button_that_mails_a_link_takes_so_many_a_minute(windows: Windows) -> None:
    made = windows.house
    app = create_app(made.there, made.client, lambda: made.now, attempts=3)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://reviews.test") as client:
        statuses = [(await client.post("/refer/check")).status_code for _ in range(4)]
    assert statuses == [403, 403, 403, 429]


async def test_the_first_device_is_told_that_another_one_goes_on_and_keeps_its_words_on_the_page(
    windows: Windows,
) -> None:
    email = "seventh@hospital.example.org"
    first, second = await filled(windows, referrer_email=email), await windows.open()
    page = (await first.client.get("/refer/incident")).text
    await checked(first)
    await prove(second, (await links_to(windows, email))[0])
    later = {"event": "serious_harm", "narrative": "What I typed on the first."}
    saved = await first.send("/refer/incident/save", page, SubmitReferral, later)
    assert saved == ""
    answer = first.last[1]
    assert "its link was opened on another device" in answer
    assert "<" not in answer
    await first.send("/refer/incident", page, SubmitReferral, later)
    assert "its link was opened on another device" in first.last[1]
    assert "What I typed on the first." in first.last[1]
    assert "What I typed on the first." not in (await second.client.get("/refer/incident")).text


async def test_whoever_changes_an_answer_at_the_check_comes_back_to_the_check(windows: Windows) -> None:
    window = await filled(windows)
    page = await window.client.get("/refer/check")
    change = re.search(r'href="(/refer/incident[^"]*)"', page.text)
    assert change
    form = (await window.client.get(change[1])).text
    assert 'href="/refer/check"' in form, "the way back leads there too"
    action = re.search(r'action="(/refer/incident[^"]*)"', form)
    assert action
    mine = {name: value for name, value in said(windows, narrative="Told anew.").items() if name in INCIDENT}
    shown = await window.send(action[1], form, SubmitReferral, mine)
    assert "Check your answers" in shown
    assert "Told anew." in shown


INCIDENT = {one.name for one in asked_of(SubmitReferral) if one.step == "incident"}

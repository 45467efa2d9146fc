"""The pages behind the buttons of a message, on a telephone, for somebody who is not signed in yet."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Page

from models.time import day_of
from policy.reading import read_directory_file
from tests.portal.scene import AUTHORITY, HOSPITAL, ICB, MANAGER, POLICE
from tests.support.browsing import Served, axe, fill, picture, press, send, served, text_of
from tests.support.house import DIRECTORY, triage
from tests.support.slack import TOKEN, Workspace, workspace
from tests.support.slack_driver import SECRET, driving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

PHONE = 360
PASSWORD = "three words apart"
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SMALL = """() => [...document.querySelectorAll('main :is(button, a.govuk-button, input:not([type=hidden]))')]
    .filter((one) => !one.ariaHidden && one.offsetParent && one.getBoundingClientRect().height < 24)
    .map((one) => one.outerHTML)"""
"""What a finger cannot well hit (WCAG 2.2, 2.5.8: 24 pixels)."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workspace]:
    async with workspace(tmp_path_factory.mktemp("slack"), read_directory_file(DIRECTORY)) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, slack: Workspace) -> AsyncIterator[Served]:
    folder, settings = tmp_path_factory.mktemp("phone"), {"slack_token": TOKEN, "slack_signing_secret": SECRET}
    async with served(folder, slack_api=slack.api, **settings) as made:
        async with made.house.there.database.writing() as session:
            joined = slack.joined(read_directory_file(DIRECTORY))
            await made.house.there.recorder.directory.replace(session, joined, MANAGER, made.house.now)
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def review(site: Served) -> str:
    made = site.house
    ref = (await made.refer()).case
    await made.act(MANAGER, ref, "triage", **triage())
    found, now = await made.child_of(ref), made.now.isoformat()
    await made.act(AUTHORITY, found, "record_notification", sent_at=now, sent_by="A", reference="N")
    agencies = ["harrowshire-police", "harrowshire-icb", "harrow-vale-hospitals"]
    await made.act(MANAGER, found, "request_information", agencies=agencies)
    await made.wait(timedelta(seconds=2))
    await made.settled()
    return found


async def signed_in_by(site: Served, page: Page, person: str) -> None:
    """Sign in as somebody does whom a link has led to the door of the portal."""
    async with site.house.there.database.writing() as session:
        token = await site.accounts.link(session, "invitation", person, None)
    await site.accounts.set_password(token, PASSWORD, site.house.now)
    email = read_directory_file(DIRECTORY).people[person].email
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await press(page, "Sign in")


@pytest.mark.promise("L14", "G2")
@pytest.mark.parametrize(
    ("person", "kind", "agency"),
    [
        (ICB, "ask_time", "harrowshire-icb"),
        pytest.param(HOSPITAL, "promise", "harrow-vale-hospitals", marks=pytest.mark.proof),
        pytest.param(POLICE, "dispute", "harrowshire-police", marks=pytest.mark.proof),
    ],
)
async def test_the_link_of_a_dialog_leads_through_sign_in_to_the_form_and_it_is_sent_from_a_telephone(  # noqa: PLR0913, PLR0917 -- who does what where
    site: Served, slack: Workspace, review: str, person: str, kind: str, agency: str
) -> None:
    notice = next(one for one in await site.house.notices(review) if one.obligation == f"agency_return/{agency}")
    async with driving(site.app, slack) as driver:
        account = slack.people[read_directory_file(DIRECTORY).people[person].email]
        (link,) = (await driver.press(account, kind, notice.key)).links
    page = await site.page(width=PHONE)
    await page.goto(link)
    assert "/sign-in" in page.url
    await signed_in_by(site, page, person)
    assert page.url == link
    await picture(page, f"phone-{kind}")
    assert not await page.evaluate(WIDE)
    assert await page.evaluate(SMALL) == []
    assert await axe(page) == []
    due = (await site.house.case(review)).obligations[notice.obligation].due
    assert due
    day = str(day_of(due) + timedelta(days=1 if kind == "ask_time" else -1))
    await fill(
        page,
        {
            "promise": {"until": day},
            "dispute": {"ground": "not_ours", "words": "They have moved."},
            "ask_time": {"until": day, "reason": "Two practices."},
        }[kind],
    )
    await send(page)
    assert f"/cases/{review}?done=" in page.url, await text_of(page)
    assert not await page.evaluate(WIDE)
    await picture(page, f"phone-{kind}-done")

"""Text without a space, such as an address of the web or a key held down: no page grows wider than a telephone."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from models.referral import SubmitReferral
from models.time import day_of
from portal.forms import steps
from tests.portal.scene import AUTHORITY, CHAIR, MANAGER, POLICE
from tests.support.browsing import Served, fill, picture, press, served
from tests.support.house import triage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

LONG = "Zz" * 90
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served(tmp_path_factory.mktemp("long")) as made:
        yield made


@pytest.mark.promise("L14")
async def test_the_pages_of_a_referral_are_no_wider_than_a_telephone(site: Served) -> None:
    page, today = await site.page(width=360), str(day_of(site.house.now))
    await page.goto("/refer")
    await press(page, "Start now")
    for answers in (
        {"event": "concern", "incident_on": today, "aware_at": today, "in_area": "yes", "abuse_or_neglect": "yes"}
        | {"narrative": LONG, "place": LONG},
        {"children.0.name": LONG, "children.0.born": "2019-02-03", "children.0.address": LONG},
        {"others": "no", "agencies_involved": LONG},
        {"referrer_name": LONG, "referrer_role": LONG, "referrer_agency": LONG, "lead_agrees": "yes"}
        | {"referrer_email": f"{'z' * 60}@{'y' * 60}.example.org"},
    ):
        await fill(page, answers)
        await press(page, "Save and continue")
    await picture(page, "long-check")
    assert page.url.endswith("/refer/check")
    assert not await page.evaluate(WIDE)
    for step in steps(SubmitReferral):
        await page.goto(f"/refer/{step}")
        assert not await page.evaluate(WIDE), step


@pytest.mark.promise("L14")
async def test_the_pages_of_a_case_are_no_wider_than_a_telephone(site: Served) -> None:
    made = site.house
    child = {"name": LONG, "born": "2019-02-03", "address": LONG}
    ref = (
        await made.refer(narrative=LONG, place=LONG, children=[child], referrer_name=LONG, agencies_involved=LONG)
    ).case
    decided = triage()
    decided["children"][0]["reason"] = LONG
    await made.act(MANAGER, ref, "triage", **{**decided, "siblings_words": LONG})
    review = await made.child_of(ref)
    sent = {"sent_at": made.now.isoformat(), "sent_by": LONG, "reference": LONG}
    await made.act(AUTHORITY, review, "record_notification", **sent)
    await made.act(MANAGER, review, "request_information", agencies=["harrowshire-police"], words=LONG)
    told = {
        "holds": "something",
        "summary": LONG,
        "events": [{"on": "2024-11-02", "event": LONG, "significance": "routine"}],
    }
    await made.act(POLICE, review, "submit_return", agency="harrowshire-police", **told)
    await made.act(
        MANAGER, review, "arrange_meeting", at=(made.now + timedelta(days=3)).isoformat(), minutes=60, place=LONG
    )
    manager, chair = await site.page(MANAGER, 360), await site.page(CHAIR, 360)
    wide = []
    for page, address in (
        *(
            (manager, f"/cases/{ref}{more}")
            for more in ("", "/deadlines", "/notification-pack", "/tell_referrer", "/reopen")
        ),
        *(
            (manager, f"/cases/{review}{more}")
            for more in ("", "/chronology", "/pack", "/deadlines", "/record_meeting")
        ),
        *((chair, f"/cases/{review}{more}") for more in ("/record_analysis", "/decide")),
        *((manager, more) for more in ("/cases", "/inbox", "/register", "/people", "/mail")),
    ):
        answer = await page.goto(address)
        assert answer
        assert answer.status == 200, address
        for folded in await page.locator("details").all():
            await folded.evaluate("(one) => { one.open = true }")
        await picture(page, f"long{address.replace('/', '-')}")
        wide += [address] if await page.evaluate(WIDE) else []
    assert wide == []

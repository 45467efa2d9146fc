"""A file is given in a real browser, without any script and with it, on a wide screen and on a telephone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from models.time import day_of
from tests.portal.scene import AUTHORITY, HOSPITAL, MANAGER
from tests.support.browsing import Served, axe, fill, picture, send, served
from tests.support.documents import PDF, PROGRAM
from tests.support.evidence import NeedsLetter, takes_letters
from tests.support.house import triage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.promise("E4", "K2")]
RETURN = "agency_return/harrow-vale-hospitals"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        takes_letters(patch, NeedsLetter)
        async with served(tmp_path_factory.mktemp("file")) as made:
            yield made


async def review(site: Served) -> str:
    house = site.house
    ref = (await house.refer()).case
    await house.act(MANAGER, ref, "triage", **triage())
    found = await house.child_of(ref)
    now = house.now.isoformat()
    await house.act(AUTHORITY, found, "record_notification", sent_at=now, sent_by="The director", reference="N-1")
    await house.act(MANAGER, found, "request_information", agencies=["harrow-vale-hospitals"])
    return found


@pytest.mark.parametrize(("width", "script"), [(360, True), (1280, False)], ids=["telephone", "without script"])
async def test_a_file_survives_what_is_wrong_elsewhere_and_can_be_taken_back(
    site: Served, tmp_path: Path, width: int, *, script: bool
) -> None:
    good, bad = tmp_path / "Letter of the chief nurse.pdf", tmp_path / "letter.pdf"
    good.write_bytes(PDF)
    bad.write_bytes(PROGRAM)
    ref = await review(site)
    context = await site.browser.new_context(
        base_url=site.address, viewport={"width": width, "height": 900}, java_script_enabled=script
    )
    await site.sign_in(context, HOSPITAL)
    page = await context.new_page()
    await page.goto(f"/cases/{ref}/promise?about={RETURN}")
    choose = page.get_by_label("The letter that says so")

    await choose.set_input_files(bad)
    await send(page)
    assert "This type of file is not taken" in await page.inner_text("#letter-error")
    await choose.set_input_files(good)
    await send(page)  # still without a date
    shown = await page.inner_text("main form")
    assert "Letter of the chief nurse.pdf, 48 bytes, kept" in shown
    await picture(page, f"file-kept-{width}-{script}")
    if script:
        assert await axe(page) == []
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
    async with page.expect_navigation():
        await page.get_by_role("button", name="Take it out").click()
    assert "chief nurse.pdf" not in await page.inner_text("main form")

    await choose.set_input_files(good)
    await fill(page, {"until": str(day_of(site.house.now) + timedelta(days=2))})
    if script:
        async with page.expect_response(lambda one: "/promise/save" in one.url) as saved:
            await page.locator('[name="until-year"]').dispatch_event("change")
        assert (await saved.value).status == 200
    await send(page)
    assert page.url.startswith(f"{site.address}/cases/{ref}?done=")
    (letter,) = [one.data["letter"] for one in await site.house.facts(ref) if one.kind == "promised"]
    given = await context.request.get(f"/files/{letter}")
    assert (given.status, await given.body()) == (200, PDF)
    await context.close()

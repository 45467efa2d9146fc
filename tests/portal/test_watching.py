"""The page of the self-check, and what the inbox of the business unit says of it."""

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
import pytest_asyncio
from sqlalchemy import delete

from models.tables import SelfCheckRow
from models.watch import EVERY, LATE, SILENT, Running
from records.watching import Watching
from tests.portal import scene
from tests.portal.scene import ADMINISTRATOR, CHAIR, LOCKED_OUT, MANAGER
from tests.portal.test_papers import Site
from tests.support.house import house
from worker import Watch

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("F12")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("watching")) as made:
        yield Site(made, await scene.play(made))


@pytest_asyncio.fixture(loop_scope="module")
async def watch(site: Site) -> AsyncIterator[Watch]:
    """All is well, and nobody has looked yet."""
    async with site.house.there.database.writing() as session:
        await session.execute(delete(SelfCheckRow))
    await site.house.read_clock()
    made = Watch(site.house.client, site.house.there, lambda: site.house.now)
    await made.keep_house()
    await made.reconcile()
    await made.call()
    await made.seal()
    await site.house.wait(EVERY)
    yield made


async def seen(site: Site, address: str, person: str = MANAGER) -> str:
    """The words of the page."""
    answer = await site.read(person, address)
    assert answer.status_code == 200, answer.status_code
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def found(site: Site, *refs: str) -> None:
    """A check that sees these cases lag behind the record."""
    there, now = site.house.there, site.house.now
    lagging = dict.fromkeys(refs, now - 2 * LATE)
    running = Running(lagging=lagging, asked=now, house_looks=now)
    await Watching(there.database, there.auditor, there.recorder.directory, there.settings).check(running, now)


async def test_all_is_well_in_words_and_in_green(site: Site, watch: Watch) -> None:
    await watch.check()
    said = await seen(site, "/watch")
    assert "All is well Every open case is watched, every deadline has a next step" in said
    assert "What to do:" not in said
    assert "self-check: all is well" in await seen(site, "/inbox")


async def test_each_finding_says_what_it_means_and_what_to_do_and_leads_to_its_cases(site: Site, watch: Watch) -> None:
    await found(site, site.scene.review, site.scene.restricted)
    said = (await seen(site, "/watch")).replace("\u2011", "-")
    assert "All is well" not in said
    assert "One thing is not as it should be." in said
    assert "A case is not watched Since" in said
    assert "2 open cases are not watched by the engine, or not as they stand in the record." in said
    assert "Nobody is told what is owed there" in said
    assert "What to do: This is tried anew each minute" in said
    page = (await site.read(MANAGER, "/watch")).text
    assert f'href="/cases/{site.scene.review}"' in page
    assert "The self-check has found something" in await seen(site, "/inbox")


async def test_whoever_may_not_open_a_case_does_not_find_it_among_the_findings(site: Site, watch: Watch) -> None:
    ref = (await site.house.refer()).case
    await site.house.door.act(
        await site.house.actor(CHAIR), ref, "lock_out",
        {"person": ADMINISTRATOR, "locked": True, "reason": "Knows the family."}, f"out-{ref}",
    )  # fmt: skip
    await found(site, ref, site.scene.review)
    for person, expected in ((MANAGER, True), (ADMINISTRATOR, False)):
        answer = await site.read(person, "/watch")
        assert answer.status_code == 200, person
        assert (f"/cases/{ref}" in answer.text) is expected, person
        assert f"/cases/{site.scene.review}" in answer.text


async def test_silence_is_said_aloud(site: Site, watch: Watch) -> None:
    assert "It has never been made here" in await seen(site, "/watch")
    assert "The self-check" not in await seen(site, "/inbox"), "it begins with the worker"
    await watch.check()
    last = site.house.now
    site.house.now = last + SILENT
    assert "All is well" in await seen(site, "/watch")
    site.house.now = last + SILENT + EVERY
    said = await seen(site, "/watch")
    assert "The self-check is silent: nobody knows whether anything that is owed is forgotten." in said
    assert "All is well" not in said
    assert "The self-check is silent" in await seen(site, "/inbox")
    await site.house.read_clock()


async def test_only_the_business_unit_looks_at_it(site: Site, watch: Watch) -> None:
    await found(site, site.scene.review)
    for person in (CHAIR, LOCKED_OUT):
        assert (await site.read(person, "/watch")).status_code == 403
        assert "elf-check" not in (await site.read(person, "/inbox")).text

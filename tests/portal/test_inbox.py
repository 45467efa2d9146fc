"""What has to be read stays in sight until it was; what was promised can still be given."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlalchemy import select

from models.tables import NoticeRow
from tests.portal import scene
from tests.portal.scene import CHAIR, HOSPITAL, MANAGER, POLICE
from tests.portal.test_papers import Site
from tests.support.house import house

pytestmark = pytest.mark.asyncio(loop_scope="module")
NEW, POLICE_DEPUTY = "New, to read", "p-006"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("inbox")) as made:
        yield Site(made, await scene.play(made))


async def unseen(site: Site) -> dict[str, list[str]]:
    """By person, the messages that ask for nothing and were not seen."""
    found = select(NoticeRow).where(NoticeRow.kind != "owed", NoticeRow.seen.is_(None), NoticeRow.state != "superseded")
    async with site.house.there.database.reading() as session:
        rows = (await session.scalars(found)).all()
    people: dict[str, list[str]] = {}
    for row in rows:
        people.setdefault(row.person, []).append(row.key)
    return people


@pytest.mark.promise("G12")
async def test_what_has_to_be_read_stands_open_until_it_was_seen_by_whom_it_went_to(site: Site) -> None:
    people = await unseen(site)
    person, other = sorted(people)[:2]
    assert NEW in (await site.read(person, "/inbox")).text
    assert NEW not in (await site.read(person, "/inbox")).text
    left = await unseen(site)
    assert person not in left
    assert left[other] == people[other], "nobody reads for another"


@pytest.mark.promise("F4", "G12")
async def test_a_promised_return_keeps_its_button(site: Site) -> None:
    text = (await site.read(HOSPITAL, "/inbox")).text
    assert f'href="/cases/{site.scene.review}/submit_return' in text
    assert "Nothing is asked of you now" not in text


@pytest.mark.promise("G12")
async def test_what_is_urgent_stands_before_everything_else_and_the_rest_in_the_order_of_its_dates(site: Site) -> None:
    text = (await site.read(MANAGER, "/inbox")).text
    first, *rest = re.findall(r'<article class="([^"]+)".*?href="/cases/([A-Z]+-\d+-\d+)', text, re.DOTALL)
    assert first == ("portal-message portal-message--urgent", site.scene.urgent)
    assert not [ref for of, ref in rest if "urgent" in of and ref != site.scene.urgent]
    assert text.index(">Urgent</h2>") < text.index("Make sure that the other children are safe")
    assert text.index("Make sure that the other children are safe") < text.index(">Asked of you</h2>")
    rest_of_it = text.split(">Asked of you<")[1].split(">Earlier<")[0]
    dates = re.findall(r"by (?:the end of )?\w+ (\d+ \w+ \d{4})", rest_of_it)
    found = [datetime.strptime(one, "%d %B %Y").replace(tzinfo=UTC) for one in dates]
    assert len(set(found)) > 1
    assert found == sorted(found)


@pytest.mark.promise("B6", "G12")
async def test_an_invitation_is_news_only_until_the_meeting_was_held(site: Site) -> None:
    review, invitation = site.scene.review, "Rapid review meeting on"
    text = (await site.read(CHAIR, "/inbox?everybody=yes")).text
    assert invitation in text.split(NEW)[1].split("Asked of you")[0]
    seats = ["independent_chair", "police", "icb"]
    held = {
        "seats": seats,
        "siblings_safe": "yes",
        "siblings_words": "Seen today.",
        "held_at": site.house.now.isoformat(),
    }
    await site.house.act(MANAGER, review, "record_meeting", **held)
    for person in (CHAIR, POLICE):
        text = (await site.read(person, "/inbox")).text
        assert invitation in text.split(">Earlier<")[1], person
        assert invitation not in text.split(">Earlier<")[0], person


@pytest.mark.promise("K4", "G12")
async def test_nothing_is_asked_of_whoever_is_kept_out_of_a_case_until_they_are_let_back(site: Site) -> None:
    review = (await scene.opened(site.house))[1]
    await site.house.act(MANAGER, review, "request_information", agencies=["harrowshire-police"])
    await site.house.settled()
    button = f'href="/cases/{review}/submit_return'
    assert button in (await site.read(POLICE, "/inbox")).text
    await site.house.act(MANAGER, review, "lock_out", person=POLICE, locked=True, reason="Their own practice.")
    page = (await site.read(POLICE, "/inbox")).text
    assert f"/cases/{review}" not in page, "no link leads to a case that cannot be opened"
    assert page.count(f'You no longer take part in <span class="portal-ref">{review}</span><') == 1
    deputy = (await site.read(POLICE_DEPUTY, "/inbox")).text
    assert button in deputy
    assert "in place of somebody else of your office" in deputy
    await site.house.act(MANAGER, review, "lock_out", person=POLICE, locked=False, reason="It was another person.")
    assert button in (await site.read(POLICE, "/inbox")).text

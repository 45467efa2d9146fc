"""A message that went nowhere is before the business unit, with what can be done; it is never sent again blindly."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from models.delivery import LOOKED_FOR, State
from models.tables import BundleRow, LinkRow
from portal.widgets import refs
from tests.portal.scene import ADMINISTRATOR, CHAIR, MANAGER
from tests.portal.test_inviting import Site
from tests.support import slack as peer
from tests.support.chat import Chatting, chatting

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chat(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chatting]:
    async with chatting(tmp_path_factory.mktemp("astray")) as made:
        yield made


async def states(chat: Chatting) -> list[str]:
    async with chat.house.there.database.reading() as session:
        found = select(BundleRow.state).where(BundleRow.person == MANAGER)
        return list(await session.scalars(found.order_by(BundleRow.made, BundleRow.key)))


async def page(chat: Chatting, person: str = ADMINISTRATOR, address: str = "/messages") -> str:
    async with Site(chat.house).browser(person) as browser:
        return (await browser.client.get(address)).text


async def pressed(chat: Chatting, act: str, person: str = ADMINISTRATOR) -> int:
    key = re.search(rf"/messages/(b-[0-9a-f]+)/{act}", await page(chat))
    assert key
    async with Site(chat.house).browser(person) as browser:
        return (await browser.post(f"/messages/{key[1]}/{act}")).status_code


async def nobody_knows(chat: Chatting) -> str:
    """A message of which nobody knows whether it arrived: neither its sending nor any look was answered."""
    chat.slack.go_wrong("chat.postMessage", peer.stored_and_silent)
    chat.slack.go_wrong("conversations.history", *[peer.broken] * 200)
    ref = (await chat.house.refer()).case
    await chat.posted()
    assert (await states(chat))[-1] == State.UNKNOWN
    assert "Every message has reached" in await page(chat)
    await chat.house.wait(LOOKED_FOR + timedelta(minutes=2))
    await chat.posted()
    chat.slack.faults.clear()
    return ref


@pytest.mark.promise("G4", "G7")
async def test_what_nobody_knows_is_shown_within_a_quarter_of_an_hour_and_settled_by_a_person(chat: Chatting) -> None:
    ref = await nobody_knows(chat)
    shown = await page(chat)
    assert refs(ref) in shown
    assert "Not known whether Slack has it" in shown
    assert "1 message did not arrive, or nobody knows" in await page(chat, MANAGER, "/inbox")
    assert await pressed(chat, "arrived") == 303
    assert (await states(chat))[-1] == State.SENT
    assert "Every message has reached" in await page(chat)
    assert len([text for text in await chat.reads(MANAGER) if ref in text]) == 1


@pytest.mark.promise("G4")
async def test_what_is_sent_again_is_sent_because_a_person_said_so(chat: Chatting) -> None:
    chat.slack.go_wrong("chat.postMessage", peer.lost)
    chat.slack.go_wrong("conversations.history", *[peer.broken] * 200)
    ref = (await chat.house.refer()).case
    await chat.posted()
    await chat.house.wait(timedelta(days=1))
    chat.slack.faults.clear()
    assert [text for text in await chat.reads(MANAGER) if ref in text] == [], "not even after a day"
    assert await pressed(chat, "again") == 303
    assert len([text for text in await chat.reads(MANAGER) if ref in text]) == 1


@pytest.mark.promise("G7", "G9")
async def test_whoever_has_left_the_workspace_is_told_by_other_means(chat: Chatting) -> None:
    chat.slack.go_wrong("chat.postMessage", peer.refusing("channel_not_found"))
    ref = (await chat.house.refer()).case
    await chat.posted()
    assert (await states(chat))[-1] == State.FAILED_FOR_GOOD
    shown = await page(chat)
    assert "Refused by Slack (there is no such account)" in shown
    assert refs(ref) in shown
    assert f'href="/cases/{ref}">Triage the referral (' in shown, "what it was about, with the way there"
    assert await pressed(chat, "told", CHAIR) == 403, "only the business unit"
    assert await pressed(chat, "told") == 303
    assert (await states(chat))[-1] == State.PASSED_ON
    assert "Every message has reached" in await page(chat)
    async with chat.house.there.database.reading() as session:
        found = select(LinkRow.actor, LinkRow.kind).where(LinkRow.chain == "messages")
        assert {tuple(one) for one in await session.execute(found)} == {(ADMINISTRATOR, "message_settled")}
        assert await chat.house.there.auditor.verify(session, chat.house.there.settings.seals) == []

"""A message in Slack says what is true now: it is changed in place whenever its matter moves on."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from models.time import day_of
from tests.portal import scene
from tests.portal.scene import MANAGER, POLICE
from tests.support.chat import Chatting, chatting
from tests.support.house import triage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chat(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chatting]:
    async with chatting(tmp_path_factory.mktemp("chat")) as made:
        yield made


async def about(chat: Chatting, person: str, ref: str) -> list[str]:
    return [text for text in await chat.reads(person) if ref in text]


@pytest.mark.promise("G3")
async def test_a_demand_that_was_met_says_so_in_its_own_message_and_no_other_is_sent(chat: Chatting) -> None:
    ref = (await chat.house.refer()).case
    (before,) = await about(chat, MANAGER, ref)
    assert "you owe this by" in before
    await chat.house.act(MANAGER, ref, "triage", **triage("single_agency_review"))
    (after, *others) = await about(chat, MANAGER, ref)
    assert "This has been done. Nothing more is needed." in after
    assert "you owe" not in after
    assert all("Triage" not in one for one in others)


@pytest.mark.promise("F4", "G3")
async def test_a_promise_is_said_where_the_demand_was(chat: Chatting) -> None:
    _, review = await scene.opened(chat.house)
    await chat.house.act(MANAGER, review, "request_information", agencies=["harrowshire-police"], words="")
    (before,) = await about(chat, POLICE, review)
    assert "you owe this by" in before
    until = day_of(chat.house.now) + timedelta(days=2)
    await chat.house.act(
        POLICE, review, "promise", obligation="agency_return/harrowshire-police", until=until.isoformat()
    )
    (after,) = await about(chat, POLICE, review)
    assert f"It is promised by the end of {until:%A} {until.day} {until:%B %Y}" in after
    assert await buttons(chat, POLICE, review) == ["open", "dispute", "ask_time"], (
        "it can be done earlier, or need longer"
    )
    await chat.house.wait(timedelta(days=3))
    (later,) = await about(chat, POLICE, review)
    assert "you owe this by" in later
    assert f"It was promised by the end of {until:%A} {until.day} {until:%B %Y}, and that day has passed." in later
    assert await buttons(chat, POLICE, review) == ["open", "dispute", "ask_time"]


@pytest.mark.promise("F4", "G3")
async def test_what_was_disputed_suspended_or_asked_for_asks_again_once_that_is_over(chat: Chatting) -> None:
    _, review = await scene.opened(chat.house)
    await chat.house.act(MANAGER, review, "request_information", agencies=["harrowshire-police"], words="")
    owed = {"obligation": "agency_return/harrowshire-police"}
    await chat.house.act(POLICE, review, "dispute", **owed, ground="not_ours", words="It is not ours.")
    (disputed,) = await about(chat, POLICE, review)
    assert "This is disputed, and the dispute waits for an answer." in disputed
    assert await buttons(chat, POLICE, review) == []
    await chat.house.act(MANAGER, review, "settle_dispute", **owed, outcome="still_owed", reason="It is yours.")
    assert "you owe this by" in (await about(chat, POLICE, review))[0]
    assert await buttons(chat, POLICE, review) == ["open", "promise", "dispute", "ask_time"]
    until = day_of(chat.house.now) + timedelta(days=18)
    await chat.house.act(POLICE, review, "ask_time", **owed, until=until.isoformat(), reason="The file is away.")
    assert "More time has been asked for; Independent chair answers that." in (await about(chat, POLICE, review))[0]
    assert await buttons(chat, POLICE, review) == ["open", "promise", "dispute"]


async def buttons(chat: Chatting, person: str, ref: str) -> list[str]:
    """What can be pressed in their first message about a case."""
    message = next(one for one in await chat.sees(person) if ref in one["text"])
    found = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    return [button["action_id"] for elements in found for button in elements]

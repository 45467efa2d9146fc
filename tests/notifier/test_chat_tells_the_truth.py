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

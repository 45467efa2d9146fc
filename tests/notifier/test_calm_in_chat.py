"""Calm, through the real engine: nights and days off, what is urgent, what comes close together, the chair's budget."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from models.calendar import working_days
from models.time import at, day_of
from tests.portal import scene
from tests.portal.scene import CHAIR, MANAGER
from tests.support.chat import Chatting, chatting
from tests.support.house import shipped_policy

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.proof, pytest.mark.timeout(300)]
WORK = working_days(shipped_policy().calendar)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chat(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chatting]:
    async with chatting(tmp_path_factory.mktemp("calm"), shipped_policy()) as made:
        yield made


async def until(chat: Chatting, hour: time, *, working: bool = True) -> datetime:
    """The next such hour, of a day that is followed by a day off, or of the first working day after it."""
    day = day_of(chat.house.now) + timedelta(days=1)
    while WORK.is_working_day(day) is not working or (working and WORK.is_working_day(day + timedelta(days=1))):
        day += timedelta(days=1)
    await chat.house.wait_until(at(day, hour))
    return chat.house.now


@pytest.mark.promise("G6")
async def test_what_is_not_urgent_waits_for_the_next_working_morning_and_what_is_does_not(
    chat: Chatting,
) -> None:
    night = await until(chat, time(19))
    quiet = (await chat.house.refer()).case
    assert [text for text in await chat.reads(MANAGER) if quiet in text] == []
    loud = (await chat.house.refer(others="yes", siblings_safe="not_known", carers="Not known")).case
    said = [text for text in await chat.reads(MANAGER) if loud in text]
    assert said, "whether children are safe is asked at night as well"
    assert all(quiet not in text for text in said)
    morning = at(WORK.add(day_of(night), 1), time(9, 5))
    await chat.house.wait_until(morning - timedelta(seconds=30))
    assert [text for text in await chat.reads(MANAGER) if quiet in text] == []
    await chat.house.wait_until(morning + timedelta(seconds=1))
    assert len([text for text in await chat.reads(MANAGER) if quiet in text]) == 1


@pytest.mark.promise("G5")
async def test_what_comes_within_ten_minutes_of_a_message_is_one_more_message(chat: Chatting) -> None:
    await until(chat, time(10))
    await chat.house.refer()
    before = await chat.reads(MANAGER)
    several = [(await chat.house.refer()).case for _ in range(3)]
    assert await chat.reads(MANAGER) == before
    await chat.house.wait(timedelta(minutes=10))
    new = (await chat.reads(MANAGER))[len(before) :]
    assert len(new) == 1
    assert "3 matters need your attention" in new[0]
    assert all(ref in new[0] for ref in several)


@pytest.mark.promise("G5")
async def test_the_chair_gets_three_messages_a_week_and_the_rest_as_one_brief_on_its_day(tmp_path: Path) -> None:
    """In a house of its own: what climbed to the chair in the same week would count as well."""
    async with chatting(tmp_path, shipped_policy()) as chat:
        monday = day_of(chat.house.now) + timedelta(days=1)
        while monday.weekday() or not all(WORK.is_working_day(monday + timedelta(days=n)) for n in range(4)):
            monday += timedelta(days=1)
        await chat.house.wait_until(at(monday, time(9)))
        _, review = await scene.opened(chat.house)
        before = await interruptions(chat)
        for _ in range(6):
            await chat.house.wait(timedelta(minutes=45))
            await chat.house.act(MANAGER, review, "arrange_meeting", **_meeting(chat))
            await chat.posted(timedelta(seconds=10))  # on a busy machine one may leave too late, and goes again
        assert await interruptions(chat) == before + 3
        brief = at(monday + timedelta(days=3), time(9, 15))
        await chat.house.wait_until(brief - timedelta(seconds=30))
        assert await interruptions(chat) == before + 3
        await chat.house.wait_until(brief + timedelta(seconds=1))
        assert await interruptions(chat) == before + 4


async def interruptions(chat: Chatting) -> int:
    """How many messages the chair has got that are not urgent."""
    return sum(not text.startswith("Urgent") for text in await chat.reads(CHAIR))


def _meeting(chat: Chatting) -> dict[str, str | int]:
    day = chat.house.now + timedelta(days=9)
    return {"at": day.isoformat(), "minutes": 60, "place": "By video"}

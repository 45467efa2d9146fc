"""Slack is down for days: nothing is lost, and afterwards each matter is in one message, with what was missed."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from models.delivery import State
from models.tables import NoticeRow
from tests.portal.scene import MANAGER
from tests.support.chat import Chatting, chatting


async def written(chat: Chatting) -> Counter[str]:
    """How many notices were written to the business manager, by case."""
    async with chat.house.there.database.reading() as session:
        found = select(NoticeRow).where(NoticeRow.person == MANAGER, NoticeRow.case != "")
        return Counter(row.case for row in await session.scalars(found))


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.promise("F13", "G5")
async def test_after_slack_was_down_for_days_there_is_one_message_about_each_matter(tmp_path: Path) -> None:
    async with chatting(tmp_path) as chat:
        await chat.slack.shut()
        first = (await chat.house.refer()).case
        await chat.posted()
        second = (await chat.house.refer()).case
        third = (await chat.house.refer()).case
        for _ in range(9):
            await chat.house.wait(timedelta(hours=6))
            await chat.called()
        told = await written(chat)
        assert told.keys() == {first, second, third}
        assert told[first] > 1, "rungs went on while nothing could be sent"
        await chat.slack.open()
        await chat.house.wait(timedelta(minutes=20))
        said = await chat.reads(MANAGER)
        asked = [
            line for text in said for line in text.splitlines() if "Triage the referral" in line and "http" not in line
        ]
        assert Counter(ref for ref in told for line in asked if ref in line) == dict.fromkeys(told, 1)
        assert len(said) == 2, "the one that was on its way, and one for all the rest"
        async with chat.house.there.database.reading() as session:
            left = select(NoticeRow.key).where(NoticeRow.state == State.QUEUED, NoticeRow.person == MANAGER)
            assert (await session.scalars(left)).all() == []

"""A house with time skipping in which everybody has Slack: rungs in days, messages as people see them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from temporalio.converter import DataConverter

from models.delivery import State
from models.policy import Policy
from models.tables import BundleRow, NoticeRow
from records.outbox import Outbox
from records.policies import put_in_force
from tests.support.house import House, example_directory, house, shipped_policy
from tests.support.slack import TOKEN, Workspace, workspace
from worker import Watch


def sleepless() -> Policy:
    """The shipped policy, but anybody may be interrupted at any time, at once."""
    shipped = shipped_policy()
    assert shipped.interruptions
    always = {"not_before": time(0), "not_after": time.max, "on_days_off": True, "together_minutes": 0, "brief": None}
    return shipped.model_copy(update={"interruptions": shipped.interruptions.model_copy(update=always)})


class Chatting:
    """A house and its workspace."""

    def __init__(self, house: House, slack: Workspace) -> None:
        self.house, self.slack = house, slack
        self.directory = slack.joined(example_directory())
        self._watch, self._outbox = Watch(house.client, house.there), Outbox(house.there.database)
        self._threads = bool(house.there.settings.slack_unit_channel)

    async def posted(self, within: timedelta = timedelta(0)) -> None:
        """Let everything go out that may go now, or so soon. Takes a few seconds of the house's time."""
        calm = 0
        for _ in range(200):
            await self._watch.call()
            await asyncio.sleep(0.02)
            await self.house.wait(timedelta(milliseconds=500))
            calm = 0 if await self._busy(within) else calm + 1
            if calm == 3:
                return
        raise AssertionError(await self._busy(within))

    async def called(self) -> None:
        """Let everybody's correspondence know what is new."""
        await self._watch.call()

    async def keeps_house(self) -> None:
        """Let the house look at its calendar from now on, and at once."""
        await self._watch.forget()
        await self._watch.keep_house()
        await self.house.wait(timedelta(seconds=1))

    async def _busy(self, within: timedelta) -> list[str]:
        """What has not been looked at, or is to be done at once or so soon."""
        now = await self.house.read_clock() + within
        unseen = select(NoticeRow.key).where(
            NoticeRow.state == State.QUEUED, NoticeRow.look_at.is_(None) | (NoticeRow.look_at <= now)
        )
        open_ = select(BundleRow.key).where(BundleRow.open, BundleRow.look_at.is_(None) | (BundleRow.look_at <= now))
        stale = select(BundleRow.key).where(BundleRow.stale, BundleRow.look_at.is_(None) | (BundleRow.look_at <= now))
        calling = await self._outbox.calling(now, threads=self._threads)
        async with self.house.there.database.reading() as session:
            return [f"calling {one}" for one in calling] + [
                f"{what} {key}"
                for what, one in (("unseen", unseen), ("open", open_), ("stale", stale))
                for key in await session.scalars(one)
            ]

    async def sees(self, person: str) -> list[dict[str, Any]]:
        """The messages in this person's conversation with us, oldest first."""
        await self.posted()
        return await self.slack.sees(self.slack.people[self.directory.people[person].email])

    async def reads(self, person: str) -> list[str]:
        return [one["text"] for one in await self.sees(person)]


@asynccontextmanager
async def chatting(
    folder: Path, rules: Policy | None = None, *, threads: bool = False, encoded_by: DataConverter | None = None
) -> AsyncIterator[Chatting]:
    """`rules`: the policy in force; none: people may be interrupted at any time. `threads`: in the unit's channel."""
    directory = example_directory()
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(workspace(folder, directory))
        unit = slack.unit if threads else ""
        made = await stack.enter_async_context(
            house(folder, encoded_by=encoded_by, slack_token=TOKEN, slack_api=slack.api, slack_unit_channel=unit)
        )
        async with made.there.database.writing() as session:
            await made.there.recorder.directory.replace(session, slack.joined(directory), "p-018", made.now)
            await put_in_force(session, rules or sleepless(), made.now)
        yield Chatting(made, slack)

"""A rung in Slack: through the real engine, a worker that can be killed, and a Slack that nobody here wrote."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from policy.reading import read_directory_file
from records.policies import put_in_force
from tests.support.chat import sleepless
from tests.support.house import DIRECTORY
from tests.support.real import Real, real
from tests.support.slack import TOKEN, Workspace, workspace


@asynccontextmanager
async def chatting(folder: Path) -> AsyncIterator[tuple[Real, Workspace]]:
    """A house on the real engine in which everybody has an account in one workspace; no day brings its reports."""
    directory = read_directory_file(DIRECTORY)
    async with (
        workspace(folder, directory) as slack,
        real(folder, worker=False, slack_token=TOKEN, slack_api=slack.api) as house,
    ):
        async with house.there.database.writing() as session:
            await house.there.recorder.directory.replace(session, slack.joined(directory), "p-018", house.now)
            await put_in_force(session, sleepless().model_copy(update={"reports": None}), house.now)
        yield house, slack


async def seen(slack: Workspace, at_least: int) -> dict[str, list[str]]:
    """What everybody sees, once it is so many messages."""
    for _ in range(300):
        found = {email: [one["text"] for one in said] for email, said in (await slack.all()).items() if said}
        if sum(len(one) for one in found.values()) >= at_least:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError


@pytest.mark.timeout(120)
@pytest.mark.promise("G1", "G4")
async def test_a_rung_is_one_message_in_slack(tmp_path: Path) -> None:
    async with chatting(tmp_path) as (house, slack):
        await house.start_worker()
        await house.refer()
        found = await seen(slack, 1)
        assert {email: len(said) for email, said in found.items()} == {"rosamund.testwick@partnership.example.org": 1}

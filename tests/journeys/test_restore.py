"""Everything is lost, and a backup two days old is put back on another machine: nobody hears anything twice."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import web
from sqlalchemy import select

from models.case import Case
from models.tables import NoticeRow, ObligationRow
from records.backup import back_up, new_identity, restore
from records.holding import held, release
from records.outbox import mark_of
from records.policies import put_in_force
from records.rebuilding import rebuild
from records.settings import Settings
from tests.support import slack as peer
from tests.support.chat import Chatting, sleepless
from tests.support.house import House, example_directory, house
from tests.support.lives import MANAGER, Lives
from tests.support.slack import TOKEN, Forward, Workspace, workspace

pytestmark = [pytest.mark.promise("L6", "L7", "G4"), pytest.mark.timeout(240)]
PUBLIC, SECRET = new_identity()


@asynccontextmanager
async def chatting(folder: Path, slack: Workspace, **more: Any) -> AsyncIterator[Chatting]:  # noqa: ANN401 -- settings of any type
    async with house(folder, slack_token=TOKEN, slack_api=slack.api, **more) as made:
        yield Chatting(made, slack)


async def owed(made: House) -> dict[tuple[str, str], tuple[Any, ...]]:
    """What every case waits for, until when, and how far up its ladder has gone.

    Not when it speaks next: a rung that is repeated is counted from when it last spoke, which a backup may not know.
    """
    async with made.there.database.reading() as session:
        rows = await session.scalars(select(ObligationRow))
        return {(row.case, row.key): (row.state, row.due, row.level) for row in rows}


async def in_record(made: House) -> dict[str, Case]:
    return {ref: await made.case(ref) for ref in await made.open_cases()}


async def in_engine(made: House) -> dict[str, Case]:
    """The same cases as their workflows know them."""
    found = await made.open_cases()
    return {ref: await made.client.get_workflow_handle(ref).query("state", result_type=Case) for ref in found}


async def told(slack: Workspace) -> Counter[str]:
    """How often each notice stands in somebody's Slack, by its mark."""
    said = [one for conversation in (await slack.all()).values() for one in conversation]
    return Counter(mark for one in said for mark in one["metadata"]["event_payload"]["of"])


async def written(made: House) -> dict[str, NoticeRow]:
    async with made.there.database.reading() as session:
        return {row.key: row for row in await session.scalars(select(NoticeRow))}


class Lost(NamedTuple):
    """What was true when everything was lost: the moment, what was owed, what Slack has, and what fell due lately."""

    at: datetime
    owed: dict[tuple[str, str], tuple[Any, ...]]
    told: Counter[str]
    later: set[str]

    @property
    def sent(self) -> set[str]:
        return {key for key in self.later if self.told[mark_of(key)]}

    @property
    def unsent(self) -> set[str]:
        return self.later - self.sent


async def passing(request: web.Request, forward: Forward) -> web.StreamResponse:
    return await forward()


async def lived_and_lost(folder: Path, slack: Workspace, backup: Path, database_url: str) -> Lost:
    """Two reviews, a backup, and some days more; everything is lost while what fell due is being sent."""
    async with chatting(folder, slack, database_url=database_url) as first:
        made, directory = first.house, slack.joined(example_directory())
        async with made.there.database.writing() as session:
            await made.there.recorder.directory.replace(session, directory, "p-018", made.now)
            await put_in_force(session, sleepless().model_copy(update={"reports": None}), made.now)
        for _ in range(2):
            await Lives(made).asked()
        await first.posted()
        await back_up(made.there.settings, made.there.database, PUBLIC, backup, made.now, lambda *_: None)
        before, later = await written(made), dict[str, NoticeRow]()
        while len({one.person for one in later.values()}) == 1 or not later:  # until two people are told at once
            await first.posted()
            before = await written(made)
            await made.wait(timedelta(hours=6))
            later = {key: one for key, one in (await written(made)).items() if key not in before}
        slack.go_wrong("chat.postMessage", passing, *[peer.broken] * 100)
        while not any([(await told(slack))[mark_of(key)] for key in later]):
            await first.called()
            await made.wait(timedelta(seconds=1))
        lost = Lost(made.now, await owed(made), await told(slack), set(later))
    slack.faults.clear()
    shutil.rmtree(folder)
    return lost


async def test_what_was_sent_since_the_backup_is_known_and_the_rest_is_held_until_somebody_has_looked(
    tmp_path: Path, empty_database: Callable[[], str]
) -> None:
    backup, settings = tmp_path / "old.backup", Settings(data_dir=tmp_path / "there", database_url=empty_database())
    async with workspace(tmp_path, example_directory()) as slack:
        lost = await lived_and_lost(tmp_path / "here", slack, backup, empty_database())
        assert set(lost.told.values()) == {1}
        back_at = lost.at + timedelta(hours=1)
        await restore(settings, backup, SECRET, back_at, lambda *_: None)
        again = {"begins": back_at, "database_url": settings.database_url}
        async with chatting(tmp_path / "there", slack, **again) as second:
            made = second.house
            begun = await rebuild(made.client, made.there.database, anew=False, looked=lambda *_: None)
            assert begun.started == begun.cases == len(await made.open_cases())
            await made.settled()
            assert await owed(made) == lost.owed, "every case waits for what it waited for"
            assert await in_engine(made) == await in_record(made)
            await second.posted()
            assert await told(slack) == lost.told, "nothing was sent a second time, and nothing unseen"
            now = await written(made)
            assert {now[key].state for key in lost.sent} == {"bundled"}
            async with made.there.database.writing() as session:
                assert {row.key for row in await held(session)} == lost.unsent
                known, *rest = sorted(lost.unsent)
                goes = await release(session, made.there.auditor, MANAGER, made.now, [known, *rest], [known])
            assert goes == (len(rest), 1)
            await second.posted()
            assert await told(slack) == lost.told + Counter(mark_of(key) for key in rest)
            await made.wait(timedelta(days=5))
            await second.posted()
            assert set((await told(slack)).values()) == {1}, "from then on all is as it always was"
            assert sum((await told(slack)).values()) > len(lost.sent) + len(rest)
            async with made.there.database.reading() as session:
                assert await made.there.auditor.verify(session, settings.seals) == []

"""What may have been lost on its way to Notify is looked for, and goes again only when it surely is not there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from models.delivery import ARRIVED, State
from models.tables import AttemptRow, BundleRow
from notifier.notify import TOO_OLD, Notify
from records.policies import put_in_force
from tests.support.chat import sleepless
from tests.support.house import House, house
from tests.support.notify import Service, service
from tests.support.slack import Fault, lost, stored_and_broken, stored_and_silent
from worker import Watch, make_worker


@asynccontextmanager
async def by_notify(folder: Path) -> AsyncIterator[tuple[House, Service]]:
    """A house with time skipping whose messages go by Notify alone, with the house's own clock."""
    async with service(folder) as notify:
        settings = notify.settings()
        given = {name: getattr(settings, name) for name in ("notify_api_key", "notify_template", "notify_api")}
        async with house(folder, working=False, **given) as made:
            async with made.there.database.writing() as session:
                await put_in_force(session, sleepless(), made.now)
            channel = Notify(settings, lambda: made.now)
            async with make_worker(made.client, made.there, out=[channel]):
                yield made, notify


async def told(made: House) -> list[AttemptRow]:
    """Refer, and wait until the one message about it has been taken, or nobody can take it."""
    await made.refer()
    watch = Watch(made.client, made.there)
    for _ in range(120):
        await watch.call()
        await asyncio.sleep(0.02)
        await made.wait(timedelta(seconds=1))
        async with made.there.database.reading() as session:
            bundles = (await session.scalars(select(BundleRow))).all()
            if bundles and all(one.state in ARRIVED or not one.open for one in bundles):
                return list(await session.scalars(select(AttemptRow).order_by(AttemptRow.number)))
    raise AssertionError


@pytest.mark.promise("G4")
@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        (stored_and_silent, ["sent"]),
        (stored_and_broken, ["sent"]),
        (lost, ["failed_for_now", "sent"]),
    ],
)
async def test_a_message_of_which_nobody_knows_is_there_once(tmp_path: Path, fault: Fault, tries: list[str]) -> None:
    async with by_notify(tmp_path) as (made, notify):
        notify.go_wrong("email", fault)
        found = await told(made)
        assert [one.state for one in found] == tries
        assert len(notify.got) == 1
        assert notify.asked["notifications"] >= 1
        if len(found) > 1:
            assert found[1].began - found[0].began >= TOO_OLD


@pytest.mark.promise("G7", "G9")
@pytest.mark.parametrize(
    ("became", "state", "astray"),
    [("delivered", State.DELIVERED, False), ("permanent-failure", State.FAILED_FOR_GOOD, True)],
)
async def test_what_notify_has_taken_is_followed_to_its_end(
    tmp_path: Path,
    became: str,
    state: State,
    astray: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    async with by_notify(tmp_path) as (made, notify):
        (sent,) = await told(made)
        assert sent.state == State.SENT
        notify.got[0]["status"] = became
        await made.wait(timedelta(hours=1))
        async with made.there.database.reading() as session:
            (found,) = await session.scalars(select(AttemptRow))
            bundle = await session.get_one(BundleRow, found.bundle)
            assert (found.state, bundle.state, bundle.open) == (state, state, False)
            assert (bundle.unit_told is not None) == astray
        assert len(notify.got) == 1

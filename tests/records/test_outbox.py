"""The outbox: whatever looks at the same time, a notice goes into one message."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from models.tables import BundleRow, NoticeRow
from models.telling import Notice, NoticeKind
from records.outbox import CHANGED, Outbox, Taken, key_of
from tests.support.recording import START, recording

SOMEBODY = "p-018"


def notice(number: int) -> Notice:
    return Notice(
        key=f"digest/{number}", kind=NoticeKind.DIGEST, case="", fact=0, office="business_manager", person=SOMEBODY,
        rung_at=START, wake_at=START + timedelta(minutes=number),
    )  # fmt: skip


@pytest.mark.promise("G4")
async def test_what_has_gone_into_one_message_goes_into_no_other(tmp_path: Path, database_url: str) -> None:
    keys = ["digest/1", "digest/2", "digest/3"]
    async with recording(tmp_path, database_url=database_url) as made:
        outbox = Outbox(made.there.database)
        async with made.there.database.writing() as session:
            await outbox.tell(session, [notice(number) for number in (1, 2, 3)])
        async with made.there.database.writing() as session:
            await outbox.freeze(session, SOMEBODY, keys[:2], START, urgent=False)
        with pytest.raises(Taken):
            async with made.there.database.writing() as session:
                await outbox.freeze(session, SOMEBODY, keys, START, urgent=False)
        async with made.there.database.writing() as session:
            await outbox.join(session, {keys[0]: "another"})
        async with made.there.database.reading() as session:
            found = select(NoticeRow.key, NoticeRow.bundle).order_by(NoticeRow.key)
            inside = [tuple(row) for row in await session.execute(found)]
            bundles = list(await session.scalars(select(BundleRow.key)))
        first = key_of(keys[:2])
        assert inside == [(keys[0], first), (keys[1], first), (keys[2], None)]
        assert bundles == [first]


@pytest.mark.promise("G3")
async def test_what_happens_while_a_message_is_written_anew_is_looked_at_at_once(
    tmp_path: Path, database_url: str
) -> None:
    promised, key = START + timedelta(days=3), key_of(["digest/1"])
    async with recording(tmp_path, database_url=database_url) as made:
        outbox = Outbox(made.there.database)
        async with made.there.database.writing() as session:
            await outbox.tell(session, [notice(1)])
            await outbox.freeze(session, SOMEBODY, ["digest/1"], START, urgent=False)
            await outbox.note(session, key, open=False)
            await outbox.look_at(session, key, promised)
        assert await outbox.calling(START + timedelta(days=1)) == [], "true until then"
        async with made.there.database.writing() as session:
            await outbox.note(session, key, **CHANGED)
            await outbox.look_at(session, key, promised)
        assert await outbox.calling(START + timedelta(days=1)) == [SOMEBODY]

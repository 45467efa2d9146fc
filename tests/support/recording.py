"""The record alone, without an engine: commands are signed as the door does it, and written as a worker does it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from door.door import Done, Door, earlier_of
from door.refusals import Invalid
from models.batch import Batch
from models.case import Case
from models.command import Command, Signed
from models.lifecycles import COMMANDS, OPENINGS
from models.tables import CaseRow
from records.facts import facts_after
from records.opening import Installation, open_installation
from records.settings import Settings
from tests.support.house import furnished, referral

START = datetime(2026, 3, 2, 10, tzinfo=UTC)


async def kept(door: Door, command: Command, case: str, person: str, request: str) -> Signed:
    """A command as the door keeps and signs it, before it is sent. A referral has no case yet."""

    async def ask(session: AsyncSession) -> Signed:
        return await door._kept(session, command, case, person, request, await earlier_of(session, request))

    return await door._asked(ask)


class Recording:
    """Writes commands one after the other, at a time that stands still unless a test moves it."""

    def __init__(self, there: Installation, now: datetime = START) -> None:
        self.there, self.now = there, now
        self._door = Door(there.recorder, None, lambda: self.now)  # type: ignore[arg-type]

    async def refer(self, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        command = COMMANDS["referral"]["submit_referral"].model_validate({**referral(self.now), **answers})
        return await self.write(await kept(self._door, command, "", "referrer", f"r-{uuid4().hex}"))

    async def open(self, person: str, kind: str, /, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        command = COMMANDS[OPENINGS[kind]][kind].model_validate(answers)
        return await self.write(await kept(self._door, command, "", person, f"r-{uuid4().hex}"))

    async def act(self, person: str, case: str, kind: str, /, **answers: Any) -> Done:  # noqa: ANN401 -- the answers of a form
        command = COMMANDS[(await self.case(case)).kind][kind].model_validate(answers)
        return await self.write(await kept(self._door, command, case, person, f"r-{uuid4().hex}"))

    async def write(self, signed: Signed) -> Done:
        async with self.there.database.reading() as session:
            row = await session.get(CaseRow, signed.case)
            opens = None if row else await self._door._as_it_is(session, None, signed)
        batch = Batch(case=signed.case, known=row.known if row else 0, now=self.now, command=signed, opens=opens)
        written = await self.there.recorder.write(batch)
        if written.problems:
            raise Invalid(written.problems)
        return Done(case=signed.case, fact=written.facts[0])

    async def speak(self, ref: str) -> None:
        """Say every rung of a case that is due."""
        case = await self.case(ref)
        await self.there.recorder.write(Batch(case=ref, known=case.known, now=self.now, due=tuple(case.due(self.now))))

    async def case(self, ref: str) -> Case:
        async with self.there.database.reading() as session:
            return Case.model_validate((await session.get_one(CaseRow, ref)).state)

    async def child_of(self, ref: str) -> str:
        async with self.there.database.reading() as session:
            return (await session.scalars(select(CaseRow.ref).where(CaseRow.parent == ref))).one()

    async def facts(self, ref: str) -> list[Any]:
        async with self.there.database.reading() as session:
            return await facts_after(session, ref, 0)

    async def broken(self) -> list[tuple[str, int, str]]:
        """What the verification of the whole record finds: (chain, number, words)."""
        async with self.there.database.reading() as session:
            found = await self.there.auditor.verify(session, self.there.settings.seals)
        return [(one.chain, one.number, one.words) for one in found]

    async def seal(self) -> bool:
        async with self.there.database.writing() as session:
            return await self.there.auditor.seal(session, self.there.settings.seals, self.now)


@asynccontextmanager
async def recording(folder: Path, **settings: Any) -> AsyncIterator[Recording]:  # noqa: ANN401 -- settings of any type
    """A new record in this folder."""
    made = Recording(await furnished(folder, START, **settings))
    try:
        yield made
    finally:
        await made.there.close()


@asynccontextmanager
async def recording_again(folder: Path, **settings: Any) -> AsyncIterator[Recording]:  # noqa: ANN401 -- settings of any type
    """The record that is in this folder."""
    made = Recording(await open_installation(Settings(data_dir=folder, **settings)))
    try:
        yield made
    finally:
        await made.there.close()

"""Files at the door: who may give one in which case, and who may open it. Page, JSON and command line all ask here."""

from collections.abc import AsyncIterator
from datetime import datetime

from door.refusals import NotThere
from models.case import Case
from models.facts import Problem
from models.files import KeptFile, may_open
from models.rights import Actor, access_of, reads
from models.tables import CaseRow
from records.files import Files, NoSuchFile, Opened
from records.questions import Questions
from records.writing import Recorder


class Evidence:
    """What is kept is nothing yet but a file of its owner in a case: a command that names it makes it evidence."""

    def __init__(self, recorder: Recorder, files: Files) -> None:
        self._recorder, self.files, self._questions = recorder, files, Questions(recorder)

    async def keep(self, actor: Actor, ref: str, given: str, body: AsyncIterator[bytes], now: datetime) -> KeptFile:
        """Keep a file in a case that this person may open. Raises NotThere, or a FileRefused of records.files."""
        if not await self.may_keep(actor, ref, now):
            raise NotThere
        kept = await self.files.kept(await self.files.take(actor.person, ref, given, body, now))
        assert kept, "it has just been written"
        return kept

    async def may_keep(self, actor: Actor, ref: str, now: datetime) -> bool:
        case = await self._case(ref)
        return case is not None and not isinstance(reads(actor, case, access_of(case, now)), Problem)

    async def open(self, actor: Actor, id_: str, now: datetime) -> Opened:
        """A file, for whoever may read it; a reading that is noted. Raises NoSuchFile, HeldBack or NotWhole."""
        kept = await self.files.kept(id_)
        case = await self._case(kept.case) if kept else None
        if kept is None or case is None or not may_open(actor, case, kept, now):
            raise NoSuchFile
        opened = await self.files.open(id_)
        await self._questions.note_read(actor.person, kept.case, f"file {id_[:8]}", now)
        return opened

    async def theirs(self, person: str, ref: str, ids: set[str]) -> dict[str, KeptFile]:
        """Those of these files that this person has given in this case, by their ids."""
        found = [await self.files.kept(one) for one in sorted(ids)]
        return {one.id: one for one in found if one and (one.owner, one.case) == (person, ref)}

    async def _case(self, ref: str) -> Case | None:
        async with self._recorder.database.reading() as session:
            row = await session.get(CaseRow, ref)
        return Case.model_validate(row.state) if row else None

"""What was recommended before that is like a new recommendation, of what its reader may see, and what came of it."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.case import Case
from models.likeness import plain
from models.rights import Actor
from models.said_before import Earlier
from models.tables import RecommendationWordsRow
from records.facts import sealed_at
from records.tracking import Line, Tracker
from records.writing import Recorder

LIKE = 0.12
"""A score below which nobody is asked to look: what is about other matters mostly stays below it."""


class Before(Message):
    """An earlier recommendation as it stands now; `shared`: the words and ideas by which it was found."""

    line: Line
    score: float
    shared: tuple[str, ...]


class SaidBefore:
    """One for each process: the index of all texts is kept in memory, and made anew when one has been added."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder, self._tracker = recorder, Tracker(recorder)
        self._index: tuple[int, Earlier] = 0, Earlier(())

    async def like(self, text: str, actor: Actor, now: datetime) -> list[Before]:
        """The five most like it, best first, of those that this person may see."""
        async with self._recorder.database.reading() as session:
            index = await self._made(session)
        found = {one.key: one for one in index.like(text, at_most=AT_MOST) if one.score >= LIKE}
        lines = await self._tracker.named([_place(key) for key in found], actor, now)
        seen = {line.ref: line for line in lines}
        return [
            Before.model_construct(line=seen[key], score=one.score, shared=one.shared)
            for key, one in found.items()
            if key in seen
        ][:SHOWN]

    async def same(self, session: AsyncSession, case: Case, text: str, agency: str) -> list[str]:
        """The recommendations of this case to this agency that say the same words."""
        theirs = [item for item, one in case.recommendations.items() if one.agency == agency]
        words = RecommendationWordsRow
        of = select(words.case, words.item, words.sealed).where(words.case == case.ref, words.item.in_(theirs))
        rows = [(ref, item, sealed or b"") for ref, item, sealed in (await session.execute(of)).all()]
        return [key for key, said in self._texts(rows) if plain(said) == plain(text)]

    async def _made(self, session: AsyncSession) -> Earlier:
        """What is made never changes its words, so that counting tells whether the index is whole."""
        count = await session.scalar(select(func.count()).select_from(RecommendationWordsRow)) or 0
        if count != self._index[0]:
            words = RecommendationWordsRow
            rows = (await session.execute(select(words.case, words.item, words.sealed))).all()
            self._index = (
                len(rows),
                await asyncio.to_thread(self._read, [(case, item, s or b"") for case, item, s in rows]),
            )
        return self._index[1]

    def _read(self, rows: Sequence[tuple[str, str, bytes]]) -> Earlier:
        return Earlier(self._texts(rows))

    def _texts(self, rows: Sequence[tuple[str, str, bytes]]) -> Iterator[tuple[str, str]]:
        unseal = self._recorder.vault.unseal
        words = ((f"{case}/{item}", unseal(sealed, sealed_at("sealed", case, item))) for case, item, sealed in rows)
        return ((key, str(said.get("text", ""))) for key, said in words)


AT_MOST, SHOWN = 20, 5
"""So many are looked at, so that enough are left of which their reader may know; and so many are shown."""


def _place(key: str) -> tuple[str, str]:
    case, _, item = key.partition("/")
    return case, item

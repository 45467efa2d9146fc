"""What the sub-group's next meeting has to look at, asked of the record for one reader."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Select, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.agenda import ANYWAY, READ, Agenda, Period, agenda_of, concerned, guard_of, outgrown, period, together
from models.case import Case, whole_item
from models.command import merged
from models.facts import Fact
from models.recommending import STORY
from models.rights import Actor
from models.shelf import policy
from models.tables import CaseRow, FactRow, ObligationRow, TextRow
from models.time import at, day_of, end_of
from records.facts import fact_from
from records.policies import in_force
from records.writing import Recorder

OF_ITEM = READ - {"time_asked", "milestones_suspended", "review_checked"}
"""Facts about one recommendation: read only of those that the agenda shows."""
OPEN = ("open", "paused", "disputed")
"""The states of what is still owed, as the line of an obligation has them."""
AT_ONCE = 500
"""Cases whose facts one question names: databases bound how much one question holds."""


class Agendas:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder, self._vault = recorder, recorder.vault

    async def next(
        self, actor: Actor, now: datetime, until: date | None = None, *, for_all: bool = False
    ) -> tuple[Agenda, Period]:
        """What this person may know of what the meeting has to look at, and the time of which it tells.

        `until`: the day of the meeting; without it the next one that the policy names, or else today. `for_all`: leave
        out what not everybody at the meeting may know, restricted cases and those from which somebody is kept out.
        """
        async with self._recorder.database.reading() as session:
            names = await in_force(session)
            rules = policy(names[0]).reports if names else None
            of = period(rules.subgroup_meetings if rules else (), day_of(now), until)
            directory = await self._recorder.directory.read(session)
            states = (await session.scalars(_looked_at(of, now))).all()
            cases = await asyncio.to_thread(_read, states)
            if for_all:
                cases = [case for case in cases if not guard_of(case)]
            facts = await self._facts(session, cases, now)

        def made() -> Agenda:
            return together(agenda_of(case, facts.get(case.ref, []), actor, directory, of, now) for case in cases)

        return await asyncio.to_thread(made), of

    async def _facts(self, session: AsyncSession, cases: Sequence[Case], now: datetime) -> dict[str, list[Fact]]:
        """Of each case the facts of which an agenda tells, in their order, with the words that people wrote."""
        wanted = {case.ref: concerned(case, now) for case in cases}
        found: dict[str, list[Fact]] = {}
        outgrown_ = [case.ref for case in cases if outgrown(case, now)]
        for refs, kinds in ((list(wanted), READ), (outgrown_, frozenset({"told"}))):
            for first in range(0, len(refs), AT_ONCE):
                of = select(FactRow, TextRow).outerjoin(TextRow, FactRow.text == TextRow.id)
                these = FactRow.case.in_(refs[first : first + AT_ONCE]), FactRow.kind.in_(kinds)
                for row, text in await session.execute(of.where(*these).order_by(FactRow.case, FactRow.number)):
                    if row.kind not in OF_ITEM or whole_item(str(row.data["item"])) in wanted[row.case]:
                        found.setdefault(row.case, []).append(self._with_words(row, text))
        return found

    def _with_words(self, row: FactRow, text: TextRow | None) -> Fact:
        fact = fact_from(row)
        words = self._vault.unseal(text.sealed, f"texts.sealed/{text.id}") if text else {}
        both = merged(fact.data, words)
        assert isinstance(both, dict)
        return fact.model_copy(update={"data": both})


def _looked_at(of: Period, now: datetime) -> Select[tuple[dict[str, Any]]]:
    """The cases that can have something on the agenda. Most recommendations are on their way, and read for nothing."""
    on_its_way = ObligationRow.block.in_(frozenset(STORY) - ANYWAY)
    due = ObligationRow.due <= max(end_of(of.until), now)
    owed = select(ObligationRow.case).where(ObligationRow.state.in_(OPEN), or_(~on_its_way, due))
    new = CaseRow.opened >= at(of.since, time(0)) if of.since else false()
    return select(CaseRow.state).where(or_(CaseRow.ref.in_(owed), new)).order_by(CaseRow.ref)


def _read(states: Sequence[dict[str, Any]]) -> list[Case]:
    return [Case.model_validate(state) for state in states]

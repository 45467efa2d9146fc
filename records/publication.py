"""Practice reviews for the register of publication, and who was appointed to them; of those that a reader may open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from models.board import circle_by
from models.case import Case
from models.facts import Fact
from models.rights import Actor, access_by, access_of, reads, whole
from models.tables import BoardRow, CaseRow, FactRow, TextRow
from records.facts import fact_from
from records.sealing import Vault
from records.writing import Recorder

AT_ONCE = 500
"""Reviews of which one question asks: databases bound how much one question holds."""


@dataclass(frozen=True)
class Published:
    """A practice review. `name`: as it is known; `address`: where its report can be read; `reasons`: why nowhere.

    Each is empty where nothing of the kind was said; the first and the last for those who do not see the whole case.
    """

    case: Case
    name: str
    address: str
    reasons: str


class Publications:
    """Asks the practice reviews: they are few, so that each is looked at as it stands."""

    def __init__(self, recorder: Recorder) -> None:
        self._database, self._vault = recorder.database, recorder.vault

    async def reviews(self, actor: Actor, now: datetime) -> list[Published]:
        """Every practice review that this person may open, the newest first."""
        cases = await self._cases(actor, now)
        said = await self._said({case.ref for case in cases})
        found = []
        for case in cases:
            words, knows = said.get(case.ref, {}), whole(actor, case, access_of(case, now))
            name, reasons = (words.get(one, "") if knows else "" for one in ("name", "reasons"))
            found.append(Published(case, name, words.get("address", ""), reasons))
        return found

    async def names(self, refs: Iterable[str], actor: Actor, now: datetime) -> dict[str, str]:
        """As what each of these reviews is known; only of those that this person sees whole, and that have a name."""
        columns, every = (BoardRow.case, BoardRow.kind, BoardRow.guard), sorted(set(refs))
        found: dict[str, str] = {}
        for begin in range(0, len(every), AT_ONCE):
            some = BoardRow.case.in_(every[begin : begin + AT_ONCE])
            async with self._database.reading() as session:
                rows = await session.execute(select(*columns).where(some, BoardRow.kind == "practice_review"))
                seen = {
                    ref for ref, kind, guard in rows
                    if whole(actor, circle_by(kind, guard), access_by(guard["said"], now))
                }  # fmt: skip
            said = await self._said(seen) if seen else {}
            found |= {ref: words["name"] for ref, words in said.items() if "name" in words}
        return found

    async def appointments(self, actor: Actor, now: datetime) -> list[tuple[Case, Fact]]:
        """Who was appointed to each of them, in order."""
        cases = {case.ref: case for case in await self._cases(actor, now)}
        appointed = select(FactRow).where(FactRow.kind == "reviewer_appointed", FactRow.case.in_(cases))
        async with self._database.reading() as session:
            rows = (await session.scalars(appointed.order_by(FactRow.recorded, FactRow.case))).all()
        return [(cases[row.case], fact_from(row)) for row in rows]

    async def _cases(self, actor: Actor, now: datetime) -> list[Case]:
        kept = select(CaseRow.state).where(CaseRow.kind == "practice_review")
        async with self._database.reading() as session:
            states = (await session.scalars(kept.order_by(CaseRow.opened.desc(), CaseRow.ref.desc()))).all()
        cases = (Case.model_validate(state) for state in states)
        return [case for case in cases if reads(actor, case, access_of(case, now)) is None]

    async def _said(self, refs: set[str]) -> dict[str, dict[str, str]]:
        """The private answers about the publication of each of these cases."""
        kinds = ("review_entered", "review_published", "publication_withheld")
        facts = select(FactRow.case, FactRow.text).where(FactRow.case.in_(refs), FactRow.kind.in_(kinds))
        async with self._database.reading() as session:
            rows = (await session.execute(facts.order_by(FactRow.number))).all()
            texts = await session.scalars(select(TextRow).where(TextRow.id.in_([text for _, text in rows])))
            kept = {row.id: row.sealed for row in texts if row.sealed}
        found: dict[str, dict[str, str]] = {}
        for case, text in rows:
            if text in kept:
                found.setdefault(case, {}).update(_words(self._vault, kept[text], text))
        return found


def _words(vault: Vault, sealed: bytes, text: str) -> dict[str, str]:
    said = vault.unseal(sealed, f"texts.sealed/{text}")
    return {name: str(said[name]) for name in ("name", "address", "reasons") if said.get(name)}

"""What the panel takes on which day, and the anonymous papers that it reads: asked of the record.

A paper holds coarse values and what was written for the panel. Its name is that of the death's row among the figures,
from which nobody without the key comes to a case.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.case import Case
from models.child_death import PANELS, waits_said
from models.child_death_commands import Ethnic, WaitsFor
from models.command import merged
from models.death_bands import AgeBand, PlaceGroup
from models.policy import ChildDeaths
from models.referral import Sex
from models.shelf import policy
from models.tables import CaseRow, CountedRow, FactRow, ObligationRow, TextRow
from records.counted import row_of
from records.family import relatives
from records.sealing import Vault

OPEN = ("open", "paused", "disputed")


class Listed(Message):
    """A death before a panel. `on`: for which day it is listed; `waits`: why it cannot be yet."""

    ref: str
    panels: tuple[str, ...]
    """Those that may review it, of which it is listed for one."""
    on: date | None
    waits: tuple[str, ...] = ()


class Paper(Message):
    """What the panel reads of one death. `name`: of the paper, and of nothing else."""

    name: str
    age: str
    sex: str
    ethnic_group: str
    place: str
    summary: str
    outcomes: tuple[str, ...] = ()
    """What investigations outside have ended with."""
    reports: tuple[str, ...] = ()
    """Where the practice reviews of this death can be read."""


async def before_panel(session: AsyncSession) -> list[Listed]:
    """Every death that the panel owes a review, those that are listed first, by their day."""
    owed = select(ObligationRow.case).where(ObligationRow.block.in_(PANELS), ObligationRow.state.in_(OPEN))
    # Of a few hundred cases only what they have said is read: reading all of them takes ten times as long.
    columns = CaseRow.ref, CaseRow.state["said"], CaseRow.state["policy"].as_string()
    found = select(*columns).where(CaseRow.ref.in_(owed), CaseRow.closed.is_(None))
    forms = select(ObligationRow.case, func.count()).where(
        ObligationRow.case.in_(owed), ObligationRow.block == "agency_return", ObligationRow.state.in_(OPEN)
    )
    owing = {ref: int(many) for ref, many in await session.execute(forms.group_by(ObligationRow.case))}
    rows = await session.execute(found)
    listed = [_listed(ref, said, policy(rules).child_deaths, owing.get(ref, 0)) for ref, said, rules in rows]
    return sorted(listed, key=lambda one: (one.on or date.max, one.ref))


def _listed(ref: str, said: Mapping[str, Any], rules: ChildDeaths | None, owing: int) -> Listed:
    on, held = said.get("panel_on"), [one for one in waits_said(said).values() if "panel" in one["holds"]]
    missing = [f"{owing} reporting form{'s' if owing > 1 else ''}"] if owing else []
    found = (*missing, *(WaitsFor(one["kind"]).words for one in held))
    may = [said["panel"]] if on else rules.panels_of(said["area"]) if rules else []
    return Listed(ref=ref, panels=tuple(may), on=date.fromisoformat(on) if on else None, waits=found)


async def papers(session: AsyncSession, vault: Vault, panel: str, day: date) -> list[Paper]:
    """The papers of this panel on this day, in the order of their names."""
    refs = [one.ref for one in await before_panel(session) if one.on == day and one.panels == (panel,)]
    made = [await _paper(session, vault, ref) for ref in refs]
    return sorted(made, key=lambda one: one.name)


async def _paper(session: AsyncSession, vault: Vault, ref: str) -> Paper:
    row = await session.get_one(CountedRow, row_of(vault, ref))
    case = Case.model_validate((await session.get_one(CaseRow, ref)).state)
    drafts = await _said(session, vault, ref, ("analysis_drafted",))
    ended = await _said(session, vault, ref, ("wait_reviewed", "finding_recorded"))
    return Paper(
        name=row.id[:8], age=AgeBand(row.age_band).words, sex=Sex(row.sex).words,
        ethnic_group=Ethnic(row.ethnic_group).words, place=PlaceGroup(row.place).words,
        summary=str(drafts[-1]["summary"]) if drafts else "",
        outcomes=tuple(_outcome(case, one) for one in ended if one.get("outcome", "ended") == "ended"),
        reports=await _reports(session, vault, case),
    )  # fmt: skip


def _outcome(case: Case, said: dict[str, Any]) -> str:
    kind = said.get("source") or case.said["waits"][said["item"]]["kind"]
    abuse = {"yes": "abuse or neglect was found", "no": "no abuse or neglect was found"}.get(said.get("abuse") or "")
    return f"{WaitsFor(kind).words}: {abuse or 'ended'}"


async def _reports(session: AsyncSession, vault: Vault, case: Case) -> tuple[str, ...]:
    family = await relatives(session, case)
    reviews = [ref for ref, one in family.items() if one.kind == "practice_review"]
    said = [one for ref in reviews for one in await _said(session, vault, ref, ("review_published",))]
    return tuple(str(one["address"]) for one in said)


async def _said(session: AsyncSession, vault: Vault, ref: str, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """The answers of the facts of these kinds, plain and private together."""
    found = select(FactRow.data, TextRow).outerjoin(TextRow, FactRow.text == TextRow.id)
    rows = await session.execute(found.where(FactRow.case == ref, FactRow.kind.in_(kinds)).order_by(FactRow.number))
    return [
        dict(merged(data, vault.unseal(text.sealed, f"texts.sealed/{text.id}") if text else {})) for data, text in rows
    ]

"""Facts as the database keeps them, read back; and the lines that it keeps of obligations and recommendations."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.case import Case
from models.facts import Fact
from models.obligation import Obligation
from models.tables import FactRow
from models.tracking import tracked


async def facts_after(session: AsyncSession, case: str, number: int) -> list[Fact]:
    found = select(FactRow).where(FactRow.case == case, FactRow.number > number).order_by(FactRow.number)
    return [fact_from(row) for row in (await session.scalars(found)).all()]


def fact_from(row: FactRow) -> Fact:
    return Fact(
        case=row.case, number=row.number, kind=row.kind, actor=row.actor, office=row.office, agency=row.agency,
        request=row.request or "", occurred=row.occurred, recorded=row.recorded, data=row.data, text=row.text,
    )  # fmt: skip


def obligation_row(case: Case, one: Obligation) -> dict[str, Any]:
    """An obligation as boards and deadlines find it."""
    state = one.ended or ("paused" if one.paused else "disputed" if one.dispute else "open")
    return {
        "case": case.ref, "key": one.key, "block": one.block, "agency": one.agency, "owed_by": one.owed_by,
        "due": one.due, "speaks": one.speaks(), "level": one.level, "state": str(state),
    }  # fmt: skip


def recommendation_row(case: Case, item: str) -> dict[str, Any]:
    """A recommendation as lists find it, without any word of it: those are sealed beside it when they are said."""
    return dict(tracked(case, item))


def sealed_at(column: str, case: str, item: str) -> str:
    """The place to which the words of a recommendation's line are bound."""
    return f"recommendations.{column}/{case}/{item}"

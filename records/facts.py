"""Facts as the database keeps them, read back; and the lines that it keeps of obligations and recommendations."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.board import boarded
from models.case import Case
from models.facts import Fact
from models.obligation import Obligation
from models.tables import FactRow
from models.tracking import reached, tracked


async def facts_after(session: AsyncSession, case: str, number: int) -> list[Fact]:
    found = select(FactRow).where(FactRow.case == case, FactRow.number > number).order_by(FactRow.number)
    return [fact_from(row) for row in (await session.scalars(found)).all()]


def fact_from(row: FactRow) -> Fact:
    return Fact(
        case=row.case, number=row.number, kind=row.kind, actor=row.actor, office=row.office, agency=row.agency,
        request=row.request or "", occurred=row.occurred, recorded=row.recorded, data=row.data, text=row.text,
    )  # fmt: skip


def board_row(case: Case) -> dict[str, Any]:
    """A case as the board finds it."""
    return boarded(case)._asdict()


def obligation_row(case: Case, one: Obligation) -> dict[str, Any]:
    """An obligation as boards and deadlines find it."""
    state = one.ended or ("paused" if one.paused else "disputed" if one.dispute else "open")
    return {
        "case": case.ref, "key": one.key, "block": one.block, "agency": one.agency, "owed_by": one.owed_by,
        "due": one.due, "speaks": one.speaks(), "level": one.level, "state": str(state),
    }  # fmt: skip


def recommendation_rows(case: Case, item: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A recommendation as lists find it, and what stands beside its line; its words are sealed there when said."""
    line, beside = tracked(case, item)
    return dict(line), dict(beside)


def reached_rows(case: Case) -> list[dict[str, Any]]:
    """Of a case in which only rungs spoke: how high each of its recommendations has come."""
    return [
        {"of_case": case.ref, "of_item": item, "rung": rung, "office": office}
        for item, (rung, office) in reached(case).items()
    ]


def sealed_at(column: str, case: str, item: str) -> str:
    """The place to which the words of a recommendation are bound."""
    return f"recommendation_words.{column}/{case}/{item}"

"""Facts as the database keeps them, read back."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.facts import Fact
from models.tables import FactRow


async def facts_after(session: AsyncSession, case: str, number: int) -> list[Fact]:
    found = select(FactRow).where(FactRow.case == case, FactRow.number > number).order_by(FactRow.number)
    return [fact_from(row) for row in (await session.scalars(found)).all()]


def fact_from(row: FactRow) -> Fact:
    return Fact(
        case=row.case, number=row.number, kind=row.kind, actor=row.actor, office=row.office, agency=row.agency,
        request=row.request or "", occurred=row.occurred, recorded=row.recorded, data=row.data, text=row.text,
    )  # fmt: skip

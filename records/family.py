"""Which cases are of one family, as the record knows it."""

from sqlalchemy import String, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.case import Case
from models.family import kin
from models.tables import CaseRow


async def relatives(session: AsyncSession, case: Case) -> dict[str, Case]:
    """Every other case of the family of this one, by its reference, locked until the transaction ends."""
    found, waiting = {case.ref: case}, [case]
    while waiting:
        one = waiting.pop()
        named = cast(CaseRow.state, String).contains(f'"{one.ref}"')
        near = or_(CaseRow.ref.in_(kin(one)), CaseRow.parent == one.ref, named)
        rows = select(CaseRow).where(CaseRow.ref.not_in(found), near).order_by(CaseRow.ref).with_for_update()
        for row in (await session.scalars(rows)).all():
            other = Case.model_validate(row.state)
            if row.parent == one.ref or row.ref in kin(one) or one.ref in kin(other):
                found[row.ref] = other
                waiting.append(other)
    del found[case.ref]
    return found

"""The other cases that a command names: each must be there, be another one, and be of the kind that is asked for."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.facts import Problem
from models.tables import CaseRow


async def strange_cases(session: AsyncSession, case: str, named: Iterable[tuple[str, str, str]]) -> list[Problem]:
    """What is said against them. Asked at the door, and again inside the transaction."""
    found = []
    for field, ref, wanted in named:
        kind = await session.scalar(select(CaseRow.kind).where(CaseRow.ref == ref))
        if ref == case:
            words = "This is the case itself. Enter the reference of the other one."
        elif kind is None:
            words = f"There is no case {ref}. Check the reference."
        elif wanted and kind != wanted:
            words = f"{ref} is not a {wanted.replace('_', ' ')}. Enter the reference of one, such as RR-2026-0004."
        else:
            continue
        found.append(Problem(field=field, words=words))
    return found

"""Who the children of all cases are: kept sealed, and found again when somebody tells of one who may be the same.

Names are found however they are spelt, and that nobody can do without opening them: of names nothing is kept by which
they could be looked up. So as many are opened as one machine opens while somebody waits: of every open case, and of
those cases that came last. All others are found by their NHS number, of which a keyed digest stands beside what is
sealed.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.tables import CaseRow, ChildRow
from records.sealing import Vault

NEAREST: Final = 10_000
"""So many cases, the last that came, are compared by names and days. In all of England that is about three years."""
AT_ONCE = 500


def child_row(vault: Vault, case: str, number: int, child: Mapping[str, Any]) -> dict[str, Any]:
    """A child as the database keeps it."""
    sealed = vault.seal(child, f"children.sealed/{case}/{number}")
    return {"case": case, "number": number, "sealed": sealed, "nhs_key": nhs_key(vault, child)}


class Kept(NamedTuple):
    """A child as the database keeps it, still sealed."""

    case: str
    number: int
    sealed: bytes

    def opened(self, vault: Vault) -> dict[str, Any]:
        child: dict[str, Any] = vault.unseal(self.sealed, f"children.sealed/{self.case}/{self.number}")
        return child


def nhs_key(vault: Vault, child: Mapping[str, Any]) -> str:
    """By what a child with this NHS number is found again; empty without one."""
    digits = "".join(c for c in str(child.get("nhs_number") or "") if c.isdigit())
    return vault.look_up(f"nhs number {digits}") if digits else ""


async def near(session: AsyncSession, vault: Vault, people: Iterable[Mapping[str, Any]]) -> list[Kept]:
    """The children among whom these may be: of open cases, of those that came last, and with the same NHS number.

    Those of whom it is not known yet whether they have one (kept by an earlier release) are among them.
    """
    last = select(CaseRow.ref).order_by(CaseRow.opened.desc(), CaseRow.ref).limit(NEAREST).scalar_subquery()
    still = select(CaseRow.ref).where(CaseRow.closed.is_(None))
    keys = {nhs_key(vault, one) for one in people} - {""}
    found = select(ChildRow.case, ChildRow.number, ChildRow.sealed).where(
        or_(ChildRow.case.in_(last), ChildRow.case.in_(still), ChildRow.nhs_key.in_(keys), ChildRow.nhs_key.is_(None))
    )
    return [Kept._make(row) for row in await session.execute(found)]


async def note_numbers(session: AsyncSession, vault: Vault) -> None:
    """Keep the digest of each child's NHS number where an earlier release kept none."""
    unknown = select(ChildRow).where(ChildRow.nhs_key.is_(None)).limit(AT_ONCE)
    while rows := (await session.scalars(unknown)).all():
        for row in rows:
            row.nhs_key = nhs_key(vault, Kept(row.case, row.number, row.sealed).opened(vault))
        await session.flush()


async def kept_children(session: AsyncSession, vault: Vault, case: str) -> list[dict[str, Any]]:
    """The children of this case, opened, in their order."""
    found = select(ChildRow.case, ChildRow.number, ChildRow.sealed).where(ChildRow.case == case)
    rows = await session.execute(found.order_by(ChildRow.number))
    return [Kept._make(row).opened(vault) for row in rows]

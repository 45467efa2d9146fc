"""Policies and calendars in the database, by the hash of their content; and the shelf filled from them."""

from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import shelf
from models.policy import Policy
from models.tables import PolicyRow, SettingRow

IN_FORCE = "policy_in_force"
log = structlog.get_logger("records")


async def fill_shelf(session: AsyncSession) -> None:
    """Lay every policy that a case may follow, and that is not there yet, on this process's shelf."""
    keys = [str(key) for key in await session.scalars(select(PolicyRow.digest))]
    for key in keys:
        name, _, calendar = key.partition("/")
        if _laid(name, calendar):
            continue
        try:
            row = await session.get(PolicyRow, key)
            shelf.lay(name, calendar, Policy.model_validate(row.body if row else None))
        except ValueError:  # the other cases go on, and `reviews audit verify` names this one
            log.error("a policy cannot be read", policy=key)  # noqa: TRY400 -- a traceback could repeat what was written


def _laid(policy: str, calendar: str) -> bool:
    return shelf.holds_policy(policy) and shelf.holds_calendar(calendar)


async def in_force(session: AsyncSession) -> tuple[str, str] | None:
    """(policy, calendar) for new cases, both on the shelf: another process may have put them in force just now."""
    row = await session.get(SettingRow, IN_FORCE)
    if row is None:
        return None
    policy, calendar = row.value.split("/")
    if not _laid(policy, calendar):
        await fill_shelf(session)
    return policy, calendar


async def put_in_force(session: AsyncSession, policy: Policy, now: datetime) -> tuple[str, str]:
    """Keep this policy for ever, and let new cases start under it. Open cases keep theirs."""
    name, calendar = shelf.put(policy)
    key = f"{name}/{calendar}"
    if await session.get(PolicyRow, key) is None:
        session.add(PolicyRow(digest=key, what=policy.version, body=policy.model_dump(mode="json"), adopted=now))
    row = await session.get(SettingRow, IN_FORCE)
    if row is None:
        session.add(SettingRow(name=IN_FORCE, value=key))
    else:
        row.value = key
    return name, calendar

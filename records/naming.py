"""The other cases that a command names: each must be there, be another one, and be of the kind that is asked for.

Whoever names one must be allowed to open it. That they are not is said in the words for one that is not there. And the
files that it names: each must have been kept by whoever names it, in this case; and the file of evidence that it
accepts: the scanner must have found it clean.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.case import Case
from models.command import Command
from models.facts import Problem
from models.files import accepted_file, files_named, strange_files, unread
from models.referral import DecideDuplicate
from models.rights import Actor, access_of, reads
from models.tables import CaseRow, FileRow
from records.files import known_files


async def strange_cases(
    session: AsyncSession, case: str, named: Iterable[tuple[str, str, str]], actor: Actor, now: datetime
) -> list[Problem]:
    """What is said against them. Asked at the door, and again inside the transaction."""
    found = []
    for field, ref, wanted in named:
        row = (await session.execute(select(CaseRow.kind, CaseRow.state).where(CaseRow.ref == ref))).first()
        if ref == case:
            words = "This is the case itself. Enter the reference of the other one."
        elif row is None or not _opens(actor, Case.model_validate(row.state), now):
            words = f"There is no case {ref} that you can open. Check the reference."
        elif wanted and row.kind != wanted:
            words = f"{ref} is not a {wanted.replace('_', ' ')}. Enter the reference of one, such as RR-2026-0004."
        else:
            continue
        found.append(Problem(field=field, words=words))
    return found


def _opens(actor: Actor, case: Case, now: datetime) -> bool:
    return reads(actor, case, access_of(case, now)) is None


async def files_not_theirs(
    session: AsyncSession, model: type[Command], body: Mapping[str, Any], person: str, case: str
) -> list[Problem]:
    """What is said against the files that a command names. Asked at the door, and again inside the transaction."""
    named = [one for _, one in files_named(model, body)]
    return strange_files(model, body, await known_files(session, person, case, named)) if named else []


async def file_not_clean(session: AsyncSession, case: Case, kind: str, body: Mapping[str, Any]) -> list[Problem]:
    """What is said against accepting evidence by its file. Asked at the door, and again inside the transaction."""
    id_ = accepted_file(case, kind, body)
    return unread(await session.scalar(select(FileRow.state).where(FileRow.id == id_))) if id_ else []


async def has_joined(session: AsyncSession, command: Command) -> list[Problem]:
    """What is said against joining a case that has itself joined another: everything would be one step further away."""
    if not isinstance(command, DecideDuplicate) or getattr(command, "same", None) is not True:
        return []
    joined = CaseRow.state["said"]["joined"].as_string()
    other = await session.scalar(select(joined).where(CaseRow.ref == command.other))
    words = f"{command.other} has itself joined {other}. Name that one."
    return [Problem(field="other", words=words)] if other else []

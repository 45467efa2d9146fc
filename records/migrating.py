"""Bringing the database's tables up to date.

Alembic loads slowly, so it is loaded only when there is something to do.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from models.case import Case
from models.tables import BoardRow, CaseRow
from records.children import note_numbers
from records.database import Database
from records.facts import board_row
from records.policies import fill_shelf
from records.sealing import Vault

if TYPE_CHECKING:
    from alembic.config import Config

AT_ONCE = 500
HOME = Path(__file__).parent.parent / "migrations"
_NAMED = re.compile(r"^(revision|down_revision) *(?::[^=]*)?= *['\"](\w+)['\"]", re.MULTILINE)


def newest() -> str:
    """The migration after which no other comes."""
    named = _named()
    last: str
    (last,) = {name for kind, name in named if kind == "revision"} - {
        name for kind, name in named if kind != "revision"
    }
    return last


def known() -> set[str]:
    """The migrations of this release."""
    return {name for kind, name in _named() if kind == "revision"}


def _named() -> list[tuple[str, str]]:
    """What the files of the migrations say of themselves."""
    return [found for path in (HOME / "versions").glob("*.py") for found in _NAMED.findall(path.read_text())]


async def standing(database: Database) -> str:
    """The migration at which the tables stand; empty where there are none yet."""
    async with database.reading() as session:
        try:
            return str(await session.scalar(text("SELECT version_num FROM alembic_version")) or "")
        except DBAPIError:
            return ""


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(HOME))
    config.attributes["connection"] = connection
    return config


def up(connection: Connection, to: str = "head") -> None:
    from alembic import command  # noqa: PLC0415

    command.upgrade(_config(connection), to)


def down(connection: Connection, to: str = "base") -> None:
    from alembic import command  # noqa: PLC0415

    command.downgrade(_config(connection), to)


async def migrate(database: Database, vault: Vault | None = None) -> None:
    """Bring all tables to the newest form, with what they keep of cases that are there, in one transaction.

    What has to be unsealed for that is left as it is without a vault.
    """
    if await standing(database) == newest():
        return
    async with database.writing() as session:
        await (await session.connection()).run_sync(up)
        await _line_up(session)
        if vault:
            await note_numbers(session, vault)


async def _line_up(session: AsyncSession) -> None:
    """Make the board's line of each case that has none: an earlier release kept none."""
    await fill_shelf(session)
    lined = select(BoardRow.case)
    while rows := (await session.scalars(select(CaseRow.state).where(CaseRow.ref.not_in(lined)).limit(AT_ONCE))).all():
        await session.execute(insert(BoardRow), [board_row(Case.model_validate(state)) for state in rows])

"""Bringing the database's tables up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from records.database import Database

HOME = Path(__file__).parent.parent / "migrations"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HOME))
    config.attributes["connection"] = connection
    return config


def up(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")


def down(connection: Connection) -> None:
    command.downgrade(_config(connection), "base")


async def migrate(database: Database) -> None:
    """Bring all tables to the newest form, in one transaction."""
    async with database.writing() as session:
        await (await session.connection()).run_sync(up)

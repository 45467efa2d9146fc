"""Moving the records of an installation from SQLite to PostgreSQL: all of it or nothing, compared row by row."""

from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from records import copying, migrating
from records.copying import Digest
from records.database import Database
from records.settings import Settings

MOVED = "records.moved.sqlite"
"""What the old file is called afterwards. While it is there nobody begins anew with an empty SQLite by mistake."""


class CannotMove(RuntimeError):
    """The words say why nothing was moved, and what to do."""


async def move(settings: Settings, looked: copying.Looked2) -> dict[str, Digest]:
    """Copy every row to the database of the settings, and put the old file aside. Raises CannotMove.

    Returns the digest of each table, which both sides were found to share. Nobody may write meanwhile.
    """

"""New keys for what is sealed: every sealed column is sealed anew under them while the service runs.

May be stopped at any time and given again. A value that somebody writes meanwhile is never overwritten. Older keys
still read, until they are dropped, which is refused while anything is sealed under one of them.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, LargeBinary, and_, func, select, tuple_, update
from sqlalchemy import Table as Columns

from models.tables import Table
from records.database import Database
from records.keys import LOOKS_EVERY
from records.sealing import Vault, key_of

AT_ONCE: Final = 200
"""Rows in one transaction: short enough for a command that comes meanwhile."""
Looked = Callable[[int, int], None]


class Sealed(NamedTuple):
    """One column in which sealed values stand."""

    table: Columns
    column: Column[Any]

    @property
    def key(self) -> Sequence[Column[Any]]:
        return list(self.table.primary_key.columns)

    def place(self, row: Sequence[Any]) -> str:
        """To what a value of this row is bound (records.sealing)."""
        return "/".join([f"{self.table.name}.{self.column.name}", *map(str, row)])


def sealed_columns() -> Iterator[Sealed]:
    """Every one that there is."""
    for table in Table.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                yield Sealed(table, column)


async def under_old(database: Database, newest: str) -> int:
    """How many values are sealed under another key than this."""
    found = 0
    for one in sealed_columns():
        last: Sequence[Any] | None = None
        while rows := await _some(database, one, last):
            last = rows[-1][:-1]
            found += sum(key_of(row[-1]) != newest for row in rows if row[-1])
    return found


async def seal_anew(database: Database, vault: Vault, newest: str, looked: Looked) -> int:
    """Seal everything that another key than the newest has sealed. Returns how many values that were.

    Ends when a whole round has found none. Raises CannotUnseal where a value was altered; `reviews audit verify` finds
    out which.
    """
    await asyncio.sleep(2 * LOOKS_EVERY)  # by then every process writes with the newest
    total = 0
    while found := await _round(database, vault, newest, looked):
        total += found
    return total


async def _round(database: Database, vault: Vault, newest: str, looked: Looked) -> int:
    every = list(sealed_columns())
    async with database.reading() as session:
        whole = [await session.scalar(select(func.count(one.column)).select_from(one.table)) or 0 for one in every]
    done = changed = 0
    for one in every:
        last: Sequence[Any] | None = None
        while rows := await _some(database, one, last):
            last = rows[-1][:-1]
            changed += await _anew(database, vault, newest, one, rows)
            done += len(rows)
            looked(min(done, sum(whole)), sum(whole))
    return changed


async def _some(database: Database, one: Sealed, last: Sequence[Any] | None) -> list[Sequence[Any]]:
    """The next rows in the order of their keys: the key, then the value."""
    found = select(*one.key, one.column).where(one.column.is_not(None)).order_by(*one.key).limit(AT_ONCE)
    if last is not None:
        found = found.where(tuple_(*one.key) > tuple_(*last))
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(found)]


async def _anew(database: Database, vault: Vault, newest: str, one: Sealed, rows: Sequence[Sequence[Any]]) -> int:
    old = [row for row in rows if row[-1] and key_of(row[-1]) != newest]
    if not old:
        return 0
    async with database.writing() as session:
        for *key, value in old:
            place = one.place(key)
            mine = and_(*(column == part for column, part in zip(one.key, key, strict=True)), one.column == value)
            fresh = vault.seal(vault.unseal(value, place), place)
            await session.execute(update(one.table).where(mine).values({one.column.name: fresh}))
    return len(old)

"""All rows of a database as lines, in one view that holds still while others write; and back into empty tables.

A backup and a move to another database are both made of this. A line is the JSON of one row, its columns in their
order. A table's digest is the sum of the digests of its lines, for two databases need not keep rows in the same order.
"""

import hashlib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, Date, Integer, LargeBinary, func, insert, select, text
from sqlalchemy import Table as Columns

from models.base import Message
from models.tables import Moment, Table

TABLES: Sequence[Columns] = Table.metadata.sorted_tables
"""In the order in which they can be filled: what is referred to comes first."""
AT_ONCE = 1000
"""Rows at a time: what is held in memory does not grow with the database."""
WHOLE = 1 << 256

Columned = Mapping[str, Sequence[str]]
"""The columns of each table."""
Looked = Callable[[int], None]
"""Hears how many more rows have been dealt with."""


class NotEmpty(RuntimeError):
    """There are records already where others were to be put."""


class Unknown(RuntimeError):
    """The rows come from tables or columns that this release does not know."""


class Digest(Message):
    """How many rows a table has, and the sum (in hex, modulo 2^256) of the SHA-256 of their lines."""

    rows: int = 0
    sum: str = "0"

    def plus(self, lines: Iterable[bytes]) -> "Digest":
        """The digest of these lines as well."""
        rows, total = self.rows, int(self.sum, 16)
        for line in lines:
            rows, total = rows + 1, total + int.from_bytes(hashlib.sha256(line).digest())
        return Digest(rows=rows, sum=f"{total % WHOLE:x}")


class Lines(NamedTuple):
    """Some rows of one table."""

    table: str
    lines: Sequence[bytes]


def columns() -> dict[str, list[str]]:
    """Those of this release."""
    return {table.name: [column.name for column in table.columns] for table in TABLES}


def count(connection: Connection) -> int:
    """How many rows there are in all tables."""
    return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES)


def out_of(connection: Connection, wanted: Columned | None = None) -> Iterator[Lines]:
    """Every row, table by table, as this one transaction sees them. `wanted`: of these columns; none: of all."""
    for table in TABLES:
        names = wanted.get(table.name) if wanted else None
        if wanted and not names:
            continue
        rows = connection.execute(
            select(*(table.c[name] for name in names)) if names else select(table),
            execution_options={"yield_per": AT_ONCE},
        )
        for some in rows.partitions():
            yield Lines(table.name, [to_json(list(row), bytes_mode="base64") for row in some])


def digests(connection: Connection, wanted: Columned, looked: Looked = lambda _: None) -> dict[str, Digest]:
    """The digest of each of these tables, of those without rows as well."""
    found = {name: Digest() for name in wanted}
    for name, lines in out_of(connection, wanted):
        found[name] = found[name].plus(lines)
        looked(len(lines))
    return found


def into(connection: Connection, every: Iterable[Lines], given: Columned, looked: Looked = lambda _: None) -> None:
    """Put rows into empty tables. `given`: the columns that the lines hold. Raises NotEmpty or Unknown."""
    if count(connection):
        raise NotEmpty("There are records in that database already. Name an empty one.")
    known = {table.name: table for table in TABLES}
    if strange := [name for name, held in given.items() if name not in known or set(held) - set(known[name].c.keys())]:
        raise Unknown(
            f"This release does not know {', '.join(strange)}. Use the release that wrote it, or a later one."
        )
    for name, lines in every:
        readers = [_reader(known[name].c[column].type) for column in given[name]]
        rows = [_row(given[name], readers, from_json(line)) for line in lines]
        connection.execute(insert(known[name]), rows)
        looked(len(rows))
    if connection.dialect.name == "postgresql":
        _number_on(connection)


def _row(names: Sequence[str], readers: Sequence[Callable[[Any], Any]], values: Sequence[Any]) -> dict[str, Any]:
    return {
        name: value if value is None else read(value) for name, read, value in zip(names, readers, values, strict=True)
    }


def _reader(kind: object) -> Callable[[Any], Any]:
    """How the JSON of a value of this column becomes the value."""
    if isinstance(kind, Moment):
        return datetime.fromisoformat
    if isinstance(kind, Date):
        return date.fromisoformat
    return urlsafe_b64decode if isinstance(kind, LargeBinary) else lambda value: value


def _number_on(connection: Connection) -> None:
    """Let what counts its own rows go on after the last."""
    for table in TABLES:
        column = table.autoincrement_column
        if column is not None and isinstance(column.type, Integer) and len(table.primary_key.columns) == 1:
            name = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
            if name and (last := connection.scalar(select(func.max(column)))):
                connection.execute(text("SELECT setval(:of, :last)"), {"of": name, "last": last})

"""Salts stand in the links whose values they hide, and no longer in a table of their own."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AT_ONCE = 1000

links = sa.table(
    "audit_links", sa.column("chain", sa.String), sa.column("number", sa.Integer), sa.column("salts", sa.JSON)
)
salts = sa.table(
    "audit_salts",
    sa.column("chain", sa.String),
    sa.column("number", sa.Integer),
    sa.column("name", sa.String),
    sa.column("salt", sa.LargeBinary),
)


def upgrade() -> None:
    with op.batch_alter_table("audit_links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("salts", sa.JSON(), nullable=False, server_default="{}"))
    rows = op.get_bind().execute(sa.select(salts).order_by(salts.c.chain, salts.c.number)).mappings()
    moved = (
        {"of_chain": chain, "of_number": number, "found": {one["name"]: one["salt"].hex() for one in found}}
        for (chain, number), found in groupby(rows, lambda one: (one["chain"], one["number"]))
    )
    here = (links.c.chain == sa.bindparam("of_chain")) & (links.c.number == sa.bindparam("of_number"))
    _executed(links.update().where(here).values(salts=sa.bindparam("found", type_=sa.JSON)), moved)
    op.drop_table("audit_salts")
    with op.batch_alter_table("audit_links", schema=None) as batch_op:
        batch_op.alter_column("salts", server_default=None)


def downgrade() -> None:
    op.create_table(
        "audit_salts",
        sa.Column("chain", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "number", "name", name=op.f("pk_audit_salts")),
    )
    rows = op.get_bind().execute(sa.select(links)).all()
    moved = (
        {"chain": chain, "number": number, "name": name, "salt": bytes.fromhex(salt)}
        for chain, number, found in rows
        for name, salt in found.items()
    )
    _executed(salts.insert(), moved)
    with op.batch_alter_table("audit_links", schema=None) as batch_op:
        batch_op.drop_column("salts")


def _executed(statement: sa.Executable, rows: Iterable[Mapping[str, Any]]) -> None:
    """Execute it with so many rows at a time, for a record of many years is not carried at once."""
    some: list[Mapping[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            op.get_bind().execute(statement, some)
            some = []
    if some:
        op.get_bind().execute(statement, some)

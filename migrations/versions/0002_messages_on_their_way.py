"""Messages on their way: bundles and attempts."""

import sqlalchemy as sa
from alembic import op

from models.tables import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bundles",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("case", sa.String(length=80), nullable=False),
        sa.Column("made", Moment(timezone=True), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("look_at", Moment(timezone=True), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("shown", sa.String(length=80), nullable=False),
        sa.Column("unit_told", Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_bundles")),
    )
    with op.batch_alter_table("bundles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bundles_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_bundles_open"), ["open"], unique=False)
        batch_op.create_index(batch_op.f("ix_bundles_person"), ["person"], unique=False)
        batch_op.create_index(batch_op.f("ix_bundles_stale"), ["stale"], unique=False)

    op.create_table(
        "attempts",
        sa.Column("bundle", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("began", Moment(timezone=True), nullable=False),
        sa.Column("settled", Moment(timezone=True), nullable=True),
        sa.Column("again", Moment(timezone=True), nullable=True),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["bundle"], ["bundles.key"], name=op.f("fk_attempts_bundle")),
        sa.PrimaryKeyConstraint("bundle", "number", name=op.f("pk_attempts")),
    )
    op.create_table(
        "held_offices",
        sa.Column("office", sa.String(length=80), nullable=False),
        sa.Column("agency", sa.String(length=80), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("office", "agency", name=op.f("pk_held_offices")),
    )
    op.create_table(
        "self_check",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_self_check")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("look_at", Moment(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("bundle", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("thread", sa.String(length=200), nullable=True))
        batch_op.create_index(batch_op.f("ix_notices_bundle"), ["bundle"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_thread"), ["thread"], unique=False)
        batch_op.alter_column("urgent", server_default=None)
    # What was written before there were channels is in the inbox, and is not sent now.
    op.execute("UPDATE notices SET state = 'delivered' WHERE state = 'queued'")


def downgrade() -> None:
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notices_thread"))
        batch_op.drop_index(batch_op.f("ix_notices_bundle"))
        batch_op.drop_column("thread")
        batch_op.drop_column("bundle")
        batch_op.drop_column("look_at")
        batch_op.drop_column("urgent")

    op.drop_table("self_check")
    op.drop_table("held_offices")
    op.drop_table("attempts")
    with op.batch_alter_table("bundles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bundles_stale"))
        batch_op.drop_index(batch_op.f("ix_bundles_person"))
        batch_op.drop_index(batch_op.f("ix_bundles_open"))
        batch_op.drop_index(batch_op.f("ix_bundles_case"))

    op.drop_table("bundles")

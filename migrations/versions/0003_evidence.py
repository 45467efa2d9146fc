"""Evidence: the files that people give; and a line for each case and each recommendation."""

import sqlalchemy as sa
from alembic import op

from models.tables import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ORDERS = ("agency", "due", "overdue_from", "said_at")


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("case", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("kept", Moment(timezone=True), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_files_case"), ["case"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_owner"), ["owner"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_state"), ["state"], unique=False)
    op.create_table(
        "board",
        sa.Column("case", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("policy", sa.String(length=200), nullable=False),
        sa.Column("opened", Moment(timezone=True), nullable=False),
        sa.Column("closed", Moment(timezone=True), nullable=True),
        sa.Column("guard", sa.JSON(), nullable=False),
        sa.Column("decided", sa.JSON(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("shares", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.ref"], name=op.f("fk_board_case")),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_board")),
    )
    op.create_table(
        "recommendations",
        sa.Column("case", sa.String(length=80), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("agency", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("deputy", sa.String(length=80), nullable=False),
        sa.Column("sponsor", sa.String(length=80), nullable=False),
        sa.Column("standing", sa.String(length=80), nullable=False),
        sa.Column("fact", sa.Integer(), nullable=False),
        sa.Column("made", Moment(timezone=True), nullable=False),
        sa.Column("first_due", sa.Date(), nullable=False),
        sa.Column("due", Moment(timezone=True), nullable=True),
        sa.Column("next_due", Moment(timezone=True), nullable=True),
        sa.Column("overdue_from", Moment(timezone=True), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("reached", sa.String(length=80), nullable=False),
        sa.Column("delivery", sa.String(length=80), nullable=False),
        sa.Column("delivery_amber", Moment(timezone=True), nullable=True),
        sa.Column("delivery_red", Moment(timezone=True), nullable=True),
        sa.Column("delivery_hand", sa.String(length=80), nullable=False),
        sa.Column("delivery_until", sa.Date(), nullable=True),
        sa.Column("impact", sa.String(length=80), nullable=False),
        sa.Column("impact_amber", Moment(timezone=True), nullable=True),
        sa.Column("impact_red", Moment(timezone=True), nullable=True),
        sa.Column("impact_hand", sa.String(length=80), nullable=False),
        sa.Column("impact_until", sa.Date(), nullable=True),
        sa.Column("closed", Moment(timezone=True), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("retested", sa.String(length=80), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("particular", sa.Boolean(), nullable=False),
        sa.Column("reviewer", sa.String(length=80), nullable=False),
        sa.Column("said_at", Moment(timezone=True), nullable=True),
        sa.Column("said_kind", sa.String(length=80), nullable=False),
        sa.Column("themes", sa.JSON(), nullable=False),
        sa.Column("locked_out", sa.JSON(), nullable=False),
        sa.Column("let_in", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.ref"], name=op.f("fk_recommendations_case")),
        sa.PrimaryKeyConstraint("case", "item", name=op.f("pk_recommendations")),
    )
    with op.batch_alter_table("recommendations", schema=None) as batch_op:
        for column in _ORDERS:
            batch_op.create_index(batch_op.f(f"ix_recommendations_{column}"), [column, "case", "fact"], unique=False)
        batch_op.create_index(batch_op.f("ix_recommendations_particular"), ["particular"], unique=False)
    op.create_table(
        "recommendation_words",
        sa.Column("case", sa.String(length=80), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("turns", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("said", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["cases.ref"], name=op.f("fk_recommendation_words_case")),
        sa.PrimaryKeyConstraint("case", "item", name=op.f("pk_recommendation_words")),
    )


def downgrade() -> None:
    op.drop_table("recommendation_words")
    with op.batch_alter_table("recommendations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recommendations_particular"))
        for column in _ORDERS:
            batch_op.drop_index(batch_op.f(f"ix_recommendations_{column}"))

    op.drop_table("recommendations")
    op.drop_table("board")
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_files_state"))
        batch_op.drop_index(batch_op.f("ix_files_owner"))
        batch_op.drop_index(batch_op.f("ix_files_case"))

    op.drop_table("files")

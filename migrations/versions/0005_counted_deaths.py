"""The table of coarse values of which figures of children's deaths are made."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counted_deaths",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("notified", sa.Date(), nullable=False),
        sa.Column("reviewed", sa.Date(), nullable=True),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("age_band", sa.String(length=80), nullable=False),
        sa.Column("sex", sa.String(length=80), nullable=False),
        sa.Column("ethnic_group", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column("category", sa.String(length=80), nullable=True),
        sa.Column("modifiable", sa.String(length=80), nullable=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counted_deaths")),
    )


def downgrade() -> None:
    op.drop_table("counted_deaths")

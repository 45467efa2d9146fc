"""A second factor of local accounts: its sealed secret, and the half minute of the code that was used last."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("second_factor", sa.LargeBinary(), nullable=True))
    op.add_column("accounts", sa.Column("last_step", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.drop_column("last_step")
        batch_op.drop_column("second_factor")

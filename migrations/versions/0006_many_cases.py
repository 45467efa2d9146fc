"""What many cases ask for: a keyed digest of each child's NHS number, and indexes of what pages look for."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAMING = sa.text("kind IN ('duplicate_decided', 'triaged')")


def upgrade() -> None:
    op.add_column("children", sa.Column("nhs_key", sa.String(length=80), nullable=True))
    op.create_index("ix_children_nhs_key", "children", ["nhs_key"])
    op.create_index("ix_board_closed", "board", ["closed"])
    op.create_index("ix_cases_closed", "cases", ["closed"])
    op.create_index("ix_cases_opened", "cases", ["opened"])
    op.create_index("ix_facts_naming", "facts", ["case"], sqlite_where=NAMING, postgresql_where=NAMING)


def downgrade() -> None:
    op.drop_index("ix_facts_naming", "facts")
    op.drop_index("ix_cases_opened", "cases")
    op.drop_index("ix_cases_closed", "cases")
    op.drop_index("ix_board_closed", "board")
    op.drop_index("ix_children_nhs_key", "children")
    with op.batch_alter_table("children") as batch_op:
        batch_op.drop_column("nhs_key")

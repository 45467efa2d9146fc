"""Alembic's entry: runs the migrations on the connection that it is handed."""

from alembic import context

from models.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()

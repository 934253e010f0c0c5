"""Runs Alembic's migrations in the transaction that `catalogue.schema` has opened."""

from alembic import context

from catalogue.schema import VERSION_TABLE
from catalogue.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSION_TABLE
)
context.run_migrations()

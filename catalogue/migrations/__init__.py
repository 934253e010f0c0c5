"""Steps from one schema of the database to the next, for Alembic; shipped with the room."""

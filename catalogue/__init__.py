"""The live catalogue: items, their versions and one sequence of changes, durable in SQLite or PostgreSQL.

The only room that knows SQL. Must not know: HTTP, pictures' content, search.
"""

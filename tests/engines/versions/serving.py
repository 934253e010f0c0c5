"""Which version a PostgreSQL itself says is served."""

import psycopg


def current_in(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT version FROM lookalike_search.versions WHERE current").fetchall()
    return [str(version) for (version,) in found]

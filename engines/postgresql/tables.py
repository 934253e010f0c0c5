"""The tables of the schema `lookalike_search`.

`layout` has the number of this layout, `versions` a row for each version. A version's own tables are

- `points`: what is searched: an item's number, its reduced embedding, the codes of its values;
- `sample`: some of them, drawn at random, by which a search guesses how near the nearest are;
- `full`: its full embedding; `items`: what answers say of it;
- `texts`: the values of columns: a code stands for a value of one column;
- `members`: of which lists something is a member.

Codes are whole numbers above 0, unique over all columns of a version. In a number column they rise with the numbers, so
that a range of numbers is a range of codes. 0 stands for no value.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from psycopg import sql

SCHEMA: Final = "lookalike_search"
LAYOUT: Final = 1
"""The number of the layout that this file describes."""

VERSIONS: Final = sql.Identifier(SCHEMA, "versions")
LAYOUT_TABLE: Final = sql.Identifier(SCHEMA, "layout")

CREATE: Final = (
    sql.SQL("CREATE TABLE IF NOT EXISTS {} (number integer NOT NULL)").format(LAYOUT_TABLE),
    sql.SQL(
        """
CREATE TABLE IF NOT EXISTS {} (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version text NOT NULL UNIQUE,
    seal text NOT NULL,
    indexed boolean NOT NULL DEFAULT false,
    complete boolean NOT NULL DEFAULT false,
    current boolean NOT NULL DEFAULT false,
    items bigint NOT NULL,
    loaded bigint NOT NULL DEFAULT 0,
    shard integer NOT NULL,
    shards integer NOT NULL,
    approximate boolean NOT NULL,
    recall double precision,
    first_number bigint NOT NULL,
    number_step bigint,
    components integer NOT NULL,
    dimensions integer NOT NULL,
    first_compared integer NOT NULL,
    near_from double precision NOT NULL,
    columns text NOT NULL,
    begun timestamptz NOT NULL DEFAULT now()
)"""
    ).format(VERSIONS),
)


@dataclass(frozen=True)
class Tables:
    """The tables of one version.

    Attributes:
        id: that the version has in `versions`.
    """

    id: int

    @cached_property
    def points(self) -> sql.Identifier:
        """See the module."""
        return self._named("points")

    @cached_property
    def sample(self) -> sql.Identifier:
        """See the module."""
        return self._named("sample")

    @cached_property
    def full(self) -> sql.Identifier:
        """See the module."""
        return self._named("full")

    @cached_property
    def items(self) -> sql.Identifier:
        """See the module."""
        return self._named("items")

    @cached_property
    def texts(self) -> sql.Identifier:
        """See the module."""
        return self._named("texts")

    @cached_property
    def members(self) -> sql.Identifier:
        """See the module."""
        return self._named("members")

    @property
    def all(self) -> tuple[sql.Identifier, ...]:
        """All of them."""
        return self.points, self.sample, self.full, self.items, self.texts, self.members

    def create(self, components: int, dimensions: int) -> list[sql.Composed]:
        """The statements that make them, without indexes."""
        # What comes first is found soonest, and every search looks at each vector.
        points = f"number bigint NOT NULL, vector vector({components}) NOT NULL, codes integer[] NOT NULL"
        described = (
            points,
            points,
            f"number bigint NOT NULL, embedding halfvec({dimensions}) NOT NULL",
            "number bigint NOT NULL, id text NOT NULL, form text, picture text NOT NULL, attributes text NOT NULL",
            "field integer NOT NULL, code integer NOT NULL, value text NOT NULL, form text, "
            "comparable double precision, items bigint NOT NULL",
            "field integer NOT NULL, member text NOT NULL, list integer NOT NULL",
        )
        return [
            sql.SQL("CREATE TABLE {} ({})").format(table, sql.SQL(columns))
            for table, columns in zip(self.all, described, strict=True)
        ]

    def index(self) -> list[sql.Composed]:
        """The statements that make their indexes, one for each; texts are hashed, because any may be long."""
        return [
            sql.SQL(statement).format(table)
            for table, statement in (
                (self.points, "ALTER TABLE {} ADD PRIMARY KEY (number)"),
                (self.points, "CREATE INDEX ON {} USING gin (codes) WITH (fastupdate = off)"),
                (self.full, "ALTER TABLE {} ADD PRIMARY KEY (number)"),
                (self.items, "ALTER TABLE {} ADD PRIMARY KEY (number)"),
                (self.items, "CREATE INDEX ON {} USING hash (id)"),
                (self.items, "CREATE INDEX ON {} USING hash (form) WHERE form IS NOT NULL"),
                (self.texts, "ALTER TABLE {} ADD PRIMARY KEY (code)"),
                (self.texts, "CREATE INDEX ON {} USING hash (value)"),
                (self.texts, "CREATE INDEX ON {} USING hash (form) WHERE form IS NOT NULL"),
                (self.texts, "CREATE INDEX ON {} (field, comparable) WHERE comparable IS NOT NULL"),
                (self.texts, "CREATE INDEX ON {} (field, items DESC)"),
                (self.members, "CREATE INDEX ON {} USING hash (member)"),
                (self.members, "CREATE INDEX ON {} (list)"),
            )
        ]

    def index_approximately(self) -> sql.Composed:
        """The statement that makes the approximate index, if it is not there."""
        return sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} USING hnsw (vector vector_ip_ops)").format(
            sql.Identifier(f"v{self.id}_points_hnsw"), self.points
        )

    def _named(self, name: str) -> sql.Identifier:
        return sql.Identifier(SCHEMA, f"v{self.id}_{name}")

"""The nearest points of a version, as the server finds them."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from engines.exact_tail import Fetched
from engines.postgresql.binary_rows import bits_of, vectors_of
from engines.postgresql.sample import rank_in_sample

if TYPE_CHECKING:
    from engines.postgresql.candidates import PostgresqlCandidates

_FIRST: Final = (
    "WITH reach AS MATERIALIZED (SELECT {reach} AS far) "
    "SELECT number, vector, distance, (SELECT far FROM reach) FROM ({nearest}) AS nearest"
)
_FIRST_WITH_FULL: Final = (
    "WITH reach AS MATERIALIZED (SELECT {reach} AS far) "
    "SELECT number, vector, distance, (SELECT far FROM reach), embedding FROM ({nearest}) AS nearest "
    "JOIN {full} USING (number)"
)


class NearestPoints:
    """The candidates of one query, as `engines.exact_tail.Source`.

    Args:
        candidates: the candidates.
        with_full: whether their full embeddings are fetched too.
    """

    def __init__(self, candidates: "PostgresqlCandidates", *, with_full: bool = False) -> None:
        self._candidates = candidates
        self._with_full = with_full
        self._components = candidates.part.components
        self._full: tuple[NDArray[np.int64], list[bytes]] | None = None

    def first(self, unit: NDArray[np.float32], count: int) -> Fetched:
        """See `Source`."""
        part = self._candidates.part
        rank = None if part.approximate or self._candidates.listed else rank_in_sample(count, part.items_held)
        rows = self._first(unit, count, rank)
        if rank is not None and len(rows) < count and not (rows and rows[0][3] == math.inf):
            # The guess was too near, or no item passes.
            rows = self._first(unit, count, None)
        if self._candidates.approximately and len(rows) < min(count, self._candidates.count):
            # The approximate index gave up before there were enough.
            rows = self._first(unit, count, None, exactly=True)
        found = fetched(rows, self._components)
        if self._with_full:
            self._full = found.numbers, [row[4] for row in rows]
        least = -max(row[2] for row in rows) if len(rows) == count else None
        return Fetched(found.numbers, found.vectors, least)

    def _first(
        self, unit: NDArray[np.float32], count: int, rank: int | None, *, exactly: bool = False
    ) -> list[tuple[Any, ...]]:
        """Number, vector, distance, the distance up to which was searched, and the full embedding of the nearest.

        Args:
            unit, count: see `first`.
            rank: see `engines.postgresql.sample`; None: no guess is made.
            exactly: whether the approximate index is not asked, if there is one.
        """
        candidates, part = self._candidates, self._candidates.part
        where, query = candidates.where, vector_text(unit)
        # An expression that no index has makes the server look at every point that passes.
        exactly = exactly or (part.approximate and not candidates.approximately)
        distance = sql.SQL("(vector <#> %s::vector) + 0" if exactly else "vector <#> %s::vector")
        before: tuple[Any, ...] = ()
        reach: sql.SQL | sql.Composed = sql.SQL("'infinity'::float8")
        near = where
        if rank is not None:
            before = (query, *where.parameters, rank)
            reach = sql.SQL(
                "coalesce((SELECT vector <#> %s::vector FROM {sample} {where} ORDER BY 1 OFFSET %s LIMIT 1), "
                "'infinity')"
            ).format(sample=part.tables.sample, where=where.clause)
            near = where.with_clause("vector <#> %s::vector <= (SELECT far FROM reach)", query)
        nearest = sql.SQL(
            "SELECT number, vector, {distance} AS distance FROM {points} {where} ORDER BY distance LIMIT %s"
        ).format(distance=distance, points=part.tables.points, where=near.clause)
        statement = sql.SQL(_FIRST_WITH_FULL if self._with_full else _FIRST).format(
            reach=reach, nearest=nearest, full=part.tables.full
        )
        return part.connections.fetch(statement, (*before, query, *near.parameters, count))

    def reaching(self, unit: NDArray[np.float32], floor: float, k: int) -> Fetched:
        """See `Source`; equal vectors come once, because there may be very many of them."""
        where = self._candidates.where.with_clause("vector <#> %s::vector <= %s", vector_text(unit), -floor)
        part = self._candidates.part
        rows = part.connections.fetch(
            sql.SQL(
                "SELECT (array_agg(number ORDER BY number))[:%s], vector FROM {points} {where} GROUP BY vector"
            ).format(points=part.tables.points, where=where.clause),
            (k, *where.parameters),
        )
        self._full = None
        counts = [len(numbers) for numbers, _ in rows]
        vectors = vectors_of([vector for _, vector in rows], self._components)
        numbers = np.array([number for numbers, _ in rows for number in numbers], np.int64)
        return Fetched(numbers, np.repeat(vectors, counts, axis=0), None)

    def smallest(self, k: int) -> NDArray[np.int64]:
        """See `Source`."""
        return self._candidates.page(0, k)

    def bits_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int16] | None:
        """The full embeddings of some candidates, if they were fetched with the nearest."""
        if self._full is None:
            return None
        held = dict(zip(self._full[0].tolist(), self._full[1], strict=True))
        return bits_of([held[number] for number in numbers.tolist()], self._candidates.part.dimensions)


def vector_text(unit: NDArray[np.float32]) -> str:
    """A vector as the server reads it, bit for bit."""
    return f"[{','.join(map(repr, unit.tolist()))}]"


def fetched(rows: Sequence[tuple[Any, ...]], components: int) -> Fetched:
    """Points as the server sends them: number, vector and anything else.

    Args:
        rows: of the points.
        components: of their vectors.
    """
    numbers = np.array([row[0] for row in rows], np.int64)
    return Fetched(numbers, vectors_of([row[1] for row in rows], components), None)

"""The items of a version that pass conditions."""

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from engines.exact_tail import Fetched, exact_nearest, margin, unit_query
from engines.postgresql.binary_rows import bits_of, vectors_of
from engines.postgresql.stored_text import from_stored, storable, to_stored
from engines.postgresql.value_counts import most_frequent
from engines.postgresql.where import Where
from index.exact.plain_searches import dots
from index.full_cosines import compared, full_cosines
from index.grouping import ALONE
from index.part import GroupsFound, Nearest, QueryVectors, Reranked
from index.scoring import scores

if TYPE_CHECKING:
    from engines.postgresql.part import PostgresqlPart


class PostgresqlCandidates:
    """See `index.part.Candidates`.

    Args:
        part: the part of these candidates.
        where: conditions on its points, besides those that leave out what the part hides.
        excluded: number of an item of the part that is not a candidate.
    """

    def __init__(self, part: "PostgresqlPart", where: Where, excluded: int | None) -> None:
        self._part = part
        self._tables = part.tables
        self._conditions = bool(where)
        self._excluded = excluded
        self._shown = part.where_shown(where)
        self._where = self._shown if excluded is None else self._shown.with_clause("number <> %s", excluded)

    @cached_property
    def count(self) -> int:
        """Number of candidates."""
        if not self._conditions:
            return len(self._part) - (self._excluded is not None)
        return int(self._fetch("SELECT count(*) FROM {points} {where}")[0][0])

    def nearest(self, reduced: NDArray[np.float32], k: int) -> Nearest:
        """See `Candidates`."""
        unit = unit_query(reduced, self._part.components)
        return exact_nearest(_Searched(self), unit, k, exact=not self._approximately)

    def reranked(self, vectors: QueryVectors, window: int, k: int) -> Reranked | None:
        """See `Candidates`; the full embeddings come with the nearest, in one step."""
        if vectors.full is None:
            return None
        unit = unit_query(vectors.reduced, self._part.components)
        searched = _Searched(self, with_full=True)
        nearest = exact_nearest(searched, unit, window, exact=not self._approximately)
        rising = np.argsort(nearest.numbers)
        numbers = nearest.numbers[rising]
        bits = searched.bits_of(numbers)
        found = self._scores(
            nearest.similarities[rising], self._part.bits(numbers) if bits is None else bits, vectors.full
        )
        order = np.argsort(-found, kind="stable")[:k]
        return Reranked(numbers[order], found[order])

    def scores(
        self, numbers: NDArray[np.int64], similarities: NDArray[np.float64], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """See `Candidates`."""
        return self._scores(similarities, self._part.bits(numbers), full)

    def at_least(
        self, reduced: NDArray[np.float32], similarity: float, also: NDArray[np.int64]
    ) -> "PostgresqlCandidates":
        """See `Candidates`; of those that only rounding may carry over the limit, it is computed here."""
        unit, floor = unit_query(reduced, self._part.components), np.float32(similarity)
        if not unit.any():
            return self if np.float32(0.0) >= floor else self.only(also)
        surely, never = float(floor) + margin(unit.size), float(floor) - margin(unit.size)
        query = vector_text(unit)
        rows = self._fetch(
            "SELECT number, vector FROM {points} {where}",
            self._where.with_clause("vector <#> %s::vector BETWEEN %s AND %s", query, -surely, -never),
        )
        found = _fetched(rows, self._part.components)
        reached = found.numbers[dots(unit, found.vectors).astype(np.float32) >= floor]
        kept = np.concatenate((reached, also))
        where = self._where.with_clause("(vector <#> %s::vector < %s OR number = ANY(%s))", query, -surely, kept)
        return PostgresqlCandidates(self._part, where, None)

    def only(self, numbers: NDArray[np.int64]) -> "PostgresqlCandidates":
        """See `Candidates`."""
        only = PostgresqlCandidates(self._part, Where().with_clause("number = ANY(%s)", numbers), None)
        vars(only)["count"] = int(numbers.size)
        return only

    def count_values(self, field: str, most: int | None = None, also: Collection[str] = ()) -> dict[str, int]:
        """See `Candidates`."""
        column = self._part.stored.get(field)
        if column is None:
            return {}
        if not self._conditions and self._excluded is None:
            return self._part.find_values(field, "", most, also)
        counted = sql.SQL("SELECT codes[{place}], count(*) FROM {points} {where} GROUP BY 1").format(
            place=sql.Literal(column.place), points=self._tables.points, where=self._where.clause
        )
        return most_frequent(
            self._part.connections, self._tables, column, counted, self._where.parameters, most=most, also=also
        )

    def groups(self, field: str, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        """See `Candidates`; the label of a value is its code."""
        column = self._part.stored.get(field)
        if column is None or not numbers.size:
            return np.full(numbers.size, ALONE, np.int32)
        rows = self._part.connections.fetch(
            sql.SQL("SELECT number, codes[{}] FROM {} WHERE number = ANY(%s)").format(
                sql.Literal(column.place), self._tables.points
            ),
            (numbers,),
        )
        codes = dict(rows)
        labels = np.array([codes[number] for number in numbers.tolist()], np.int32)
        return np.where(labels == 0, np.int32(ALONE), labels)

    def values(self, field: str, numbers: NDArray[np.int64]) -> list[str | None]:
        """See `Candidates`."""
        labels = self.groups(field, numbers)
        texts = self._part.texts(np.unique(labels[labels != ALONE]))
        return [texts.get(label) for label in labels.tolist()]

    def count_groups(self, field: str, without: Collection[str] = ()) -> int:
        """See `Candidates`."""
        column = self._part.stored.get(field)
        if column is None:
            return self.count
        left_out = [to_stored(value) for value in without if storable(value)]
        found = self._fetch(
            "WITH groups AS (SELECT codes[{place}] AS code, count(*) AS items FROM {points} {where} GROUP BY 1) "
            "SELECT count(*) FILTER (WHERE code <> 0 AND NOT EXISTS (SELECT FROM {texts} AS texts "
            "WHERE texts.code = groups.code AND value = ANY(%s))), "
            "coalesce(sum(items) FILTER (WHERE code = 0), 0)::bigint FROM groups"
            if left_out
            else "WITH groups AS (SELECT codes[{place}] AS code, count(*) AS items FROM {points} {where} GROUP BY 1) "
            "SELECT count(*) FILTER (WHERE code <> 0), coalesce(sum(items) FILTER (WHERE code = 0), 0)::bigint "
            "FROM groups",
            self._where,
            *([left_out] if left_out else []),
            place=sql.Literal(column.place),
            texts=self._tables.texts,
        )
        groups, alone = found[0]
        return int(groups) + int(alone)

    def group_values(self, field: str) -> GroupsFound:
        """See `Candidates`."""
        column = self._part.stored.get(field)
        if column is None:
            return GroupsFound((), self.count)
        rows = self._fetch(
            "WITH groups AS (SELECT codes[{place}] AS code, count(*) AS items FROM {points} {where} GROUP BY 1) "
            "SELECT value, groups.items FROM groups LEFT JOIN {texts} AS texts USING (code)",
            place=sql.Literal(column.place),
            texts=self._tables.texts,
        )
        alone = sum(items for value, items in rows if value is None)
        return GroupsFound([from_stored(value) for value, _ in rows if value is not None], alone)

    def page(self, offset: int, limit: int) -> NDArray[np.int64]:
        """See `Candidates`."""
        if not self._conditions and self._excluded is None:
            positions = np.arange(min(offset, len(self._part)), min(offset + limit, len(self._part)))
            return self._part.numbers_at(positions)
        rows = self._fetch(
            "SELECT number FROM {points} {where} ORDER BY number LIMIT %s OFFSET %s", None, limit, offset
        )
        return np.array([number for (number,) in rows], np.int64)

    def numbers(self) -> NDArray[np.int64]:
        """See `Candidates`."""
        return self.page(0, len(self._part))

    def mask(self) -> NDArray[np.bool_]:
        """See `Candidates`."""
        mask = np.zeros(len(self._part), np.bool_)
        mask[self._part.positions(self.numbers())] = True
        return mask

    def fetch_points(
        self, statement: str, where: Where | None, *parameters: Any, **parts: sql.Composable
    ) -> list[tuple[Any, ...]]:
        """The rows of a statement over the points that are candidates."""
        return self._fetch(statement, where, *parameters, **parts)

    @property
    def part(self) -> "PostgresqlPart":
        """The part of these candidates."""
        return self._part

    @property
    def where(self) -> Where:
        """All conditions."""
        return self._where

    @property
    def _approximately(self) -> bool:
        """Whether the approximate index is asked: not where so few items pass that each can be looked at."""
        return self._part.approximate and (not self._conditions or self.count > _FEW)

    def _scores(
        self, similarities: NDArray[np.float64], bits: NDArray[np.int16], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        scoring = self._part.scoring
        unit = compared(full, self._part.dimensions, scoring)
        return scores(similarities, full_cosines(bits, np.arange(len(bits)), scoring, unit), scoring)

    def _fetch(
        self, statement: str, where: Where | None = None, *parameters: Any, **parts: sql.Composable
    ) -> list[tuple[Any, ...]]:
        where = self._where if where is None else where
        composed = sql.SQL(statement).format(points=self._tables.points, where=where.clause, **parts)
        return self._part.connections.fetch(composed, (*where.parameters, *parameters))


# An exact scan of so many items takes as long as an approximate search.
_FEW = 50_000


_FIRST: Final = "SELECT number, vector, {distance} AS distance FROM {points} {where} ORDER BY distance LIMIT %s"
_FIRST_WITH_FULL: Final = (
    "SELECT number, vector, distance, embedding FROM ("
    "SELECT number, vector, {distance} AS distance FROM {points} {where} ORDER BY distance LIMIT %s"
    ") AS found JOIN {full} USING (number)"
)


class _Searched:
    """The candidates of one query, as `engines.exact_tail.Source`.

    Args:
        candidates: the candidates.
        with_full: whether their full embeddings are fetched too.
    """

    def __init__(self, candidates: PostgresqlCandidates, *, with_full: bool = False) -> None:
        self._candidates = candidates
        self._with_full = with_full
        self._components = candidates.part.components
        self._full: tuple[NDArray[np.int64], list[bytes]] | None = None

    def first(self, unit: NDArray[np.float32], count: int) -> Fetched:
        """See `Source`."""
        approximately = self._candidates.part.approximate
        # An expression that no index has makes the server look at every point that passes.
        exactly = approximately and not self._candidates._approximately
        distance = sql.SQL("(vector <#> %s::vector) + 0" if exactly else "vector <#> %s::vector")
        query = vector_text(unit)
        where = self._candidates.where
        before = Where((), (query, *where.parameters))
        composed = sql.SQL(_FIRST_WITH_FULL if self._with_full else _FIRST).format(
            distance=distance,
            points=self._candidates.part.tables.points,
            where=where.clause,
            full=self._candidates.part.tables.full,
        )
        rows = self._candidates.part.connections.fetch(composed, (*before.parameters, count))
        found = _fetched(rows, self._components)
        if self._with_full:
            self._full = found.numbers, [row[3] for row in rows]
        least = -max(row[2] for row in rows) if len(rows) == count else None
        return Fetched(found.numbers, found.vectors, least)

    def reaching(self, unit: NDArray[np.float32], floor: float, k: int) -> Fetched:
        """See `Source`; equal vectors come once, because there may be very many of them."""
        where = self._candidates.where.with_clause("vector <#> %s::vector <= %s", vector_text(unit), -floor)
        rows = self._candidates.fetch_points(
            "SELECT (array_agg(number ORDER BY number))[:%s], vector FROM {points} {where} GROUP BY vector",
            Where(where.clauses, (k, *where.parameters)),
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


def _fetched(rows: list[tuple[Any, ...]], components: int) -> Fetched:
    numbers = np.array([row[0] for row in rows], np.int64)
    return Fetched(numbers, vectors_of([row[1] for row in rows], components), None)

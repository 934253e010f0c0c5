"""The items of a version that pass conditions."""

import math
from collections.abc import Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from engines.exact_tail import Fetched, exact_nearest, margin, unit_query
from engines.postgresql.binary_rows import bits_of, vectors_of
from engines.postgresql.conditions import NO_CONDITIONS, Conditions
from engines.postgresql.hidden_items import HiddenItems
from engines.postgresql.sample import rank_in_sample
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

# An exact scan of so many items takes as long as an approximate search.
_FEW: Final = 50_000
# An approximate search passes over items that fail the conditions one by one; so many of those are dearer than a scan.
_FEW_OF_ALL: Final = 1 / 20
# So many items of some similarity are kept by their numbers; more are computed again for each question.
_MOST_LISTED: Final = 2_000


class PostgresqlCandidates:
    """See `index.part.Candidates`.

    Args:
        part: the part of these candidates.
        conditions: on its points, besides those that leave out what the part hides.
        excluded: number of an item of the part that is not a candidate.
        listed: (K,) numbers of items of the part, rising; others are no candidates. None: they are not known.
    """

    def __init__(
        self,
        part: "PostgresqlPart",
        conditions: Conditions = NO_CONDITIONS,
        excluded: int | None = None,
        *,
        listed: NDArray[np.int64] | None = None,
    ) -> None:
        self._part = part
        self._tables = part.tables
        self._conditions = conditions
        self._excluded = excluded
        self._listed = listed
        # None that is listed is hidden.
        listed_only = None if listed is None else Where().with_clause("number = ANY(%s)", listed)
        where = part.where_shown(conditions.where) if listed_only is None else listed_only
        self._where = where if excluded is None else where.with_clause("number <> %s", excluded)

    @cached_property
    def count(self) -> int:
        """Number of candidates."""
        if self._listed is not None:
            return int(self._listed.size)
        if not self._conditions.where:
            return self._part.items_held - self._gone_numbers.size
        if self._conditions.items is None:
            return int(self._fetch("SELECT count(*) FROM {points} {where}")[0][0])
        if not self._gone_numbers.size:
            return self._conditions.items
        # How many pass is known of all items together, and quickly found out of a few.
        gone = self._fetch(
            "SELECT count(*) FROM {points} {where}",
            self._conditions.where.with_clause("number = ANY(%s)", self._gone_numbers),
        )
        return self._conditions.items - int(gone[0][0])

    def nearest(self, reduced: NDArray[np.float32], k: int) -> Nearest:
        """See `Candidates`."""
        unit = unit_query(reduced, self._part.components)
        return exact_nearest(_Searched(self), unit, k, exact=not self.approximately)

    def reranked(self, vectors: QueryVectors, window: int, k: int) -> Reranked | None:
        """See `Candidates`; the full embeddings come with the nearest, in one step."""
        if vectors.full is None:
            return None
        unit = unit_query(vectors.reduced, self._part.components)
        searched = _Searched(self, with_full=True)
        nearest = exact_nearest(searched, unit, window, exact=not self.approximately)
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
            "SELECT number, CASE WHEN vector <#> %s::vector >= %s THEN vector END FROM {points} {where} LIMIT %s",
            self._where.with_clause("vector <#> %s::vector <= %s", query, -never),
            _MOST_LISTED + 1,
            before=(query, -surely),
        )
        if len(rows) <= _MOST_LISTED:
            sure = np.array([number for number, vector in rows if vector is None], np.int64)
            doubtful = [row for row in rows if row[1] is not None]
            return self.only(np.union1d(np.concatenate((sure, self._reached(doubtful, unit, floor))), also))
        doubtful = self._fetch(
            "SELECT number, vector FROM {points} {where}",
            self._where.with_clause("vector <#> %s::vector BETWEEN %s AND %s", query, -surely, -never),
        )
        kept = np.concatenate((self._reached(doubtful, unit, floor), also))
        where = self._where.with_clause("(vector <#> %s::vector < %s OR number = ANY(%s))", query, -surely, kept)
        return PostgresqlCandidates(self._part, Conditions(where, None))

    def only(self, numbers: NDArray[np.int64]) -> "PostgresqlCandidates":
        """See `Candidates`."""
        return PostgresqlCandidates(self._part, listed=np.sort(numbers).astype(np.int64))

    def count_values(self, field: str, most: int | None = None, also: Collection[str] = ()) -> dict[str, int]:
        """See `Candidates`."""
        column = self._part.stored.get(field)
        if column is None:
            return {}
        if self._is_whole:
            return self._part.value_counts(column, self._gone, most=most, also=also)
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
        if self._is_whole:
            return self._part.count_groups(column, self._gone, left_out)
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
        if self._listed is not None:
            return self._listed[offset : offset + limit]
        if self._is_whole and self._excluded is None:
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

    @property
    def part(self) -> "PostgresqlPart":
        """The part of these candidates."""
        return self._part

    @property
    def where(self) -> Where:
        """All conditions."""
        return self._where

    @cached_property
    def approximately(self) -> bool:
        """Whether the approximate index is asked: not where so few items pass that each can be looked at."""
        if not self._part.approximate or self._listed is not None:
            return False
        return not self._conditions.where or self.count > max(_FEW, _FEW_OF_ALL * self._part.items_held)

    @property
    def listed(self) -> bool:
        """Whether the candidates are given by their numbers."""
        return self._listed is not None

    @property
    def _is_whole(self) -> bool:
        """Whether these are all items, without those that are gone."""
        return not self._conditions.where and self._listed is None

    @property
    def _gone_numbers(self) -> NDArray[np.int64]:
        hidden = self._part.hidden.numbers
        return hidden if self._excluded is None else np.append(hidden, self._excluded)

    @cached_property
    def _gone(self) -> HiddenItems:
        """The items of the version that are hidden, or excluded."""
        return self._part.hidden if self._excluded is None else self._part.hidden_with(np.array([self._excluded]))

    def _reached(
        self, rows: Sequence[tuple[Any, ...]], unit: NDArray[np.float32], floor: np.float32
    ) -> NDArray[np.int64]:
        found = _fetched(rows, self._part.components)
        return found.numbers[dots(unit, found.vectors).astype(np.float32) >= floor]

    def _scores(
        self, similarities: NDArray[np.float64], bits: NDArray[np.int16], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        scoring = self._part.scoring
        unit = compared(full, self._part.dimensions, scoring)
        return scores(similarities, full_cosines(bits, np.arange(len(bits)), scoring, unit), scoring)

    def _fetch(
        self,
        statement: str,
        where: Where | None = None,
        *parameters: Any,
        before: tuple[Any, ...] = (),
        **parts: sql.Composable,
    ) -> list[tuple[Any, ...]]:
        """The rows of a statement over the points that are candidates.

        Args:
            statement: with `{points}`, `{where}` and `parts`.
            where: other conditions than all of these.
            parameters, before: those of the statement behind and before the conditions.
            parts: more of the statement.
        """
        where = self._where if where is None else where
        composed = sql.SQL(statement).format(points=self._tables.points, where=where.clause, **parts)
        return self._part.connections.fetch(composed, (*before, *where.parameters, *parameters))


_FIRST: Final = (
    "WITH reach AS MATERIALIZED (SELECT {reach} AS far) "
    "SELECT number, vector, distance, (SELECT far FROM reach) FROM ({nearest}) AS nearest"
)
_FIRST_WITH_FULL: Final = (
    "WITH reach AS MATERIALIZED (SELECT {reach} AS far) "
    "SELECT number, vector, distance, (SELECT far FROM reach), embedding FROM ({nearest}) AS nearest "
    "JOIN {full} USING (number)"
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
        part = self._candidates.part
        rank = None if part.approximate or self._candidates.listed else rank_in_sample(count, part.items_held)
        rows = self._first(unit, count, rank)
        if rank is not None and len(rows) < count and not (rows and rows[0][3] == math.inf):
            # The guess was too near, or no item passes.
            rows = self._first(unit, count, None)
        if self._candidates.approximately and len(rows) < min(count, self._candidates.count):
            # The approximate index gave up before there were enough.
            rows = self._first(unit, count, None, exactly=True)
        found = _fetched(rows, self._components)
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
        reach, near = sql.SQL("'infinity'::float8"), where
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


def _fetched(rows: Sequence[tuple[Any, ...]], components: int) -> Fetched:
    numbers = np.array([row[0] for row in rows], np.int64)
    return Fetched(numbers, vectors_of([row[1] for row in rows], components), None)

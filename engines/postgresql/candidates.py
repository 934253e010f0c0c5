"""The items of a version that pass conditions."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from contracts.text_form import is_unicode
from engines.exact_tail import exact_nearest, margin
from engines.postgresql.conditions import NO_CONDITIONS, Conditions
from engines.postgresql.hidden_items import HiddenItems
from engines.postgresql.nearest_points import NearestPoints, fetched, vector_text
from engines.postgresql.stored_columns import StoredColumn
from engines.postgresql.stored_text import from_stored, to_stored
from engines.postgresql.where import Where
from index.exact.plain_searches import dots
from index.full_cosines import compared, full_cosines
from index.grouping import ALONE
from index.part import GroupsFound, Nearest, QueryVectors, Reranked
from index.scoring import scores
from index.unit_vectors import unit_query

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

    Attributes:
        part: this.
        where: all conditions on the points.
    """

    def __init__(
        self,
        part: "PostgresqlPart",
        conditions: Conditions = NO_CONDITIONS,
        excluded: int | None = None,
        *,
        listed: NDArray[np.int64] | None = None,
    ) -> None:
        self.part = part
        self._tables = part.tables
        self._conditions = conditions
        self._excluded = excluded
        self._listed = listed
        # None that is listed is hidden.
        listed_only = None if listed is None else Where().with_clause("number = ANY(%s)", listed)
        where = part.where_shown(conditions.where) if listed_only is None else listed_only
        self.where = where if excluded is None else where.with_clause("number <> %s", excluded)

    @cached_property
    def count(self) -> int:
        """Number of candidates."""
        if self._listed is not None:
            return int(self._listed.size)
        if not self._conditions.where:
            return self.part.items_held - self._gone_numbers.size
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
        unit = unit_query(reduced, self.part.components)
        return exact_nearest(NearestPoints(self), unit, k, exact=not self.approximately)

    def reranked(self, vectors: QueryVectors, window: int, k: int) -> Reranked | None:
        """See `Candidates`; the full embeddings come with the nearest, in one step."""
        if vectors.full is None:
            return None
        unit = unit_query(vectors.reduced, self.part.components)
        searched = NearestPoints(self, with_full=True)
        nearest = exact_nearest(searched, unit, window, exact=not self.approximately)
        rising = np.argsort(nearest.numbers)
        numbers = nearest.numbers[rising]
        bits = searched.bits_of(numbers)
        found = self._scores(
            nearest.similarities[rising], self.part.bits(numbers) if bits is None else bits, vectors.full
        )
        order = np.argsort(-found, kind="stable")[:k]
        return Reranked(numbers[order], found[order])

    def scores(
        self, numbers: NDArray[np.int64], similarities: NDArray[np.float64], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """See `Candidates`."""
        return self._scores(similarities, self.part.bits(numbers), full)

    def at_least(
        self, reduced: NDArray[np.float32], similarity: float, also: NDArray[np.int64]
    ) -> "PostgresqlCandidates":
        """See `Candidates`; of those that only rounding may carry over the limit, it is computed here."""
        unit, floor = unit_query(reduced, self.part.components), np.float32(similarity)
        if not unit.any():
            return self if np.float32(0.0) >= floor else self.only(also)
        surely, never = float(floor) + margin(unit.size), float(floor) - margin(unit.size)
        query = vector_text(unit)
        rows = self._fetch(
            "SELECT number, CASE WHEN vector <#> %s::vector >= %s THEN vector END FROM {points} {where} LIMIT %s",
            self.where.with_clause("vector <#> %s::vector <= %s", query, -never),
            _MOST_LISTED + 1,
            before=(query, -surely),
        )
        if len(rows) <= _MOST_LISTED:
            sure = np.array([number for number, vector in rows if vector is None], np.int64)
            doubtful = [row for row in rows if row[1] is not None]
            return self.only(np.union1d(np.concatenate((sure, self._reached(doubtful, unit, floor))), also))
        doubtful = self._fetch(
            "SELECT number, vector FROM {points} {where}",
            self.where.with_clause("vector <#> %s::vector BETWEEN %s AND %s", query, -surely, -never),
        )
        kept = np.concatenate((self._reached(doubtful, unit, floor), also))
        where = self.where.with_clause("(vector <#> %s::vector < %s OR number = ANY(%s))", query, -surely, kept)
        return PostgresqlCandidates(self.part, Conditions(where, None))

    def only(self, numbers: NDArray[np.int64]) -> "PostgresqlCandidates":
        """See `Candidates`."""
        return PostgresqlCandidates(self.part, listed=np.sort(numbers).astype(np.int64))

    def count_values(self, field: str, most: int | None = None, also: Collection[str] = ()) -> dict[str, int]:
        """See `Candidates`."""
        column = self.part.stored.get(field)
        if column is None:
            return {}
        if self._is_whole:
            return self.part.values.counts(column, self._gone, most=most, also=also)
        counted = self._counted(column)
        return self.part.values.most_frequent(column, counted, self.where.parameters, most=most, also=also)

    def groups(self, field: str, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        """See `Candidates`; the label of a value is its code."""
        column = self.part.stored.get(field)
        if column is None or not numbers.size:
            return np.full(numbers.size, ALONE, np.int32)
        rows = self.part.connections.fetch(
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
        texts = self.part.values.texts(np.unique(labels[labels != ALONE]))
        return [texts.get(label) for label in labels.tolist()]

    def count_groups(self, field: str, without: Collection[str] = ()) -> int:
        """See `Candidates`."""
        column = self.part.stored.get(field)
        if column is None:
            return self.count
        left_out = [to_stored(value) for value in without if is_unicode(value)]
        if self._is_whole:
            values = self.part.values.count(column, self._gone, left_out)
            # Each item without a value is a group.
            with_value = column.items - int(self._gone.with_value[column.place - 1])
            return values + self.count - with_value
        left = sql.SQL("AND NOT EXISTS (SELECT FROM {0} WHERE {0}.code = groups.code AND value = ANY(%s))")
        found = self._fetch(
            "WITH groups AS ({groups}) SELECT count(*) FILTER (WHERE code <> 0 {left}), "
            "coalesce(sum(items) FILTER (WHERE code = 0), 0)::bigint FROM groups",
            self.where,
            *([left_out] if left_out else []),
            groups=self._counted(column),
            left=left.format(self._tables.texts) if left_out else sql.SQL(""),
        )
        groups, alone = found[0]
        return int(groups) + int(alone)

    def group_values(self, field: str) -> GroupsFound:
        """See `Candidates`."""
        column = self.part.stored.get(field)
        if column is None:
            return GroupsFound((), self.count)
        rows = self._fetch(
            "WITH groups AS ({groups}) SELECT value, groups.items FROM groups LEFT JOIN {texts} USING (code)",
            groups=self._counted(column),
            texts=self._tables.texts,
        )
        alone = sum(items for value, items in rows if value is None)
        return GroupsFound([from_stored(value) for value, _ in rows if value is not None], alone)

    def page(self, offset: int, limit: int) -> NDArray[np.int64]:
        """See `Candidates`."""
        if self._listed is not None:
            return self._listed[offset : offset + limit]
        if self._is_whole and self._excluded is None:
            positions = np.arange(min(offset, len(self.part)), min(offset + limit, len(self.part)))
            return self.part.numbers_at(positions)
        rows = self._fetch(
            "SELECT number FROM {points} {where} ORDER BY number LIMIT %s OFFSET %s", None, limit, offset
        )
        return np.array([number for (number,) in rows], np.int64)

    def numbers(self) -> NDArray[np.int64]:
        """See `Candidates`."""
        return self.page(0, len(self.part))

    def mask(self) -> NDArray[np.bool_]:
        """See `Candidates`."""
        mask = np.zeros(len(self.part), np.bool_)
        mask[self.part.positions(self.numbers())] = True
        return mask

    @cached_property
    def approximately(self) -> bool:
        """Whether the approximate index is asked: not where so few items pass that each can be looked at."""
        if not self.part.approximate or self._listed is not None:
            return False
        return not self._conditions.where or self.count > max(_FEW, _FEW_OF_ALL * self.part.items_held)

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
        hidden = self.part.hidden.numbers
        return hidden if self._excluded is None else np.append(hidden, self._excluded)

    @cached_property
    def _gone(self) -> HiddenItems:
        """The items of the version that are hidden, or excluded."""
        return self.part.hidden if self._excluded is None else self.part.hidden_with(np.array([self._excluded]))

    def _reached(
        self, rows: Sequence[tuple[Any, ...]], unit: NDArray[np.float32], floor: np.float32
    ) -> NDArray[np.int64]:
        found = fetched(rows, self.part.components)
        return found.numbers[dots(unit, found.vectors).astype(np.float32) >= floor]

    def _counted(self, column: StoredColumn) -> sql.Composed:
        """The statement that counts the candidates with each code of a column."""
        return sql.SQL("SELECT codes[{}] AS code, count(*) AS items FROM {} {} GROUP BY 1").format(
            sql.Literal(column.place), self._tables.points, self.where.clause
        )

    def _scores(
        self, similarities: NDArray[np.float64], bits: NDArray[np.int16], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        scoring = self.part.scoring
        unit = compared(full, self.part.dimensions, scoring)
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
        where = self.where if where is None else where
        composed = sql.SQL(statement).format(points=self._tables.points, where=where.clause, **parts)
        return self.part.connections.fetch(composed, (*before, *where.parameters, *parameters))

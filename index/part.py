"""The interface of a part of a catalogue: a bundle, the changes since, or a shard of another engine.

Parts identify items by numbers: whole numbers, unique over all parts, in catalogue order. Of items with equal scores,
the one with the smaller number comes first.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.columns.column import ColumnKind
from index.columns.fields import FieldTest
from index.query import ColumnDescription, ItemRecord


@dataclass(frozen=True, slots=True)
class QueryVectors:
    """The vectors with which items are compared.

    Attributes:
        reduced: (C,) float32, of any length; zero has similarity 0 to everything.
        full: (D,) float32, the embedding before its reduction; None: items are not scored by it.
    """

    reduced: NDArray[np.float32]
    full: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest items, ordered by (-similarity, number).

    Attributes:
        numbers: (K,) int64, of the items.
        similarities: (K,) float64 cosines of reduced embeddings, falling.
    """

    numbers: NDArray[np.int64]
    similarities: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reranked:
    """The best of a window of nearest items, ordered by (-score, number).

    Attributes:
        numbers: (K,) int64, of the items.
        scores: (K,) float32, falling; see `index.scoring`.
    """

    numbers: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GroupsFound:
    """The groups of some items.

    Attributes:
        values: the distinct values of the items that have one.
        alone: number of items without a value, each of which counts as a group.
    """

    values: Collection[str]
    alone: int


class Candidates(Protocol):
    """The items of a part that pass the conditions of a query, which are resolved only once."""

    @property
    def count(self) -> int:
        """Number of candidates."""

    def nearest(self, reduced: NDArray[np.float32], k: int) -> Nearest:
        """The exact k nearest to a reduced query; fewer if there are fewer than k.

        Raises:
            ValueError: the query has another shape or is not finite.
        """

    def reranked(self, vectors: QueryVectors, window: int, k: int) -> Reranked | None:
        """The k best of the `window` nearest, by their scores, in one step.

        Args:
            vectors: with full ones.
            window: number of nearest candidates by reduced embeddings, 1 or more.
            k: 1 to `window`.

        Returns:
            What `nearest` and `scores` give together; None if these candidates have no quicker way than those.

        Raises:
            ValueError: the query has another shape or is not finite.
        """

    def scores(
        self, numbers: NDArray[np.int64], similarities: NDArray[np.float64], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Scores of some candidates by full embeddings, (K,) float32; see `index.scoring`.

        Args:
            numbers: (K,) rising, numbers of candidates.
            similarities: (K,) of their reduced embeddings, as `nearest` gives them.
            full: (D,) of any length.

        Raises:
            ValueError: the query has another shape or is not finite.
        """

    def at_least(self, reduced: NDArray[np.float32], similarity: float, also: NDArray[np.int64]) -> "Candidates":
        """The candidates of at least this similarity to a reduced query, compared in float32.

        Args:
            reduced: see `nearest`.
            similarity: a cosine.
            also: numbers of candidates that stay regardless of their similarity.
        """

    def only(self, numbers: NDArray[np.int64]) -> "Candidates":
        """The candidates with these numbers."""

    def count_values(self, field: str, most: int | None = None, also: Collection[str] = ()) -> dict[str, int]:
        """Number of candidates for each value of a field, by (-count, value), without zero counts.

        Args:
            field: a known field.
            most: maximum number of values; None for all.
            also: values that are counted too if they are not among those; they follow in any order.
        """

    def groups(self, field: str, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        """Labels of some candidates, (K,) int32: equal for equal values of a field, -1 for no value.

        Labels are comparable only within one result.
        """

    def values(self, field: str, numbers: NDArray[np.int64]) -> list[str | None]:
        """The values of a field for some candidates."""

    def count_groups(self, field: str, without: Collection[str] = ()) -> int:
        """Number of groups of the candidates; an item without a value is a group of its own.

        Args:
            field: the field whose values make the groups.
            without: values that are not counted.
        """

    def group_values(self, field: str) -> GroupsFound:
        """The groups of the candidates."""

    def page(self, offset: int, limit: int) -> NDArray[np.int64]:
        """A page of the candidates' numbers, rising."""

    def numbers(self) -> NDArray[np.int64]:
        """All numbers of the candidates, rising."""

    def mask(self) -> NDArray[np.bool_]:
        """Whether each item of the part, in the order of numbers, is a candidate: (N,) bool."""


class Part(Protocol):
    """Some items of a catalogue. All methods may be called from several threads at once."""

    def __len__(self) -> int:
        """Number of items."""

    @property
    def remote(self) -> bool:
        """Whether its methods ask another process, so that no event loop may call them."""

    @property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """The kind of each column by field, in order of first appearance in the items."""

    def first_places(self) -> Mapping[str, tuple[int, int]]:
        """Where each column first appears: the number of the first item with a value, and the place in that item."""

    def describe(self) -> Sequence[ColumnDescription]:
        """All columns, in the order of `kinds`."""

    def find_values(
        self, field: str, prefix: str, most: int | None = None, also: Collection[str] = ()
    ) -> dict[str, int]:
        """The values of a field that begin with a text, and their numbers of items, by (-count, value).

        Args:
            field: a known field.
            prefix: the text, in any case; empty: all values.
            most: maximum number of values; None for all.
            also: see `Candidates.count_values`; each begins with the text.
        """

    def has_value(self, field: str, value: str) -> bool:
        """See `index.columns.fields.KnownValues`."""

    def not_a_number(self, field: str) -> str | None:
        """See `index.columns.fields.KnownValues`."""

    def candidates(
        self, needed: Sequence[FieldTest], unwanted: Sequence[FieldTest], excluded: int | None = None
    ) -> Candidates:
        """The items that pass all needed tests and no unwanted one.

        Args:
            needed, unwanted: parsed by the kinds of the merged columns of all parts; this part may lack the column.
            excluded: number of an item that is not a candidate; it may be of another part.
        """

    def number(self, item_id: str) -> int | None:
        """The number of an item, or None if it is not in this part."""

    def numbers_of(self, item_ids: Sequence[str]) -> list[int | None]:
        """For each id what `number` gives; however many there are, an engine is asked once."""

    def holds(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each item is in this part, (K,) bool."""

    def numbers_at(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """Numbers of the items at some positions, 0 to N - 1, in the order of numbers."""

    def vectors(self, number: int) -> QueryVectors:
        """The embeddings by which an item is compared with others.

        Raises:
            IndexError: no item of this part has the number.
        """

    def listed(self, numbers: NDArray[np.int64]) -> list[tuple[str, bytes]]:
        """Id and attributes of some items; see `index.query.ListedItem`."""

    def record(self, number: int) -> ItemRecord:
        """All stored data of an item.

        Raises:
            IndexError: no item of this part has the number.
        """

    def warm_up(self) -> None:
        """Do the work that only the first query of each kind needs, so that no response waits for it."""

"""What a searcher asks of each part of a catalogue: a bundle, the changes since, a shard of another engine.

Parts speak of items by their numbers: whole numbers, different over all parts, in the order of the catalogue. Of items
with equal scores the one with the smaller number comes first.
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
    """What items are compared with.

    Attributes:
        reduced: (C,) float32, of any length; zero is similar to nothing (0).
        full: (D,) float32, the same before its reduction; None: no re-ranking.
    """

    reduced: NDArray[np.float32]
    full: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest of some items, by (-similarity, number).

    Attributes:
        numbers: (K,) int64, of the items.
        similarities: (K,) float64 cosines of reduced embeddings, falling.
    """

    numbers: NDArray[np.int64]
    similarities: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroupsFound:
    """The groups that some items are of.

    Attributes:
        values: of the items that have one, each once.
        alone: how many have none, each of which counts as a group.
    """

    values: Collection[str]
    alone: int


class Candidates(Protocol):
    """The items of a part that an answer may hold: its conditions are resolved once, and then asked many things."""

    @property
    def count(self) -> int:
        """How many they are."""

    def nearest(self, reduced: NDArray[np.float32], k: int) -> Nearest:
        """The k nearest to a reduced query, exactly; fewer where there are not k.

        Raises:
            ValueError: the query has another shape or is not finite.
        """

    def cosines(self, numbers: NDArray[np.int64], full: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines of full embeddings: (K,) float32, computed in float64 and rounded once.

        Args:
            numbers: (K,) rising, of candidates.
            full: (D,) of any length.

        Raises:
            ValueError: the query has another shape or is not finite.
        """

    def at_least(self, reduced: NDArray[np.float32], similarity: float, also: NDArray[np.int64]) -> "Candidates":
        """Those among them that are at least so similar to a reduced query, compared in float32.

        Args:
            reduced: see `nearest`.
            similarity: a cosine.
            also: numbers of candidates that stay whatever their similarity is.
        """

    def only(self, numbers: NDArray[np.int64]) -> "Candidates":
        """Those of some numbers, which are candidates."""

    def count_values(self, field: str, most: int | None = None) -> dict[str, int]:
        """How many have each value of a field: most frequent first, equal counts by value; values of 0 left out.

        Args:
            field: a known one.
            most: how many values at most; None for all.
        """

    def groups(self, field: str, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        """Which of some candidates have the same value of a field: (K,) the same figure for those, -1 for none.

        The figures mean something within one answer only.
        """

    def values(self, field: str, numbers: NDArray[np.int64]) -> list[str | None]:
        """The value of a field of each of some candidates."""

    def count_groups(self, field: str, without: Collection[str] = ()) -> int:
        """How many groups they are of; an item without a value is one by itself.

        Args:
            field: whose values make the groups.
            without: values that are not counted.
        """

    def group_values(self, field: str) -> GroupsFound:
        """The groups that they are of."""

    def page(self, offset: int, limit: int) -> NDArray[np.int64]:
        """Some of their numbers, rising: as many as `limit` behind the first `offset`."""

    def numbers(self) -> NDArray[np.int64]:
        """All of their numbers, rising."""

    def mask(self) -> NDArray[np.bool_]:
        """Which of all items of the part they are, in the order of numbers: (N,) bool."""


class Part(Protocol):
    """Some items of a catalogue. All methods may be called from several threads at once."""

    def __len__(self) -> int:
        """How many items."""

    @property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """The kind of each column, by its field, in the order in which the items first show them."""

    def first_number(self, field: str) -> int:
        """Number of the first item that has a value of a field."""

    def describe(self) -> Sequence[ColumnDescription]:
        """All columns, in the order of `kinds`."""

    def candidates(
        self, needed: Sequence[FieldTest], unwanted: Sequence[FieldTest], excluded: int | None = None
    ) -> Candidates:
        """The items that pass all needed tests and no unwanted one.

        Args:
            needed, unwanted: read by the kinds of all parts' columns together; a field may have no column here.
            excluded: number of an item that is none of them; of this part or another.
        """

    def number(self, item_id: str) -> int | None:
        """The number of an item, or None when it is none of these."""

    def holds(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which items are of this part."""

    def numbers_at(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """Numbers of the items at some positions in the order of numbers, 0 to N - 1."""

    def vectors(self, number: int) -> QueryVectors:
        """What an item is compared with others by.

        Raises:
            IndexError: no item of this part has the number.
        """

    def listed(self, numbers: NDArray[np.int64]) -> list[tuple[str, bytes]]:
        """Id and attributes of some items; see `index.query.ListedItem`."""

    def record(self, number: int) -> ItemRecord:
        """All that is stored of an item.

        Raises:
            IndexError: no item of this part has the number.
        """

    def warm_up(self) -> None:
        """Do once what only the first question of its kind does, so that no answer waits for it."""

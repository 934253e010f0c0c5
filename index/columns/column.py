"""One attribute over all items, and what a kind of column has to do."""

import bisect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from index.query import ColumnDescription


@dataclass(frozen=True)
class Column:
    """One attribute over all items.

    Attributes:
        name: the field, as conditions name it.
        kind: what its values are.
        values: the different values as in the source, sorted by code point.
        counts: how many items have each value.
    """

    name: str
    kind: "ColumnKind"
    values: list[str]
    counts: list[int]

    @cached_property
    def tallies(self) -> NDArray[np.int64]:
        """The counts, (values,) int64."""
        return np.array(self.counts, np.int64)

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """Where each value's rows end in a list of all rows sorted by value, less the rows that have none."""
        return np.cumsum(self.tallies)

    @cached_property
    def comparables(self) -> NDArray[np.float64]:
        """What the kind compares its values by, (values,) float64; computed when it is first asked for."""
        return self.kind.comparables(self.values)

    def code(self, value: str) -> int | None:
        """Position of a value, or None when no item has it."""
        position = bisect.bisect_left(self.values, value)
        found = position < len(self.values) and self.values[position] == value
        return position if found else None

    def mark(self, values: Iterable[str]) -> NDArray[np.bool_]:
        """Which of the column's values are exactly one of these: (values,) bool."""
        marked = np.zeros(len(self.values), np.bool_)
        for value in values:
            code = self.code(value)
            if code is not None:
                marked[code] = True
        return marked


class ValueTest(Protocol):
    """The values of a condition, read by the kind of its column."""

    def accepted(self, column: Column) -> NDArray[np.bool_]:
        """Which of a column's values pass, (values,) bool.

        Args:
            column: of the kind that read the test, or of one that `index.columns.registry.KINDS` names behind it.
        """


class ColumnKind(ABC):
    """What the values of a column are: how they are recognised, read in conditions, compared and described."""

    name: ClassVar[str]
    """As bundles and answers name it."""

    categorical: ClassVar[bool]
    """Whether equal values mean items of one sort, as with a colour and not with a price."""

    @abstractmethod
    def recognises(self, values: Sequence[str]) -> bool:
        """Whether all values of a column are of this kind."""

    @abstractmethod
    def parse(self, values: Sequence[str]) -> ValueTest:
        """Read the values of a condition.

        Raises:
            FilterError: one of them is malformed.
        """

    def comparables(self, values: Sequence[str]) -> NDArray[np.float64]:
        """What values are compared by, (values,) float64; NaN where the kind has no order."""
        return np.broadcast_to(np.float64(np.nan), len(values))

    def describe(self, column: Column) -> ColumnDescription:
        """A column of this kind, for people who want to filter by it."""
        return ColumnDescription(column.name, self.name, self.categorical, column.values, column.counts)

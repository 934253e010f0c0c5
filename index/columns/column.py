"""One attribute over all items, and the interface of a kind of column."""

import bisect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.text_form import one_form
from index.columns.list_members import ListMembers
from index.columns.number_style import parse_number
from index.query import ColumnDescription


@dataclass(frozen=True)
class Column:
    """One attribute over all items.

    Attributes:
        name: the field's name in conditions.
        kind: of its values.
        values: the distinct values as in the source, sorted by code point; of a list column, the whole lists.
        counts: number of items with each value.
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
        """The end of each value's rows in a list of rows sorted by value, without rows that have none."""
        return np.cumsum(self.tallies)

    @cached_property
    def comparables(self) -> NDArray[np.float64]:
        """Numbers by which the kind compares its values, (values,) float64; computed on first use."""
        return self.kind.comparables(self.values)

    @cached_property
    def rising(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The codes of all values that can be compared, in the order of their comparables; and these, rising."""
        codes = np.flatnonzero(~np.isnan(self.comparables)).astype(np.int32)
        order = codes[np.argsort(self.comparables[codes], kind="stable")]
        return order, self.comparables[order]

    @cached_property
    def members(self) -> ListMembers:
        """The members of the lists of a list column; computed on first use."""
        return ListMembers.of(self.values)

    @cached_property
    def not_a_number(self) -> str | None:
        """The first value that is not a plain number, or None if all are."""
        return next((value for value in self.values if parse_number(value) is None), None)

    @property
    def named(self) -> list[str]:
        """The values that conditions name, sorted: those of items, or the members of their lists."""
        return self.members.names if self.kind.several else self.values

    def tally(self, counts: NDArray[np.integer]) -> NDArray[np.int64]:
        """Counts of `values` as counts of `named`, int64."""
        return self.members.tally(counts) if self.kind.several else counts.astype(np.int64, copy=False)

    def counted(self, counts: NDArray[np.int64]) -> "Column":
        """The column with other numbers of items with each value; values without any are left out."""
        kept = np.flatnonzero(counts)
        column = Column(self.name, self.kind, [self.values[code] for code in kept.tolist()], counts[kept].tolist())
        # To compute them takes far longer than to make the column.
        vars(column)["comparables"] = self.comparables[kept]
        return column

    @cached_property
    def other_forms(self) -> Mapping[str, list[int]]:
        """The codes of values that were stored before values had one form, by that form; almost always empty."""
        found: dict[str, list[int]] = {}
        for code, value in enumerate(self.values):
            form = one_form(value)
            if form != value:
                found.setdefault(form, []).append(code)
        return found

    def code(self, value: str) -> int | None:
        """Position of a value, or None if no item has it."""
        position = bisect.bisect_left(self.values, value)
        found = position < len(self.values) and self.values[position] == value
        return position if found else None

    def mark(self, values: Iterable[str]) -> NDArray[np.bool_]:
        """Which of the column's values are equal to one of these, which are in one form: (values,) bool."""
        marked = np.zeros(len(self.values), np.bool_)
        for value in values:
            code = self.code(value)
            if code is not None:
                marked[code] = True
            if self.other_forms:
                marked[self.other_forms.get(value, [])] = True
        return marked


class ValueTest(Protocol):
    """The values of a condition, parsed by the kind of its column."""

    def accepted(self, column: Column) -> NDArray[np.bool_]:
        """Which of a column's values pass, (values,) bool.

        Args:
            column: of the kind that parsed the test, or of a later one in `index.columns.registry.KINDS`.
        """


class ColumnKind(ABC):
    """A kind of column: how its values are recognised, parsed in conditions, compared and described."""

    name: ClassVar[str]
    """Its name in bundles and responses."""

    categorical: ClassVar[bool]
    """Whether items with equal values belong together, as for a colour but not for a price."""

    several: ClassVar[bool] = False
    """Whether an item may have several values."""

    ordered: ClassVar[bool] = False
    """Whether conditions may have ranges."""

    @abstractmethod
    def recognise(self, values: Sequence[str], counts: Sequence[int]) -> "ColumnKind | None":
        """This kind, with settings that suit a column, or None if its values are of another kind.

        Args:
            values: the distinct values of the column.
            counts: number of items with each.
        """

    def declared(self, values: Sequence[str], counts: Sequence[int]) -> "ColumnKind":  # noqa: ARG002 - see below
        """This kind for a column that is declared to be of it, with settings that suit as many items as possible.

        Raises:
            ValueError: no value can be of this kind; the message says why.
        """
        return self

    def holds(self, value: str) -> bool:  # noqa: ARG002 - kinds that cannot hold every value override this
        """Whether an item can have this value; an item with another one counts as one without a value."""
        return True

    def settings(self) -> Mapping[str, str]:
        """What a bundle stores besides the name; empty if nothing."""
        return {}

    def with_settings(self, settings: Mapping[str, str]) -> "ColumnKind":
        """The kind with the settings that a bundle stores.

        Raises:
            TypeError, ValueError: they are not settings of this kind.
        """
        if settings:
            raise ValueError(f"the kind {self.name} has no settings")
        return self

    @abstractmethod
    def parse(self, values: Sequence[str]) -> ValueTest:
        """Parse the values of a condition.

        Raises:
            FilterError: one of them is malformed.
        """

    def comparables(self, values: Sequence[str]) -> NDArray[np.float64]:
        """Numbers by which values are compared, (values,) float64; NaN if the kind has no order."""
        return np.broadcast_to(np.float64(np.nan), len(values))

    def describe(self, column: Column, items: int) -> ColumnDescription:
        """The description of a column of this kind, for people who filter by it.

        Args:
            column: of this kind.
            items: number of all items.
        """
        return ColumnDescription(
            column.name,
            self.name,
            self.categorical,
            column.named,
            column.tally(column.tallies).tolist(),
            missing=items - int(column.tallies.sum()),
        )

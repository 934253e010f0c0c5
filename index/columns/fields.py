"""The fields that queries may name, and the parsing of conditions on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from contracts.errors import FilterError
from index.columns.column import ColumnKind, ValueTest
from index.columns.number import is_range
from index.conditions import Condition

_FIELDS_LISTED = 100


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A parsed condition.

    Attributes:
        field: name of an attribute.
        test: of its values.
    """

    field: str
    test: ValueTest


class KnownValues(Protocol):
    """The values that items have, for errors that name them."""

    def has_value(self, field: str, value: str) -> bool:
        """Whether an item has a value, or a list with it."""

    def not_a_number(self, field: str) -> str | None:
        """A value of a field that is no number, or None if all are."""


class Fields:
    """Looks up fields; errors for unknown ones list those that exist.

    Args:
        kinds: kind of each column by name, in order of first appearance in the items.
        values: of these columns.
    """

    def __init__(self, kinds: Mapping[str, ColumnKind], values: KnownValues) -> None:
        self._kinds = kinds
        self._values = values

    def kind(self, field: str) -> ColumnKind:
        """The kind of a column.

        Raises:
            FilterError: there is no such field; the message lists those that exist.
        """
        kind = self._kinds.get(field)
        if kind is None:
            raise FilterError(f"unknown field {field!r:.100}; {self._known()}")
        return kind

    def tests(self, conditions: Sequence[Condition]) -> list[FieldTest]:
        """Parse conditions by the kinds of their columns.

        Raises:
            FilterError: a field is unknown, a value is malformed, or it is a range and the column is not one of
                numbers.
        """
        tests = []
        for asked in conditions:
            kind = self.kind(asked.field)
            if not kind.ordered:
                self._refuse_ranges(asked, kind)
            tests.append(FieldTest(asked.field, kind.parse(asked.values)))
        return tests

    def group(self, field: str) -> None:
        """Check that items can be grouped by a field.

        Raises:
            FilterError: there is no such field, or an item may have several values of it.
        """
        if self.kind(field).several:
            raise FilterError(
                f"items cannot be grouped by {field!r:.100}, which is a list column, so an item may have several "
                "values; name a column with one value for each item"
            )

    def _refuse_ranges(self, asked: Condition, kind: ColumnKind) -> None:
        for value in asked.values:
            # An item may have a value that looks like a range.
            if is_range(value) and not self._values.has_value(asked.field, value):
                other = self._values.not_a_number(asked.field)
                why = f"{other!r:.100} is a value of it" if other is not None else "it was declared so"
                raise FilterError(
                    f"{value!r:.100} is a range, but {asked.field!r:.100} is a {kind.name} column, not one of numbers "
                    f"({why}); name exact values, or build the index again with `--number {asked.field:.100}`"
                )

    def _known(self) -> str:
        if not self._kinds:
            return "these items have no attributes"
        names = list(self._kinds)
        more = f" and {len(names) - _FIELDS_LISTED} more" if len(names) > _FIELDS_LISTED else ""
        return f"the fields are: {', '.join(names[:_FIELDS_LISTED])}{more}"

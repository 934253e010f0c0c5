"""The fields that queries may name, and the parsing of conditions on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from contracts.errors import FilterError
from contracts.text_form import one_form
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
        # Bundles may hold names from before names had one form.
        self._names: dict[str, str] = {}
        for name in kinds:
            self._names.setdefault(one_form(name), name)

    def name(self, field: str) -> str:
        """The name of a field as it is stored; names are compared in one form (see `contracts.text_form`).

        Raises:
            FilterError: there is no such field; the message lists those that exist.
        """
        if field in self._kinds:
            return field
        name = self._names.get(one_form(field))
        if name is None:
            raise FilterError(f"unknown field {field!r:.100}; {self._known()}")
        return name

    def kind(self, field: str) -> ColumnKind:
        """The kind of a column.

        Raises:
            FilterError: there is no such field; the message lists those that exist.
        """
        return self._kinds[self.name(field)]

    def tests(self, conditions: Sequence[Condition]) -> list[FieldTest]:
        """Parse conditions by the kinds of their columns.

        Raises:
            FilterError: a field is unknown, a value is malformed, or it is a range and the column is not one of
                numbers.
        """
        tests = []
        for asked in conditions:
            field = self.name(asked.field)
            kind = self._kinds[field]
            if not kind.ordered:
                self._refuse_ranges(field, asked.values, kind)
            tests.append(FieldTest(field, kind.parse(asked.values)))
        return tests

    def group(self, field: str) -> str:
        """The name of a field that items can be grouped by, as it is stored.

        Raises:
            FilterError: there is no such field, or an item may have several values of it.
        """
        if self.kind(field).several:
            raise FilterError(
                f"items cannot be grouped by {field!r:.100}, which is a list column, so an item may have several "
                "values; name a column with one value for each item"
            )
        return self.name(field)

    def _refuse_ranges(self, field: str, values: Sequence[str], kind: ColumnKind) -> None:
        for value in values:
            # An item may have a value that looks like a range.
            if is_range(value) and not self._values.has_value(field, value):
                other = self._values.not_a_number(field)
                why = f"{other!r:.100} is a value of it" if other is not None else "it was declared so"
                raise FilterError(
                    f"{value!r:.100} is a range, but {field!r:.100} is a {kind.name} column, not a number column "
                    f"({why}); name exact values, or build the index again with `--number {field:.100}`"
                )

    def _known(self) -> str:
        if not self._kinds:
            return "these items have no attributes"
        names = list(self._kinds)
        more = f" and {len(names) - _FIELDS_LISTED} more" if len(names) > _FIELDS_LISTED else ""
        return f"the fields are: {', '.join(names[:_FIELDS_LISTED])}{more}"

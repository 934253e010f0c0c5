"""The fields that queries may name, and the parsing of conditions on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.errors import FilterError
from contracts.text_form import one_form
from index.columns.column import ColumnKind, ValueTest
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


class Fields:
    """Looks up fields; errors for unknown ones list those that exist.

    Args:
        kinds: kind of each column by name, in order of first appearance in the items.
    """

    def __init__(self, kinds: Mapping[str, ColumnKind]) -> None:
        self._kinds = kinds
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
            FilterError: a field is unknown, or a value is malformed.
        """
        return [FieldTest(self.name(asked.field), self.kind(asked.field).parse(asked.values)) for asked in conditions]

    def _known(self) -> str:
        if not self._kinds:
            return "these items have no attributes"
        names = list(self._kinds)
        more = f" and {len(names) - _FIELDS_LISTED} more" if len(names) > _FIELDS_LISTED else ""
        return f"the fields are: {', '.join(names[:_FIELDS_LISTED])}{more}"

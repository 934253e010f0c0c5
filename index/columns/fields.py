"""The fields that questions may name, and what conditions on them mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.errors import FilterError
from index.columns.column import ColumnKind, ValueTest
from index.conditions import Condition

_FIELDS_LISTED = 100


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A condition that was read.

    Attributes:
        field: name of an attribute.
        test: of its values.
    """

    field: str
    test: ValueTest


class Fields:
    """Looks fields up, and says which there are where one is unknown.

    Args:
        kinds: of each column, by its name, in the order in which the items first show them.
    """

    def __init__(self, kinds: Mapping[str, ColumnKind]) -> None:
        self._kinds = kinds

    def kind(self, field: str) -> ColumnKind:
        """The kind of a column.

        Raises:
            FilterError: there is no such field; lists those that there are.
        """
        kind = self._kinds.get(field)
        if kind is None:
            raise FilterError(f"unknown field {field!r:.100}; {self._known()}")
        return kind

    def tests(self, conditions: Sequence[Condition]) -> list[FieldTest]:
        """Read conditions as the kinds of their columns do.

        Raises:
            FilterError: a field is unknown, or a value is malformed.
        """
        return [FieldTest(asked.field, self.kind(asked.field).parse(asked.values)) for asked in conditions]

    def _known(self) -> str:
        if not self._kinds:
            return "these items have no attributes"
        names = list(self._kinds)
        more = f" and {len(names) - _FIELDS_LISTED} more" if len(names) > _FIELDS_LISTED else ""
        return f"the fields are: {', '.join(names[:_FIELDS_LISTED])}{more}"

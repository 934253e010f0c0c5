"""The columns of a bundle, coded as the tables of a version have them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from contracts.errors import EngineError
from contracts.text_form import one_form
from engines.postgresql.binary_rows import float8, int4, int8
from engines.postgresql.stored_columns import StoredColumn
from engines.postgresql.stored_text import to_stored
from index.attributes import MISSING
from index.bundle import Bundle
from index.columns.column import Column

_LARGEST_CODE: Final = 2**31 - 1
Fields = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A column, of which some items are loaded.

    Attributes:
        stored: its description.
        column: in the bundle.
        codes: (values + 1,) int32, the code of each value; the last is 0, for no value.
        tallies: (values,) int64, number of loaded items with each value.
    """

    stored: StoredColumn
    column: Column
    codes: NDArray[np.int32]
    tallies: NDArray[np.int64]

    def text_rows(self) -> Iterator[Fields]:
        """The rows of `texts`."""
        field = int4(self.stored.place)
        comparables = self.column.comparables
        for at in np.flatnonzero(self.tallies).tolist():
            value = self.column.values[at]
            form = one_form(value)
            comparable = comparables[at]
            yield (
                field,
                int4(int(self.codes[at])),
                to_stored(value).encode(),
                None if form == value else to_stored(form).encode(),
                None if np.isnan(comparable) else float8(float(comparable)),
                int8(int(self.tallies[at])),
            )

    def member_rows(self) -> Iterator[Fields]:
        """The rows of `members`; none unless it is a list column."""
        if not self.column.kind.several:
            return
        field, members = int4(self.stored.place), self.column.members
        names = [to_stored(name).encode() for name in members.names]
        for member, at in zip(members.members.tolist(), members.lists.tolist(), strict=True):
            if self.tallies[at]:
                yield field, names[member], int4(int(self.codes[at]))


def code_columns(bundle: Bundle, rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> list[CodedColumn]:
    """Code the columns of a bundle.

    Args:
        bundle: the bundle.
        rows: (M,) of the items that are loaded, rising.
        numbers: (M,) of the same items.

    Raises:
        EngineError: there are more values than codes.
    """
    coded, base = [], 1
    everything = rows.size == len(bundle.items)
    for place, column in enumerate(bundle.attributes.columns.values(), 1):
        values = len(column.values)
        if base + values > _LARGEST_CODE:
            raise EngineError(f"the items have more than {_LARGEST_CODE:,} distinct values; split them into shards")
        own = bundle.attributes.codes(column.name)
        own = own if everything else own[rows]
        has_value = own != MISSING
        first = int(has_value.argmax()) if own.size else 0
        found = bool(own.size and has_value[first])
        codes = np.zeros(values + 1, np.int32)
        codes[_order(column)] = np.arange(base, base + values, dtype=np.int32)
        stored = StoredColumn(
            place,
            column.name,
            column.kind,
            int(np.count_nonzero(has_value)),
            (int(numbers[first]), _place_in(bundle, int(rows[first]), column.name)) if found else (0, 0),
            bool(column.other_forms),
        )
        coded.append(CodedColumn(stored, column, codes, np.bincount(own[has_value], minlength=values)))
        base += values
    return coded


def item_codes(bundle: Bundle, columns: Sequence[CodedColumn], rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """The codes of some items, (M, columns) int32, with one column at least."""
    codes = np.zeros((rows.size, max(1, len(columns))), np.int32)
    for at, column in enumerate(columns):
        # Code -1, an item without a value, reads the last element.
        codes[:, at] = column.codes[bundle.attributes.codes(column.column.name)[rows]]
    return codes


def _order(column: Column) -> NDArray[np.int64]:
    """The values of a column in the order of their codes: as they are compared, then those that are not."""
    return np.argsort(column.comparables, kind="stable")


def _place_in(bundle: Bundle, row: int, name: str) -> int:
    names = list(orjson.loads(bundle.items.attributes_json(row)))
    return names.index(name) if name in names else 0

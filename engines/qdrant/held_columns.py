"""The columns of a version, as the notes of its collection describe them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from index.attributes import MISSING
from index.bundle import Bundle
from index.columns.column import ColumnKind
from index.columns.registry import kind_named

ID: Final = "id"
"""The payload's key of an item's id."""

FORM: Final = "form"
"""Of the id in one form, where it is stored in another; see `contracts.text_form`."""

IMAGE, CROP, ATTRIBUTES = "image", "crop", "attributes"


@dataclass(frozen=True, slots=True)
class HeldColumn:
    """A column.

    No name of a user is a key of a payload, because keys are paths: the names of keys follow from `place`.

    Attributes:
        place: its place among the columns.
        name: of the attribute.
        kind: of its values.
        items: number of items with a value.
        first: number of the first item with a value, and the place of the column in that item's attributes.
        texts: number of distinct values.
        named: number of distinct values as conditions name them: of lists, their members.
        other_forms: whether a value is stored in another form than that of conditions.
    """

    place: int
    name: str
    kind: ColumnKind
    items: int
    first: tuple[int, int]
    texts: int
    named: int
    other_forms: bool

    @property
    def values_key(self) -> str:
        """The key of values as conditions name them; lists have several."""
        return f"v{self.place}"

    @property
    def whole_key(self) -> str:
        """The key of whole values."""
        return f"w{self.place}" if self.kind.several else self.values_key

    @property
    def form_key(self) -> str:
        """The key of whole values in one form, where they are stored in another."""
        return f"f{self.place}"

    @property
    def number_key(self) -> str:
        """The key of the numbers by which values are compared."""
        return f"n{self.place}"

    def to_json(self) -> dict[str, Any]:
        """As `of_json` reads it."""
        return {
            "name": self.name,
            "kind": self.kind.name,
            "settings": dict(self.kind.settings()),
            "items": self.items,
            "first": list(self.first),
            "texts": self.texts,
            "named": self.named,
            "other_forms": self.other_forms,
        }

    @classmethod
    def of_json(cls, place: int, noted: Mapping[str, Any]) -> "HeldColumn":
        """The column that `to_json` described.

        Raises:
            KeyError, TypeError, ValueError: it did not.
        """
        number, order = noted["first"]
        return cls(
            place,
            str(noted["name"]),
            kind_named(noted["kind"]).with_settings(noted["settings"]),
            int(noted["items"]),
            (int(number), int(order)),
            int(noted["texts"]),
            int(noted["named"]),
            bool(noted["other_forms"]),
        )


def columns_of(bundle: Bundle, rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> list[HeldColumn]:
    """The columns of some items of a bundle.

    Args:
        bundle: the bundle.
        rows: (M,) of the items, rising.
        numbers: (M,) of the same items.
    """
    held = []
    for place, column in enumerate(bundle.attributes.columns.values()):
        codes = bundle.attributes.codes(column.name)[rows]
        has_value = codes != MISSING
        first = (0, 0)
        if has_value.any():
            at = int(has_value.argmax())
            first = (int(numbers[at]), place_in(bundle.items.attributes_json(int(rows[at])), column.name))
        held.append(
            HeldColumn(
                place,
                column.name,
                column.kind,
                int(np.count_nonzero(has_value)),
                first,
                len(column.values),
                len(column.named),
                bool(column.other_forms),
            )
        )
    return held


def place_in(attributes: bytes | str, name: str) -> int:
    """The place of a column in an item's attributes."""
    names = list(orjson.loads(attributes))
    return names.index(name) if name in names else 0

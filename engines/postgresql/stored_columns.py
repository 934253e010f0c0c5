"""The columns of a version, as its row in `versions` describes them."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from index.columns.column import ColumnKind
from index.columns.registry import kind_named


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column.

    Attributes:
        place: its place among an item's codes, from 1.
        name: of the attribute.
        kind: of its values.
        items: number of items with a value.
        first: number of the first item with a value, and the place of the column in that item's attributes.
        other_forms: whether a value is stored in another form than that of conditions; see `contracts.text_form`.
    """

    place: int
    name: str
    kind: ColumnKind
    items: int
    first: tuple[int, int]
    other_forms: bool


def render_columns(columns: Iterable[StoredColumn]) -> str:
    """The columns as JSON."""
    return orjson.dumps(
        [
            {
                "name": column.name,
                "kind": column.kind.name,
                "settings": dict(column.kind.settings()),
                "items": column.items,
                "first": column.first,
                "other_forms": column.other_forms,
            }
            for column in columns
        ]
    ).decode()


def parse_columns(text: str) -> list[StoredColumn]:
    """The columns that `render_columns` described.

    Raises:
        KeyError, TypeError, ValueError: it did not.
    """
    return [
        StoredColumn(
            place,
            column["name"],
            kind_named(column["kind"]).with_settings(column["settings"]),
            int(column["items"]),
            (int(column["first"][0]), int(column["first"][1])),
            bool(column["other_forms"]),
        )
        for place, column in enumerate(orjson.loads(text), 1)
    ]

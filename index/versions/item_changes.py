"""Which items one bundle has and the other lacks, and which it describes differently."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from index.items import ItemTable

_IDS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """Some items.

    Attributes:
        count: number of items.
        first: ids of the first ten, in catalogue order.
    """

    count: int
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemChanges:
    """How the items of two bundles differ.

    Attributes:
        added: items that only the new bundle has.
        removed: items that only the old bundle has.
        relabelled: items in both whose attributes differ.
        lost: share of the old bundle's items that are removed, 0 to 1.
    """

    added: ItemGroup
    removed: ItemGroup
    relabelled: ItemGroup
    lost: float


def item_changes(old: ItemTable, new: ItemTable) -> ItemChanges:
    """Compare two bundles' items by id."""
    removed = _group(item_id for row in range(len(old)) if new.row(item_id := old.id(row)) is None)
    return ItemChanges(
        added=_group(item_id for row in range(len(new)) if old.row(item_id := new.id(row)) is None),
        removed=removed,
        relabelled=_group(old.id(row) for row in range(len(old)) if _is_relabelled(old, row, new)),
        lost=removed.count / len(old),
    )


def _is_relabelled(old: ItemTable, old_row: int, new: ItemTable) -> bool:
    new_row = new.row(old.id(old_row))
    if new_row is None:
        return False
    before, after = old.attributes_json(old_row), new.attributes_json(new_row)
    # Bytes are usually equal and then need no parsing; a different order of the members is not a change.
    return before != after and bool(orjson.loads(before) != orjson.loads(after))


def _group(ids: Iterable[str]) -> ItemGroup:
    first: list[str] = []
    count = 0
    for item_id in ids:
        count += 1
        if len(first) < _IDS_SHOWN:
            first.append(item_id)
    return ItemGroup(count, tuple(first))

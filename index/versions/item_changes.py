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
        count: how many.
        first: the ids of the first ten, in catalogue order.
    """

    count: int
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemChanges:
    """How the items of two bundles differ.

    Attributes:
        added: those that only the new one has.
        removed: those that only the old one has.
        relabelled: those of both whose attributes differ.
        lost: share of the old one's items that are removed, 0 to 1.
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
    # Equal bytes are the rule and cost no parsing; another order of the members is no change.
    return before != after and bool(orjson.loads(before) != orjson.loads(after))


def _group(ids: Iterable[str]) -> ItemGroup:
    first: list[str] = []
    count = 0
    for item_id in ids:
        count += 1
        if len(first) < _IDS_SHOWN:
            first.append(item_id)
    return ItemGroup(count, tuple(first))

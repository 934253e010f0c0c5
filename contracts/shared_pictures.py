"""How many items of a catalogue share a picture with another one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.hold_out import TITLE
from contracts.items import Item


@dataclass(frozen=True, slots=True)
class SharedPictures:
    """Groups of items with the same picture, byte by byte.

    Attributes:
        groups: number of pictures that two or more items have.
        items: number of these items.
        titles_differ: number of groups whose items have different titles.
    """

    groups: int
    items: int
    titles_differ: int

    def __str__(self) -> str:
        groups = f"{self.groups:,} {'group of items shares' if self.groups == 1 else 'groups of items share'} a picture"
        return (
            f"{groups} byte by byte ({self.items:,} items; {self.titles_differ:,} of the groups under different titles)"
        )


def shared_pictures(items: Sequence[Item], pictures: Sequence[bytes | None]) -> SharedPictures:
    """Count items that share a picture.

    Args:
        items: N items.
        pictures: N keys, equal for items with the same picture; None where that is unknown.
    """
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    for row, picture in enumerate(pictures):
        if picture is not None:
            rows_of[picture].append(row)
    groups = [rows for rows in rows_of.values() if len(rows) > 1]
    titles = [{items[row].attributes.get(TITLE) for row in rows} for rows in groups]
    return SharedPictures(len(groups), sum(map(len, groups)), sum(len(of_group) > 1 for of_group in titles))

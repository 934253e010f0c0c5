"""A version of an index and the changes since, searched as one."""

from collections.abc import Mapping, Sequence
from typing import Final, Generic, TypeVar

import numpy as np

from contracts.changed_item import ChangedItem
from contracts.search_defaults import RERANKED
from index.base_part import BasePart
from index.base_version import BaseVersion, in_memory
from index.bundle import Bundle
from index.bundle_part import BundlePart
from index.columns.column import ColumnKind
from index.merged_part import MergedPart
from index.overlay_kinds import kind_over
from index.overlay_level import Level
from index.part import Part
from index.part_searcher import PartSearcher

# The newest level is built again at each change, so it is small; each older one may be so many times as large as the
# one after it, and is built again as seldom.
_NEWEST: Final = 64
_GROWTH: Final = 16

_Items = TypeVar("_Items", bound=BasePart, covariant=True)


class LiveIndex(Generic[_Items]):
    """See `of` and `over`; never changed once made.

    Attributes:
        base: what the changes are applied to.
        parts: the items of the base that were not changed, and those of the changes.
        searcher: of all items.
        items: their number.
        changes: number of ids that were changed since the base.
        sequence: of the newest change, else that of the base.
    """

    def __init__(
        self,
        base: BaseVersion[_Items],
        unchanged: _Items,
        levels: Sequence[Level],
        kinds: Mapping[str, ColumnKind],
        *,
        changes: int,
        sequence: int | None,
        window: int,
    ) -> None:
        self.base = base
        self.changes = changes
        self._window = window
        self._unchanged = unchanged
        self._levels = tuple(levels)
        self.sequence = sequence
        self._kinds = kinds
        shown = [level.shown(kinds) for level in self._levels]
        self.parts: tuple[_Items | BundlePart, ...] = (unchanged, *(part for part in shown if part is not None))
        part: Part = unchanged if len(self.parts) == 1 else MergedPart(self.parts)
        self.items = len(part)
        self.searcher = PartSearcher(part, base.reduction, window=window, resemblance_from=base.resemblance_from)

    @staticmethod
    def of(bundle: Bundle, *, window: int = RERANKED) -> "LiveIndex[BundlePart]":
        """A bundle in memory, without changes.

        Args:
            bundle: may be searched by others too.
            window: see `index.part_searcher.PartSearcher`.
        """
        return LiveIndex.over(in_memory(bundle), window=window)

    @staticmethod
    def over(base: BaseVersion[_Items], *, window: int = RERANKED) -> "LiveIndex[_Items]":
        """A version without changes, wherever its items are stored.

        Args:
            base: may be searched by others too.
            window: see `index.part_searcher.PartSearcher`.
        """
        return LiveIndex(base, base.part, (), {}, changes=0, sequence=base.sequence, window=window)

    def without_changes(self) -> "LiveIndex[_Items]":
        """The base alone; this one stays as it is."""
        return LiveIndex.over(self.base, window=self._window)

    def changed(self, changes: Sequence[ChangedItem]) -> "LiveIndex[_Items]":
        """The index after some changes; this one stays as it is.

        Args:
            changes: of several of one id the newest counts, also where it is known already.

        Raises:
            ValueError: a change contradicts itself, or its embedding is not 512 finite numbers.
            SearchUnavailableError: the engine that holds the items cannot answer now.
        """
        new: dict[str, ChangedItem] = {}
        for change in changes:
            known = new.get(change.id) or self._known(change.id)
            sequence = self.base.sequence if known is None else known.sequence
            if sequence is None or change.sequence > sequence:
                new[change.id] = change
        if not new:
            return self
        ids = list(new)
        # The base lacks the others already.
        first = [item_id for item_id in ids if self._known(item_id) is None]
        unchanged = self._unchanged_without(first)
        levels = self._with_newest([level.without(ids) for level in self._levels], new)
        return LiveIndex(
            self.base,
            unchanged,
            levels,
            self._kinds_after(new, levels),
            changes=self.changes + len(first),
            sequence=max(-1 if self.sequence is None else self.sequence, *(change.sequence for change in new.values())),
            window=self._window,
        )

    def changes_after(self, sequence: int) -> Sequence[ChangedItem]:
        """The newest change of each id with a higher sequence number, in the order of these."""
        newest = {item_id: change for level in self._levels for item_id, change in level.changes.items()}
        return sorted(
            (change for change in newest.values() if change.sequence > sequence), key=lambda change: change.sequence
        )

    def _known(self, item_id: str) -> ChangedItem | None:
        found = (level.changes.get(item_id) for level in reversed(self._levels))
        return next((change for change in found if change is not None), None)

    def _unchanged_without(self, ids: Sequence[str]) -> _Items:
        if not ids:
            return self._unchanged
        numbers = [number for number in self._unchanged.numbers_of(ids) if number is not None]
        return self._unchanged.without(np.array(numbers, np.int64)) if numbers else self._unchanged

    def _kinds_after(self, new: Mapping[str, ChangedItem], levels: Sequence[Level]) -> Mapping[str, ColumnKind]:
        """The kinds of the columns that the base lacks; those with a value that changed are recognised again."""
        names: set[str] = set()
        for item_id, change in new.items():
            before, after = _attributes(self._known(item_id)), _attributes(change)
            names.update(name for name in {*before, *after} if before.get(name) != after.get(name))
        kinds = dict(self._kinds)
        for name in names.difference(self.base.part.columns):
            kind = kind_over(levels, name)
            kinds.pop(name, None)
            if kind is not None:
                kinds[name] = kind
        return kinds

    def _with_newest(self, levels: Sequence[Level], new: Mapping[str, ChangedItem]) -> list[Level]:
        """The levels and one of new changes, which takes in older ones until each is much larger than the next."""
        first, size = len(levels), len(new)
        while first and _tier(len(levels[first - 1].changes)) <= _tier(size):
            first -= 1
            size += len(levels[first].changes)
        return [*levels[:first], Level.of(new, levels[first:], self.base)]


def _attributes(change: ChangedItem | None) -> Mapping[str, str]:
    return {} if change is None or change.item is None else change.item.attributes


def _tier(changes: int) -> int:
    tier, size = 0, _NEWEST
    while changes > size:
        tier, size = tier + 1, size * _GROWTH
    return tier

"""Several parts of a catalogue as one: their results, merged by (-similarity, number)."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from contracts.text_form import one_form
from index.columns.column import ColumnKind
from index.columns.fields import FieldTest
from index.columns.registry import common_kind
from index.merged_candidates import MergedCandidates, joined
from index.part import Candidates, Part, QueryVectors
from index.query import ColumnDescription, ItemRecord
from index.value_counts import with_largest

_Answer = TypeVar("_Answer")


class MergedPart:
    """See `index.part.Part`; returns exactly what one part with all the items would.

    Args:
        parts: at least one; numbers and ids must be unique over all parts.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = tuple(parts)
        # To ask an engine takes longest, and often the others know already.
        self._nearest_first = sorted(self._parts, key=lambda part: part.remote)
        self._engines = sum(part.remote for part in self._parts)
        self._rest = next((place for place, part in enumerate(self._parts) if part.remote), 0)

    def each(self, ask: Callable[..., _Answer], *each: Iterable[Any]) -> Iterable[_Answer]:
        """Ask each part, or what belongs to it, as `map` does; several engines are asked at the same time."""
        return map(ask, *each)

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    @property
    def remote(self) -> bool:
        """See `Part`."""
        return any(part.remote for part in self._parts)

    @cached_property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """See `Part`."""
        having: dict[str, list[Part]] = {}
        for part in self._parts:
            for field in part.kinds:
                having.setdefault(field, []).append(part)
        places = self.first_places()
        return {
            field: common_kind(part.kinds[field] for part in having[field])
            for field in sorted(having, key=places.__getitem__)
        }

    def first_places(self) -> Mapping[str, tuple[int, int]]:
        """See `Part`."""
        first: dict[str, tuple[int, int]] = {}
        for part in self._parts:
            for field, place in part.first_places().items():
                first[field] = min(place, first.get(field, place))
        return first

    def describe(self) -> Sequence[ColumnDescription]:
        """See `Part`."""
        counted: dict[str, Counter[str]] = {field: Counter() for field in self.kinds}
        missing = dict.fromkeys(self.kinds, 0)
        bounds: dict[str, list[float]] = {field: [] for field in self.kinds}
        for part, described_by_part in zip(
            self._parts, self.each(lambda part: part.describe(), self._parts), strict=True
        ):
            for field in self.kinds.keys() - part.kinds.keys():
                missing[field] += len(part)
            for column in described_by_part:
                counted[column.name].update(dict(zip(column.values, column.counts, strict=True)))
                missing[column.name] += column.missing
                bounds[column.name] += [bound for bound in (column.lowest, column.highest) if bound is not None]
        described = []
        for field, kind in self.kinds.items():
            values = sorted(counted[field])
            known = bounds[field] if kind.ordered else []
            described.append(
                ColumnDescription(
                    field,
                    kind.name,
                    kind.categorical,
                    values,
                    [counted[field][value] for value in values],
                    missing[field],
                    min(known, default=None),
                    max(known, default=None),
                )
            )
        return described

    def find_values(
        self, field: str, prefix: str, most: int | None = None, also: Collection[str] = ()
    ) -> dict[str, int]:
        """See `Part`."""
        *smaller, largest = sorted(self._parts, key=len)
        counts: Counter[str] = Counter()
        for found in self.each(lambda part: part.find_values(field, prefix), smaller):
            counts.update(found)
        return with_largest(counts, most, also, lambda more, known: largest.find_values(field, prefix, more, known))

    def has_value(self, field: str, value: str) -> bool:
        """See `Part`."""
        return any(part.has_value(field, value) for part in self._nearest_first)

    def not_a_number(self, field: str) -> str | None:
        """See `Part`."""
        found = self.each(lambda part: part.not_a_number(field), self._parts)
        # The first of all, as one part with all the items would name it.
        return min((value for value in found if value is not None), default=None)

    def candidates(
        self, needed: Sequence[FieldTest], unwanted: Sequence[FieldTest], excluded: int | None = None
    ) -> "MergedCandidates":
        """See `Part`."""
        return MergedCandidates(
            self, tuple(self.each(lambda part: part.candidates(needed, unwanted, excluded), self._parts))
        )

    def number(self, item_id: str) -> int | None:
        """See `Part`."""
        return self.numbers_of([item_id])[0]

    def numbers_of(self, item_ids: Sequence[str]) -> list[int | None]:
        """See `Part`."""
        found: list[list[tuple[Part, int]]] = [[] for _ in item_ids]
        unknown: Sequence[int] = range(len(item_ids))
        for part in self._nearest_first:
            if unknown:
                asked = part.numbers_of([item_ids[place] for place in unknown])
                for place, number in zip(unknown, asked, strict=True):
                    found[place] += [] if number is None else [(part, number)]
                # Another part may hold exactly the id that is asked for, if this one holds it in another form.
                unknown = [
                    place
                    for place in unknown
                    if not found[place]
                    or (part is not self._nearest_first[-1] and _stored(*found[place][-1]) != item_ids[place])
                ]
        return [as_asked(item_id, each) for item_id, each in zip(item_ids, found, strict=True)]

    def holds(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """See `Part`."""
        held: NDArray[np.bool_] = np.any([part.holds(numbers) for part in self._parts], axis=0)
        return held

    def numbers_at(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """See `Part`."""
        numbers: NDArray[np.int64] = self.numbers[positions]
        return numbers

    def vectors(self, number: int) -> QueryVectors:
        """See `Part`."""
        return self._holder(number).vectors(number)

    def listed(self, numbers: NDArray[np.int64]) -> list[tuple[str, bytes]]:
        """See `Part`."""

        def of_part(part: Part, own: NDArray[np.bool_]) -> Iterable[tuple[int, tuple[str, bytes]]]:
            return zip(numbers[own].tolist(), part.listed(numbers[own]), strict=True) if own.any() else ()

        items: dict[int, tuple[str, bytes]] = {}
        for listed in self.each(of_part, self._parts, self.owned(numbers)):
            items.update(listed)
        return [items[number] for number in numbers.tolist()]

    def record(self, number: int) -> ItemRecord:
        """See `Part`."""
        return self._holder(number).record(number)

    def warm_up(self) -> None:
        """See `Part`."""
        deque(self.each(lambda part: part.warm_up(), self._parts), maxlen=0)

    def owned(self, numbers: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
        """For each part, which of some items it contains, (K,) bool; each item must be in one of the parts."""
        owned = [np.zeros(0, np.bool_)] * len(self._parts)
        left = np.ones(numbers.size, np.bool_)
        for place, part in enumerate(self._parts):
            if place != self._rest:
                owned[place] = part.holds(numbers)
                left &= ~owned[place]
        owned[self._rest] = left
        return owned

    @property
    def several_engines(self) -> bool:
        """Whether more than one part is remote."""
        return self._engines > 1

    def split(self, candidates: Sequence[Candidates]) -> tuple[Candidates, Sequence[Candidates]]:
        """The candidates of the part that is slowest to ask, and those of all others; one of each part is given."""
        return candidates[self._rest], [one for place, one in enumerate(candidates) if place != self._rest]

    def positions(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions of some items in the order of numbers."""
        return np.searchsorted(self.numbers, numbers)

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """All numbers, rising."""
        return joined([part.candidates((), ()).numbers() for part in self._parts])

    def _holder(self, number: int) -> Part:
        one = np.array([number])
        return next(part for part, own in zip(self._parts, self.owned(one), strict=True) if own[0])


def _stored(part: Part, number: int) -> str:
    """The id of an item."""
    return part.listed(np.array([number]))[0][0]


def as_asked(item_id: str, found: Sequence[tuple[Part, int]]) -> int | None:
    """The number of the item that `index.items.ItemTable.row` would choose of those of one form."""
    if len(found) < 2:
        return found[0][1] if found else None
    form = one_form(item_id)
    stored = [(_stored(part, number), number) for part, number in found]
    return min(stored, key=lambda item: (item[0] != item_id, item[0] != form, item[1]))[1]

"""Several parts of a catalogue as one: their results, merged by (-similarity, number)."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from contracts.text_form import one_form
from index.columns.column import ColumnKind
from index.columns.fields import FieldTest
from index.columns.registry import common_kind
from index.grouping import number_groups
from index.merged_reranking import reranked_of_all
from index.part import Candidates, GroupsFound, Nearest, Part, QueryVectors, Reranked
from index.query import ColumnDescription, ItemRecord
from index.row_candidates import RowCandidates
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
        return _joined([part.candidates((), ()).numbers() for part in self._parts])

    def _holder(self, number: int) -> Part:
        one = np.array([number])
        return next(part for part, own in zip(self._parts, self.owned(one), strict=True) if own[0])


@dataclass(frozen=True)
class MergedCandidates:
    """See `index.part.Candidates`.

    Attributes:
        part: the part of these candidates.
        of_parts: the candidates of each of its parts.
    """

    part: MergedPart
    of_parts: tuple[Candidates, ...]

    @property
    def count(self) -> int:
        """Number of candidates."""
        return sum(self._counts)

    def nearest(self, reduced: NDArray[np.float32], k: int) -> Nearest:
        """See `Candidates`."""
        found = list(self.part.each(lambda candidates: candidates.nearest(reduced, k), self.of_parts))
        numbers = np.concatenate([nearest.numbers for nearest in found])
        similarities = np.concatenate([nearest.similarities for nearest in found])
        # Merged in float64, because rounding would create ties.
        order = np.lexsort((numbers, -similarities))[:k]
        return Nearest(numbers[order], similarities[order])

    def reranked(self, vectors: QueryVectors, window: int, k: int) -> Reranked | None:
        """See `Candidates`."""
        rows = [candidates for candidates in self.of_parts if isinstance(candidates, RowCandidates)]
        return reranked_of_all(rows, vectors, window, k) if len(rows) == len(self.of_parts) else None

    def scores(
        self, numbers: NDArray[np.int64], similarities: NDArray[np.float64], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """See `Candidates`."""
        scores = np.empty(numbers.size, np.float32)

        def score(candidates: Candidates, own: NDArray[np.bool_]) -> None:
            if own.any():
                scores[own] = candidates.scores(numbers[own], similarities[own], full)

        deque(self.part.each(score, self.of_parts, self.part.owned(numbers)), maxlen=0)
        return scores

    def at_least(self, reduced: NDArray[np.float32], similarity: float, also: NDArray[np.int64]) -> "MergedCandidates":
        """See `Candidates`."""
        return self._each(also, lambda candidates, own: candidates.at_least(reduced, similarity, own))

    def only(self, numbers: NDArray[np.int64]) -> "MergedCandidates":
        """See `Candidates`."""
        return self._each(numbers, lambda candidates, own: candidates.only(own))

    def count_values(self, field: str, most: int | None = None, also: Collection[str] = ()) -> dict[str, int]:
        """See `Candidates`."""
        *smaller, largest = self._by_count()
        counts: Counter[str] = Counter()
        for found in self.part.each(lambda candidates: candidates.count_values(field), smaller):
            counts.update(found)
        return with_largest(counts, most, also, lambda more, known: largest.count_values(field, more, known))

    def groups(self, field: str, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        """See `Candidates`."""
        return number_groups(self.values(field, numbers))

    def values(self, field: str, numbers: NDArray[np.int64]) -> list[str | None]:
        """See `Candidates`."""

        def of_part(candidates: Candidates, own: NDArray[np.bool_]) -> Iterable[tuple[int, str | None]]:
            return zip(numbers[own].tolist(), candidates.values(field, numbers[own]), strict=True) if own.any() else ()

        values: dict[int, str | None] = {}
        for found in self.part.each(of_part, self.of_parts, self.part.owned(numbers)):
            values.update(found)
        return [values[number] for number in numbers.tolist()]

    def count_groups(self, field: str, without: Collection[str] = ()) -> int:
        """See `Candidates`; only the smaller parts list their values, the largest one just counts."""
        *smaller, largest = self._by_count()
        found = self._united(smaller, field)
        seen = {*found.values, *without}
        return len(seen.difference(without)) + found.alone + largest.count_groups(field, seen)

    def group_values(self, field: str) -> GroupsFound:
        """See `Candidates`."""
        return self._united(self.of_parts, field)

    def page(self, offset: int, limit: int) -> NDArray[np.int64]:
        """See `Candidates`; an engine is asked only for what may stand on the page."""
        if not self.part.remote:
            return self.numbers()[offset : offset + limit]
        if self.part.several_engines:
            pages = self.part.each(lambda candidates: candidates.page(0, offset + limit), self.of_parts)
            return _joined(list(pages))[offset : offset + limit]
        asked, others = self.part.split(self.of_parts)
        known = [candidates.numbers() for candidates in others]
        # Whatever comes before these is on an earlier page, wherever the others stand.
        begin = max(0, offset - sum(numbers.size for numbers in known))
        numbers = _joined([asked.page(begin, offset + limit - begin), *known])
        return numbers[offset - begin : offset - begin + limit]

    def numbers(self) -> NDArray[np.int64]:
        """See `Candidates`."""
        if self.count == len(self.part):
            return self.part.numbers
        return _joined(list(self.part.each(lambda candidates: candidates.numbers(), self.of_parts)))

    def mask(self) -> NDArray[np.bool_]:
        """See `Candidates`."""
        mask = np.zeros(len(self.part), np.bool_)
        mask[self.part.positions(self.numbers())] = True
        return mask

    def _each(
        self, numbers: NDArray[np.int64], narrowed: Callable[[Candidates, NDArray[np.int64]], Candidates]
    ) -> "MergedCandidates":
        owned = self.part.owned(numbers)
        return MergedCandidates(
            self.part,
            tuple(self.part.each(lambda candidates, own: narrowed(candidates, numbers[own]), self.of_parts, owned)),
        )

    @property
    def _counts(self) -> list[int]:
        return list(self.part.each(lambda candidates: candidates.count, self.of_parts))

    def _by_count(self) -> list[Candidates]:
        """The candidates of each part, fewest first."""
        counts = self._counts
        return [self.of_parts[place] for place in sorted(range(len(counts)), key=counts.__getitem__)]

    def _united(self, of_parts: Sequence[Candidates], field: str) -> GroupsFound:
        found = list(self.part.each(lambda candidates: candidates.group_values(field), of_parts))
        return GroupsFound(set().union(*(groups.values for groups in found)), sum(groups.alone for groups in found))


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


def _joined(numbers: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    # A stable sort merges consecutive rising runs in one pass.
    return np.sort(np.concatenate(numbers), kind="stable")

"""Which gallery items are right for a query: those with equal values of the named attributes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.errors import EmbeddingsError
from contracts.items import Item
from evaluation.exclusions import Exclusions

CLASS_ATTRIBUTE = "category"
ID = "id"
_NONE = -1
_Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relevance:
    """The relevant items of each query.

    Attributes:
        groups: (N,) int64, the same number for gallery items with the same values of the attributes; -1 for an item
            that lacks one.
        wanted: for each query the groups that are right for it; None if the query lacks an attribute.
    """

    groups: NDArray[np.int64]
    wanted: Sequence[NDArray[np.int64] | None]

    def relevant(self, query: int, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether gallery rows are right for a query: (K,) int64 -> (K,) bool; False for row -1, which means none."""
        wanted = self.wanted[query]
        if wanted is None or not len(rows):
            return np.zeros(len(rows), np.bool_)
        groups = self.groups[rows]
        # Usually one group is wanted; NumPy compares with one ten times as fast as it looks up several.
        right = groups == wanted[0] if len(wanted) == 1 else np.isin(groups, wanted)
        return np.asarray(right & (rows >= 0))

    def counts(self, left_out: Exclusions) -> NDArray[np.int64]:
        """Number of gallery items that are right for each query, without the rows left out for it: (Q,) int64."""
        sizes = np.bincount(self.groups[self.groups != _NONE])
        return np.array(
            [
                0 if wanted is None else sizes[wanted].sum() - np.count_nonzero(self.relevant(query, left_out[query]))
                for query, wanted in enumerate(self.wanted)
            ],
            np.int64,
        )


def judge(
    queries: Sequence[Item],
    gallery: Sequence[Item],
    attributes: Sequence[str],
    class_map: Mapping[str, frozenset[str]] | None = None,
) -> Relevance:
    """Find which gallery items are right for each query.

    Args:
        attributes: columns that must all be equal, at least one; `id` means the item's own id unless there is such a
            column.
        class_map: query class (attribute `category`) -> values of the gallery's first attribute that are right for
            it; the other attributes must still be equal.

    Raises:
        EmbeddingsError: no gallery item has one of the attributes, or no query can be judged.
    """
    check_known(attributes, gallery)
    number: dict[_Values, int] = {}
    groups = np.full(len(gallery), _NONE, np.int64)
    for row, item in enumerate(gallery):
        values = _values(item, attributes)
        if values is not None:
            groups[row] = number.setdefault(values, len(number))
    wanted = _wanted(queries, attributes, class_map, number)
    if all(groups is None for groups in wanted):
        needed = attributes if class_map is None else (f"{CLASS_ATTRIBUTE} named in the class map", *attributes[1:])
        raise EmbeddingsError(
            f"none of the {len(queries)} queries can be judged: each needs the attributes {', '.join(needed)}; "
            "name other attributes with --relevant, or give a --class-map for queries of another domain"
        )
    return Relevance(groups, wanted)


def check_known(attributes: Sequence[str], gallery: Sequence[Item]) -> None:
    """Refuse attributes that the gallery does not know.

    Raises:
        EmbeddingsError: no gallery item has one of them.
    """
    for name in attributes:
        if name != ID and not any(name in item.attributes for item in gallery):
            known = sorted({column for item in gallery for column in item.attributes})
            raise EmbeddingsError(
                f"no gallery item has the attribute {name!r}; name some of these with --relevant: {', '.join(known)}"
            )


def can_be_judged(
    queries: Iterable[Item], attributes: Sequence[str], class_map: Mapping[str, frozenset[str]] | None
) -> bool:
    """Whether at least one query has what a definition of relevant needs; see `judge`."""
    needed = attributes if class_map is None else attributes[1:]
    return any(
        _values(item, needed) is not None
        and (class_map is None or item.attributes.get(CLASS_ATTRIBUTE, "") in class_map)
        for item in queries
    )


def class_names(items: Sequence[Item], by: str) -> list[str]:
    """The class of each item: its value of the attribute `by`, which it must have; by id, one class for all items."""
    return ["all"] * len(items) if by == ID else [item.attributes[by] for item in items]


def _wanted(
    queries: Iterable[Item],
    attributes: Sequence[str],
    class_map: Mapping[str, frozenset[str]] | None,
    number: Mapping[_Values, int],
) -> list[NDArray[np.int64] | None]:
    if class_map is None:
        empty = np.empty(0, np.int64)
        single = {values: np.array([group]) for values, group in number.items()}
        found = (_values(item, attributes) for item in queries)
        return [None if values is None else single.get(values, empty) for values in found]
    # Groups by all values but the first; of these a query wants the ones whose first value its class allows.
    by_rest: dict[_Values, list[tuple[str, int]]] = defaultdict(list)
    for values, group in number.items():
        by_rest[values[1:]].append((values[0], group))
    wanted: list[NDArray[np.int64] | None] = []
    for item in queries:
        allowed, rest = class_map.get(item.attributes.get(CLASS_ATTRIBUTE, "")), _values(item, attributes[1:])
        if allowed is None or rest is None:
            wanted.append(None)
        else:
            groups = [group for first, group in by_rest.get(rest, ()) if first in allowed]
            wanted.append(np.array(groups, np.int64))
    return wanted


def _values(item: Item, attributes: Sequence[str]) -> _Values | None:
    values = tuple(item.attributes.get(name, item.id if name == ID else None) for name in attributes)
    return None if None in values else tuple(value for value in values if value is not None)

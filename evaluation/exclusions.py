"""Gallery items that a query must not find: itself and, on request, its siblings."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.errors import EmbeddingsError
from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet

Exclusions = Sequence[NDArray[np.int64]]
"""For each query the gallery rows that it must not find, int64, rising."""


def themselves(gallery: EvaluatedSet, queries: EvaluatedSet) -> Exclusions:
    """For each query the gallery row that is the query itself, with the same id and the same picture; one or none."""
    row_of = {item.id: row for row, item in enumerate(gallery.items)}
    found: list[NDArray[np.int64]] = []
    for query, item in enumerate(queries.items):
        row = row_of.get(item.id)
        same = row is not None and np.array_equal(gallery.digests[row], queries.digests[query])
        found.append(np.array([row] if same else [], np.int64))
    return found


def with_siblings(
    gallery: Sequence[Item], queries: Sequence[Item], attributes: Sequence[str], left_out: Exclusions
) -> Exclusions:
    """Also leave out the items that share the query's value of at least one of the attributes.

    Args:
        gallery: the items to search.
        queries: the items to search for; nothing is left out by an attribute that a query lacks.
        attributes: columns to compare.
        left_out: rows that are left out already.

    Raises:
        EmbeddingsError: no gallery item has one of the attributes.
    """
    by_value: dict[str, dict[str, list[int]]] = {}
    for name in attributes:
        rows: dict[str, list[int]] = defaultdict(list)
        for row, item in enumerate(gallery):
            if name in item.attributes:
                rows[item.attributes[name]].append(row)
        if not rows:
            raise EmbeddingsError(
                f"no gallery item has the attribute {name!r}; name another with --exclude-same, or pass "
                "--exclude-same none"
            )
        by_value[name] = rows
    found: list[NDArray[np.int64]] = []
    for item, rows_out in zip(queries, left_out, strict=True):
        same = [by_value[name].get(item.attributes[name], []) for name in attributes if name in item.attributes]
        siblings = np.array([row for rows_of_value in same for row in rows_of_value], np.int64)
        found.append(np.union1d(rows_out, siblings))
    return found

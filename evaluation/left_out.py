"""Gallery items that a query must not find: itself, and on demand its siblings."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.errors import EmbeddingsError
from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet

LeftOut = Sequence[NDArray[np.int64]]
"""For each query the rows of the gallery that it must not find, rising, int64."""


def themselves(gallery: EvaluatedSet, queries: EvaluatedSet) -> LeftOut:
    """For each query the gallery row that is the query: the same id and the same picture; most often one or none."""
    row_of = {item.id: row for row, item in enumerate(gallery.items)}
    found: list[NDArray[np.int64]] = []
    for query, item in enumerate(queries.items):
        row = row_of.get(item.id)
        same = row is not None and np.array_equal(gallery.digests[row], queries.digests[query])
        found.append(np.array([row] if same else [], np.int64))
    return found


def with_siblings(
    gallery: Sequence[Item], queries: Sequence[Item], attributes: Sequence[str], left_out: LeftOut
) -> LeftOut:
    """Leave out besides what shares the query's value of one of the attributes.

    Args:
        gallery: the items searched.
        queries: the items searched for; one that lacks an attribute loses nothing by it.
        attributes: columns, of which one equal value is enough.
        left_out: what is left out anyway.

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
                f"no gallery item has the attribute {name!r}; name another with --exclude-same, or none of them by "
                "--exclude-same none"
            )
        by_value[name] = rows
    found: list[NDArray[np.int64]] = []
    for item, rows_out in zip(queries, left_out, strict=True):
        same = [by_value[name].get(item.attributes[name], []) for name in attributes if name in item.attributes]
        siblings = np.array([row for rows_of_value in same for row in rows_of_value], np.int64)
        found.append(np.union1d(rows_out, siblings))
    return found

"""One search as a request asks for it: filters, groups, facets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.attributes import AttributeTable
from index.filters import parse_fields
from index.gallery import Hits
from index.reranking import RankedSearch
from index.selection import Selection

MAX_FACET_VALUES = 1000

# Above these a search takes long enough to be felt by the other requests of the event loop.
_LONG_ITEMS = 200_000
_LONG_ITEMS_OF_GROUPS_OR_FACETS = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        hits: one page.
        facets: field -> value -> how many matching items have it, most frequent first; None where not asked for.
    """

    hits: Hits
    facets: dict[str, dict[str, int]] | None


def is_long(items: int, query: Mapping[str, Any]) -> bool:
    """Whether a search over so many items belongs into a thread."""
    extra = query["group_by"] is not None or query["facets"] is not None
    return items > (_LONG_ITEMS_OF_GROUPS_OR_FACETS if extra else _LONG_ITEMS)


def check_fields(attributes: AttributeTable, query: Mapping[str, Any]) -> None:
    """Refuse what `find` would refuse, at once.

    Raises:
        FilterError: a condition is malformed, or a field is unknown.
    """
    attributes.select(query["filter"], query["exclude"])
    for field in _asked_fields(query):
        attributes.column(field)


def find(
    ranking: RankedSearch,
    attributes: AttributeTable,
    reduced: NDArray[np.float32],
    full: NDArray[np.float32] | None,
    query: Mapping[str, Any],
    exclude_row: int | None,
) -> Found:
    """Search as the query parameters say.

    Args:
        reduced, full, exclude_row: see `RankedSearch.search`.
        query: the parameters of `GET /items/{id}/similar`, read.

    Raises:
        FilterError: a condition is malformed, or a field is unknown.
    """
    among = attributes.select(query["filter"], query["exclude"])
    group_by, min_score = query["group_by"], query["min_score"]
    if group_by is None:
        hits = ranking.search(
            reduced,
            full,
            limit=query["limit"],
            offset=query["offset"],
            among=among,
            min_similarity=min_score,
            exclude_row=exclude_row,
        )
    else:
        hits = ranking.search_groups(
            reduced,
            full,
            attributes.codes(group_by),
            limit=query["limit"],
            offset=query["offset"],
            among=among,
            min_similarity=min_score,
            exclude_row=exclude_row,
        )
    if query["facets"] is None:
        return Found(hits, None)
    matching = among
    if min_score is not None:
        matching = ranking.matching(reduced, full, among=among, min_similarity=min_score, exclude_row=exclude_row)
    elif exclude_row is not None:
        matching = (among or Selection.all_of(len(attributes))).without(exclude_row)
    counted = {field: attributes.count_values(field, matching) for field in parse_fields(query["facets"])}
    return Found(hits, {field: dict(list(counts.items())[:MAX_FACET_VALUES]) for field, counts in counted.items()})


def _asked_fields(query: Mapping[str, Any]) -> tuple[str, ...]:
    facets = () if query["facets"] is None else parse_fields(query["facets"])
    return facets if query["group_by"] is None else (*facets, query["group_by"])

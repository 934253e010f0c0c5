"""Which queries and items belong together: usually pictures of one product, which share a title."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.errors import EmbeddingsError
from contracts.hold_out import TITLE
from contracts.items import Item
from evaluation.bootstrap import numbered
from model.catalogue.street import PHOTO_ATTRIBUTE


def grouping_attribute(asked: str | None, queries: Sequence[Item]) -> str:
    """The attribute by which queries are grouped; empty for none.

    Args:
        asked: empty for none; None for the title if queries have one, else for the photo that shows several garments.
        queries: the items to search for.

    Raises:
        EmbeddingsError: no query has the attribute `asked`.
    """
    usual = (TITLE, PHOTO_ATTRIBUTE) if asked is None else (asked,)
    present = [name for name in usual if any(name in item.attributes for item in queries)]
    if asked and not present:
        known = sorted({name for item in queries for name in item.attributes})
        raise EmbeddingsError(
            f"no query has the attribute {asked!r}; name one of these with --group: {', '.join(known)}; or pass "
            "--group none"
        )
    return present[0] if present else ""


def excluding_attributes(
    asked: Sequence[str] | None, gallery: Sequence[Item], queries: Sequence[Item]
) -> tuple[str, ...]:
    """The attributes by which siblings are left out of the gallery in a second measurement; empty for none.

    Args:
        asked: None for the title if both sides have one.
        gallery: the items to search.
        queries: the items to search for.
    """
    if asked is not None:
        return tuple(asked)
    both = all(any(TITLE in item.attributes for item in items) for items in (gallery, queries))
    return (TITLE,) if both else ()


def groups_by(attribute: str, queries: Sequence[Item]) -> NDArray[np.int64]:
    """The group number of each query, (Q,) int64: one group per value; a query without a value is its own group."""
    labels = [
        f"value {item.attributes[attribute]}" if attribute in item.attributes else f"query {query}"
        for query, item in enumerate(queries)
    ]
    return numbered(labels)[0]

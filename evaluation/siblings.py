"""Which queries and items belong together: most often pictures of one product, which share a title."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.errors import EmbeddingsError
from contracts.items import Item
from evaluation.bootstrap import numbered
from evaluation.evaluated_set import TITLE


def grouping_attribute(asked: str | None, queries: Sequence[Item]) -> str:
    """The attribute whose values hold queries together; empty for none.

    Args:
        asked: empty for none; None for the title where queries have one.
        queries: the items searched for.

    Raises:
        EmbeddingsError: no query has the attribute that was asked for.
    """
    present = any((TITLE if asked is None else asked) in item.attributes for item in queries)
    if asked and not present:
        known = sorted({name for item in queries for name in item.attributes})
        raise EmbeddingsError(
            f"no query has the attribute {asked!r}; name one of these with --group: {', '.join(known)}; or --group none"
        )
    return (TITLE if present else "") if asked is None else asked


def excluding_attributes(
    asked: Sequence[str] | None, gallery: Sequence[Item], queries: Sequence[Item]
) -> tuple[str, ...]:
    """The attributes by which siblings are left out of the gallery in a second measurement; empty for none.

    Args:
        asked: None for the title where both sides have one.
        gallery: the items searched.
        queries: the items searched for.
    """
    if asked is not None:
        return tuple(asked)
    both = all(any(TITLE in item.attributes for item in items) for items in (gallery, queries))
    return (TITLE,) if both else ()


def groups_by(attribute: str, queries: Sequence[Item]) -> NDArray[np.int64]:
    """A number for each group of queries: those of one value; a query that has none stands alone. (Q,) int64."""
    labels = [
        f"value {item.attributes[attribute]}" if attribute in item.attributes else f"query {query}"
        for query, item in enumerate(queries)
    ]
    return numbered(labels)[0]

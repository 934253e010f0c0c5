"""How close the second parts of an item and its nearest other item usually are."""

import numpy as np
from numpy.typing import NDArray

from contracts.search_defaults import RERANKED
from index.attributes import AttributeTable
from index.embedded_rows import EmbeddedRows
from index.gallery import Gallery
from index.scoring import Scoring

_SAMPLED = 1_000
_FEWEST = 20
_PERCENTILE = 5.0
# Two copies of one picture say nothing about the cosine between different pictures.
_SAME_PICTURE = 0.9995
# So that a score can always rise.
_HIGHEST = 0.95


def near_from(gallery: Gallery, full: NDArray[np.float16], parts: tuple[int, ...]) -> float | None:
    """The 5th percentile of the cosines between an item's second part and the closest of other items like it.

    Measured on 1,000 items drawn with a fixed seed, each against the items that a search would re-rank; copies of the
    same picture do not count. A customer's photo rarely comes so close to any item; a copy of a catalogue picture does
    (docs/experiments/re-ranking.md).

    Args:
        gallery: of the reduced embeddings, N items.
        full: (N, D) float16 unit rows, see `EmbeddedRows`.
        parts: widths of the embedding's parts.

    Returns:
        0 to 0.95; None for embeddings of one part, or if fewer than twenty items could be measured.
    """
    if len(parts) == 1:
        return None
    items = EmbeddedRows(gallery, full, AttributeTable.empty(len(gallery)), scoring=Scoring(parts[0], 0.0))
    rows = np.random.default_rng(0).permutation(len(gallery))[:_SAMPLED]
    nearest = []
    for row in rows.tolist():
        vectors = items.vectors(row)
        if vectors.full is None or len(gallery) == 1:
            continue
        others = gallery.nearest(vectors.reduced, min(RERANKED, len(gallery) - 1), exclude_row=row).rows
        cosines = items.cosines(np.sort(others), vectors.full)
        different = cosines[cosines < _SAME_PICTURE]
        if different.size and different.max() > 0.0:
            nearest.append(float(different.max()))
    return None if len(nearest) < _FEWEST else min(_HIGHEST, float(np.percentile(nearest, _PERCENTILE)))

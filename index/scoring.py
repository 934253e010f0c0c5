"""Scores of the items that are near by their reduced embeddings, by their full ones.

An embedding of one part is compared as a whole: the score is the cosine of the full embeddings.

An embedding of two parts says in the first what kind of thing a picture shows, and in the second which thing it is.
The reduced embedding keeps the first part. For most photos no item is the thing itself; then second parts are as unlike
each other as those of any two pictures, and say nothing about what looks alike. So the score stays the similarity of
the reduced embeddings, unless the second parts are as close as those of an item and its nearest other item usually are
(`index.near_items`). From there on the score rises towards 1, which it reaches if the second parts are equal.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import ONE_PART
from index.exact.arguments import SCORE_STEPS, Scoring

__all__ = ["USUALLY_NEAR", "WHOLE", "Scoring", "scores", "scoring_of"]

WHOLE: Final = Scoring(first=0, near=1.0)
# For galleries too small to measure it, and for bundles of older formats. Of the shipped networks .6 to .7 is measured,
# and any cosine in between gives nearly the same lists (docs/experiments/re-ranking.md).
USUALLY_NEAR: Final = 0.65


def scoring_of(parts: tuple[int, ...], near: float | None) -> Scoring:
    """The scoring of embeddings with these parts.

    Args:
        parts: widths of the embedding's parts.
        near: see `index.near_items`; None: not measured.
    """
    return WHOLE if parts == ONE_PART else Scoring(parts[0], USUALLY_NEAR if near is None else near)


def scores(similarities: NDArray[np.float64], cosines: NDArray[np.float64], scoring: Scoring) -> NDArray[np.float32]:
    """The scores of some items.

    With a similarity s, a cosine c of the second parts and the cosine n from which they count, the score is s up to
    c = n and 1 - (1 - s) ((1 - c) / (1 - n))^2 above.

    Args:
        similarities: (K,) cosines of the reduced embeddings.
        cosines: (K,) of the full embeddings from `scoring.first` on.
        scoring: how they become scores.

    Returns:
        (K,) float32, rounded once.
    """
    if scoring.first == 0:
        joined = cosines
    else:
        left = (1.0 - cosines) / (1.0 - scoring.near)
        joined = np.where(cosines <= scoring.near, similarities, 1.0 - (1.0 - similarities) * (left * left))
    return np.clip(np.rint(joined * SCORE_STEPS) / SCORE_STEPS, -1.0, 1.0).astype(np.float32)

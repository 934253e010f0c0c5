"""The cosine at which resemblance ends: up to there, items are more similar than chance explains."""

import numpy as np
from numpy.typing import NDArray

from index.gallery import Gallery

_SAMPLED = 2_000
_FEWEST = 40
# Of all pairs that are at least this similar, at most this share is so by chance.
_BY_CHANCE = 0.2
_STEPS = 1_000


def resemblance_from(gallery: Gallery) -> float | None:
    """The cosine of reduced embeddings from which two items resemble each other.

    It is measured on the cosines of up to a million pairs of items, between two thousand of them that are drawn with a
    fixed seed. Most pairs have nothing in common. Their cosines scatter to both sides of the median by chance, and the
    lower side holds nothing else: no item is less like another than unrelated. So the pairs that are as far below the
    median as a cosine is above it tell how many reach that cosine by chance. Resemblance ends where they are a fifth of
    those that reach it. Mirroring the lower side assumes no shape of the distribution, and needs no categories.

    Args:
        gallery: of the reduced embeddings.

    Returns:
        -1 to 1, rounded to three decimals, so that it does not depend on the processor; None if there are fewer than
        forty items, or no cosine distinguishes resemblance from chance.
    """
    if len(gallery) < _FEWEST:
        return None
    rows = np.random.default_rng(0).permutation(len(gallery))[:_SAMPLED]
    vectors = np.array([gallery.reduced(row) for row in rows.tolist()], np.float64)
    half = len(rows) // 2
    return _end_of_chance(np.sort(vectors[:half] @ vectors[half:].T, axis=None))


def _end_of_chance(cosines: NDArray[np.float64]) -> float | None:
    """The lowest of these steps at which at most a fifth of the pairs is expected by chance.

    Args:
        cosines: of pairs, rising.
    """
    median = float(np.median(cosines))
    steps = np.arange(np.ceil(median * _STEPS), _STEPS + 1) / _STEPS
    reached = cosines.size - np.searchsorted(cosines, steps)
    by_chance = np.searchsorted(cosines, 2 * median - steps, side="right")
    ends = np.flatnonzero((by_chance <= _BY_CHANCE * reached) & (reached > 0))
    return float(steps[ends[0]]) if ends.size else None

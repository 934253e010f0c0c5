"""Which garment of a photo is searched when nobody chose one."""

from collections.abc import Sequence
from itertools import combinations
from math import sqrt
from typing import Final

from contracts.box import Box
from contracts.garments import Garment

# A photo shows what somebody wears if it shows garments of two kinds, both with at least this score, that lie beside
# each other: in a photo of one garment the detector often sees a second kind, but in the same place.
_CERTAIN: Final = 0.35
_APART: Final = 0.02


def prominent_garment(garments: Sequence[Garment]) -> Garment | None:
    """The garment to search, or None to search the whole picture.

    A photo of one garment, or a product's picture, is searched whole, as if there were no detector. Of what somebody
    wears, the garment with the highest product of size and certainty is searched: the largest box is often one around
    several garments, the most central one often a guess, and the most certain ones are the shoes in most photos.

    Args:
        garments: of one photo, in any order.
    """
    sure = [garment for garment in garments if garment.score >= _CERTAIN]
    if not any(
        one.type != other.type and _overlap(one.box, other.box) <= _APART for one, other in combinations(sure, 2)
    ):
        return None
    return max(garments, key=_prominence)


def _prominence(garment: Garment) -> float:
    return garment.score**2 * sqrt(_area(garment.box))


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(one.x2, other.x2) - max(one.x1, other.x1)
    down = min(one.y2, other.y2) - max(one.y1, other.y1)
    both = max(across, 0.0) * max(down, 0.0)
    return both / (_area(one) + _area(other) - both)


def _area(box: Box) -> float:
    return (box.x2 - box.x1) * (box.y2 - box.y1)

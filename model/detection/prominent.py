"""Which garment of a photo is searched when nobody chose one."""

from collections.abc import Sequence
from math import sqrt
from typing import Final

from contracts.garments import Garment

# A photo shows what somebody wears if it shows this many kinds of garments, each with at least this score. A photo of
# one garment, or a product's picture, is searched whole, as if there were no detector.
_KINDS: Final = 2
_CERTAIN: Final = 0.4


def prominent_garment(garments: Sequence[Garment]) -> Garment | None:
    """The garment to search, or None to search the whole picture.

    Of what somebody wears, it is the one with the highest product of size and certainty. The largest box is often one
    around several garments, the most central one often a guess, and the most certain ones are the shoes in most photos
    (docs/experiments/garments.md).

    Args:
        garments: of one photo, in any order.
    """
    if len({garment.type for garment in garments if garment.score >= _CERTAIN}) < _KINDS:
        return None
    return max(garments, key=_prominence, default=None)


def _prominence(garment: Garment) -> float:
    box = garment.box
    return garment.score**2 * sqrt((box.x2 - box.x1) * (box.y2 - box.y1))

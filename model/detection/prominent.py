"""Which garment of a photo is searched when nobody chose one."""

from collections.abc import Sequence

from contracts.garments import Garment


def prominent_garment(garments: Sequence[Garment]) -> Garment | None:
    """The garment to search, or None to search the whole picture.

    Args:
        garments: of one photo, in any order.
    """
    return max(garments, key=_area, default=None)


def _area(garment: Garment) -> float:
    box = garment.box
    return (box.x2 - box.x1) * (box.y2 - box.y1) * garment.score

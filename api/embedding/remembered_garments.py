"""Garments that were found in a photo, as bytes: a few dozen, so that a remembered photo takes hardly more memory.

    the box that was searched, or four zeros if the worker chose none
    for each garment: its box; its score, uint16; length of its type, uint8; the type, UTF-8

A box is x1, y1, x2, y2, each a uint16. Fractions are in ten-thousandths, as workers round them. All numbers are
little-endian.
"""

import struct
from collections.abc import Sequence
from typing import Final

from contracts.box import Box
from contracts.errors import PictureRejected
from contracts.found_garments import DECIMALS
from contracts.garments import MOST_GARMENTS, Garment

_ONE: Final = 10**DECIMALS
_BOX: Final = struct.Struct("<4H")
_GARMENT: Final = struct.Struct("<4HHB")


def pack_garments(garments: Sequence[Garment], chosen_box: Box | None) -> bytes:
    """Garments with four decimals, and the box that the worker chose, as bytes."""
    packed = [_BOX.pack(0, 0, 0, 0) if chosen_box is None else _BOX.pack(*_corners(chosen_box))]
    for garment in garments:
        kind = garment.type.encode()
        packed += [_GARMENT.pack(*_corners(garment.box), round(garment.score * _ONE), len(kind)), kind]
    return b"".join(packed)


def unpack_garments(packed: bytes) -> tuple[tuple[Garment, ...], Box | None]:
    """What was packed.

    Raises:
        ValueError: these bytes hold no garments.
    """
    try:
        corners = _BOX.unpack_from(packed)
        chosen_box = _box(corners) if any(corners) else None
        garments, at = [], _BOX.size
        while at < len(packed):
            *box, score, length = _GARMENT.unpack_from(packed, at)
            at += _GARMENT.size + length
            if at > len(packed) or score > _ONE or not length:
                raise ValueError("a garment is cut off, or its numbers are too large")
            garments.append(Garment(packed[at - length : at].decode(), _box(box), score / _ONE))
    except (struct.error, PictureRejected) as error:
        raise ValueError(f"these bytes hold no garments: {error}") from None
    if len(garments) > MOST_GARMENTS:
        raise ValueError(f"a photo has at most {MOST_GARMENTS} garments, got {len(garments)}")
    return tuple(garments), chosen_box


def _corners(box: Box) -> tuple[int, ...]:
    return tuple(round(corner * _ONE) for corner in (box.x1, box.y1, box.x2, box.y2))


def _box(corners: Sequence[int]) -> Box:
    x1, y1, x2, y2 = (corner / _ONE for corner in corners)
    return Box(x1, y1, x2, y2)

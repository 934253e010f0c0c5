"""Removes what surrounds a picture: a coloured frame, or the bars of a screenshot."""

import numpy as np
from numpy.typing import NDArray

# A line is part of the frame if this share of its pixels is this near to the frame's colour in each channel. JPEG
# compression changes pixels by up to this tolerance.
_ALIKE = 0.97
_TOLERANCE = 30
# A frame ends along a straight line in this share of its pixels; the background of a product does not.
_SHARP = 0.8
_EDGE_LINES = 3
# JPEG blurs an edge into the lines next to it.
_SMEARED_LINES = 2
# Shares of the side. A product may have straight edges as well, but not so near to the border.
_WIDEST_FRAME = 0.15
_WIDEST_BAR = 0.3
_SMALLEST_SIDE = 32
# White and nearly white borders are the background of shop pictures, and stay.
_LIGHT = 230


def without_frame(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut off a picture's frame, or the bars on two opposite sides.

    Frames and bars have one colour on each side, which is not a light one, and end in a straight line. A frame takes
    at most 15 % of the height at the top and at the bottom, and of the width at the left and at the right; a bar at
    most 30 %. Pictures with a side shorter than 32 pixels are left as they are on these sides.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Returns:
        A view of `pixels`; all of it if there is no frame.
    """
    # Each side is turned so that its outermost line comes first.
    sides = (pixels, pixels[::-1], pixels.transpose(1, 0, 2), pixels[:, ::-1].transpose(1, 0, 2))
    colours = [np.median(side[0], axis=0) for side in sides]
    depths = [_depth(side, colour) for side, colour in zip(sides, colours, strict=True)]

    def ends(number: int, start: int, stop: int) -> bool:
        """Whether the frame of a side ends in a straight line between two positions."""
        edge = sides[number][depths[number] : depths[number] + _EDGE_LINES, start:stop]
        return depths[number] > 0 and bool(_unlike(edge, colours[number]).mean(axis=1).max() >= _SHARP)

    height, width = pixels.shape[:2]
    top, bottom, left, right = depths
    if max(top, bottom) <= _WIDEST_FRAME * height and max(left, right) <= _WIDEST_FRAME * width:
        within = ((left, width - right), (left, width - right), (top, height - bottom), (top, height - bottom))
        if all(ends(number, start, stop) for number, (start, stop) in enumerate(within)):
            return _without(_without(pixels, top, bottom).transpose(1, 0, 2), left, right).transpose(1, 0, 2)
    if ends(0, 0, width) and ends(1, 0, width):
        return _without(pixels, top, bottom)
    if ends(2, 0, height) and ends(3, 0, height):
        return _without(pixels.transpose(1, 0, 2), left, right).transpose(1, 0, 2)
    return pixels


def _without(lines: NDArray[np.uint8], before: int, after: int) -> NDArray[np.uint8]:
    return lines[before + _SMEARED_LINES : len(lines) - after - _SMEARED_LINES]


def _depth(lines: NDArray[np.uint8], colour: NDArray[np.float64]) -> int:
    """Number of outermost lines in the frame's colour, 0 if they do not end: lines are (n, length, 3) uint8."""
    if len(lines) < _SMALLEST_SIDE or colour.min() >= _LIGHT:
        return 0
    most = int(len(lines) * _WIDEST_BAR)
    for number in range(most):
        if _unlike(lines[number], colour).mean() > 1 - _ALIKE:
            return number
    return 0


def _unlike(pixels: NDArray[np.uint8], colour: NDArray[np.float64]) -> NDArray[np.bool_]:
    unlike: NDArray[np.bool_] = np.abs(pixels - colour).max(axis=-1) > _TOLERANCE
    return unlike

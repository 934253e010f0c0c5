"""What is around a picture but not of it: the bars of a screenshot, a coloured frame."""

import numpy as np
from numpy.typing import NDArray

# Of a line of the frame so many pixels lie so near to its colour, in each channel. JPEG moves them about so far.
_ALIKE = 0.97
_TOLERANCE = 30
# A frame ends all along a line; the ground around a product ends here and there.
_SHARP = 0.8
_EDGE_LINES = 3
# JPEG smears an edge over the lines next to it.
_SMEARED_LINES = 2
# A product may be as straight as a frame, but it is not as near to the border.
_WIDEST_FRAME = 0.15
_WIDEST_BAR = 0.3
_SMALLEST_SIDE = 32
# White and nearly white is the ground of shop pictures, and part of them.
_LIGHT = 230


def without_frame(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture without its frame, or without the bars on two opposite sides.

    Either is of one colour on each side, not a light one, and ends in a straight line all along. A frame takes at most
    15 % of a picture's height above and below, and of its width left and right; a bar at most 30 %. There is none where
    these are fewer than 32 pixels.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Returns:
        A view of `pixels`; the whole where there is no frame.
    """
    # Each turned so that its lines, from the outermost on, come first.
    sides = (pixels, pixels[::-1], pixels.transpose(1, 0, 2), pixels[:, ::-1].transpose(1, 0, 2))
    colours = [np.median(side[0], axis=0) for side in sides]
    depths = [_depth(side, colour) for side, colour in zip(sides, colours, strict=True)]

    def ends(number: int, start: int, stop: int) -> bool:
        """Whether what is on a side ends between two places of it."""
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
    """How many of the outermost lines are of a frame's colour: (n, length, 3) uint8; 0 where they do not end."""
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

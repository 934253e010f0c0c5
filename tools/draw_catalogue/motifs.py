"""Printed pictures, words and numbers."""

import math

import numpy as np

from tools.draw_catalogue.curves import Points, shift
from tools.draw_catalogue.palette import luma
from tools.draw_catalogue.pieces import Colour, Line, Patch, Piece


def motif(rng: np.random.Generator, centre_y: float, size: float, inks: tuple[Colour, Colour, Colour]) -> list[Piece]:
    """A printed picture on the chest, in the style of a small label.

    Args:
        rng: source of the design.
        centre_y: its height on the body.
        size: half its width.
        inks: three colours.

    Returns:
        Marks.
    """
    first, second, third = ((*ink, 225) for ink in inks)
    angle = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])

    def put(points: Points, colour: tuple[int, int, int, int]) -> Piece:
        return Patch(np.asarray(points) * size + (0, centre_y), colour)

    kind = rng.integers(7)
    if kind == 0:
        peaks = np.array([(-1, 0.55), (-0.45, -0.25), (-0.2, 0.1), (0.25, -0.6), (1, 0.55)])
        snow = np.array([(0.25, -0.6), (0.02, -0.24), (0.2, -0.3), (0.32, -0.2), (0.5, -0.28)])
        return [
            put(circle * 0.42 + (-0.35, -0.5), second),
            put(peaks, first),
            put(snow, third),
            put(np.array([(-1, 0.66), (1, 0.66), (1, 0.74), (-1, 0.74)]), second),
        ]
    if kind == 1:
        bars = [
            put(np.array([(-w, y), (w, y), (w, y + 0.09), (-w, y + 0.09)]), second)
            for y, w in ((0.1, 0.9), (0.32, 0.8), (0.54, 0.62), (0.76, 0.36))
        ]
        half = circle[circle[:, 1] <= 0.02]
        return [put(half * 0.9, first), *bars]
    if kind == 2:
        star = np.array(
            [
                (math.sin(a) * r, -math.cos(a) * r)
                for a, r in zip(np.arange(10) * math.pi / 5, [1, 0.42] * 5, strict=True)
            ]
        )
        return [put(star * 0.95, first), put(star * 0.62, second), put(star * 0.34, third)]
    if kind == 3:
        x = np.linspace(-1, 1, 40)
        return [
            put(
                np.vstack(
                    [
                        np.column_stack([x, 0.16 * np.sin(x * 7) + y]),
                        np.column_stack([x[::-1], 0.16 * np.sin(x[::-1] * 7) + y + 0.16]),
                    ]
                ),
                ink,
            )
            for y, ink in ((-0.55, first), (-0.2, second), (0.15, third), (0.5, first))
        ]
    if kind == 4:
        marks = [put(circle * 0.98, first), put(circle * 0.84, third), put(circle * 0.78, first)]
        leaf = np.array([(0, -0.62), (0.3, -0.2), (0.22, 0.25), (0, 0.55), (-0.22, 0.25), (-0.3, -0.2)])
        turned = [
            leaf * 0.9 @ np.array([(math.cos(a), -math.sin(a)), (math.sin(a), math.cos(a))]) + (0, 0.05)
            for a in (-0.7, 0.7, 0.0)
        ]
        return [*marks, *(put(part, ink) for part, ink in zip(turned, (second, second, third), strict=True))]
    if kind == 5:
        return [
            put(np.array([(-0.95, -0.62), (0.95, -0.62), (0.95, 0.62), (-0.95, 0.62)]), first),
            put(np.array([(-0.95, 0.62), (0.95, -0.62), (0.95, 0.62)]), second),
            put(circle * 0.34, third),
        ]
    return [
        *_letters(rng, centre_y, size * 0.62, first),
        put(np.array([(-0.9, 0.3), (0.9, 0.3), (0.9, 0.38), (-0.9, 0.38)]), second),
    ]


def numeral(digits: str, centre: tuple[float, float], height: float, colour: tuple[int, int, int, int]) -> list[Piece]:
    """Block digits, as on a jersey.

    Args:
        digits: such as `23`.
        centre: of the number, cm.
        height: cm.
        colour: RGB and opacity.

    Returns:
        Marks.
    """
    return _blocks(digits, _SEGMENTS, centre, height, colour)


# Letters and digits as strokes between the points of a 2 x 3 grid, numbered row by row.
_SEGMENTS = {
    "0": "01 15 54 40", "1": "15", "2": "01 13 32 24 45", "3": "01 15 54 23", "4": "02 23 15", "5": "10 02 23 35 54",
    "6": "10 04 45 53 32", "7": "01 15", "8": "01 15 54 40 23", "9": "32 20 01 15 54",
    "A": "40 01 15 23", "C": "10 04 45", "E": "10 04 45 23", "F": "10 04 23", "H": "04 15 23", "L": "04 45",
    "N": "40 05 51", "O": "01 15 54 40", "R": "40 01 13 32 25", "S": "10 02 23 35 54", "T": "01 67", "U": "04 45 51",
    "V": "07 71",
}  # fmt: skip


_GRID = {
    "0": (0.0, 0.0),
    "1": (0.55, 0.0),
    "2": (0.0, 0.5),
    "3": (0.55, 0.5),
    "4": (0.0, 1.0),
    "5": (0.55, 1.0),
    "6": (0.275, 0.0),
    "7": (0.275, 1.0),
}


_WORDS = ("NORTH", "COAST", "OCEAN", "SOUL", "HEROS", "LUNA", "FOREST", "VOLT", "NOVA", "SOLAR")


def _letters(rng: np.random.Generator, y: float, half_width: float, colour: tuple[int, int, int, int]) -> list[Piece]:
    word = _WORDS[rng.integers(len(_WORDS))]
    return _blocks(word, _SEGMENTS, (0.0, y - 1), half_width * 2 * 1.5 / (len(word) * 0.85), colour)


def _blocks(
    text: str, strokes: dict[str, str], centre: tuple[float, float], height: float, colour: tuple[int, int, int, int]
) -> list[Piece]:
    advance = 0.85 * height
    left = centre[0] - advance * len(text) / 2 + 0.15 * height
    marks: list[Piece] = []
    for place, letter in enumerate(text):
        for stroke in strokes[letter].split():
            ends = np.array([_GRID[stroke[0]], _GRID[stroke[1]]]) * height
            along = (ends[1] - ends[0]) / max(float(np.hypot(*(ends[1] - ends[0]))), 1e-6) * 0.09 * height
            ends = np.array([ends[0] - along, ends[1] + along])
            marks.append(Line(shift(ends, left + place * advance, centre[1] - height / 2), 0.18 * height, colour))
    return marks


def contrasting(ground: Colour) -> Colour:
    """White on dark cloth, near black on light cloth."""
    return (238, 236, 230) if luma(ground) < 120 else (40, 42, 48)

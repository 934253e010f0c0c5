"""Hoods, their cords and their fur."""

import numpy as np

from tools.draw_catalogue.curves import mirror, outline, shift, spline
from tools.draw_catalogue.details import button
from tools.draw_catalogue.folds import hanging_folds
from tools.draw_catalogue.pieces import Colour, Line, Material, Panel, Piece
from tools.draw_catalogue.silhouette import Shape
from tools.draw_catalogue.tailoring import STITCH, Laying, seam


def hood(
    shape: Shape,
    laying: Laying,
    *,
    size: float = 1.0,
    material: Material = Material.MAIN,
    lining: Material = Material.LINING,
) -> list[Piece]:
    """A hood that lies open behind the neck, painted before the body.

    Returns:
        Pieces.
    """
    n = shape.neck
    rng = laying.rng
    lean = rng.normal(0, 0.5)
    top = -17.5 * size
    outer = outline(
        [
            (-n - 2.6, 3.0),
            (-n - 4.4, -4.0),
            (-n - 2.6, -11.5 * size),
            (lean, top),
            (n + 2.6, -11.5 * size),
            (n + 4.4, -4.0),
            (n + 2.6, 3.0),
        ],
        [(n + 2.6, 3.0), (0, 6.0), (-n - 2.6, 3.0)],
    )
    opening = outline(
        [
            (-1.0, 9.5),
            (-n + 0.6, 2.5),
            (-n - 0.6, -5.0),
            (-n * 0.62, -11.0 * size),
            (lean, -13.6 * size),
            (n * 0.62, -11.0 * size),
            (n + 0.6, -5.0),
            (n - 0.6, 2.5),
            (1.0, 9.5),
        ]
    )
    folds = hanging_folds(
        rng, top=top, bottom=4, half_width=n + 3, count=5, spread=-0.5, strength=0.5 * laying.softness
    )
    return [
        Panel(outer, material, name="hood", folds=folds, form=4.5, rise=0.8, shadow=0.3),
        Panel(
            opening,
            lining,
            name="opening",
            tone=0.60,
            folds=folds * (1, 1, 1, 1, 1, -0.8, 1),
            rise=-0.6,
            roundness=2.5,
            shadow=0.0,
        ),
        *seam(spline([(lean, -13.4 * size), (lean * 0.8, -7), (0, -1)])),
    ]


def hood_front(shape: Shape, laying: Laying, *, material: Material = Material.MAIN, meet: float = 10.5) -> list[Piece]:
    """The sides of a hood that come round to the front, painted after the body.

    Args:
        shape: of the body.
        laying: how it lies.
        material: of the hood.
        meet: height at which both sides meet.

    Returns:
        Pieces.
    """
    n = shape.neck
    right = outline(
        [(-0.6, meet), (n * 0.52, meet - 4.6), (n - 0.7, 0.4), (n + 0.1, -5.0), (n + 0.1, -8.5)],
        [(n + 0.1, -8.5), (n + 3.0, -6.2), (n + 4.3, -2.4)],
        [(n + 4.3, -2.4), (n + 2.8, 2.6), (n * 0.8, meet - 2.2), (1.2, meet + 1.6), (-0.6, meet)],
    )
    edge = spline([(0.4, meet + 0.1), (n * 0.52 + 0.9, meet - 4.2), (n + 0.3, 0.8), (n + 0.9, -4.6), (n + 0.7, -7.0)])
    folds = hanging_folds(
        laying.rng, top=-4, bottom=meet, half_width=n + 2, count=4, spread=0.4, strength=0.35 * laying.softness
    )
    pieces: list[Piece] = []
    for side in (-1, 1):
        scale = (side, 1)
        pieces += [
            Panel(
                right * scale, material, grain=side * -0.5, rise=0.6, roundness=1.3, folds=folds, shadow=0.5, reach=1.3
            ),
            Line(edge * scale, 0.13, STITCH, dash=0.45),
        ]
    return pieces


def drawstrings(colour: Colour, rng: np.random.Generator, *, top: float = 10.0, length: float = 17.0) -> list[Piece]:
    """Two cords from eyelets at the neck, with tips.

    Returns:
        Marks.
    """
    marks: list[Piece] = []
    for side in (-1, 1):
        x = side * 2.9
        reach = length * rng.uniform(0.85, 1.1)
        sway = rng.normal(0, 0.8)
        cord = spline(
            [
                (x, top - 1.4),
                (x + side * 0.2 + sway * 0.4, top + reach * 0.35),
                (x + sway, top + reach * 0.7),
                (x + sway * 0.6, top + reach),
            ]
        )
        shade = tuple(int(c * 0.72) for c in colour)
        marks += [
            Line(shift(cord, 0.38, 0.34), 0.62, (0, 0, 0, 70)),
            Line(cord, 0.62, (shade[0], shade[1], shade[2], 255)),
            Line(cord - (0.09, 0.06), 0.36, (*colour, 255)),
            Line(cord[-4:], 0.62, (150, 150, 152, 255)),
            button(x, top - 1.4, 0.62, (176, 172, 164), holes=1, metal=True),
        ]
    return marks


def fur_edge(laying: Laying, *, size: float = 1.0, shape: Shape) -> list[Piece]:
    """A fluffy trim around a hood's opening, painted after the hood and before the body.

    Returns:
        Pieces.
    """
    rng = laying.rng
    n = shape.neck
    half = [(n + 1.8, 4.0), (n + 3.2, -4.5), (n * 0.86, -12.4 * size), (0, -15.6 * size)]
    middle = spline([*half, *mirror(half).tolist()[1:]], 12)
    reach = 2.3
    normal = np.gradient(middle, axis=0)
    normal = np.column_stack([-normal[:, 1], normal[:, 0]]) / np.hypot(*normal.T)[:, None]
    ragged = rng.uniform(0.7, 1.25, (2, len(middle), 1)) * reach
    trim = np.vstack([middle + normal * ragged[0], (middle - normal * ragged[1])[::-1]])
    pieces: list[Piece] = [Panel(trim, Material.TRIM, rise=1.2, roundness=1.8, shadow=0.5, reach=1.2, crease=0.2)]
    for _ in range(150):
        at = rng.integers(1, len(middle) - 1)
        root = middle[at] + normal[at] * rng.uniform(-1.3, 1.3)
        away = normal[at] * rng.choice([-1, 1]) * rng.uniform(0.9, 2.1) + rng.normal(0, 0.5, 2)
        grey = int(rng.integers(40, 235))
        pieces.append(Line(np.array([root, root + away]), 0.16, (grey, int(grey * 0.93), int(grey * 0.82), 75)))
    return pieces

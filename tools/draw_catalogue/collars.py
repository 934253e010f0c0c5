"""What surrounds the neck: shirt collars, lapels, hoods, turtlenecks."""

import numpy as np

from tools.draw_catalogue.curves import band, flip, outline, spline
from tools.draw_catalogue.details import button
from tools.draw_catalogue.folds import hanging_folds
from tools.draw_catalogue.pieces import Colour, Line, Material, Panel, Patch, Piece
from tools.draw_catalogue.silhouette import Shape, neck_curve
from tools.draw_catalogue.tailoring import STITCH, Laying, seam


def shirt_collar(
    shape: Shape,
    *,
    spread: float = 0.0,
    size: float = 1.0,
    material: Material = Material.MAIN,
    buttoned: Colour | None = None,
) -> list[Piece]:
    """A turned-down collar on a closed front.

    Args:
        shape: of the body.
        spread: how far the points lie apart, cm.
        size: of the leaves, about 1.
        material: of the collar.
        buttoned: colour of the buttons that hold its points, or None.

    Returns:
        Pieces to paint after the body.
    """
    n = shape.neck
    inner = outline(
        [(-n + 0.6, -2.6), (-n * 0.5, -3.9), (0, -4.2), (n * 0.5, -3.9), (n - 0.6, -2.6)],
        [(n - 0.6, -2.6), (4.4, 1.2), (0.4, 4.6)],
        [(-0.4, 4.6), (-4.4, 1.2), (-n + 0.6, -2.6)],
    )
    pieces: list[Piece] = [
        Panel(neck_curve(shape), material, tone=0.5, shadow=0.0),
        Panel(inner, material, tone=0.66, shadow=0.2),
        Patch(np.array([(-1.6, -1.9), (1.6, -1.9), (1.55, -0.4), (-1.55, -0.4)]), (205, 200, 190, 255)),
        *seam(spline([(-4.6, 0.1), (0, 0.9), (4.6, 0.1)])),
    ]
    tip = np.array([6.4 + spread, 5.0 + 4.6 * size])
    right = outline(
        [(0.15, 4.5), (4.1, 0.9), (n - 0.4, -3.0)],
        [(n - 0.4, -3.0), (n + 1.1, -1.4), (n + 1.9, 0.9), (n + 1.4, 2.2)],
        [(n + 1.4, 2.2), tip],
        [tip, (3.2 + 0.3 * spread, 6.6), (0.15, 4.5)],
    )
    for leaf, side in ((flip(right), -1), (right, 1)):
        pieces.append(Panel(leaf, material, grain=side * 0.75, rise=0.4, shadow=0.5, reach=0.8, crease=0.5))
        edge = spline([(n + 0.9, 2.4), tip - (0.5, 0.9), (3.0 + 0.3 * spread, 5.9), (0.8, 4.4)], 6) * (side, 1)
        pieces.append(Line(edge, 0.12, STITCH, dash=0.4))
        if buttoned is not None:
            pieces.append(button(float(side * (tip[0] - 0.9)), float(tip[1] - 1.5), 0.42, buttoned))
    return pieces


def camp_collar(shape: Shape, depth: float, *, material: Material = Material.MAIN) -> list[Piece]:
    """A flat open collar with short lapels.

    Args:
        shape: of the body; a V-neck as deep as `depth`.
        depth: where the front closes.
        material: of the collar.

    Returns:
        Pieces to paint after the body.
    """
    n = shape.neck
    right = outline(
        [(0.1, depth), (n * 0.55, depth * 0.5), (n - 0.5, -0.8), (n * 0.7, -2.2)],
        [(n * 0.7, -2.2), (n + 1.8, 0.4), (n + 3.0, 4.4)],
        [(n + 3.0, 4.4), (n + 0.2, 5.6)],
        [(n + 0.2, 5.6), (n + 1.6, 7.2)],
        [(n + 1.6, 7.2), (n * 0.7, depth * 0.85), (0.1, depth)],
    )
    back = band(spline([(-n * 0.75, -2.2), (0, -3.2), (n * 0.75, -2.2)]), 3.2)
    pieces: list[Piece] = [Panel(back, material, tone=0.85, shadow=0.3, crease=0.4)]
    for leaf, side in ((flip(right), -1), (right, 1)):
        pieces.append(Panel(leaf, material, grain=side * 0.5, rise=0.35, shadow=0.48, reach=0.9, crease=0.6))
        pieces += seam(spline(np.array([(n - 0.8, 3.2), (n + 0.2, 5.6)]) * (side, 1)))
    return pieces


def lapels(
    shape: Shape,
    depth: float,
    *,
    width: float,
    notch: float,
    peak: float = 0.0,
    overlap: float = 0.0,
    material: Material = Material.MAIN,
) -> list[Piece]:
    """Tailored lapels with their collar, the wearer's left over the right.

    Args:
        shape: of the body; a V-neck as deep as `depth`.
        depth: where the front closes.
        width: of a lapel.
        notch: height of the notch below the shoulders.
        peak: how far the lapel's point rises.
        overlap: how far the closing point lies off the middle (double-breasted).
        material: of lapels and collar.

    Returns:
        Pieces to paint after the body.
    """
    n = shape.neck
    pieces: list[Piece] = [
        Panel(
            outline([(-n + 0.2, -1.6), (0, -3.6), (n - 0.2, -1.6)], [(n - 0.2, 0.2), (0, 1.2), (-n + 0.2, 0.2)]),
            material,
            tone=0.86,
            form=2.0,
            shadow=0.35,
            crease=0.4,
        )
    ]
    break_y = depth * 0.55
    for side in (1, -1):
        foot = (-overlap, depth) if side < 0 else (overlap if overlap else 0.2, depth)
        lapel = outline(
            [foot, (n * 0.52 + overlap * 0.3, break_y), (n - 0.9, notch * 0.55)],
            [(n - 0.9, notch * 0.55), (n + width * 0.55, notch)],
            [(n + width * 0.55, notch), (n + width, notch + 0.6 - peak)],
            [(n + width, notch + 0.6 - peak), (n * 0.75 + width * 0.72, notch + (depth - notch) * 0.48), foot],
        )
        collar = outline(
            [(n - 0.9, notch * 0.62), (n - 0.6, 0.4), (n - 1.4, -2.2)],
            [(n - 1.4, -2.2), (n + 1.2, -0.8), (n + 2.6, 1.4)],
            [(n + 2.6, 1.4), (n + width * 0.86, notch - 1.5)],
            [(n + width * 0.86, notch - 1.5), (n + width * 0.5, notch - 0.05)],
            [(n + width * 0.5, notch - 0.05), (n - 0.9, notch * 0.62)],
        )
        edge = np.array(
            [(n + width * 0.9, notch + 1.2 - peak), (n * 0.75 + width * 0.66, notch + (depth - notch) * 0.48), foot]
        )
        scale = (side, 1)
        pieces += [
            Panel(lapel * scale, material, grain=side * 0.22, rise=0.45, shadow=0.55, reach=1.2, crease=0.5),
            Line(spline(edge * scale - (side * 0.5, 0)), 0.1, STITCH, dash=0.4),
            Panel(collar * scale, material, grain=side * 0.6, rise=0.45, shadow=0.45, reach=0.9, crease=0.5),
        ]
    return pieces


def band_collar(shape: Shape, height: float, *, material: Material = Material.MAIN, gap: float = 0.3) -> list[Piece]:
    """A short standing collar, open in front.

    Returns:
        Pieces to paint after the body.
    """
    n, d = shape.neck, shape.drop
    back = outline([(-n + 0.9, -height), (0, -height - 0.6), (n - 0.9, -height)], [(n, 0.4), (0, 1.4), (-n, 0.4)])
    right = outline(
        [(gap, d), (n * 0.62, d * 0.80), (n * 0.95, d * 0.38), (n + 0.3, 0.2)],
        [(n + 0.3, 0.2), (n - 0.8, -height)],
        [(n - 0.8, -height), (n * 0.84, d * 0.2), (n * 0.52, d * 0.58), (gap + 0.4, d - height)],
    )
    curve = spline([(gap, d), (n * 0.62, d * 0.80), (n * 0.95, d * 0.38), (n + 0.3, 0.2)])
    pieces: list[Piece] = [Panel(back, material, tone=0.66, shadow=0.2, crease=0.3)]
    for side in (-1, 1):
        scale = (side, 1)
        pieces.append(Panel(right * scale, material, along=curve * scale, rise=0.4, shadow=0.35, reach=0.6, crease=0.3))
    return pieces


def turtleneck(
    shape: Shape, height: float, laying: Laying, *, folded: bool, material: Material = Material.RIB
) -> list[Piece]:
    """A tube around the neck, folded over or not.

    Args:
        shape: of the body.
        height: of the visible tube.
        laying: how it lies.
        folded: turn it down on itself.
        material: of the tube.

    Returns:
        Pieces to paint after the body.
    """
    n, top = shape.neck, -height
    low = shape.drop
    mouth = outline(
        [(-n + 1.3, top + 0.4), (0, top - 0.9), (n - 1.3, top + 0.4)],
        [(n - 1.3, top + 0.6), (0, top + 2.2), (-n + 1.3, top + 0.6)],
    )
    tube = outline(
        [(-n + 1.2, top + 0.3), (0, top + 1.9), (n - 1.2, top + 0.3)],
        [(n - 1.2, top + 0.3), (n - 0.8, -1.0), (n + 0.6, 1.2)],
        [(n + 0.6, 1.2), (n * 0.6, low - 0.6), (0, low + 0.4), (-n * 0.6, low - 0.6), (-n - 0.6, 1.2)],
        [(-n - 0.6, 1.2), (-n + 0.8, -1.0), (-n + 1.2, top + 0.3)],
    )
    pieces: list[Piece] = [
        Panel(mouth, material, tone=0.5, shadow=0.0, crease=0.2),
        Panel(tube, material, form=3.0, shadow=0.3, reach=0.8, crease=0.4),
    ]
    if folded:
        fold_low = top + height * 0.80
        fold = outline(
            [(-n + 0.8, top + 0.3), (0, top + 1.9), (n - 0.8, top + 0.3)],
            [(n - 0.8, top + 0.3), (n - 0.1, fold_low - 1.6), (n + 0.2, fold_low)],
            [(n + 0.2, fold_low), (0, fold_low + 3.4), (-n - 0.2, fold_low)],
            [(-n - 0.2, fold_low), (-n + 0.1, fold_low - 1.6), (-n + 0.8, top + 0.3)],
        )
        folds = hanging_folds(
            laying.rng, top=top, bottom=fold_low + 2, half_width=n, count=4, spread=0.2, strength=0.25
        )
        pieces.append(Panel(fold, material, form=3.2, rise=0.5, folds=folds, shadow=0.5, reach=0.9, crease=0.5))
    return pieces


def bow(laying: Laying, y: float, *, material: Material = Material.MAIN) -> list[Piece]:
    """A soft bow tied at the neck.

    Returns:
        Pieces to paint after the body.
    """
    rng = laying.rng
    pieces: list[Piece] = []
    for side in (-1, 1):
        drop = rng.uniform(17, 24)
        tail = outline(
            [(side * 0.4, y), (side * 2.6, y + drop * 0.5), (side * 3.2, y + drop)],
            [(side * 3.2, y + drop), (side * 6.4, y + drop - 1.6)],
            [(side * 6.4, y + drop - 1.6), (side * 5.0, y + drop * 0.45), (side * 1.4, y - 0.4)],
        )
        loop = outline(
            [
                (side * 0.4, y - 0.9),
                (side * 4.4, y - 3.6),
                (side * 9.0, y - 2.2),
                (side * 9.6, y + 1.8),
                (side * 5.2, y + 2.2),
                (side * 0.4, y + 0.9),
            ]
        )
        folds = np.array(
            [(side * 4, y + drop * 0.5, side * 0.15, drop, 0.7, 0.4, 0.0), (side * 5, y, side * 1.5, 9, 0.8, 0.5, 0.02)]
        )
        pieces += [
            Panel(tail, material, grain=side * 0.2, folds=folds[:1], rise=0.4, shadow=0.45, reach=1.0),
            Panel(loop, material, grain=side * 1.2, folds=folds[1:], rise=0.9, roundness=1.6, shadow=0.45, reach=1.0),
        ]
    knot = outline(
        [(-1.3, y - 1.2), (0, y - 1.5), (1.3, y - 1.2), (1.5, y + 1.2), (0, y + 1.5), (-1.5, y + 1.2), (-1.3, y - 1.2)]
    )
    pieces.append(Panel(knot, material, rise=0.7, roundness=1.0, shadow=0.5, reach=0.6))
    return pieces

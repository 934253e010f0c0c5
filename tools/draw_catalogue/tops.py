"""Cuts of light tops: Tee, Tank, Top, Halter, Henley, Jersey."""

import numpy as np

from tools.draw_catalogue.curves import flip, outline, spline
from tools.draw_catalogue.design import Order
from tools.draw_catalogue.details import patch_pocket
from tools.draw_catalogue.motifs import contrasting, motif
from tools.draw_catalogue.pieces import Material, Piece, Tint
from tools.draw_catalogue.silhouette import Shape, Sleeve
from tools.draw_catalogue.tailoring import (
    armhole_seams,
    cuff,
    hem_seam,
    inside_back,
    long_sleeves,
    neckband,
    seam,
    short_sleeves,
    sleeve_hem,
    sleeve_panel,
    torso,
)

NECK_DROPS = {
    "Crew Neck": 8.6,
    "V-Neck": 15.5,
    "Scoop Neck": 14.5,
    "Boat Neck": 5.6,
    "Square Neck": 12.0,
    "Sweetheart": 13.0,
}
_NECKS = {"Boat Neck": 11.5, "Scoop Neck": 9.4, "Square Neck": 9.8, "Sweetheart": 9.8}


def tee_shape(order: Order, **measures: float) -> Shape:
    """The measures of a jersey top with the design's neckline."""
    neckline = order.design.neckline
    return order.shape(neck=_NECKS.get(neckline, 8.2), drop=NECK_DROPS.get(neckline, 8.6), **measures)


def tee_sleeves(order: Order, shape: Shape) -> tuple[Sleeve, Sleeve]:
    """Left and right sleeve of a jersey top, in the design's length."""
    wide = {"Slim": -1.0, "Regular": 0.0, "Relaxed": 1.6, "Oversized": 3.0}[order.design.fit]
    match order.design.sleeve:
        case "Cap Sleeve":
            return short_sleeves(shape, order.laying, length=11.5, width=15.5)
        case "Short Sleeve":
            return short_sleeves(shape, order.laying, length=order.form.uniform(19, 23), width=15.0 + 0.7 * wide)
        case "3/4 Sleeve":
            return long_sleeves(
                shape, order.laying, length=43, upper=10 + 0.6 * wide, elbow=9 + 0.5 * wide, wrist=8 + 0.4 * wide
            )
        case _:
            return long_sleeves(
                shape, order.laying, length=60, upper=9.8 + 0.6 * wide, elbow=8.6 + 0.5 * wide, wrist=6.2 + 0.2 * wide
            )


def tee(order: Order) -> list[Piece]:
    """A T-shirt: plain, with a pocket, a print, contrasting sleeves or blocks of colour."""
    design, laying = order.design, order.laying
    shape = tee_shape(order)
    left, right = tee_sleeves(order, shape)
    ringer = design.cut in {"Ringer", "Raglan"}
    sleeves = Material.CONTRAST if design.cut == "Raglan" else Material.MAIN
    pieces: list[Piece] = inside_back(shape)
    for sleeve in (left, right):
        pieces.append(sleeve_panel(sleeve, laying, material=sleeves))
        pieces += (
            cuff(sleeve, 2.0, material=Material.RIB, widen=0.1)
            if ringer and sleeve_is_short(order)
            else sleeve_hem(sleeve)
        )
    pieces += torso(shape, laying)
    if design.cut == "Raglan":
        pieces += raglan(shape)
    else:
        pieces += armhole_seams(shape)
    if design.pattern == "Colour Block":
        pieces += blocks(order, shape)
    if design.pattern == "Graphic":
        size = order.form.uniform(8.5, 11.5)
        ground, first, second = order.inks
        pieces += motif(order.form, shape.drop + 5 + size, size, (first, second, contrasting(ground)))
    if design.cut == "Pocket":
        pieces += patch_pocket(8.6, shape.armhole - 3.5, 9.0, 10.0, point=1.2)
    return [*pieces, *neckband(shape, 1.9 if ringer else order.form.uniform(1.2, 2.2)), *hem_seam(shape)]


def sleeve_is_short(order: Order) -> bool:
    """Whether the design's sleeves end above the elbow."""
    return order.design.sleeve in {"Short Sleeve", "Cap Sleeve"}


def raglan(shape: Shape) -> list[Piece]:
    """Shoulders of the sleeves' cloth, cut slanting from the neck to the armpit."""
    right = outline(
        [
            (shape.neck - 0.5, -1),
            (shape.neck * 0.86, shape.drop * 0.52),
            (shape.shoulder - 4, shape.armhole * 0.72),
            (shape.chest, shape.armhole),
        ],
        [(shape.chest, shape.armhole), (shape.chest + 6, 0), (shape.neck - 0.5, -1)],
    )
    line = spline(
        [
            (shape.neck * 0.86, shape.drop * 0.52),
            (shape.shoulder - 4, shape.armhole * 0.72),
            (shape.chest, shape.armhole),
        ]
    )
    pieces: list[Piece] = [Tint(right, Material.CONTRAST, "body"), Tint(flip(right), Material.CONTRAST, "body")]
    return [*pieces, *seam(line), *seam(flip(line))]


def blocks(order: Order, shape: Shape) -> list[Piece]:
    """Fields of other colours on the body."""
    wide, low = shape.chest - 0.1, shape.length + 9
    at = shape.armhole + order.form.uniform(1, 9)
    kind = order.form.integers(3)
    if kind == 0:
        line = spline([(-wide, at), (0, at + 0.6), (wide, at)])
        field = np.vstack([line, [(wide + 9, line[-1, 1]), (wide + 9, low), (-wide - 9, low), (-wide - 9, line[0, 1])]])
        return [Tint(field, Material.CONTRAST, "body"), *seam(line)]
    if kind == 1:
        first, second = (spline([(-wide, y), (0, y + 0.6), (wide, y)]) for y in (at, at + order.form.uniform(9, 16)))
        return [
            Tint(np.vstack([first * (1.3, 1), second[::-1] * (1.3, 1)]), Material.CONTRAST, "body"),
            *seam(first),
            *seam(second),
        ]
    line = np.array([(-wide, at + 14), (0.0, at + 2), (wide, at - 10)])
    field = np.vstack([line, [(wide + 9, line[-1, 1]), (wide + 9, low), (-wide - 9, low), (-wide - 9, line[0, 1])]])
    return [Tint(field, Material.CONTRAST, "body"), *seam(line)]

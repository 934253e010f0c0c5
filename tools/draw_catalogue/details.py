"""Buttons, zips, pockets, plackets and printed motifs."""

import math
from itertools import pairwise

import numpy as np

from tools.draw_catalogue.curves import Points, outline, shift, spline
from tools.draw_catalogue.pieces import Button, Colour, Line, Material, Panel, Patch, Piece
from tools.draw_catalogue.tailoring import STITCH, seam


def button(x: float, y: float, radius: float, colour: Colour, *, holes: int = 4, metal: bool = False) -> Button:
    """A button at a place.

    Args:
        x, y: its centre, cm.
        radius: cm.
        colour: RGB.
        holes: thread holes.
        metal: shines.

    Returns:
        The mark.
    """
    return Button(x, y, radius, colour, holes, metal)


def button_row(
    x: float, top: float, bottom: float, count: int, radius: float, colour: Colour, *, metal: bool = False
) -> list[Piece]:
    """Buttons one below the other, evenly.

    Returns:
        Marks.
    """
    holes = 0 if metal else 4
    return [button(x, float(y), radius, colour, holes=holes, metal=metal) for y in np.linspace(top, bottom, count)]


def placket(top: float, bottom: float, *, half_width: float = 1.7, material: Material = Material.MAIN) -> list[Piece]:
    """A strip down the middle of the front, stitched on both sides.

    Returns:
        Pieces.
    """
    w = half_width
    strip = np.array([(-w, top), (w, top), (w, bottom + 3), (-w, bottom + 3)])
    down = np.array([(0.0, top + 0.4), (0.0, bottom)])
    return [
        Panel(_long(strip), material, within="body", rise=0.22, shadow=0.42, reach=0.55, crease=0.7),
        Line(down - (w - 0.4, 0), 0.12, STITCH, dash=0.45),
        Line(shift(down, w - 0.4, 0), 0.12, STITCH, dash=0.45),
    ]


def front_edge(top: float, bottom: float, *, x: float = 0.0) -> list[Piece]:
    """The wearer's left front lying over the right one, seen as an edge down the middle.

    Returns:
        Marks.
    """
    edge = spline([(x, top), (x - 0.15, top * 0.5 + bottom * 0.5), (x, bottom)])
    return [
        Line(edge - (0.25, 0), 0.7, (0, 0, 0, 52)),
        Line(edge - (0.1, 0), 0.3, (0, 0, 0, 120)),
        Line(shift(edge, 0.2, 0), 0.2, (255, 255, 255, 46)),
    ]


def zip_line(
    top: float,
    bottom: float,
    tape: Colour,
    *,
    metal: Colour = (168, 166, 160),
    x: float = 0.0,
    pull: float | None = None,
) -> list[Piece]:
    """A closed zip with teeth and a pull.

    Args:
        top, bottom: its ends.
        tape: colour of the cloth it is sewn on.
        metal: colour of the teeth.
        x: where it runs.
        pull: height of the pull, `top` when None.

    Returns:
        Marks.
    """
    run = np.array([(x, top), (x, (top + bottom) / 2), (x, bottom)])
    shade = (int(tape[0] * 0.55), int(tape[1] * 0.55), int(tape[2] * 0.55))
    at = top + 1.0 if pull is None else pull
    tag = np.array([(x - 0.4, at + 0.8), (x + 0.4, at + 0.8), (x + 0.5, at + 3.2), (x - 0.5, at + 3.2)])
    return [
        Line(shift(run, 0.2, 0), 2.3, (0, 0, 0, 50)),
        Line(run, 1.9, (*shade, 255)),
        Line(run, 0.62, (int(metal[0] * 0.45), int(metal[1] * 0.45), int(metal[2] * 0.45), 255)),
        Line(run, 0.62, (*metal, 255), dash=0.26),
        Line(run - (1.25, 0), 0.12, STITCH, dash=0.45),
        Line(shift(run, 1.25, 0), 0.12, STITCH, dash=0.45),
        Patch(shift(tag, 0.25, 0.3), (0, 0, 0, 80)),
        Patch(tag, (*metal, 255)),
        button(x, at + 0.4, 0.62, metal, holes=0, metal=True),
    ]


def patch_pocket(
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    material: Material = Material.MAIN,
    flap: float = 0.0,
    fastener: Colour | None = None,
    metal: bool = False,
    point: float = 1.0,
) -> list[Piece]:
    """A pocket sewn on the front.

    Args:
        x, y: middle of its upper edge.
        width, height: cm.
        material: of pocket and flap.
        flap: height of its flap, 0 for none.
        fastener: colour of the flap's button, or None.
        metal: the fastener is a snap.
        point: how far its lower edge comes to a point.

    Returns:
        Pieces.
    """
    w = width / 2
    bag = outline(
        [(x - w, y), (x + w, y)],
        [(x + w, y), (x + w, y + height - 0.6)],
        [(x + w, y + height - 0.6), (x, y + height + point * 0.6), (x - w, y + height - 0.6)],
        [(x - w, y + height - 0.6), (x - w, y)],
    )
    inner = np.array(
        [
            (x - w + 0.45, y + 0.2),
            (x - w + 0.45, y + height - 0.9),
            (x, y + height + point * 0.6 - 0.6),
            (x + w - 0.45, y + height - 0.9),
            (x + w - 0.45, y + 0.2),
        ]
    )
    pieces: list[Piece] = [
        Panel(_long(bag), material, rise=0.22, shadow=0.4, reach=0.55, crease=0.8),
        Line(inner, 0.12, STITCH, dash=0.42),
    ]
    if flap:
        shape = outline(
            [(x - w - 0.25, y - 0.5), (x + w + 0.25, y - 0.5)],
            [(x + w + 0.25, y - 0.5), (x + w + 0.25, y + flap * 0.7)],
            [(x + w + 0.25, y + flap * 0.7), (x, y + flap * (1.0 + 0.25 * point)), (x - w - 0.25, y + flap * 0.7)],
        )
        pieces.append(Panel(shape, material, rise=0.3, shadow=0.5, reach=0.6, crease=0.6))
        if fastener is not None:
            pieces.append(button(x, y + flap * 0.72, 0.55, fastener, holes=0 if metal else 4, metal=metal))
    else:
        pieces.append(Line(np.array([(x - w + 0.2, y + 1.6), (x + w - 0.2, y + 1.6)]), 0.12, STITCH, dash=0.42))
    return pieces


def welt_pocket(
    x: float, y: float, width: float, *, angle: float = 0.0, height: float = 1.3, material: Material = Material.MAIN
) -> list[Piece]:
    """A slit with a narrow band, at an angle.

    Returns:
        Pieces.
    """
    turn = np.array([(math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))])
    strip = np.array([(-width / 2, 0), (0, 0), (width / 2, 0), (width / 2, height), (0, height), (-width / 2, height)])
    at = strip @ turn + (x, y)
    slit = np.array([(-width / 2, 0), (width / 2, 0)]) @ turn + (x, y)
    return [
        Panel(at, material, rise=0.25, roundness=0.5, shadow=0.5, reach=0.5, crease=0.3, grain=angle),
        Line(slit, 0.28, (0, 0, 0, 130)),
    ]


def flap_pocket(
    x: float, y: float, width: float, height: float, *, slant: float = 0.0, material: Material = Material.MAIN
) -> list[Piece]:
    """A flap over a slit, as on a jacket's hip.

    Returns:
        Pieces.
    """
    w = width / 2
    shape = outline(
        [(x - w, y - slant), (x + w, y + slant)],
        [(x + w, y + slant), (x + w + 0.2, y + slant + height - 0.8), (x + w - 0.8, y + slant + height)],
        [(x + w - 0.8, y + slant + height), (x - w + 0.8, y - slant + height)],
        [(x - w + 0.8, y - slant + height), (x - w - 0.2, y - slant + height - 0.8), (x - w, y - slant)],
    )
    return [
        Panel(shape, material, rise=0.3, shadow=0.5, reach=0.6, crease=0.5),
        Line(np.array([(x - w, y - slant), (x + w, y + slant)]), 0.24, (0, 0, 0, 110)),
    ]


def kangaroo_pocket(y: float, bottom: float, *, half_top: float = 8.5, half_bottom: float = 14.5) -> list[Piece]:
    """The large pocket of a hooded sweatshirt.

    Returns:
        Pieces.
    """
    middle = y + (bottom - y) * 0.62
    shape = outline(
        [(-half_top, y), (half_top, y)],
        [(half_top, y), (half_top + 2.2, y + (middle - y) * 0.55), (half_bottom, middle)],
        [(half_bottom, middle), (half_bottom, bottom)],
        [(half_bottom, bottom), (-half_bottom, bottom)],
        [(-half_bottom, bottom), (-half_bottom, middle)],
        [(-half_bottom, middle), (-half_top - 2.2, y + (middle - y) * 0.55), (-half_top, y)],
    )
    right = spline(
        [(half_top - 0.8, y + 0.3), (half_top + 1.2, y + (middle - y) * 0.55), (half_bottom - 1.0, middle + 0.3)]
    )
    return [
        Panel(_long(shape), Material.MAIN, rise=0.4, roundness=0.8, shadow=0.42, reach=0.8),
        Line(right, 0.13, STITCH, dash=0.45),
        Line(right * (-1, 1), 0.13, STITCH, dash=0.45),
        *seam(np.array([(-half_top, y), (0.0, y), (half_top, y)]), stitched=True),
    ]


def _long(corners: Points) -> Points:
    """More points on straight edges, so that they follow the unevenness of the cloth."""
    closed = np.vstack([corners, corners[:1]])
    spans = [np.linspace(a, b, 8, endpoint=False) for a, b in pairwise(closed)]
    return np.vstack(spans)

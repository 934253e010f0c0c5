"""Cuts of tailored and long outerwear: Blazer, Peacoat, Parka."""

import numpy as np

from tools.draw_catalogue.collars import lapels
from tools.draw_catalogue.curves import outline, shift, spline
from tools.draw_catalogue.design import Order
from tools.draw_catalogue.details import button, button_row, flap_pocket, front_edge, patch_pocket, placket, welt_pocket
from tools.draw_catalogue.hoods import drawstrings, fur_edge, hood, hood_front
from tools.draw_catalogue.outerwear import BRASS, HORN, STEEL, jacket_sleeves, jacket_torso
from tools.draw_catalogue.palette import mixed
from tools.draw_catalogue.pieces import Line, Material, Panel, Piece
from tools.draw_catalogue.silhouette import Shape
from tools.draw_catalogue.tailoring import (
    armhole_seams,
    hem_seam,
    inside_back,
    seam,
)


def blazer(order: Order) -> list[Piece]:
    """A tailored jacket with notched lapels and a cutaway front."""
    form = order.form
    double = order.design.cut == "Double-Breasted"
    buttons = 1 if order.design.cut == "One Button" else 2
    depth = 36.0 if double else (43.0 if buttons == 1 else 39.0)
    shape = order.shape(
        neckline="V-Neck",
        neck=7.6,
        drop=depth,
        shoulder=21.2,
        slope=4.0,
        chest=22.8,
        waist=20.4,
        hem=23.0,
        length=72,
        vent=0.0 if double else 4.2,
    )
    pieces: list[Piece] = _lining(shape)
    pieces += jacket_sleeves(order, shape, wrist=7.4, bulk=-0.4)
    for piece in jacket_torso(order, shape):
        pieces.append(piece)
    pieces += armhole_seams(shape)
    for side in (-1, 1):
        dart = spline([(side * 11.5, shape.armhole + 6), (side * 10.6, 44), (side * 11.6, 56)])
        pieces.append(Line(dart, 0.2, (0, 0, 0, 46)))
        pieces += flap_pocket(side * 11.4, 50.0, 12.5, 4.6, slant=side * 0.7)
    pieces += welt_pocket(11.8, shape.armhole + 0.5, 9.5, angle=-0.10, height=2.0)
    x = 5.4 if double else 0.3
    pieces += _front_overlap(shape, depth, -x if double else 0.0)
    tone = HORN if form.random() < 0.5 else mixed(order.inks[0], (12, 12, 14), 0.5)
    if double:
        for y in (depth + 1.5, depth + 11.5):
            pieces += [button(side * x, y, 1.0, tone) for side in (-1, 1)]
        pieces += [button(side * (x + 1.6), depth - 8.5, 1.0, tone) for side in (-1, 1)]
    else:
        pieces += [button(0.9, depth + 1.4 + 10.0 * i, 1.05, tone) for i in range(buttons)]
    return [
        *pieces,
        *lapels(
            shape,
            depth,
            width=8.2 + (1.4 if double else 0),
            notch=12.5,
            peak=2.4 if double else 0.0,
            overlap=3.2 if double else 0.0,
        ),
    ]


def _lining(shape: Shape) -> list[Piece]:
    """The lining of the back, seen in the open front, and below the cutaway hem."""
    pieces: list[Piece] = []
    if shape.vent:
        tail = outline(
            [(-shape.hem * 0.5, shape.length - 14), (shape.hem * 0.5, shape.length - 14)],
            [(shape.hem * 0.5, shape.length - 0.6), (0, shape.length - 0.2), (-shape.hem * 0.5, shape.length - 0.6)],
        )
        pieces.append(Panel(tail, Material.LINING, tone=0.5, shadow=0.0))
    return [*pieces, *inside_back(shape, material=Material.LINING, rise=1.4)]


def _front_overlap(shape: Shape, depth: float, x: float) -> list[Piece]:
    low = shape.length - shape.vent * 1.3
    return front_edge(depth, low, x=x)


def peacoat(order: Order) -> list[Piece]:
    """A short double-breasted wool coat with broad lapels."""
    shape = order.shape(
        neckline="V-Neck", neck=8.0, drop=24.0, shoulder=21.8, chest=24.5, waist=23.5, hem=25.0, length=76
    )
    depth = shape.drop
    pieces = inside_back(shape, material=Material.LINING, rise=1.4)
    pieces += jacket_sleeves(order, shape, bulk=1.0, wrist=8.2)
    pieces += [*jacket_torso(order, shape), *armhole_seams(shape)]
    x = 7.2
    pieces += front_edge(depth, shape.length + shape.tail, x=-x - 2.2)
    for side in (-1, 1):
        pieces += welt_pocket(side * 15.2, 52.0, 14.0, angle=side * 1.25, height=side * 2.0 if side > 0 else 2.0)
        pieces.append(
            Line(
                spline([(side * 14.5, shape.armhole + 4), (side * 13.4, 46), (side * 15, shape.length)]),
                0.18,
                (0, 0, 0, 40),
            )
        )
    tone = BRASS if order.design.cut == "Brass" else mixed(order.inks[0], (14, 14, 16), 0.55)
    metal = order.design.cut == "Brass"
    for y in np.linspace(depth + 3.0, depth + 29.0, 3):
        pieces += [button(side * x, float(y), 1.35, tone, holes=0 if metal else 4, metal=metal) for side in (-1, 1)]
    pieces += [
        button(side * (x + 3.6), depth - 7.0, 1.35, tone, holes=0 if metal else 4, metal=metal) for side in (-1, 1)
    ]
    pieces += hem_seam(shape, 1.4)
    return [*pieces, *lapels(shape, depth, width=11.0, notch=10.5, peak=0.8, overlap=5.2)]


def parka(order: Order) -> list[Piece]:
    """A long hooded coat with fur, a storm flap and large pockets."""
    laying = order.laying
    shape = order.shape(neckline="Crew Neck", neck=8.8, drop=9.5, chest=25.5, waist=24.8, hem=26.5, length=84)
    quilt = 7.5 if order.design.cut == "Down" else 0.0
    pieces = hood(shape, laying, size=0.92)
    pieces += fur_edge(laying, size=0.92, shape=shape) if order.design.cut != "Shell" else []
    pieces += jacket_sleeves(order, shape, bulk=1.8, wrist=8.4, quilt=quilt, reach=5.0)
    pieces += [*jacket_torso(order, shape, quilt=quilt), *armhole_seams(shape, stitched=True)]
    waist_y = 45.0
    if not quilt:
        waist = spline([(-shape.waist, waist_y), (0, waist_y + 0.8), (shape.waist, waist_y)])
        pieces += [*seam(waist, stitched=True), *seam(shift(waist, 0, 2.2), stitched=True)]
    for side in (-1, 1):
        pieces += patch_pocket(side * 13.8, 54.0, 15.5, 17.5, flap=6.0, fastener=STEEL, metal=True, point=0.3)
        if order.design.cut != "Down":
            pieces += welt_pocket(side * 12.5, 31.0, 10.0, angle=side * 1.15, height=1.6)
    pieces += hem_seam(shape, 2.0)
    pieces += hood_front(shape, laying)
    pieces += placket(8.5, shape.length + 2, half_width=3.0)
    pieces += button_row(1.4, 14.0, shape.length - 6, 6, 0.85, STEEL, metal=True)
    if order.design.cut == "Shell":
        pieces += drawstrings((222, 218, 206), laying.rng, length=13.0)
    for side in (-1, 1):
        if not quilt:
            cord = spline([(side * 5.0, waist_y + 1.2), (side * 6.0, waist_y + 6), (side * 5.2, waist_y + 11)])
            pieces += [Line(shift(cord, 0.3, 0.3), 0.5, (0, 0, 0, 80)), Line(cord, 0.5, (200, 194, 180, 255))]
    return pieces

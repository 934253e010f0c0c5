"""Cuts of woven shirts: Button-Down, Flannel, Blouse."""

from dataclasses import replace

import numpy as np

from tools.draw_catalogue.collars import band_collar, bow, camp_collar, shirt_collar
from tools.draw_catalogue.curves import outline, shift, spline
from tools.draw_catalogue.design import Order
from tools.draw_catalogue.details import button, button_row, patch_pocket, placket
from tools.draw_catalogue.motifs import contrasting
from tools.draw_catalogue.palette import mixed
from tools.draw_catalogue.pieces import Colour, Line, Material, Panel, Piece
from tools.draw_catalogue.silhouette import Shape, Sleeve, neck_curve
from tools.draw_catalogue.tailoring import (
    STITCH,
    armhole_seams,
    cuff,
    hem_seam,
    inside_back,
    long_sleeves,
    seam,
    short_sleeves,
    sleeve_hem,
    sleeve_panel,
    torso,
)


def _sleeves(order: Order, shape: Shape) -> list[Piece]:
    laying = order.laying
    pieces: list[Piece] = []
    if order.design.sleeve == "Short Sleeve":
        for sleeve in short_sleeves(shape, laying, length=25, width=17.5):
            pieces += [sleeve_panel(sleeve, laying), *sleeve_hem(sleeve, 2.6)]
        return pieces
    for sleeve in long_sleeves(shape, laying, length=58, upper=11.0, elbow=9.6, wrist=7.0):
        pieces += [sleeve_panel(sleeve, laying), *cuff(sleeve, 6.0, material=Material.MAIN, widen=0.1)]
        pieces.append(_cuff_button(sleeve, _button_colour(order)))
    return pieces


def _cuff_button(sleeve: Sleeve, colour: Colour) -> Piece:
    outer, inner = np.array(sleeve.end_outer), np.array(sleeve.end_inner)
    at = outer * 0.72 + inner * 0.28 + 2.6 * np.array([np.sin(sleeve.lower_angle), np.cos(sleeve.lower_angle)])
    return button(float(at[0]), float(at[1]), 0.55, colour)


def _button_colour(order: Order) -> Colour:
    ground = order.inks[0]
    return mixed(ground, contrasting(ground), 0.25 if order.form.random() < 0.5 else 0.7)


def _yokes(shape: Shape) -> list[Piece]:
    """Seams over the shoulders, where front and yoke meet."""
    pieces: list[Piece] = []
    for side in (-1, 1):
        line = np.array([(shape.neck + 1.5, 2.4), (shape.shoulder - 0.6, shape.slope + 2.6)]) * (side, 1)
        pieces += seam(np.linspace(line[0], line[1], 6), stitched=True, gap=0.5 * side)
    return pieces


def button_down(order: Order) -> list[Piece]:
    """A shirt with a turned-down collar, a placket and a curved hem."""
    laying = order.laying
    shape = order.shape(neckline="Crew Neck", neck=7.6, drop=6.2, chest=22.5, waist=21.5, hem=22.5, length=71, tail=3.0)
    camp = order.design.cut == "Camp Collar"
    depth = 15.0
    if camp:
        shape = replace(shape, neckline="V-Neck", drop=depth, tail=0.8)
    pieces = inside_back(shape) if camp else []
    pieces += _sleeves(order, shape)
    pieces += torso(shape, laying)
    pieces += [*armhole_seams(shape, stitched=True), *_yokes(shape)]
    colour = _button_colour(order)
    start = depth if camp else 5.0
    pieces += placket(start, shape.length + shape.tail)
    pieces += button_row(0.0, start + (2.0 if camp else 6.5), shape.length - 7, 5 if camp else 6, 0.62, colour)
    if order.design.cut in {"Pocket", "Camp Collar", "Oxford"}:
        pieces += patch_pocket(10.2, shape.armhole - 2.0, 10.5, 12.0, point=1.5)
    pieces += hem_seam(shape, 1.2)
    if camp:
        return [*pieces, *camp_collar(shape, depth)]
    if order.design.cut == "Band Collar":
        return [*pieces, *_back(shape), *band_collar(shape, 2.3)]
    buttons = colour if order.design.cut == "Oxford" else None
    return [
        *pieces,
        *shirt_collar(
            shape, spread=order.form.uniform(-0.6, 1.6), size=order.form.uniform(0.9, 1.15), buttoned=buttons
        ),
    ]


def _back(shape: Shape) -> list[Piece]:
    n = shape.neck
    inner = outline(
        [(-n + 1.0, -1.9), (0, -2.6), (n - 1.0, -1.9)],
        [(n - 0.4, 0.5), (n * 0.6, shape.drop * 0.75), (0, shape.drop), (-n * 0.6, shape.drop * 0.75), (-n + 0.4, 0.5)],
    )
    return [Panel(inner, Material.MAIN, tone=0.6, shadow=0.0)]


def flannel(order: Order) -> list[Piece]:
    """A brushed checked shirt with two flap pockets."""
    laying = order.laying
    shape = order.shape(neckline="Crew Neck", neck=7.8, drop=6.4, chest=23.5, waist=23.0, hem=23.5, length=72, tail=3.2)
    pieces = _sleeves(order, shape)
    pieces += torso(shape, laying)
    pieces += [*armhole_seams(shape, stitched=True), *_yokes(shape)]
    colour = _button_colour(order)
    pieces += placket(5.0, shape.length + shape.tail, half_width=1.9)
    pieces += button_row(0.0, 11.5, shape.length - 6, 6, 0.68, colour)
    for side in (-1, 1):
        if order.design.cut == "Two Pocket" or side > 0:
            pieces += patch_pocket(
                side * 10.6,
                shape.armhole - 3.0,
                11.5,
                12.0,
                flap=4.6 if order.design.cut == "Two Pocket" else 0,
                fastener=colour,
                point=1.6,
            )
    pieces += hem_seam(shape, 1.2)
    return [*pieces, *shirt_collar(shape, spread=order.form.uniform(0, 1.2), size=1.12)]


def blouse(order: Order) -> list[Piece]:
    """A soft shirt with full sleeves: tied at the neck, buttoned, or open in a V."""
    form, laying = order.form, order.laying
    cut = order.design.cut
    vee = cut in {"V-Neck", "Ruffle"}
    shape = order.shape(
        neckline="V-Neck" if vee else "Crew Neck",
        neck=7.8,
        drop=17.0 if vee else 6.6,
        chest=21.0,
        waist=20.0,
        hem=22.0,
        shoulder=19.5,
        length=62,
        tail=1.6,
    )
    pieces: list[Piece] = inside_back(shape)
    full = form.uniform(12.5, 15.5)
    short = order.design.sleeve == "Short Sleeve"
    if short:
        for sleeve in short_sleeves(shape, laying, length=23, width=19.0, cap=1.4):
            pieces += [sleeve_panel(sleeve, laying), *sleeve_hem(sleeve, 1.6)]
    else:
        length = 44.0 if order.design.sleeve == "3/4 Sleeve" else 56.0
        for sleeve in long_sleeves(shape, laying, length=length, upper=11.5, elbow=full, wrist=9.4, cap=1.6):
            pieces += [_gathered(order, sleeve), *cuff(sleeve, 4.4, material=Material.MAIN, widen=-1.3)]
            pieces.append(_cuff_button(sleeve, _button_colour(order)))
    pieces += [*torso(shape, laying), *armhole_seams(shape)]
    if not vee:
        pieces += placket(5.0, shape.length + shape.tail, half_width=1.4)
        pieces += button_row(0.0, 13.0, shape.length - 6, 6, 0.5, _button_colour(order))
    if vee:
        curve = neck_curve(shape)
        pieces.append(Line(shift(curve, 0, 0.9), 0.12, STITCH, dash=0.4))
        pieces += placket(shape.drop, shape.length + shape.tail, half_width=1.3)
        pieces += button_row(0.0, shape.drop + 2, shape.length - 5, 5, 0.5, _button_colour(order))
    if cut == "Ruffle":
        pieces += _ruffles(order, shape)
    pieces += hem_seam(shape, 1.0)
    if cut == "Tie Neck":
        return [*pieces, *_back(shape), *band_collar(shape, 2.4), *bow(laying, 7.2)]
    if cut == "Band Collar":
        return [*pieces, *_back(shape), *band_collar(shape, 2.4)]
    if cut == "Shirt":
        return [*pieces, *shirt_collar(shape, spread=1.0, size=0.95)]
    return pieces


def _gathered(order: Order, sleeve: Sleeve) -> Panel:
    """A full sleeve, gathered at shoulder and cuff."""
    panel = sleeve_panel(sleeve, order.laying)
    rng = order.laying.rng
    rows = []
    for place in np.linspace(-0.8, 0.8, 5):
        x = sleeve.end[0] + place * 5.0
        rows.append(
            (
                x,
                sleeve.end[1] - 8,
                sleeve.lower_angle - 0.05 * place,
                rng.uniform(12, 20),
                0.7,
                rng.uniform(0.4, 0.8),
                0.0,
            )
        )
        top_x = sleeve.start[0] + place * 4.0
        rows.append(
            (
                top_x,
                sleeve.start[1] + 3,
                sleeve.lower_angle + 0.2 * place,
                rng.uniform(9, 14),
                0.7,
                rng.uniform(0.3, 0.6),
                0.0,
            )
        )
    return replace(panel, folds=np.vstack([panel.folds, np.array(rows)]), form=4.2)


def _ruffles(order: Order, shape: Shape) -> list[Piece]:
    pieces: list[Piece] = []
    rng = order.laying.rng
    for side in (-1, 1):
        t = np.linspace(0, 1, 13)
        inner = np.column_stack([shape.neck * (1 - t) ** 1.1 + 0.6, t * (shape.drop + 18)])
        wide = 5.6 * np.sin(np.pi * np.clip(t * 0.9 + 0.08, 0, 1)) + 0.6 * np.sin(t * 34)
        outer = inner + np.column_stack([wide, 1.5 + 0 * t])
        frill = np.vstack([spline(inner, 4), spline(outer, 4)[::-1]]) * (side, 1)
        rows = [
            (side * (float(x) + 2.6), float(y) + 1, side * 1.15, 6.5, 0.6, rng.uniform(0.3, 0.6), 0.0)
            for x, y in inner[1:-1]
        ]
        pieces.append(Panel(frill, folds=np.array(rows), rise=0.4, shadow=0.5, reach=0.9))
    return pieces

"""Cuts of the category Top: camisole, off the shoulder, wrap, peplum."""

from dataclasses import replace

import numpy as np

from tools.draw_catalogue.curves import band, mirror, outline, shift, spline
from tools.draw_catalogue.design import Order
from tools.draw_catalogue.folds import hanging_folds, torso_folds
from tools.draw_catalogue.pieces import Line, Material, Panel, Piece
from tools.draw_catalogue.silhouette import neck_curve
from tools.draw_catalogue.tailoring import (
    STITCH,
    Laying,
    armhole_seams,
    hem_seam,
    inside_back,
    sleeve_hem,
    sleeve_panel,
    torso,
)
from tools.draw_catalogue.tanks import bound_edge, peplum, tank_back
from tools.draw_catalogue.tops import tee_shape, tee_sleeves


def top(order: Order) -> list[Piece]:
    """A fashion top: camisole, off the shoulder, peplum, wrap or tie front."""
    match order.design.cut:
        case "Camisole":
            return _camisole(order)
        case "Off Shoulder":
            return _off_shoulder(order)
        case "Wrap":
            return _wrap(order)
        case _:
            return _peplum_top(order)


def _camisole(order: Order) -> list[Piece]:
    laying = order.laying
    shape = order.shape(armhole=22, chest=20.0, waist=18.5, hem=21.0, length=58)
    start = 12.0
    neck = spline(
        [
            (-11.2, start),
            (-7.5, start + 3.2),
            (-3.2, start + 6.0),
            (0, start + 7.4),
            (3.2, start + 6.0),
            (7.5, start + 3.2),
            (11.2, start),
        ]
    )
    side = spline([(11.2, start), (14.6, 18.5), (shape.chest, shape.armhole + 3.5)])
    low = spline([(shape.chest, shape.armhole + 3.5), (shape.waist, shape.length * 0.66), (shape.hem, shape.length)])
    right = np.vstack([side, low, spline([(shape.hem, shape.length), (0, shape.length + 1.0)])])
    folds = torso_folds(
        laying.rng,
        chest=shape.chest,
        armpit=shape.armhole + 3,
        hem=shape.hem,
        length=shape.length,
        strength=laying.softness,
    )
    drape = hanging_folds(
        laying.rng, top=start + 6, bottom=36, half_width=11, count=5, spread=-0.25, strength=0.6 * laying.softness
    )
    strap = spline([(11.0, start + 0.4), (9.8, 4.0), (8.4, -3.2), (7.6, -5.0)])
    rear = spline([(7.6, -5.0), (8.6, 2.0), (10.0, 12.0), (10.6, 24.0)])
    back = np.vstack(
        [
            spline(
                [
                    (-shape.chest + 1.0, shape.armhole + 3.2),
                    (0, shape.armhole + 2.5),
                    (shape.chest - 1.0, shape.armhole + 3.2),
                ]
            ),
            [(shape.waist - 3, 38.0), (-shape.waist + 3, 38.0)],
        ]
    )
    pieces: list[Piece] = [
        Panel(band(rear * (side_sign, 1), 0.9 * side_sign), Material.MAIN, tone=0.6, shadow=0.2, reach=0.5)
        for side_sign in (-1, 1)
    ]
    pieces.append(Panel(back, Material.MAIN, tone=0.56, shadow=0.0))
    pieces.append(
        Panel(
            np.vstack([neck, right, mirror(right)]), name="body", folds=np.vstack([folds, drape]), form=5.5, shadow=0.45
        )
    )
    pieces += [
        Panel(band(strap * (side_sign, 1), 1.0 * side_sign), Material.MAIN, rise=0.3, shadow=0.35, reach=0.5)
        for side_sign in (-1, 1)
    ]
    lace = order.form.random() < 0.5
    pieces += bound_edge(neck, 1.9 if lace else 0.8)
    if lace:
        for x, y in neck[::2]:
            pieces.append(
                Line(np.array([(x - 0.5, y + 0.5), (x, y + 1.5), (x + 0.5, y + 0.5)]), 0.2, (255, 255, 255, 90))
            )
    return [*pieces, *hem_seam(shape, 1.2)]


def _off_shoulder(order: Order) -> list[Piece]:
    laying = order.laying
    shape = order.shape(armhole=23, chest=20.5, waist=18.5, hem=20.5, shoulder=21.5, length=56)
    top_y = 12.0
    neck = spline([(-21.5, top_y - 0.5), (-12, top_y + 1.4), (0, top_y + 2.2), (12, top_y + 1.4), (21.5, top_y - 0.5)])
    side = spline([(21.5, top_y - 0.5), (20.6, 18), (shape.chest, shape.armhole + 2)])
    low = spline([(shape.chest, shape.armhole + 2), (shape.waist, shape.length * 0.68), (shape.hem, shape.length)])
    right = np.vstack([side, low, spline([(shape.hem, shape.length), (0, shape.length + 0.8)])])
    long = order.design.sleeve == "Long Sleeve"
    reach = 62.0 if long else 33.0
    pieces: list[Piece] = []
    behind = np.vstack(
        [spline([(-20.8, top_y - 0.6), (0, top_y - 1.4), (20.8, top_y - 0.6)]), [(19, top_y + 8), (-19, top_y + 8)]]
    )
    pieces.append(Panel(behind, Material.MAIN, tone=0.56, shadow=0.0))
    for sign in (-1, 1):
        arm = outline(
            [(18.5, top_y + 0.2), (24.0, top_y - 1.4), (28.2, top_y + 1.8)],
            [(28.2, top_y + 1.8), (32.0, reach * 0.55), (33.0 + 2 * (not long), reach)],
            [(33.0 + 2 * (not long), reach), (28.4, reach + 1.2), (25.0, reach + 0.4)],
            [(25.0, reach + 0.4), (23.6, reach * 0.6), (20.4, 25), (18.5, top_y + 0.2)],
        ) * (sign, 1)
        folds = hanging_folds(
            laying.rng, top=top_y, bottom=reach, half_width=6, count=4, spread=0.1, strength=0.8 * laying.softness
        )
        folds = folds + np.array([sign * 27, 0, sign * 0.14, 0, 0, 0, 0])
        pieces.append(Panel(arm, grain=sign * 0.14, origin=(sign * 26.0, top_y), folds=folds, form=2.8, shadow=0.0))
        hem = spline(
            np.array([(33.0 + 2 * (not long), reach - 1.6), (28.6, reach - 0.5), (25.2, reach - 1.2)]) * (sign, 1)
        )
        pieces.append(Line(hem, 0.14, STITCH, dash=0.45))
    folds = torso_folds(
        laying.rng,
        chest=shape.chest,
        armpit=shape.armhole,
        hem=shape.hem,
        length=shape.length,
        strength=laying.softness,
    )
    pieces.append(Panel(np.vstack([neck, right, mirror(right)]), name="body", folds=folds, form=5.5, shadow=0.42))
    ruffle_low = top_y + order.form.uniform(9, 13)
    wave = np.linspace(1, -1, 17)
    hem_run = [(float(x) * 27.0, ruffle_low + 1.6 - 2.0 * float(x) ** 2 + 0.7 * float(np.sin(x * 17))) for x in wave]
    ruffle = outline(
        [(-27.6, top_y + 0.8), (-21.5, top_y - 0.9), (0, top_y + 1.8), (21.5, top_y - 0.9), (27.6, top_y + 0.8)],
        hem_run,
    )
    gathers = hanging_folds(
        laying.rng, top=top_y, bottom=ruffle_low + 2, half_width=29, count=15, spread=0.25, strength=0.9
    )
    pieces.append(Panel(ruffle, folds=gathers, form=3.0, shadow=0.5, reach=1.0))
    elastic = spline(
        [(-24.5, top_y + 0.4), (-12, top_y + 1.9), (0, top_y + 3.2), (12, top_y + 1.9), (24.5, top_y + 0.4)]
    )
    pieces.append(Line(elastic, 0.14, STITCH, dash=0.45))
    return [*pieces, *hem_seam(shape, 1.4)]


def _wrap(order: Order) -> list[Piece]:
    laying = order.laying
    shape = order.shape(neckline="V-Neck", neck=8.0, drop=22.0, chest=20.5, waist=17.5, hem=20.5, length=58)
    pieces: list[Piece] = inside_back(shape)
    for sleeve in tee_sleeves(order, shape):
        pieces += [sleeve_panel(sleeve, laying), *sleeve_hem(sleeve)]
    pieces += torso(shape, laying)
    waist_y = shape.length * 0.66
    over = outline(
        [(-shape.neck, 0), (-shape.neck * 0.5, 9.5), (4.5, 26), (shape.waist + 2, waist_y)],
        [(shape.waist + 2, waist_y), (0, waist_y + 1.5), (-shape.waist - 5, waist_y)],
        [(-shape.waist - 5, waist_y), (-shape.chest - 6, shape.armhole), (-shape.shoulder - 4, 0), (-shape.neck, 0)],
    )
    rng = laying.rng
    folds = np.array(
        [
            (-6 + 2.4 * i, 20 + 4.2 * i, -0.95 + 0.1 * i, rng.uniform(22, 34), 1.1, rng.uniform(0.35, 0.7), 0.006)
            for i in range(6)
        ]
    )
    pieces += [Panel(over, within="body", folds=folds, form=5.5, shadow=0.5, reach=0.9), *armhole_seams(shape)]
    edge = spline([(-shape.neck, 0), (-shape.neck * 0.5, 9.5), (4.5, 26), (shape.waist + 1, waist_y)])
    pieces.append(Line(shift(edge, -0.5, 0.6), 0.12, STITCH, dash=0.4))
    sash = np.vstack(
        [
            spline([(-shape.waist - 0.4, waist_y - 1.6), (0, waist_y - 0.9), (shape.waist + 0.4, waist_y - 1.6)]),
            spline([(shape.waist + 0.4, waist_y + 1.8), (0, waist_y + 2.6), (-shape.waist - 0.4, waist_y + 1.8)]),
        ]
    )
    pieces.append(Panel(sash, rise=0.5, form=3.0, shadow=0.5, reach=0.8))
    x = shape.waist * 0.62
    for dx, drop in ((-1.5, 15.0), (2.0, 18.0)):
        end = outline(
            [(x, waist_y), (x + dx, waist_y + drop * 0.5), (x + dx * 1.4, waist_y + drop)],
            [(x + dx * 1.4 + 2.6, waist_y + drop - 0.8), (x + dx + 2.4, waist_y + drop * 0.5), (x + 1.6, waist_y)],
        )
        pieces.append(Panel(end, rise=0.5, shadow=0.5, reach=0.9))
    knot = outline(
        [
            (x - 1.6, waist_y - 1.4),
            (x + 1, waist_y - 1.9),
            (x + 3.2, waist_y - 0.8),
            (x + 3.0, waist_y + 2.2),
            (x + 0.4, waist_y + 2.6),
            (x - 1.8, waist_y + 1.5),
            (x - 1.6, waist_y - 1.4),
        ]
    )
    pieces.append(Panel(knot, rise=0.8, roundness=1.2, shadow=0.55, reach=0.7))
    return [*pieces, *hem_seam(shape, 1.4)]


def _peplum_top(order: Order) -> list[Piece]:
    laying: Laying = order.laying
    shape = tee_shape(order, chest=20.5, waist=17.5, hem=19.0, length=58.0)
    pieces: list[Piece] = inside_back(shape)
    if order.design.sleeve != "Sleeveless":
        for sleeve in tee_sleeves(order, shape):
            pieces += [sleeve_panel(sleeve, laying), *sleeve_hem(sleeve, 1.2)]
    else:
        shape = replace(shape, shoulder=15.5, slope=3.0, armhole=23.5)
        pieces = [*tank_back(shape, racer=False), *pieces]
    pieces += torso(replace(shape, length=shape.length - 1), laying)
    if order.design.sleeve != "Sleeveless":
        pieces += armhole_seams(shape)
    curve = neck_curve(shape)
    pieces += bound_edge(curve, 0.9)
    return [*pieces, *peplum(order, shape, shape.length * 0.62)]

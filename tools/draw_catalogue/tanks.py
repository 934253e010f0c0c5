"""Cuts without sleeves: Tank and Halter."""

from dataclasses import replace

import numpy as np

from tools.draw_catalogue.curves import Points, band, flip, mirror, outline, shift, spline
from tools.draw_catalogue.design import Order
from tools.draw_catalogue.folds import hanging_folds, torso_folds
from tools.draw_catalogue.motifs import contrasting, motif
from tools.draw_catalogue.pieces import Line, Material, Panel, Piece
from tools.draw_catalogue.silhouette import Shape, armhole_curve
from tools.draw_catalogue.tailoring import (
    hem_seam,
    inside_back,
    neckband,
    seam,
    torso,
)
from tools.draw_catalogue.tops import NECK_DROPS, blocks


def bound_edge(curve: Points, width: float) -> list[Piece]:
    """A narrow binding along an open edge."""
    return [
        Panel(
            band(curve, width),
            Material.RIB,
            along=curve[::2],
            rise=0.25,
            roundness=0.5,
            shadow=0.2,
            reach=0.4,
            crease=0.3,
        ),
        Line(shift(curve, 0, 0), 0.1, (0, 0, 0, 40)),
    ]


def tank(order: Order) -> list[Piece]:
    """A sleeveless top with broad straps and deep armholes."""
    racer = order.design.cut == "Racerback"
    athletic = order.design.cut == "Athletic"
    shoulder = 11.8 if racer else 13.6
    shape = order.shape(
        neck=8.6 if racer else 8.2,
        drop=NECK_DROPS.get(order.design.neckline, 13.0) + (1.5 if order.design.neckline == "Scoop Neck" else 0.0),
        shoulder=shoulder,
        slope=2.4,
        armhole=27.0 if athletic else 24.5,
        scye=1.6 if racer else 0.8,
        chest=20.8,
        waist=20.2,
        hem=21.2,
        length=66,
    )
    pieces = inside_back(shape, rise=-2.0 if racer else -0.6, label=not racer)
    back = tank_back(shape, racer=racer)
    pieces = [*back, *pieces]
    pieces += torso(shape, order.laying)
    pattern = order.design.pattern
    if pattern == "Graphic":
        ground, first, second = order.inks
        pieces += motif(order.form, shape.drop + 14, 9.0, (first, second, contrasting(ground)))
    if pattern == "Colour Block":
        pieces += blocks(order, shape)
    hole = armhole_curve(shape)
    pieces += [*bound_edge(hole, 1.3), *bound_edge(flip(hole)[::-1], 1.3)]
    return [*pieces, *neckband(shape, 1.4, back=False), *hem_seam(shape)]


def tank_back(shape: Shape, *, racer: bool) -> list[Piece]:
    """The back that shows beside the straps."""
    inner = 7.0 if racer else 3.0
    side = spline(
        [
            (shape.shoulder, shape.slope),
            (shape.shoulder - inner * 0.4, shape.armhole * 0.55),
            (shape.chest - 1, shape.armhole + 2),
        ]
    )
    half = np.vstack([[(shape.neck, 0.0)], side])
    return [Panel(np.vstack([half, mirror(half)]), Material.MAIN, tone=0.56, crease=0.6)]


def halter(order: Order) -> list[Piece]:
    """A top whose straps run up around the neck; the shoulders are bare."""
    form, laying = order.form, order.laying
    shape = order.shape(armhole=25.0, chest=20.0, waist=18.5, hem=20.0, length=62)
    high = order.design.neckline == "High Neck"
    peak = 2.0 if high else 4.0
    half_top = 6.2 if high else 5.2
    side = [(half_top, peak), (half_top + 2.2, 11), (shape.chest * 0.74, 20.0), (shape.chest, shape.armhole + 2.0)]
    if high:
        neck = spline(
            [
                (-half_top, peak),
                (-half_top * 0.5, peak + 1.6),
                (0, peak + 2.0),
                (half_top * 0.5, peak + 1.6),
                (half_top, peak),
            ]
        )
    else:
        dip = 17.0 if order.design.neckline == "Plunge" else 12.5
        neck = np.vstack(
            [
                spline([(-half_top, peak), (-half_top * 0.55, dip * 0.55 + 2), (-0.1, dip + 4)]),
                spline([(0.1, dip + 4), (half_top * 0.55, dip * 0.55 + 2), (half_top, peak)]),
            ]
        )
    low = spline([(shape.chest, shape.armhole + 2), (shape.waist, shape.length * 0.62), (shape.hem, shape.length)])
    right = np.vstack([spline(side), low, spline([(shape.hem, shape.length), (0, shape.length + 0.8)])])
    front = np.vstack([neck, right, mirror(right)])
    loop = [(half_top - 0.6, peak + 0.4), (half_top - 0.3, -3.0), (half_top * 0.62, -6.4), (0, -7.8)]
    collar = spline([*flip(loop).tolist(), *loop[::-1][1:]], 12)
    width = form.uniform(1.1, 1.8)
    back_edge = spline(
        [(-shape.chest + 1.2, shape.armhole + 3), (0, shape.armhole + 6), (shape.chest - 1.2, shape.armhole + 3)]
    )
    behind = np.vstack([back_edge, [(shape.waist - 2, shape.length * 0.62), (-shape.waist + 2, shape.length * 0.62)]])
    folds = torso_folds(
        laying.rng,
        chest=shape.chest,
        armpit=shape.armhole + 3,
        hem=shape.hem,
        length=shape.length,
        strength=laying.softness,
    )
    gathers = hanging_folds(
        laying.rng, top=peak + 2, bottom=24, half_width=11, count=7, spread=0.35, strength=0.7 * laying.softness
    )
    pieces: list[Piece] = [
        Panel(behind, Material.MAIN, tone=0.56, shadow=0.0),
        Panel(
            band(collar, width), Material.MAIN, along=collar[::2], tone=0.9, rise=0.4, shadow=0.3, reach=0.6, crease=0.3
        ),
        Panel(front, name="body", folds=np.vstack([folds, gathers]), form=5.5, shadow=0.45, reach=1.4),
    ]
    edge = spline(side)
    pieces += [*bound_edge(edge - (0.2, 0), 1.0), *bound_edge(shift(flip(edge), 0.2, 0)[::-1], 1.0)]
    if high:
        pieces.append(
            Panel(band(neck, 2.6), Material.RIB, along=neck[::2], rise=0.4, shadow=0.4, reach=0.6, crease=0.3)
        )
    else:
        pieces += bound_edge(neck, 1.0)
    if order.design.cut == "Peplum":
        pieces += peplum(order, shape, shape.length * 0.66)
    if order.design.cut == "Tie Waist":
        line = spline(
            [(-shape.waist, shape.length * 0.64), (0, shape.length * 0.65), (shape.waist, shape.length * 0.64)]
        )
        pieces.append(Panel(band(line, 2.4), Material.MAIN, within="body", rise=0.4, shadow=0.4, reach=0.7))
    return [*pieces, *hem_seam(replace(shape, tail=0.5))]


def peplum(order: Order, shape: Shape, waist_y: float) -> list[Piece]:
    """A flared skirt below the waist."""
    low = shape.length + 1.0
    flare = shape.hem + 4.5
    top = [(-shape.waist + 0.2, waist_y), (0, waist_y + 0.9), (shape.waist - 0.2, waist_y)]
    wave = np.linspace(-1, 1, 15)
    bottom = [(-float(x) * flare, low + 0.8 * np.cos(float(x) * 14) + 1.2 * (1 - float(x) ** 2)) for x in wave]
    skirt = outline(
        top,
        [top[-1], (shape.waist + 1.6, (waist_y + low) / 2), bottom[0]],
        bottom,
        [bottom[-1], (-shape.waist - 1.6, (waist_y + low) / 2), top[0]],
    )
    folds = hanging_folds(
        order.laying.rng, top=waist_y, bottom=low, half_width=flare, count=9, spread=0.3, strength=1.1
    )
    return [Panel(skirt, name="peplum", folds=folds, form=4.5, shadow=0.45, reach=0.9), *seam(spline(top))]

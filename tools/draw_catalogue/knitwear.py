"""Cuts of knits and sweatshirts: Sweater, Turtleneck, Cardigan, Hoodie, Poncho."""

from dataclasses import replace

import numpy as np

from tools.draw_catalogue.collars import turtleneck
from tools.draw_catalogue.curves import band, flip, mirror, shift, spline
from tools.draw_catalogue.design import Order
from tools.draw_catalogue.details import button_row, front_edge, kangaroo_pocket, patch_pocket, zip_line
from tools.draw_catalogue.folds import hanging_folds
from tools.draw_catalogue.hoods import drawstrings, hood, hood_front
from tools.draw_catalogue.motifs import contrasting, motif
from tools.draw_catalogue.palette import mixed
from tools.draw_catalogue.pieces import Line, Material, Panel, Piece, Tint
from tools.draw_catalogue.silhouette import Shape, neck_curve
from tools.draw_catalogue.tailoring import (
    armhole_seams,
    cuff,
    inside_back,
    long_sleeves,
    neckband,
    rib_hem,
    seam,
    sleeve_panel,
    torso,
)
from tools.draw_catalogue.tops import blocks, raglan


def _long(
    order: Order, shape: Shape, *, rib: float, fullness: float = 0.0, material: Material = Material.MAIN
) -> list[Piece]:
    wide = {"Slim": -1.4, "Regular": 0.0, "Relaxed": 1.4, "Oversized": 3.0}[order.design.fit] + fullness
    pieces: list[Piece] = []
    for sleeve in long_sleeves(
        shape, order.laying, length=56, upper=11 + 0.6 * wide, elbow=9.8 + 0.7 * wide, wrist=7.6 + 0.5 * wide
    ):
        pieces += [sleeve_panel(sleeve, order.laying, material=material), *cuff(sleeve, rib, widen=-0.7)]
    return pieces


def sweater(order: Order) -> list[Piece]:
    """A knitted pullover with ribbed edges."""
    design = order.design
    vee = design.neckline == "V-Neck"
    shape = order.shape(neck=8.4, drop=15.0 if vee else 8.8, chest=23.0, waist=22.5, hem=22.8, length=58)
    if design.neckline == "Mock Neck":
        shape = replace(shape, drop=4.0, neckline="Crew Neck", neck=7.8)
    pieces: list[Piece] = [] if design.neckline == "Mock Neck" else inside_back(shape)
    pieces += _long(order, shape, rib=6.0, material=Material.CONTRAST if design.cut == "Raglan" else Material.MAIN)
    pieces += torso(shape, order.laying)
    pieces += raglan(shape) if design.cut == "Raglan" else armhole_seams(shape)
    if design.pattern == "Colour Block":
        pieces += blocks(order, shape)
    if design.cut == "Yoke":
        pieces += _yoke(shape)
    pieces += rib_hem(shape, 6.0)
    if design.neckline == "Mock Neck":
        return [*pieces, *turtleneck(shape, 3.6, order.laying, folded=False)]
    return [*pieces, *neckband(shape, 2.6)]


def _yoke(shape: Shape) -> list[Piece]:
    """Rings of another pattern around the shoulders."""
    low = spline([(-shape.chest - 3, 13.0), (-9, 20.0), (0, 21.5), (9, 20.0), (shape.chest + 3, 13.0)])
    return [Tint(np.vstack([low, [(40, -5), (-40, -5)]]), Material.CONTRAST, "body")]


def roll_neck(order: Order) -> list[Piece]:
    """A pullover with a folded or plain high collar."""
    shape = order.shape(neckline="Crew Neck", neck=7.6, drop=4.6, chest=21.5, waist=20.8, hem=21.5, length=60)
    pieces = _long(order, shape, rib=5.0 if order.design.fit != "Slim" else 2.5)
    pieces += torso(shape, order.laying)
    if order.design.pattern == "Colour Block":
        pieces += blocks(order, shape)
    pieces += armhole_seams(shape)
    pieces += rib_hem(shape, 5.0 if order.design.fit != "Slim" else 2.5, pull=0.6)
    tall = order.form.uniform(8.5, 11.0)
    return [*pieces, *turtleneck(shape, tall, order.laying, folded=order.design.cut != "Funnel")]


def cardigan(order: Order) -> list[Piece]:
    """A knitted jacket: buttoned to a V or to the neck, or hanging open."""
    design, laying = order.design, order.laying
    is_open, crew = design.closure == "Open Front", design.neckline == "Crew Neck"
    drop = 9.0 if crew else order.form.uniform(22, 31)
    shape = order.shape(neck=8.0, drop=drop, chest=23.0, waist=22.8, hem=23.5, length=62)
    low = shape.length + 6.0
    # Between fronts that hang open the back shows down to its hem.
    pieces = inside_back(replace(shape, drop=low - 6.0) if is_open else shape)
    pieces += _long(order, shape, rib=6.0)
    if is_open:
        pieces += _open_fronts(order, shape, low)
    else:
        pieces += [*torso(shape, laying), *armhole_seams(shape), *rib_hem(shape, 6.0)]
    if design.cut == "Pocket":
        for side in (-1, 1):
            pieces += patch_pocket(side * (14.2 if is_open else 12.8), shape.length - 16, 11.0, 12.5, point=0.0)
    n = shape.neck
    if crew:
        pieces += neckband(shape, 2.4)
    else:
        back = spline([(-n - 0.2, -0.2), (-n * 0.5, 0.9), (0, 1.3), (n * 0.5, 0.9), (n + 0.2, -0.2)])
        pieces.append(Panel(band(back, 2.4), Material.RIB, along=back, tone=0.74, shadow=0.0))
    if is_open:
        run = [(n - 0.2, -0.4), (n * 0.92, 7), (7.0, 20), (6.0, 40), (5.6, low + 0.4)]
    elif crew:
        run = [(-1.8, drop + 0.6), (-1.8, low * 0.6), (-1.8, low + 0.2)]
    else:
        # The bands meet over the middle: where the V ends they turn downwards, one on the other.
        run = [
            (n - 0.1, -0.3),
            (n * 0.74, drop * 0.34),
            (n * 0.30, drop * 0.72),
            (-1.5, drop + 2.0),
            (-1.8, drop + 9),
            (-1.8, low + 0.2),
        ]
    half = spline(run)
    for side in (-1,) if crew else (-1, 1):
        line = half * (side, 1) if not crew else half
        strip = Panel(
            band(line, -3.6 if side > 0 or crew else 3.6),
            Material.RIB,
            along=line[::2],
            rise=0.35,
            shadow=0.42,
            reach=0.7,
            crease=0.4,
        )
        pieces.append(strip)
    if not is_open:
        ground = order.inks[0]
        tone = mixed(ground, contrasting(ground), 0.55) if order.form.random() < 0.6 else (112, 78, 52)
        pieces += button_row(0.0, drop + 3.5, low - 3.0, 7 if crew else 5, 0.95, tone)
    return pieces


def _open_fronts(order: Order, shape: Shape, low: float) -> list[Piece]:
    """Two fronts that hang apart."""
    laying = order.laying
    s = shape
    pieces: list[Piece] = []
    for side in (-1, 1):
        folds = hanging_folds(
            laying.rng, top=14, bottom=low, half_width=12, count=5, spread=0.1, strength=0.7 * laying.softness
        )
        folds = folds + np.array([side * 12.0, 0, 0, 0, 0, 0, 0])
        front = np.vstack(
            [
                spline([(s.neck, 0), (s.shoulder, s.slope)]),
                spline([(s.shoulder, s.slope), (s.shoulder - 1.6, 12), (s.chest, s.armhole)]),
                spline([(s.chest, s.armhole), (s.waist, s.length * 0.62), (s.hem, low)]),
                spline([(s.hem, low), (s.hem * 0.6, low + 0.8), (5.5, low + 0.4)]),
                spline([(5.5, low), (5.8, 38), (6.8, 20), (s.neck * 0.96, 6), (s.neck, 0)]),
            ]
        ) * (side, 1)
        pieces.append(
            Panel(front, name="body" if side > 0 else "left front", folds=folds, form=3.5, shadow=0.45, reach=1.6)
        )
    hem = spline([(6, low - 5.4), (s.hem * 0.6, low - 4.8), (s.hem, low - 5.4)])
    return [*pieces, *armhole_seams(shape), *seam(hem), *seam(flip(hem))]


def hoodie(order: Order) -> list[Piece]:
    """A hooded sweatshirt, pulled over or zipped."""
    design, laying = order.design, order.laying
    zipped = design.closure == "Zip"
    shape = order.shape(neckline="Crew Neck", neck=8.6, drop=9.5, chest=23.5, waist=23.0, hem=23.2, length=59)
    contrast = Material.CONTRAST if design.cut == "Contrast" else Material.MAIN
    pieces = hood(shape, laying, material=contrast)
    pieces += _long(order, shape, rib=6.0, fullness=0.8, material=contrast)
    pieces += [*torso(shape, laying), *armhole_seams(shape, stitched=True)]
    low = shape.length
    if design.pattern == "Colour Block":
        pieces += blocks(order, shape)
    if design.pattern == "Graphic":
        ground, first, second = order.inks
        pieces += motif(order.form, 24.5, 8.0, (first, second, contrasting(ground)))
    pieces += kangaroo_pocket(low - 21, low - 0.3)
    pieces += rib_hem(shape, 6.0, pull=1.4)
    pieces += hood_front(shape, laying, material=contrast)
    if zipped:
        pieces += zip_line(10.0, low + 5.6, order.inks[0], metal=(176, 174, 168))
    cord = contrasting(order.inks[0]) if order.form.random() < 0.5 else mixed(order.inks[0], (245, 245, 243), 0.55)
    return [*pieces, *drawstrings(cord, laying.rng)]


def poncho(order: Order) -> list[Piece]:
    """A wide drape without sleeves."""
    design, laying = order.design, order.laying
    form = order.form
    wide, side_y, low = form.uniform(42, 47), form.uniform(40, 50), form.uniform(66, 76)
    pointed = design.cut == "Pointed"
    n, drop = 8.6, {"V-Neck": 15.0, "Turtleneck": 4.6}.get(design.neckline, 8.6)
    shape = Shape(neck=n, drop=drop, neckline="V-Neck" if design.neckline == "V-Neck" else "Crew Neck")
    corner = (wide, side_y)
    tip = low + (14 if pointed else 0)
    right = [spline([(n, 0), (17.5, 3.6), (25.0, 9.5), (34, 24), corner])]
    if pointed:
        right.append(spline([corner, (wide * 0.55, (side_y + tip) * 0.54), (0, tip)]))
    else:
        right.append(spline([corner, (wide - 1.0, side_y + 10), (wide - 4.5, low - 6)]))
        right.append(spline([(wide - 4.5, low - 6), (wide * 0.5, low - 0.5), (0, low + 0.8)]))
    half = np.vstack(right)
    folds = hanging_folds(
        laying.rng, top=10, bottom=low, half_width=wide * 0.95, count=11, spread=0.55, strength=1.6 * laying.softness
    )
    long = hanging_folds(
        laying.rng, top=4, bottom=low * 0.8, half_width=wide * 0.6, count=5, spread=0.7, strength=1.4 * laying.softness
    )
    pieces: list[Piece] = [] if design.neckline == "Turtleneck" else inside_back(shape)
    pieces.append(
        Panel(
            np.vstack([neck_curve(shape), half, mirror(half)]),
            name="body",
            folds=np.vstack([folds, long]),
            form=9.0,
            shadow=0.4,
            crease=1.2,
        )
    )
    edge = half[len(right[0]) :]
    both = np.vstack([edge, mirror(edge)[1:]])
    if design.pattern == "Solid" and pointed:
        for inset, thick in ((3.0, 2.0), (6.6, 0.9)):
            line = both * np.array([1 - inset / wide, 1]) - (0, inset)
            pieces.append(
                Tint(
                    np.vstack([line, (line * np.array([1 - thick / wide, 1]) - (0, thick))[::-1]]),
                    Material.CONTRAST,
                    "body",
                )
            )
    if design.cut == "Fringed" or pointed:
        rng = laying.rng
        colour = order.inks[0]
        at = np.linspace(0, len(both) - 1, 120)
        xs, ys = np.interp(at, np.arange(len(both)), both[:, 0]), np.interp(at, np.arange(len(both)), both[:, 1])
        fringe = np.column_stack([xs, ys])
        outer = shift(fringe, 0, 4.2) + rng.normal(0, 0.35, fringe.shape)
        zigzag = np.empty((len(fringe) * 2, 2))
        zigzag[0::2], zigzag[1::2] = outer, shift(fringe, 0, 0.6)
        pieces.insert(0, Panel(np.vstack([fringe - (0, 1), zigzag[::-1]]), Material.MAIN, rise=0.3, shadow=0.0))
        shade = mixed(colour, (0, 0, 0), 0.4)
        pieces += [
            Line(np.array([shift(a, 0.2, 0), b]), 0.14, (*shade, 110)) for a, b in zip(fringe, outer, strict=True)
        ]
    if design.neckline == "Turtleneck":
        return [*pieces, *turtleneck(replace(shape, neck=8.0), 9.0, laying, folded=True)]
    middle = [*neckband(shape, 2.2)]
    if design.cut == "Buttoned":
        middle += front_edge(shape.drop + 2, low)
        middle += button_row(1.6, shape.drop + 4, shape.drop + 30, 4, 1.1, (98, 70, 48))
    return [*pieces, *middle]

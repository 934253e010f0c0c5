"""Cuts of Henley and Jersey."""

from dataclasses import replace

import numpy as np

from tools.draw_catalogue.curves import band, flip, outline, spline
from tools.draw_catalogue.design import Order
from tools.draw_catalogue.details import button_row
from tools.draw_catalogue.motifs import contrasting, numeral
from tools.draw_catalogue.palette import mixed
from tools.draw_catalogue.pieces import Line, Material, Panel, Piece, Tint
from tools.draw_catalogue.silhouette import Sleeve, armhole_curve
from tools.draw_catalogue.tailoring import (
    STITCH,
    armhole_seams,
    cuff,
    hem_seam,
    inside_back,
    neckband,
    short_sleeves,
    sleeve_hem,
    sleeve_panel,
    torso,
)
from tools.draw_catalogue.tanks import tank_back
from tools.draw_catalogue.tops import raglan, sleeve_is_short, tee_sleeves


def henley(order: Order) -> list[Piece]:
    """A collarless jersey shirt with a short buttoned placket."""
    laying = order.laying
    shape = order.shape(neckline="Crew Neck", neck=8.0, drop=8.2, length=69)
    left, right = tee_sleeves(order, shape)
    raglan_cut = order.design.cut == "Raglan"
    trim = Material.CONTRAST if order.design.cut in {"Contrast", "Raglan"} else Material.MAIN
    pieces: list[Piece] = inside_back(shape)
    for sleeve in (left, right):
        pieces.append(sleeve_panel(sleeve, laying, material=Material.CONTRAST if raglan_cut else Material.MAIN))
        pieces += sleeve_hem(sleeve) if sleeve_is_short(order) else cuff(sleeve, 5.0, material=Material.RIB, widen=0.1)
    pieces += torso(shape, laying)
    pieces += raglan(shape) if raglan_cut else armhole_seams(shape)
    low = shape.drop + order.form.uniform(12, 16)
    half = 1.75
    strip = outline(
        [(-half, shape.drop - 1), (half, shape.drop - 1)],
        [(half, shape.drop - 1), (half, low * 0.6), (half, low)],
        [(half, low), (-half, low)],
        [(-half, low), (-half, low * 0.6), (-half, shape.drop - 1)],
    )
    pieces += [
        Panel(strip, trim, within="body", rise=0.3, shadow=0.55, reach=0.6, crease=0.5),
        Line(
            np.array(
                [(-half + 0.3, shape.drop), (-half + 0.3, low - 0.3), (half - 0.3, low - 0.3), (half - 0.3, shape.drop)]
            ),
            0.12,
            STITCH,
            dash=0.4,
        ),
        Line(np.array([(-half, low - 1.6), (half, low - 1.6)]), 0.12, STITCH, dash=0.4),
    ]
    pieces += neckband(shape, 1.7, material=Material.RIB)
    ground = order.inks[1] if trim is Material.CONTRAST else order.inks[0]
    tone = mixed(ground, contrasting(ground), 0.45)
    pieces += button_row(0.0, shape.drop + 2.2, low - 3.2, int(order.form.integers(3, 5)), 0.72, tone)
    return [*pieces, *hem_seam(shape)]


def jersey(order: Order) -> list[Piece]:
    """A sports shirt: number, side panels, striped sleeves."""
    form, laying = order.form, order.laying
    vee = order.design.neckline == "V-Neck"
    shape = order.shape(neck=8.2, drop=12.0 if vee else 8.8, chest=23.5, waist=23.5, hem=24.0, shoulder=21.5, length=70)
    sleeveless = order.design.sleeve == "Sleeveless"
    pieces: list[Piece] = inside_back(shape)
    if sleeveless:
        shape = replace(shape, shoulder=14.5, slope=2.8, armhole=26.0, scye=0.6)
        pieces = [*tank_back(shape, racer=False), *inside_back(shape)]
    else:
        for sleeve in short_sleeves(shape, laying, length=25, width=17.0):
            pieces.append(sleeve_panel(sleeve, laying))
            pieces += _sleeve_stripes(sleeve, order.design.cut)
            pieces += cuff(sleeve, 1.8, material=Material.CONTRAST, widen=0.1)
    pieces += torso(shape, laying)
    side = outline(
        [
            (shape.chest + 2, shape.armhole - 4),
            (shape.chest - 3.6, shape.armhole + 3),
            (shape.waist - 3.2, shape.length * 0.65),
            (shape.hem - 5.5, shape.length + 3),
        ],
        [(shape.hem - 5.5, shape.length + 3), (shape.hem + 4, shape.length + 3), (shape.chest + 2, shape.armhole - 4)],
    )
    cut = order.design.cut
    if cut in {"Basketball", "Football"}:
        pieces += [Tint(side, Material.CONTRAST, "body"), Tint(flip(side), Material.CONTRAST, "body")]
    if cut == "Hooped":
        for y in np.arange(shape.armhole - 4, shape.length + 4, 13.0):
            hoop = np.vstack(
                [spline([(-32, y), (0, y + 0.7), (32, y)]), spline([(32, y + 6.5), (0, y + 7.2), (-32, y + 6.5)])]
            )
            pieces.append(Tint(hoop, Material.CONTRAST, "body"))
    if cut == "Sash":
        pieces.append(Tint(np.array([(-26.0, 8), (-14.0, 2), (28.0, 56), (28.0, 68)]), Material.CONTRAST, "body"))
    if sleeveless:
        hole = armhole_curve(shape)
        for edge in (hole, flip(hole)[::-1]):
            pieces.append(Panel(band(edge, 1.7), Material.CONTRAST, along=edge, rise=0.25, shadow=0.2, reach=0.4))
    else:
        pieces += armhole_seams(shape)
    digits = str(form.integers(2, 99))
    ground = order.inks[0]
    ink = contrasting(ground)
    centre = (0.0, shape.drop + 19.0)
    if cut in {"Hooped", "Sash"}:
        # A plate keeps the number readable on two colours.
        plate = np.array(
            [(-11.5, centre[1] - 9.5), (11.5, centre[1] - 9.5), (11.5, centre[1] + 9.5), (-11.5, centre[1] + 9.5)]
        )
        pieces.append(Tint(plate, Material.MAIN, "body"))
    pieces += numeral(digits, (centre[0] + 0.5, centre[1] + 0.5), 15.0, (*order.inks[2], 255))
    pieces += numeral(digits, centre, 15.0, (*ink, 255))
    return [*pieces, *neckband(shape, 2.2, material=Material.CONTRAST), *hem_seam(shape)]


def _sleeve_stripes(sleeve: Sleeve, cut: str) -> list[Piece]:
    if cut not in {"Football", "Sash"}:
        return []
    name = "left" if sleeve.start[0] < 0 else "right"
    outer, inner = np.array(sleeve.end_outer), np.array(sleeve.end_inner)
    up = -np.array([np.sin(sleeve.lower_angle), np.cos(sleeve.lower_angle)])
    reach = (outer - inner) * 0.3
    stripes: list[Piece] = []
    for at in (4.0, 8.0):
        a, b = inner - reach + up * at, outer + reach + up * at
        stripes.append(Tint(np.array([a, b, b + up * 2.2, a + up * 2.2]), Material.CONTRAST, name))
    return stripes

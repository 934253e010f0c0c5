"""Cuts of jackets and coats: Anorak, Blazer, Bomber, Jacket, Parka, Peacoat."""

from dataclasses import replace

import numpy as np

from tools.draw_catalogue.collars import lapels, shirt_collar
from tools.draw_catalogue.curves import Points, band, outline, shift, spline
from tools.draw_catalogue.design import Order
from tools.draw_catalogue.details import button, button_row, flap_pocket, patch_pocket, placket, welt_pocket, zip_line
from tools.draw_catalogue.hoods import drawstrings, hood, hood_front
from tools.draw_catalogue.palette import mixed
from tools.draw_catalogue.pieces import Colour, Line, Material, Panel, Piece, Tint
from tools.draw_catalogue.silhouette import Shape
from tools.draw_catalogue.tailoring import (
    STITCH,
    armhole_seams,
    cuff,
    hem_seam,
    inside_back,
    long_sleeves,
    neckband,
    rib_hem,
    seam,
    sleeve_hem,
    sleeve_panel,
    torso,
)

STEEL: Colour = (172, 172, 174)
BRASS: Colour = (186, 148, 84)
_COPPER: Colour = (176, 112, 72)
HORN: Colour = (74, 54, 42)


def jacket_sleeves(
    order: Order,
    shape: Shape,
    *,
    wrist: float = 7.6,
    bulk: float = 0.0,
    rib: float = 0.0,
    reach: float = 0.0,
    quilt: float = 0.0,
    material: Material = Material.MAIN,
) -> list[Piece]:
    """Both sleeves of a jacket with their cuffs or hems.

    Args:
        order: what is cut.
        shape: of the body.
        wrist: width of the opening.
        bulk: how much wider than a plain jacket's.
        rib: height of a ribbed cuff, 0 for none.
        reach: how much longer.
        quilt: distance between quilting seams, 0 for none.
        material: of the sleeves.

    Returns:
        Pieces to paint before the body.
    """
    pieces: list[Piece] = []
    measures = {
        "length": (56.0 if rib else 61.0) + reach,
        "upper": 11.2 + bulk,
        "elbow": 10.2 + bulk,
        "wrist": wrist + 0.6 * bulk,
    }
    for sleeve in long_sleeves(shape, order.laying, **measures):
        pieces.append(sleeve_panel(sleeve, order.laying, material=material, quilt=quilt))
        pieces += cuff(sleeve, rib, widen=-0.8) if rib else sleeve_hem(sleeve, 2.4)
    return pieces


def jacket_torso(order: Order, shape: Shape, *, quilt: float = 0.0) -> list[Piece]:
    """The body of a jacket, quilted or not."""
    (panel,) = torso(shape, order.laying)
    return [replace(panel, quilt=quilt) if isinstance(panel, Panel) else panel]


def anorak(order: Order) -> list[Piece]:
    """A pullover shell: hood, half zip, pouch pocket, drawn hem."""
    laying, design = order.laying, order.design
    shape = order.shape(neckline="Crew Neck", neck=8.6, drop=9.0, chest=24.5, waist=24.0, hem=24.5, length=68)
    pieces = hood(shape, laying, size=0.98)
    yoke = Material.CONTRAST if design.pattern == "Colour Block" else Material.MAIN
    pieces += jacket_sleeves(order, shape, bulk=1.2, wrist=7.0)
    pieces += jacket_torso(order, shape)
    line_y = shape.armhole + order.form.uniform(2, 5)
    line = spline([(-shape.chest, line_y), (0, line_y + 0.5), (shape.chest, line_y)])
    if yoke is Material.CONTRAST:
        upper = np.vstack([line, [(34, -6), (-34, -6)]])
        pieces.append(Tint(upper, yoke, "body"))
        pieces += [Tint(_sleeve_top(side, line_y), yoke, "left" if side < 0 else "right") for side in (-1, 1)]
    pieces += [*seam(line, stitched=True), *armhole_seams(shape, stitched=True)]
    pouch_top, pouch_low = line_y + 4.0, line_y + 20.0
    pouch = outline(
        [(-13, pouch_top), (13, pouch_top)],
        [(13, pouch_top), (13.2, pouch_low)],
        [(13.2, pouch_low), (-13.2, pouch_low)],
        [(-13.2, pouch_low), (-13, pouch_top)],
    )
    pieces.append(Panel(pouch, rise=0.5, roundness=0.9, shadow=0.42, reach=0.8))
    for side in (-1, 1):
        slit = np.array([(side * 12.2, pouch_top + 2.5), (side * 10.0, pouch_low - 2.0)])
        pieces.append(Line(slit, 0.3, (0, 0, 0, 90)))
    pieces += flap_pocket(0, pouch_top - 0.4, 27, 5.0)
    pieces += [button(side * 9.5, pouch_top + 3.2, 0.62, STEEL, holes=0, metal=True) for side in (-1, 1)]
    cord = shape.length - 3.4
    hem = spline([(-shape.hem, cord), (0, cord + 0.7), (shape.hem, cord)])
    pieces += [*seam(hem, stitched=True), *hem_seam(shape, 1.0)]
    pieces += hood_front(shape, laying, material=yoke)
    pieces += zip_line(9.0, line_y + 0.6, order.inks[1 if yoke is Material.CONTRAST else 0], metal=(70, 72, 76))
    return [*pieces, *drawstrings(mixed(order.inks[0], (240, 240, 236), 0.7), laying.rng, length=9.0)]


def _sleeve_top(side: int, y: float) -> Points:
    return np.array([(side * 10.0, -8.0), (side * 48.0, -8.0), (side * 48.0, y + 4.0), (side * 10.0, y)])


def bomber(order: Order) -> list[Piece]:
    """A short zipped jacket with ribbed collar, cuffs and hem."""
    shape = order.shape(neckline="Crew Neck", neck=8.2, drop=8.4, chest=24.2, waist=24.0, hem=24.0, length=56)
    quilt = 5.2 if order.design.cut == "Quilted" else 0.0
    sleeves = Material.CONTRAST if order.design.cut == "Varsity" else Material.MAIN
    pieces: list[Piece] = inside_back(shape, material=Material.LINING)
    pieces += jacket_sleeves(order, shape, bulk=2.0, wrist=8.6, rib=6.0, quilt=quilt, material=sleeves)
    pieces += [*jacket_torso(order, shape, quilt=quilt), *armhole_seams(shape)]
    for side in (-1, 1):
        pieces += welt_pocket(side * 13.5, shape.length - 14, 13.0, angle=side * 1.05, height=1.5)
    pieces += rib_hem(shape, 6.2, pull=1.8)
    if order.design.cut == "Classic":
        zipped = np.array([(31.0, 26.0), (33.0, 35.0)])
        pieces += [Line(zipped, 0.9, (0, 0, 0, 70)), Line(zipped, 0.4, (*STEEL, 255), dash=0.26)]
    pieces += neckband(shape, 4.0)
    if order.design.cut == "Varsity":
        pieces += placket(12.0, shape.length, half_width=1.7)
        pieces += button_row(0.0, 13.0, shape.length + 3.0, 6, 0.85, (226, 224, 216), metal=True)
        return pieces
    return [*pieces, *zip_line(10.5, shape.length + 6.0, order.inks[0], metal=STEEL)]


def jacket(order: Order) -> list[Piece]:
    """A jacket: denim trucker, biker, field, coach or quilted."""
    match order.design.cut:
        case "Biker":
            return _biker(order)
        case "Puffer":
            return _puffer(order)
        case _:
            return _trucker(order)


def _trucker(order: Order) -> list[Piece]:
    field = order.design.cut == "Field"
    shape = order.shape(
        neckline="Crew Neck", neck=7.9, drop=6.4, chest=23.6, waist=22.6, hem=23.0, length=70 if field else 60
    )
    denim = order.design.cut == "Trucker"
    thread = (206, 150, 84, 210) if denim else STITCH
    metal = _COPPER if denim else STEEL
    pieces = jacket_sleeves(order, shape, wrist=7.8, bulk=0.4)
    pieces += [*jacket_torso(order, shape), *armhole_seams(shape, stitched=True)]
    yoke_y = shape.armhole - 6.5
    reach = min(shape.shoulder, shape.chest) - shape.scye + 0.4
    yoke = spline([(-reach, yoke_y), (0, yoke_y + 0.4), (reach, yoke_y)])
    if not field:
        pieces += [*seam(yoke), Line(shift(yoke, 0, 0.6), 0.15, thread, dash=0.5)]
    for side in (-1, 1):
        pieces += patch_pocket(
            side * 11.2, yoke_y + 0.8, 11.2, 12.5 if field else 6.0, flap=5.0, fastener=metal, metal=True, point=1.8
        )
        if field:
            pieces += patch_pocket(
                side * 12.6, shape.length - 25, 15.5, 17.5, flap=6.0, fastener=metal, metal=True, point=1.2
            )
        else:
            for x0, x1 in ((7.6, 4.2), (14.4, 9.6)):
                line = np.array(
                    [
                        (side * x0, yoke_y + 6.0),
                        (side * (x0 + x1) / 2, shape.length * 0.66),
                        (side * x1, shape.length - 3.0),
                    ]
                )
                pieces += [
                    *seam(line),
                    Line(shift(line, 0.55, 0), 0.14, thread, dash=0.5),
                    Line(line - (0.45, 0), 0.14, thread, dash=0.5),
                ]
            pieces += welt_pocket(side * 16.2, shape.length - 14.5, 11.0, angle=side * 1.3, height=1.4)
    if not field:
        band_top = spline(
            [(-shape.hem + 0.3, shape.length - 4.2), (0, shape.length - 3.4), (shape.hem - 0.3, shape.length - 4.2)]
        )
        pieces += [
            *seam(band_top),
            Line(shift(band_top, 0, 0.6), 0.15, thread, dash=0.5),
            Line(shift(band_top, 0, 3.4), 0.15, thread, dash=0.5),
        ]
    else:
        waist = spline([(-shape.waist, 41.0), (0, 41.6), (shape.waist, 41.0)])
        pieces += seam(waist, stitched=True)
    pieces += placket(5.0, shape.length + 1, half_width=2.3)
    pieces += [Line(np.array([(x, 6.0), (x, shape.length)]), 0.15, thread, dash=0.5) for x in (-1.9, 1.9)]
    pieces += button_row(0.0, 10.5, shape.length - 2.0, 6, 0.85, metal, metal=True)
    return [
        *pieces,
        *shirt_collar(
            shape, spread=2.6, size=1.12, material=Material.CONTRAST if order.design.trim == "sherpa" else Material.MAIN
        ),
    ]


def _biker(order: Order) -> list[Piece]:
    shape = order.shape(neckline="V-Neck", neck=7.8, drop=20.0, chest=22.0, waist=20.6, hem=21.0, length=58)
    pieces = inside_back(shape, material=Material.LINING, rise=1.0)
    pieces += jacket_sleeves(order, shape, wrist=6.8, bulk=-0.4)
    pieces += [*jacket_torso(order, shape), *armhole_seams(shape, stitched=True)]
    foot, top = np.array([-3.4, shape.length]), np.array([5.4, 14.0])
    line = np.linspace(top, foot, 9)
    steel = (190, 190, 192)
    pieces += [
        Line(shift(line, 0.5, 0.2), 2.4, (0, 0, 0, 70)),
        Line(line, 1.7, (24, 24, 26, 255)),
        Line(line, 0.8, (*steel, 255), dash=0.28),
    ]
    for side in (-1, 1):
        slit = np.array([(side * 9.0 + 1.5, 36.0), (side * 16.0 + 1.0, 44.0 - 2 * side)])
        pieces += [
            Line(slit, 1.5, (20, 20, 22, 220)),
            Line(slit, 0.7, (*steel, 255), dash=0.28),
            button(float(slit[0][0]), float(slit[0][1]), 0.7, steel, holes=0, metal=True),
        ]
    chest = np.array([(8.0, 24.5), (15.5, 22.0)])
    pieces += [Line(chest, 1.4, (20, 20, 22, 220)), Line(chest, 0.7, (*steel, 255), dash=0.28)]
    belt = spline(
        [(-shape.hem - 0.5, shape.length - 5.0), (0, shape.length - 4.2), (shape.hem + 0.5, shape.length - 5.0)]
    )
    pieces += [Panel(band(belt, 4.0), within="body", rise=0.4, shadow=0.4, reach=0.6), *seam(belt, stitched=True)]
    buckle = np.array(
        [(5.0, shape.length - 4.8), (9.4, shape.length - 4.9), (9.4, shape.length - 0.4), (5.0, shape.length - 0.3)]
    )
    pieces += [Line(np.vstack([buckle, buckle[:1]]), 0.6, (*steel, 255))]
    pieces += lapels(shape, 20.0, width=10.0, notch=9.5, peak=0.5, overlap=3.4)
    pieces += [button(side * 15.2, 10.6, 0.7, steel, holes=0, metal=True) for side in (-1, 1)]
    return pieces


def _puffer(order: Order) -> list[Piece]:
    shape = order.shape(neckline="Crew Neck", neck=8.4, drop=6.2, chest=25.5, waist=25.0, hem=25.0, length=64)
    pieces = jacket_sleeves(order, shape, bulk=3.0, wrist=8.4, quilt=6.0)
    pieces += [*jacket_torso(order, shape, quilt=6.6), *armhole_seams(shape)]
    for side in (-1, 1):
        slit = np.array([(side * 14.0, 42.0), (side * 16.5, 54.0)])
        pieces += [Line(slit, 1.2, (0, 0, 0, 110)), Line(slit, 0.5, (*STEEL, 255), dash=0.26)]
    n = shape.neck
    back = outline([(-n + 0.4, -5.6), (0, -6.6), (n - 0.4, -5.6)], [(n, 3.0), (0, 5.6), (-n, 3.0)])
    front = outline(
        [(-n - 0.6, 1.6), (-n + 0.2, -5.4)],
        [(-n + 0.2, -5.4), (-n * 0.5, -2.4), (0, -1.2), (n * 0.5, -2.4), (n - 0.2, -5.4)],
        [(n - 0.2, -5.4), (n + 0.6, 1.6)],
        [(n + 0.6, 1.6), (n * 0.5, 6.4), (0, 7.4), (-n * 0.5, 6.4), (-n - 0.6, 1.6)],
    )
    pieces += [
        Panel(back, Material.LINING, tone=0.6, shadow=0.0),
        Panel(front, quilt=4.2, form=3.5, rise=0.8, roundness=1.2, shadow=0.4),
    ]
    return [*pieces, *zip_line(-1.0, shape.length + 0.4, order.inks[0], metal=(90, 92, 96))]

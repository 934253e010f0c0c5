"""Parts that most garments share: sleeves with their ends, body, neckband, hem."""

import math
from dataclasses import dataclass

import numpy as np

from tools.draw_catalogue.curves import Points, band, offset, outline, shift, spline
from tools.draw_catalogue.folds import sleeve_folds, torso_folds
from tools.draw_catalogue.pieces import Line, Material, Panel, Patch, Piece
from tools.draw_catalogue.silhouette import Shape, Sleeve, armhole_curve, body, long_sleeve, neck_curve, short_sleeve

SEAM = (8, 8, 12, 74)
SEAM_LIGHT = (255, 255, 255, 34)
STITCH = (10, 10, 14, 70)


@dataclass(frozen=True, slots=True)
class Laying:
    """How a garment was laid for this photograph.

    Attributes:
        rng: source of its folds; another photograph of the same garment has another one.
        softness: height of folds, 1 for soft cotton.
        spread: angle of the sleeves, radians, left and right.
    """

    rng: np.random.Generator
    softness: float
    spread: tuple[float, float]


def seam(points: Points, *, stitched: bool = False, gap: float = 0.55) -> list[Piece]:
    """A seam: a thin furrow, and stitches beside it if wanted.

    Args:
        points: (N, 2) open.
        stitched: draw a row of stitches.
        gap: between seam and stitches, cm; negative for the other side.

    Returns:
        Marks in painting order.
    """
    marks: list[Piece] = [Line(shift(points, 0.12, 0.16), 0.16, SEAM_LIGHT), Line(points, 0.18, SEAM)]
    if stitched:
        marks.append(Line(offset(points, gap), 0.12, STITCH, dash=0.45))
    return marks


def inside_back(
    shape: Shape, *, material: Material = Material.MAIN, label: bool = True, rise: float = 0.0
) -> list[Piece]:
    """The inner side of the back that shows in the neckline, with the brand's label.

    Args:
        shape: of the body.
        material: of the inside.
        label: sew one in.
        rise: how far the back neckline lies above the shoulders.

    Returns:
        Pieces to paint before the body.
    """
    n, low = shape.neck, shape.drop + 3.0
    edge = spline(
        [
            (-n - 0.4, 0.1 - rise * 0.4),
            (-n * 0.5, 1.3 - rise),
            (0, 1.8 - rise),
            (n * 0.5, 1.3 - rise),
            (n + 0.4, 0.1 - rise * 0.4),
        ]
    )
    below = np.array([(n + 0.4, 0.3), (n * 0.9, low), (-n * 0.9, low), (-n - 0.4, 0.3)])
    pieces: list[Piece] = [Panel(np.vstack([edge, below]), material, tone=0.60, crease=0.6)]
    if label:
        pieces.append(
            Patch(np.array([(-1.7, 2.6), (1.7, 2.6), (1.65, 4.2), (-1.65, 4.2)]) - (0, rise), (205, 200, 190, 255))
        )
        pieces.append(Line(np.array([(-0.9, 3.4), (0.9, 3.4)]) - (0, rise), 0.22, (90, 88, 86, 200)))
    return pieces


def neckband(shape: Shape, width: float, *, material: Material = Material.RIB, back: bool = True) -> list[Piece]:
    """A band along the neckline; its back half lies behind the opening.

    Returns:
        Pieces to paint after the body.
    """
    curve = neck_curve(shape)
    pieces: list[Piece] = []
    if back:
        n = shape.neck
        edge = spline([(-n - 0.3, -0.3), (-n * 0.5, 1.1), (0, 1.6), (n * 0.5, 1.1), (n + 0.3, -0.3)])
        behind = Panel(band(edge, width * 0.85), material, tone=0.74, along=edge, shadow=0.0, crease=0.3)
        pieces.append(behind)
    front = band(curve, width)
    pieces.append(Panel(front, material, along=curve[::2], roundness=0.7, shadow=0.28, reach=0.5, crease=0.35))
    pieces += seam(offset(curve, width))
    return pieces


def torso(
    shape: Shape, laying: Laying, *, material: Material = Material.MAIN, neck: Points | None = None
) -> list[Piece]:
    """The front of the body with its folds, named `body`.

    Returns:
        Pieces.
    """
    folds = torso_folds(
        laying.rng,
        chest=shape.chest,
        armpit=shape.armhole,
        hem=shape.hem,
        length=shape.length,
        strength=laying.softness,
    )
    return [
        Panel(
            body(shape, neck),
            material,
            name="body",
            folds=folds,
            form=6.0,
            shadow=0.42,
            reach=1.6,
        )
    ]


def armhole_seams(shape: Shape, *, stitched: bool = False) -> list[Piece]:
    """The seams between body and sleeves.

    Returns:
        Marks.
    """
    curve = armhole_curve(shape)
    return [*seam(curve * (-1, 1) + (0.1, 0), stitched=stitched), *seam(curve - (0.1, 0), stitched=stitched)]


def hem_seam(shape: Shape, height: float = 2.2, *, colour: tuple[int, int, int, int] = STITCH) -> list[Piece]:
    """Rows of stitches above the hem.

    Returns:
        Marks.
    """
    s = shape
    line = spline(
        [(-s.hem + 0.2, s.length - s.tail * 1.2), (0, s.length + s.tail), (s.hem - 0.2, s.length - s.tail * 1.2)]
    )
    return [
        Line(line - (0, height), 0.13, colour, dash=0.45),
        Line(line - (0, height + 0.55), 0.13, colour, dash=0.45),
        Line(line - (0, height - 0.3), 0.2, (255, 255, 255, 22)),
    ]


def rib_hem(shape: Shape, height: float, *, material: Material = Material.RIB, pull: float = 1.0) -> list[Piece]:
    """A ribbed band below the body that draws it in.

    Args:
        shape: of the body; its length is where the band begins.
        height: of the band.
        material: of the band.
        pull: how much narrower its lower edge is on each side.

    Returns:
        Pieces.
    """
    h, top = shape.hem, shape.length
    run = [(-h + pull * 0.4, top - 0.6), (0, top + 0.4), (h - pull * 0.4, top - 0.6)]
    low = [(h - pull, top + height - 0.8), (0, top + height + 0.4), (-h + pull, top + height - 0.8)]
    return [
        Panel(outline(run, low), material, form=5.0, shadow=0.3, reach=0.7, crease=0.4),
        *seam(spline(run)),
    ]


def cuff(sleeve: Sleeve, height: float, *, material: Material = Material.RIB, widen: float = 0.3) -> list[Piece]:
    """A cuff at a sleeve's end.

    Args:
        sleeve: the right or left one.
        height: of the cuff.
        material: of the cuff.
        widen: how far it stands out beyond the sleeve's edge; negative when the sleeve is gathered into it.

    Returns:
        Pieces.
    """
    outer, inner = np.array(sleeve.end_outer), np.array(sleeve.end_inner)
    along = np.array([math.sin(sleeve.lower_angle), math.cos(sleeve.lower_angle)])
    across = (outer - inner) / np.hypot(*(outer - inner))
    outer, inner = outer + across * widen, inner - across * widen
    middle = (outer + inner) / 2
    top = [inner - along * 0.8, middle - along * 0.3, outer - along * 0.8]
    low = [
        outer + along * (height - 0.8) - across * 0.3,
        middle + along * (height - 0.3),
        inner + along * (height - 0.8) + across * 0.3,
    ]
    origin = (float(middle[0]), float(middle[1]))
    return [
        Panel(
            outline(top, low),
            material,
            grain=sleeve.lower_angle,
            origin=origin,
            form=1.6,
            shadow=0.3,
            reach=0.6,
            crease=0.4,
        ),
        *seam(spline(top)),
    ]


def sleeve_panel(sleeve: Sleeve, laying: Laying, *, material: Material = Material.MAIN, quilt: float = 0.0) -> Panel:
    """A sleeve with its folds.

    Returns:
        The panel, to paint before the body.
    """
    width = 0.5 * math.dist(sleeve.end_outer, sleeve.end_inner) + 1.2
    rng = laying.rng
    folds = sleeve_folds(rng, sleeve.start, sleeve.end, width, laying.softness)
    return Panel(
        sleeve.outline,
        material,
        name="left" if sleeve.start[0] < 0 else "right",
        grain=sleeve.lower_angle,
        origin=sleeve.start,
        folds=folds,
        form=3.2,
        quilt=quilt,
        shadow=0.0,
    )


def long_sleeves(shape: Shape, laying: Laying, **measures: float) -> tuple[Sleeve, Sleeve]:
    """Left and right sleeve, each hanging at its own angle."""
    left, right = (long_sleeve(shape, angle=angle, **measures) for angle in laying.spread)
    return left.flipped(), right


def short_sleeves(shape: Shape, laying: Laying, **measures: float) -> tuple[Sleeve, Sleeve]:
    """Left and right short sleeve, each at its own angle."""
    left, right = (short_sleeve(shape, angle=0.36 + angle, **measures) for angle in laying.spread)
    return left.flipped(), right


def sleeve_hem(sleeve: Sleeve, height: float = 2.0) -> list[Piece]:
    """Stitches along a sleeve's opening.

    Returns:
        Marks.
    """
    outer, inner = np.array(sleeve.end_outer), np.array(sleeve.end_inner)
    back = -height * np.array([math.sin(sleeve.lower_angle), math.cos(sleeve.lower_angle)])
    across = (outer - inner) * 0.02
    line = np.array([inner + across + back, (outer + inner) / 2 + back * 0.82, outer - across + back])
    return [Line(spline(line), 0.13, STITCH, dash=0.45), Line(spline(line - back * 0.25), 0.13, STITCH, dash=0.45)]

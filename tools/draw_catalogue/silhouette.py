"""Outlines of bodies and sleeves, in centimetres."""

import math
from dataclasses import dataclass

import numpy as np

from tools.draw_catalogue.curves import Points, flip, mirror, outline, shift, spline


@dataclass(frozen=True, slots=True)
class Shape:
    """Measures of a body.

    Attributes:
        neck: half width of the neckline; `drop` how deep it goes in front; `neckline` its form.
        shoulder: half width; `slope` how far its end lies below the neck.
        armhole: height of the armpit; `scye` how far the armhole cuts inwards.
        chest, waist, hem: half widths.
        length: of the body; `tail` how much lower its middle hangs, `vent` how much its front corners are cut away.
    """

    neck: float = 8.0
    drop: float = 9.0
    neckline: str = "Crew Neck"
    shoulder: float = 20.5
    slope: float = 4.4
    armhole: float = 21.5
    scye: float = 1.8
    chest: float = 22.0
    waist: float = 21.0
    hem: float = 22.0
    length: float = 66.0
    tail: float = 0.6
    vent: float = 0.0


def neck_curve(shape: Shape) -> Points:
    """The front neckline from the left shoulder down and up to the right one.

    Returns:
        (N, 2).
    """
    n, d = shape.neck, shape.drop
    match shape.neckline:
        case "V-Neck":
            right = spline([(n, 0), (n * 0.80, d * 0.30), (n * 0.40, d * 0.68), (0, d)])[::-1]
            return np.vstack([flip(right)[::-1], right])
        case "Square Neck":
            corner = spline([(0, d), (n * 0.9, d - 0.3)]), spline([(n * 0.93, d - 0.6), (n * 0.98, d * 0.5), (n, 0)])
            right = np.vstack(corner)
            return np.vstack([mirror(right), right])
        case "Sweetheart":
            right = spline([(0, d), (n * 0.35, d - 2.6), (n * 0.75, d - 2.4), (n * 0.96, d * 0.5), (n, 0)])
            return np.vstack([mirror(right), right])
        case _:
            half = [(n, 0), (n * 0.93, d * 0.42), (n * 0.62, d * 0.86)]
            return spline([*flip(half).tolist(), (0, d), *half[::-1]])


def body(shape: Shape, neck: Points | None = None) -> Points:
    """The front of a garment without its sleeves.

    Args:
        shape: its measures.
        neck: another upper edge, from left to right, instead of the shape's neckline.

    Returns:
        (N, 2) closed.
    """
    s = shape
    bottom = s.length
    right = [
        spline(
            [
                (s.neck, 0),
                (s.shoulder - 2.0, s.slope * (s.shoulder - 2.4 - s.neck) / (s.shoulder - s.neck)),
                (s.shoulder, s.slope),
            ]
        ),
        armhole_curve(s),
        spline(
            [
                (s.chest, s.armhole),
                (s.chest * 0.55 + s.waist * 0.45 - 0.1, s.armhole * 0.6 + s.length * 0.25),
                (s.waist, s.length * 0.62),
                (s.waist * 0.35 + s.hem * 0.65, s.length * 0.83),
                (s.hem, bottom - s.tail * 1.2),
            ]
        ),
    ]
    if s.vent:
        low = spline(
            [(s.hem, bottom), (s.vent + 7, bottom + 0.8), (s.vent + 1.5, bottom - 1.0), (0.3, bottom - s.vent * 1.3)]
        )
    else:
        low = spline([(s.hem, bottom - s.tail * 1.2), (s.hem * 0.55, bottom + s.tail * 0.6), (0, bottom + s.tail)])
    half = np.vstack([*right, low])
    top = neck_curve(shape) if neck is None else neck
    return np.vstack([top, half, mirror(half)])


def armhole_curve(shape: Shape) -> Points:
    """The right armhole from the shoulder to the armpit.

    Returns:
        (N, 2).
    """
    s = shape
    inner = min(s.shoulder, s.chest) - s.scye
    return spline(
        [
            (s.shoulder, s.slope),
            (inner + 0.2, s.slope * 0.55 + s.armhole * 0.45),
            (inner + 0.8, s.armhole * 0.8),
            (s.chest, s.armhole),
        ]
    )


@dataclass(frozen=True, slots=True)
class Sleeve:
    """A sleeve's outline and the middle line of its arm.

    Attributes:
        outline: (N, 2) closed.
        start, elbow, end: the middle line.
        end_outer, end_inner: corners of its opening.
        lower_angle: direction of the forearm against the vertical, radians; positive to the right.
    """

    outline: Points
    start: tuple[float, float]
    elbow: tuple[float, float]
    end: tuple[float, float]
    end_outer: tuple[float, float]
    end_inner: tuple[float, float]
    lower_angle: float

    def flipped(self) -> "Sleeve":
        """The same sleeve on the left."""

        def over(point: tuple[float, float]) -> tuple[float, float]:
            return -point[0], point[1]

        return Sleeve(
            flip(self.outline),
            over(self.start),
            over(self.elbow),
            over(self.end),
            over(self.end_outer),
            over(self.end_inner),
            -self.lower_angle,
        )


def long_sleeve(
    shape: Shape, *, length: float, angle: float, upper: float, elbow: float, wrist: float, cap: float = 0.0
) -> Sleeve:
    """A right sleeve that hangs.

    Args:
        shape: of the body it is sewn to.
        length: from the shoulder, cm.
        angle: of the upper arm against the vertical, radians.
        upper, elbow, wrist: widths laid flat.
        cap: height of a puffed shoulder.

    Returns:
        The sleeve.
    """
    s = shape
    lower = angle - 0.10
    d, n = np.array([math.sin(angle), math.cos(angle)]), np.array([math.cos(angle), -math.sin(angle)])
    d2, n2 = np.array([math.sin(lower), math.cos(lower)]), np.array([math.cos(lower), -math.sin(lower)])
    shoulder = np.array([s.shoulder, s.slope])
    biceps = np.array([s.chest + upper * 0.53, s.armhole - 3.0])
    reach = max(length - (s.armhole - 4.0 - s.slope), 8.0)
    outer_elbow = biceps + d * reach * 0.42
    outer_end = outer_elbow + d2 * reach * 0.58
    inner_elbow = outer_elbow - n * elbow
    inner_end = outer_end - n2 * wrist
    full = max(0.0, (elbow - wrist) * 0.12)
    shape_outline = outline(
        [
            shoulder - (2.0, 0.55),
            shift(shoulder, 0.9, 0.15 - 0.4 * cap),
            shift(shoulder, (biceps - shoulder)[0] * 0.56, (biceps - shoulder)[1] * 0.36 - cap),
            biceps,
            outer_elbow,
            (outer_elbow * 0.45 + outer_end * 0.55) + n2 * full,
            outer_end,
        ],
        [outer_end, outer_end - n2 * wrist * 0.5 + d2 * 0.5, inner_end],
        [inner_end, (inner_elbow * 0.45 + inner_end * 0.55) - n2 * full, inner_elbow, (s.chest - 1.0, s.armhole + 1.2)],
        [(s.chest - 1.0, s.armhole + 1.2), (s.shoulder - 6, s.armhole - 4), (s.shoulder - 6, s.slope + 2)],
    )
    middle = (outer_elbow + inner_elbow) / 2
    return Sleeve(
        shape_outline,
        (float(biceps[0] - upper * 0.5), s.slope + 5.0),
        (float(middle[0]), float(middle[1])),
        tuple(((outer_end + inner_end) / 2).tolist()),
        tuple(outer_end.tolist()),
        tuple(inner_end.tolist()),
        lower,
    )


def short_sleeve(shape: Shape, *, length: float, angle: float, width: float, cap: float = 0.0) -> Sleeve:
    """A right sleeve that ends above the elbow.

    Args:
        shape: of the body it is sewn to.
        length: from the shoulder, cm.
        angle: against the vertical, radians.
        width: of its opening, laid flat.
        cap: height of a puffed shoulder.

    Returns:
        The sleeve.
    """
    s = shape
    d, n = np.array([math.sin(angle), math.cos(angle)]), np.array([math.cos(angle), -math.sin(angle)])
    shoulder = np.array([s.shoulder, s.slope])
    outer = shoulder + d * length + n * 1.2
    inner = outer - n * width
    shape_outline = outline(
        [
            shoulder - (2.0, 0.55),
            shift(shoulder, 0.9, 0.15 - 0.4 * cap),
            shoulder + d * length * 0.35 + n * 1.5 - (0, cap),
            outer,
        ],
        [outer, (outer + inner) / 2 + d * 0.5, inner],
        [inner, (s.chest - 0.6, s.armhole + 0.8)],
        [(s.chest - 0.6, s.armhole + 0.8), (s.shoulder - 6, s.armhole - 4), (s.shoulder - 6, s.slope + 2)],
    )
    end = (outer + inner) / 2
    start = (float(s.shoulder + 1.0), s.slope + 5.0)
    return Sleeve(shape_outline, start, start, tuple(end.tolist()), tuple(outer.tolist()), tuple(inner.tolist()), angle)

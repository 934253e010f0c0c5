"""Layout of a line chart over k, in SVG units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.bootstrap import Estimate
from evaluation.spaces import SpaceName

WIDTH, HEIGHT = 340, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 330.0, 12.0, 200.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: its position and its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A measured k: its point, the ends of its interval (None if it has none), and its tooltip."""

    x: float
    y: float
    low: float | None
    high: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One space's curve: its points in the format of an SVG polyline, and its markers."""

    space: SpaceName
    points: str
    markers: Sequence[Marker]


@dataclass(frozen=True, slots=True)
class LineChart:
    """A chart laid out for drawing.

    Attributes:
        name: the quantity on the vertical axis, such as `recall@k`.
        left, right, top, bottom: edges of the plot area.
        across: ticks of k; `at` is x.
        up: ticks of the values; `at` is y.
        lines: in drawing order.
    """

    name: str
    left: float
    right: float
    top: float
    bottom: float
    across: Sequence[Tick]
    up: Sequence[Tick]
    lines: Sequence[Line]


def draw_chart(
    name: str,
    curves: Sequence[tuple[SpaceName, Sequence[float], Sequence[tuple[int, Estimate]]]],
) -> LineChart:
    """Lay out curves; the vertical axis covers the part of 0 to 1 that they need.

    Args:
        name: the quantity to draw.
        curves: for each space its values at k = 1, 2, ..., at least two, and estimates at some of these k.
    """
    values = [value for _, curve, _ in curves for value in curve]
    ends = [end for _, _, marked in curves for _, estimate in marked for end in (estimate.low, estimate.high)]
    values += [end for end in ends if end is not None]
    step, lowest, highest = _range(min(values), max(values))
    longest = max(len(curve) for _, curve, _ in curves)

    def across(k: int) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (k - 1) / (longest - 1), 2)

    def up(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (value - lowest) / (highest - lowest), 2)

    lines = [
        Line(
            space,
            " ".join(f"{across(k)},{up(value)}" for k, value in enumerate(curve, start=1)),
            [
                Marker(
                    across(k),
                    up(estimate.value),
                    None if estimate.low is None else up(estimate.low),
                    None if estimate.high is None else up(estimate.high),
                    f"{space}, k = {k}: {estimate.value:.3f}",
                )
                for k, estimate in marked
            ],
        )
        for space, curve, marked in curves
    ]
    steps = round((highest - lowest) / step)
    return LineChart(
        name=name,
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        across=[Tick(across(k), str(k)) for k in (1, 5, 10, 15, 20) if k <= longest],
        up=[Tick(up(lowest + step * number), f"{lowest + step * number:.2f}") for number in range(steps + 1)],
        lines=lines,
    )


def _range(lowest: float, highest: float) -> tuple[float, float, float]:
    """Distance between ticks, and the ends of the axis: the ticks that enclose the values, within 0 to 1."""
    spread = highest - lowest
    step = 0.05 if spread <= 0.2 else 0.1 if spread <= 0.5 else 0.2
    # Rounding of quotients such as 0.3 / 0.1 must not push a value over a tick.
    bottom = math.floor(lowest / step + 1e-9) * step
    top = math.ceil(highest / step - 1e-9) * step
    if top <= bottom:
        bottom, top = (bottom, bottom + step) if bottom + step <= 1.0 + 1e-9 else (bottom - step, bottom)
    return step, bottom, top

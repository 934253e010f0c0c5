"""Where the lines of a chart over k lie, in the units of an SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.bootstrap import Estimate
from evaluation.spaces import SpaceName

WIDTH, HEIGHT = 340, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 330.0, 12.0, 200.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, and what stands there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A measured k: its point, the ends of its interval (None for none), and what it says."""

    x: float
    y: float
    low: float | None
    high: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One space's curve: its points as an SVG polyline wants them, and its markers."""

    space: SpaceName
    points: str
    markers: Sequence[Marker]


@dataclass(frozen=True, slots=True)
class LineChart:
    """A chart: what is drawn, and where.

    Attributes:
        name: what the vertical axis counts, such as `recall@k`.
        left, right, top, bottom: of the area of the lines.
        across: ticks of k; `at` is x.
        up: ticks of the values; `at` is y.
        lines: in the order of drawing.
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
    """Lay out curves; the vertical axis shows the part of 0 to 1 in which they lie.

    Args:
        name: what is drawn.
        curves: for each space its values at k = 1, 2, ..., two at least, and estimates at some of these.
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
    """Distance of the ticks, and the ends of the axis: ticks that enclose the values, within 0 to 1."""
    spread = highest - lowest
    step = 0.05 if spread <= 0.2 else 0.1 if spread <= 0.5 else 0.2
    # Figures such as 0.3 / 0.1 must not be pushed over a tick by their rounding.
    bottom = math.floor(lowest / step + 1e-9) * step
    top = math.ceil(highest / step - 1e-9) * step
    if top <= bottom:
        bottom, top = (bottom, bottom + step) if bottom + step <= 1.0 + 1e-9 else (bottom - step, bottom)
    return step, bottom, top

"""Layout of a histogram of scores, in SVG units: right and wrong results on one axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.line_chart import HEIGHT, WIDTH, Tick
from evaluation.score_histogram import ScoreHistogram

_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, WIDTH - 10.0, 12.0, HEIGHT - 30.0
# Hundredths that one step of the drawing covers: the first that needs no more steps than fit.
_WIDTHS = (1, 2, 5, 10)
_MOST_STEPS = 40
_MOST_TICKS = 6
_TICKS_UP = 4


@dataclass(frozen=True, slots=True)
class ScoreChart:
    """A histogram laid out for drawing.

    Attributes:
        left, right, top, bottom: edges of the plot area.
        across: ticks of the scores; `at` is x.
        up: ticks of the number of results; `at` is y.
        of_right, of_wrong: outlines in the format of an SVG polygon.
        width: of a step, in scores.
    """

    left: float
    right: float
    top: float
    bottom: float
    across: Sequence[Tick]
    up: Sequence[Tick]
    of_right: str
    of_wrong: str
    width: float


def draw_scores(found: ScoreHistogram) -> ScoreChart:
    """Lay out a histogram; its steps begin at whole multiples of their width."""
    width = next((width for width in _WIDTHS if len(found.right) <= (_MOST_STEPS - 1) * width), _WIDTHS[-1])
    first = found.lowest // width * width
    last = -(-(found.lowest + len(found.right)) // width) * width
    of_right, of_wrong = (_steps(counts, found.lowest - first, width) for counts in (found.right, found.wrong))
    most = max(1, *of_right, *of_wrong)
    step = _round_step(most / _TICKS_UP)
    highest = math.ceil(most / step) * step

    def across(score: int) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (score - first) / (last - first), 2)

    def up(count: int) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * count / highest, 2)

    def outline(counts: Sequence[int]) -> str:
        points = [(across(first), _BOTTOM)]
        for position, count in enumerate(counts):
            start = first + position * width
            points += [(across(start), up(count)), (across(start + width), up(count))]
        return " ".join(f"{x},{y}" for x, y in [*points, (across(last), _BOTTOM)])

    between = next(step for step in (1, 2, 5, 10, 20, 50) if (last - first) / step <= _MOST_TICKS)
    return ScoreChart(
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        across=[
            Tick(across(score), f"{score / 100:.2f}")
            for score in range(-(-first // between) * between, last + 1, between)
        ],
        up=[Tick(up(count), f"{count:,}") for count in range(0, highest + 1, step)],
        of_right=outline(of_right),
        of_wrong=outline(of_wrong),
        width=width / 100,
    )


def _steps(counts: Sequence[int], skipped: int, width: int) -> list[int]:
    """Sums of `width` counts each, the first of which begins `skipped` before the counts."""
    padded = [0] * skipped + list(counts)
    return [sum(padded[start : start + width]) for start in range(0, len(padded), width)]


def _round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, ... that is not below this."""
    power: int = 10 ** max(0, math.floor(math.log10(max(1.0, least))))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)

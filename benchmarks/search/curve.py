"""How the cost of a search grows with the number of items."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.search.engine import Kind
from benchmarks.search.findings import Curve, CurvePoint, EngineFigures
from benchmarks.search.items import Items
from benchmarks.search.kinds import FLAT, OURS
from benchmarks.search.measuring import build, measure

_FIRST = 10_000
_STEPS = (1, 3)


def sizes(items: int) -> list[int]:
    """10, 30, 100, 300 thousand and so on, and the number of items itself; only the latter for 10,000 or fewer."""
    below = [step * _FIRST * 10**power for power in range(6) for step in _STEPS if step * _FIRST * 10**power < items]
    return [*below, items]


def draw_curve(
    kinds: Sequence[Kind],
    items: Items,
    whole: Sequence[EngineFigures],
    *,
    k: int,
    queries: int,
    rounds: int,
    generator: np.random.Generator,
) -> Curve:
    """Measure ours and faiss flat on random subsets of the items, each with queries from inside and outside the subset.

    Args:
        kinds: engines of this run; only ours and faiss flat among them are measured.
        items: all N items.
        whole: measurements for all N items.
        k: number of results.
        queries: number of queries.
        rounds: see `benchmarks.search.latency.ask`.
        generator: for the subsets and the queries.
    """
    compared = [kind for kind in kinds if kind.name in (OURS, *FLAT)]
    points = []
    for size in sizes(len(items.vectors))[:-1]:
        part = items.some(size, generator)
        asked = part.queries(queries, generator)
        points.append(_point(size, measure(compared, build(compared, part, asked), part, asked, k=k, rounds=rounds)))
    names = {kind.name for kind in compared}
    points.append(_point(len(items.vectors), [figures for figures in whole if figures.name in names]))
    return Curve(points, exponents(points))


def exponents(points: Sequence[CurvePoint]) -> Mapping[str, float]:
    """Slope of log p50 over log items by least squares, for each engine; empty for fewer than two points."""
    if len(points) < 2:
        return {}
    items = np.log([point.items for point in points])
    return {name: float(np.polyfit(items, np.log([p.p50[name] for p in points]), 1)[0]) for name in points[0].p50}


def _point(items: int, measured: Sequence[EngineFigures]) -> CurvePoint:
    ours = next(figures for figures in measured if figures.name == OURS)
    return CurvePoint(items, {figures.name: figures.both.p50 for figures in measured}, ours.ratio, ours.build_s)

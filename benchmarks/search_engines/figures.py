"""What was measured of each engine, and the table of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.latency import Answers


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one query at a time.

    Attributes:
        p50, p99: percentiles.
        ratio: to ours: median of the ratios of the rounds' medians.
    """

    p50: float
    p99: float
    ratio: float


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """One engine.

    Attributes:
        name: of the engine.
        nearest: of the ten nearest items by reduced embeddings.
        recall: share of the true ten nearest that it finds, mean over the queries.
        page: of the first page as the API answers it; None for a library, and for drawn items.
        same_page: share of our page's items that its page has; None likewise.
        load_s: seconds to load or build it.
        items_per_s: of that.
        bytes_per_item: that it keeps; None: not known.
    """

    name: str
    nearest: Times
    recall: float
    page: Times | None
    same_page: float | None
    load_s: float
    items_per_s: float
    bytes_per_item: float | None


def figures_of(
    name: str,
    found: Answers,
    ours: Answers,
    recalls: Sequence[float],
    page: Answers | None,
    our_page: Answers | None,
    *,
    load_s: float,
    nbytes: int | None,
    items: int,
) -> EngineFigures:
    """Condense the answers of one engine; `ours` and `our_page` are those that it is compared with."""
    return EngineFigures(
        name=name,
        nearest=_times(found, ours),
        recall=float(np.mean(recalls)),
        page=None if page is None or our_page is None else _times(page, our_page),
        same_page=None if page is None or our_page is None else _shared(page.found, our_page.found),
        load_s=load_s,
        items_per_s=items / load_s,
        bytes_per_item=None if nbytes is None else nbytes / items,
    )


def as_table(figures: Sequence[EngineFigures]) -> str:
    """A line for each engine."""
    width = max(len(one.name) for one in figures)
    lines = [
        f"{'':{width}}  {'ten nearest, ms: p50, p99, ratio':>34}  {'recall':>7}  "
        f"{'page, ms: p50, p99, ratio':>30}  {'same':>6}  {'items/s loaded':>14}  {'bytes an item':>13}"
    ]
    for one in figures:
        same = "-" if one.same_page is None else f"{one.same_page:.4f}"
        size = "-" if one.bytes_per_item is None else f"{one.bytes_per_item:,.0f}"
        lines.append(
            f"{one.name:{width}}  {_said(one.nearest):>34}  {one.recall:>7.4f}  {_said(one.page):>30}  {same:>6}  "
            f"{one.items_per_s:>14,.0f}  {size:>13}"
        )
    return "\n".join(lines)


def _said(times: Times | None) -> str:
    return "-" if times is None else f"{times.p50:.3f}, {times.p99:.3f}, {times.ratio:.1f}x"


def _times(found: Answers, ours: Answers) -> Times:
    p50, p99 = np.percentile(found.milliseconds, (50, 99)).tolist()
    ratios = [
        np.median(found.milliseconds[found.rounds == number]) / np.median(ours.milliseconds[ours.rounds == number])
        for number in np.unique(ours.rounds)
    ]
    return Times(p50, p99, float(np.median(ratios)))


def _shared(found: Sequence[NDArray[np.int64]], ours: Sequence[NDArray[np.int64]]) -> float:
    return float(np.mean([np.isin(right, rows).mean() for rows, right in zip(found, ours, strict=True) if right.size]))

"""Scores of right and of wrong results: what a `min_score` would keep and cut off."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.ranked import Ranked

# Hundredths, so that a bound such as 0.35 is the float32 that a request with min_score=0.35 is compared with.
STEPS = 100
_EDGES = (np.arange(-STEPS, STEPS + 1) / STEPS).astype(np.float32)
_CUT_STEP = 5


@dataclass(frozen=True, slots=True)
class Auto:
    """What `min_score=auto` does.

    Attributes:
        similarity: of reduced embeddings, at which a list ends, see `index.resemblance`.
        queries: number of queries that this was measured on.
        right_kept, wrong_kept: shares of their right and wrong results that remain, 0 to 1; None if there are none.
        matches: median number of items that remain in the whole gallery.
    """

    similarity: float
    queries: int
    right_kept: float | None
    wrong_kept: float | None
    matches: float


@dataclass(frozen=True, slots=True)
class ScoreHistogram:
    """Served scores of the first results of all judged queries, with all items in the gallery.

    Attributes:
        depth: number of results of each query that count.
        lowest: hundredths: the first bin has scores from `lowest` / 100 on, each bin is 0.01 wide.
        right, wrong: number of right and of wrong results in each bin; the last bins hold something.
        best: number of queries whose first result is in each bin.
        auto: None if it is not known where resemblance ends.
    """

    depth: int
    lowest: int
    right: Sequence[int]
    wrong: Sequence[int]
    best: Sequence[int]
    auto: Auto | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """What a `min_score` does to the first results.

    Attributes:
        min_score: hundredths.
        right_kept, wrong_kept: shares of the right and of the wrong results that remain, 0 to 1; None if there are
            none.
        precision: share of right ones among those that remain; None if none remains.
        empty: share of queries that are left without a result.
    """

    min_score: int
    right_kept: float | None
    wrong_kept: float | None
    precision: float | None
    empty: float


def score_histogram(ranked: Ranked, right: NDArray[np.bool_], auto: Auto | None = None) -> ScoreHistogram:
    """Count the scores of right and wrong results.

    Args:
        ranked: the results of J queries, with served scores; each query has at least one.
        right: (J, K) bool, whether they are right.
        auto: see `ScoreHistogram`.
    """
    there = ranked.rows >= 0
    # In float32, as `min_score` is compared.
    bins = np.searchsorted(_EDGES, ranked.similarities, side="right") - 1
    counts = [
        np.bincount(numbers, minlength=len(_EDGES))
        for numbers in (bins[there & right], bins[there & ~right], bins[:, 0][there[:, 0]])
    ]
    filled = np.flatnonzero(counts[0] + counts[1])
    low, high = (int(filled[0]), int(filled[-1]) + 1) if filled.size else (STEPS, STEPS + 1)
    of_right, of_wrong, best = (count[low:high].tolist() for count in counts)
    return ScoreHistogram(ranked.rows.shape[1], low - STEPS, of_right, of_wrong, best, auto)


def auto_cut(similarity: float, matches: NDArray[np.int64], rows: NDArray[np.int64], right: NDArray[np.bool_]) -> Auto:
    """What is left of some queries' results if each list ends after as many items as resemble the query.

    Args:
        similarity: see `Auto`.
        matches: (S,) int64, the number of items that resemble each query, S at least 1.
        rows: (S, K) int64, the results; -1 beyond the end of a shorter list.
        right: (S, K) bool.
    """
    there = rows >= 0
    kept = there & (np.arange(rows.shape[1]) < matches[:, None])
    return Auto(
        similarity,
        len(rows),
        _share((kept & right).sum(), (there & right).sum()),
        _share((kept & ~right).sum(), (there & ~right).sum()),
        float(np.median(matches)),
    )


def cut_at(found: ScoreHistogram, min_score: int) -> Cut:
    """What a `min_score` of so many hundredths does."""
    start = max(0, min_score - found.lowest)
    right, wrong = sum(found.right[start:]), sum(found.wrong[start:])
    return Cut(
        min_score,
        _share(right, sum(found.right)),
        _share(wrong, sum(found.wrong)),
        _share(right, right + wrong),
        sum(found.best[:start]) / max(1, sum(found.best)),
    )


def cuts(found: ScoreHistogram) -> list[Cut]:
    """Every twentieth from the last that keeps everything up to the first that keeps nothing, or to 1."""
    end = found.lowest + len(found.right)
    first, last = found.lowest // _CUT_STEP * _CUT_STEP, -(-end // _CUT_STEP) * _CUT_STEP
    return [cut_at(found, min_score) for min_score in range(first, min(last, STEPS) + 1, _CUT_STEP)]


def best_cut(found: ScoreHistogram) -> Cut | None:
    """The cut with the greatest difference between the shares of right and of wrong results kept, the lowest of these.

    None if there are no right or no wrong results.
    """
    if not sum(found.right) or not sum(found.wrong):
        return None
    right = np.cumsum(np.array(found.right)[::-1])[::-1] / sum(found.right)
    wrong = np.cumsum(np.array(found.wrong)[::-1])[::-1] / sum(found.wrong)
    return cut_at(found, found.lowest + int(np.argmax(right - wrong)))


def _share(part: int | np.integer, whole: int | np.integer) -> float | None:
    return float(part / whole) if whole else None

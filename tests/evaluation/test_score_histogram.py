"""What a min_score keeps: counted as a plain loop over served results counts."""

import numpy as np
import pytest
from numpy.typing import NDArray

from evaluation.ranked import Ranked
from evaluation.score_chart import draw_scores
from evaluation.score_histogram import auto_cut, best_cut, cut_at, cuts, score_histogram


def drawn(seed: int) -> tuple[Ranked, NDArray[np.bool_]]:
    """Falling scores of 50 queries, some exactly on a hundredth, some lists shorter than the others."""
    generator = np.random.default_rng(seed)
    scores = generator.uniform(-0.97, 0.97, (50, 20)).astype(np.float32)
    scores[::2] = (np.rint(scores[::2].astype(np.float64) * 100) / 100).astype(np.float32)
    scores = -np.sort(-scores, axis=1)
    rows = np.tile(np.arange(20), (50, 1))
    for row, length in enumerate(generator.integers(1, 21, 50).tolist()):
        rows[row, length:] = -1
        scores[row, length:] = 0.0
    right = generator.random((50, 20)) < 0.6
    return Ranked(rows, scores), right & (rows >= 0)


@pytest.mark.parametrize("seed", range(3))
def test_cuts_are_those_of_a_loop(seed: int) -> None:
    ranked, right = drawn(seed)
    found = score_histogram(ranked, right)
    for min_score in range(-100, 101, 3):
        bound = np.float32(min_score / 100)
        kept = {True: 0, False: 0}
        total = {True: 0, False: 0}
        empty = 0
        for rows, scores, judged in zip(ranked.rows, ranked.similarities, right, strict=True):
            here = 0
            for row, score, is_right in zip(rows.tolist(), scores, judged.tolist(), strict=True):
                if row >= 0:
                    total[is_right] += 1
                    kept[is_right] += bool(score >= bound)
                    here += bool(score >= bound)
            empty += here == 0
        cut = cut_at(found, min_score)
        assert cut.right_kept == pytest.approx(kept[True] / total[True])
        assert cut.wrong_kept == pytest.approx(kept[False] / total[False])
        assert cut.empty == pytest.approx(empty / 50)
        if kept[True] + kept[False]:
            assert cut.precision == pytest.approx(kept[True] / (kept[True] + kept[False]))
        else:
            assert cut.precision is None


def test_the_table_goes_from_everything_to_nothing() -> None:
    found = score_histogram(*drawn(4))
    table = cuts(found)
    assert (table[0].right_kept, table[0].wrong_kept, table[0].empty) == (1.0, 1.0, 0.0)
    assert [cut.min_score % 5 for cut in table] == [0] * len(table)
    assert (table[-1].right_kept, table[-1].wrong_kept, table[-1].empty) == (0.0, 0.0, 1.0)


def test_the_best_cut_is_the_lowest_with_the_greatest_difference() -> None:
    scores = np.array([[0.9, 0.8, 0.4], [0.85, 0.45, 0.3]], np.float32)
    right = np.array([[True, True, False], [True, False, False]])
    best = best_cut(score_histogram(Ranked(np.zeros((2, 3), np.int64), scores), right))
    assert best is not None
    assert (best.min_score, best.right_kept, best.wrong_kept) == (46, 1.0, 0.0)
    for one_kind in (np.ones((2, 3), np.bool_), np.zeros((2, 3), np.bool_)):
        assert best_cut(score_histogram(Ranked(np.zeros((2, 3), np.int64), scores), one_kind)) is None


@pytest.mark.parametrize("seed", range(2))
def test_the_automatic_cut_is_that_of_a_loop(seed: int) -> None:
    ranked, right = drawn(seed)
    matches = np.random.default_rng(seed).integers(0, 30, 50)
    auto = auto_cut(0.5, matches, ranked.rows, right)
    kept = {True: 0, False: 0}
    total = {True: 0, False: 0}
    for count, rows, judged in zip(matches.tolist(), ranked.rows, right, strict=True):
        for place, (row, is_right) in enumerate(zip(rows.tolist(), judged.tolist(), strict=True)):
            if row >= 0:
                total[is_right] += 1
                kept[is_right] += place < count
    assert auto.right_kept == pytest.approx(kept[True] / total[True])
    assert auto.wrong_kept == pytest.approx(kept[False] / total[False])
    assert auto.matches == np.median(matches)


def test_lists_without_any_result() -> None:
    found = score_histogram(Ranked.empty(2, 5), np.zeros((2, 5), np.bool_))
    assert cut_at(found, 50).right_kept is None
    assert best_cut(found) is None
    assert draw_scores(found).of_right


def test_the_chart_stands_on_its_axis_and_reaches_its_counts() -> None:
    scores = np.array([[0.555, 0.55, 0.5, 0.101]], np.float32)
    right = np.array([[True, True, False, False]])
    chart = draw_scores(score_histogram(Ranked(np.zeros((1, 4), np.int64), scores), right))
    points = [tuple(map(float, point.split(","))) for point in chart.of_right.split()]
    assert points[0] == (chart.left, chart.bottom)
    assert points[-1] == (chart.right, chart.bottom)
    # Two results in one step, and the axis ends there.
    assert min(y for _, y in points) == chart.top
    assert (chart.up[0].label, chart.up[-1].label) == ("0", "2")
    assert [tick.label for tick in chart.across] == ["0.10", "0.20", "0.30", "0.40", "0.50"]

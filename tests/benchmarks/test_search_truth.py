"""The oracle itself, against a loop that is too slow for anything else."""

import numpy as np
import pytest

from benchmarks.search import truth


def loop(rows: np.ndarray, query: np.ndarray, k: int, among: list[int]) -> list[int]:
    scored = []
    for row in among:
        similarity = 0.0
        for a, b in zip(rows[row].tolist(), query.tolist(), strict=True):
            similarity += a * b
        scored.append((-min(1.0, max(-1.0, similarity)), row))
    return [row for _, row in sorted(scored)[:k]]


@pytest.fixture
def rows() -> np.ndarray:
    drawn = truth.unit_rows(np.random.default_rng(1).standard_normal((300, 7))).astype(np.float32)
    # Twins, whose order is that of their rows, and an item that is similar to nothing.
    drawn[200:220] = drawn[5]
    drawn[17] = 0.0
    return drawn


@pytest.mark.parametrize("k", [1, 10, 21, 300])
@pytest.mark.parametrize("rows_at_once", [64, 100_000])
def test_it_is_the_loops(rows: np.ndarray, k: int, rows_at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth, "_ROWS_AT_ONCE", rows_at_once)
    queries = np.concatenate((rows[[5, 17, 210]], rows[:4]))
    found = truth.nearest(rows, queries, k)
    for number, query in enumerate(queries):
        assert found.rows[number].tolist() == loop(rows, query, k, list(range(300)))


def test_among_some_rows(rows: np.ndarray) -> None:
    among = np.array([3, 5, 100, 205, 210, 299])
    found = truth.nearest(rows, rows[[5]], 4, among)
    assert found.rows[0].tolist() == loop(rows, rows[5], 4, among.tolist())


def test_no_cosine_is_above_one() -> None:
    rows = np.array([[1.0, 0.0], [1.0000001, 0.0], [1.0000002, 0.0]], np.float32)
    found = truth.nearest(rows, rows[2:], 1)
    assert found.rows.tolist() == [[0]], "lengths that float32 rounded up decided"
    assert found.similarities.tolist() == [[1.0]]


def test_recall_takes_what_float32_cannot_tell_apart_and_nothing_else() -> None:
    rows = np.array([[1.0, 0.0], [np.cos(0.01), np.sin(0.01)], [np.cos(0.010001), np.sin(0.010001)], [0.0, 1.0]])
    best = truth.nearest(rows, rows[:1], 2)
    assert truth.recall(best, 0, rows, rows[0], np.array([0, 1])) == 1.0
    assert truth.recall(best, 0, rows, rows[0], np.array([0, 2])) == 1.0, "1e-8 below the second"
    assert truth.recall(best, 0, rows, rows[0], np.array([0, 3])) == 0.5
    assert truth.recall(best, 0, rows, rows[0], np.array([0, 0])) == 0.5, "one hit twice"
    assert truth.recall(best, 0, rows, rows[0], np.array([], np.int64)) == 0.0

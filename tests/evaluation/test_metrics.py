import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluation.metrics import average_precision_at, precision_at, recall_at, score


@st.composite
def ranked_lists(draw: st.DrawFn) -> tuple[NDArray[np.bool_], NDArray[np.int64], int]:
    queries, length = draw(st.integers(1, 6)), draw(st.integers(1, 12))
    rows = [draw(st.lists(st.booleans(), min_size=length, max_size=length)) for _ in range(queries)]
    unseen = [draw(st.integers(0, 5)) for _ in range(queries)]
    ranked = np.array(rows, np.bool_)
    relevant = np.array([max(1, sum(row) + more) for row, more in zip(rows, unseen, strict=True)], np.int64)
    return ranked, relevant, draw(st.integers(1, length))


def slow_average_precision(row: list[bool], relevant: int, k: int) -> float:
    total, found = 0.0, 0
    for position in range(k):
        if row[position]:
            found += 1
            total += found / (position + 1)
    return total / min(k, relevant)


@given(ranked_lists())
def test_metrics_equal_a_slow_oracle(case: tuple[NDArray[np.bool_], NDArray[np.int64], int]) -> None:
    ranked, relevant, k = case
    rows = ranked.tolist()
    recall = [1.0 if any(row[position] for position in range(k)) else 0.0 for row in rows]
    precision = [sum(1 for position in range(k) if row[position]) / k for row in rows]
    average = [slow_average_precision(row, count, k) for row, count in zip(rows, relevant.tolist(), strict=True)]
    assert score("recall", ranked, relevant, k).tolist() == recall
    assert score("precision", ranked, relevant, k).tolist() == pytest.approx(precision, abs=1e-12)
    assert score("mean_average_precision", ranked, relevant, k).tolist() == pytest.approx(average, abs=1e-12)
    assert average_precision_at(ranked, relevant, k).max() <= 1.0


def test_definitions_by_hand() -> None:
    ranked = np.array([[True, False, True, False]])
    assert recall_at(ranked, 1).tolist() == [True]
    assert precision_at(ranked, 4).tolist() == [0.5]
    # Three are relevant, two of them found: (1/1 + 2/3) / 3.
    assert average_precision_at(ranked, np.array([3]), 4)[0] == pytest.approx(5 / 9)
    # Of a hundred relevant ones only two can be among the first two.
    assert average_precision_at(np.array([[True, True]]), np.array([100]), 2)[0] == 1.0


def test_precision_divides_by_k_also_when_little_is_relevant() -> None:
    assert precision_at(np.array([[True] + [False] * 9]), 10).tolist() == [0.1]


@pytest.mark.parametrize("k", [0, 4])
def test_a_k_beyond_the_lists_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match="k must be 1 to 3"):
        recall_at(np.zeros((2, 3), np.bool_), k)


@pytest.mark.parametrize("relevant", [0, 1])
def test_counts_that_cannot_be_are_refused(relevant: int) -> None:
    with pytest.raises(ValueError, match="relevant must be at least 1"):
        average_precision_at(np.array([[True, True]]), np.array([relevant]), 2)

"""How features have moved, told from some views and applied to others."""

import numpy as np
import pytest

from model.training.lookalikes.feature_drift import FeatureDrift


def features(count: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)


def test_features_that_stay_stay() -> None:
    old, others = features(50, 0), features(20, 1)
    assert np.array_equal(FeatureDrift.between(old, old).applied(others), others)


def test_a_linear_move_is_found() -> None:
    old, others = features(60, 0), features(20, 1)
    turn = np.eye(8, dtype=np.float32) + 0.2 * features(8, 2)
    moved = FeatureDrift.between(old, old @ turn + 3).applied(others)
    assert np.abs(moved - (others @ turn + 3)).max() < 0.05


def test_of_moves_without_a_rule_only_the_mean_is_taken() -> None:
    old, others = features(40, 0), features(20, 1)
    moved = FeatureDrift.between(old, old + features(40, 5) + 2).applied(others)
    assert np.abs((moved - others).mean() - 2) < 0.1
    assert np.abs(moved - others - 2).max() < 1


@pytest.mark.parametrize("count", [1, 2])
def test_few_views_give_the_mean_at_least(count: int) -> None:
    old, others = features(count, 0), features(5, 1)
    moved = FeatureDrift.between(old, old + 1).applied(others)
    assert np.isfinite(moved).all()
    assert moved.mean() - others.mean() == pytest.approx(1, abs=1e-3)

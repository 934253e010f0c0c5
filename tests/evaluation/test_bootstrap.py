import numpy as np
import pytest

from evaluation.bootstrap import ClusterBootstrap, macro_mean, numbered


def test_means_equal_a_slow_oracle() -> None:
    generator = np.random.default_rng(1)
    groups = np.array([0, 1, 1, 2, 0, 3, 3, 3])
    values = generator.random((8, 2))
    found = ClusterBootstrap(groups, resamples=20, seed=5).means(values)
    drawn = np.random.default_rng(5).integers(0, 4, (20, 4))
    for resample, chosen in zip(found, drawn.tolist(), strict=True):
        rows = [row for group in chosen for row in range(8) if groups[row] == group]
        assert resample.tolist() == pytest.approx(values[rows].mean(axis=0).tolist(), abs=1e-12)


def test_chunks_do_not_change_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    groups, values = np.arange(30) % 11, np.random.default_rng(2).random((30, 1))
    at_once = ClusterBootstrap(groups, resamples=64).means(values)
    monkeypatch.setattr("evaluation.bootstrap._WEIGHTS_AT_ONCE", 100)
    assert np.allclose(ClusterBootstrap(groups, resamples=64).means(values), at_once, rtol=0, atol=1e-12)


def test_the_interval_is_that_of_the_normal_distribution() -> None:
    generator = np.random.default_rng(3)
    values = generator.normal(0.5, 0.2, 4_000)
    bootstrap = ClusterBootstrap(np.arange(4_000), resamples=2_000)
    estimate = bootstrap.estimate(float(values.mean()), bootstrap.means(values[:, None])[:, 0])
    half = 1.96 * values.std() / np.sqrt(4_000)
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.15 * half)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.15 * half)


def test_intervals_cover_the_truth_nineteen_times_in_twenty() -> None:
    generator = np.random.default_rng(4)
    covered = 0
    for trial in range(200):
        right = (generator.random(150) < 0.3).astype(np.float64)
        bootstrap = ClusterBootstrap(np.arange(150), resamples=300, seed=trial)
        estimate = bootstrap.estimate(float(right.mean()), bootstrap.means(right[:, None])[:, 0])
        assert estimate.low is not None
        assert estimate.high is not None
        covered += estimate.low <= 0.3 <= estimate.high
    assert 180 <= covered <= 198


def test_siblings_widen_the_interval() -> None:
    # Ten copies of each of 100 independent queries say no more than the 100.
    values = np.repeat((np.random.default_rng(5).random(100) < 0.5).astype(np.float64), 10)

    def width(groups: np.ndarray) -> float:
        return float(np.ptp(np.quantile(ClusterBootstrap(groups).means(values[:, None]), [0.025, 0.975])))

    assert width(np.repeat(np.arange(100), 10)) == pytest.approx(np.sqrt(10) * width(np.arange(1_000)), rel=0.15)


def test_one_group_has_no_interval() -> None:
    bootstrap = ClusterBootstrap(np.zeros(5, np.int64))
    estimate = bootstrap.estimate(0.4, bootstrap.means(np.full((5, 1), 0.4))[:, 0])
    assert (estimate.value, estimate.low, estimate.high) == (0.4, None, None)


def test_macro_means_keep_rare_classes() -> None:
    # 500 queries of a good class, and 50 classes of one bad query each.
    classes = np.concatenate([np.zeros(500, np.int64), np.arange(1, 51)])
    values = np.concatenate([(np.random.default_rng(6).random(500) < 0.8).astype(np.float64), np.zeros(50)])
    bootstrap = ClusterBootstrap(np.arange(550))
    value = macro_mean(values, classes)
    assert value == pytest.approx(values[:500].mean() / 51)
    estimate = bootstrap.estimate(value, bootstrap.macro_means(values, classes))
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low < value < estimate.high < 0.02


def test_macro_means_equal_a_slow_oracle() -> None:
    generator = np.random.default_rng(7)
    classes, groups = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 3])
    values = generator.random(6)
    found = ClusterBootstrap(groups, resamples=10, seed=8).macro_means(values, classes)
    # Groups within classes, in order: class 0 has {0,1} and {2}, class 1 {3} and {4}, class 2 {5}.
    parts = [[0, 1], [2], [3], [4], [5]]
    of_class = [(0, 2), (0, 2), (2, 2), (2, 2), (4, 1)]
    for resample, fractions in zip(found, np.random.default_rng(8).random((10, 5)), strict=True):
        drawn = [first + int(fraction * count) for fraction, (first, count) in zip(fractions, of_class, strict=True)]
        means = []
        for slots in ([0, 1], [2, 3], [4]):
            rows = [row for slot in slots for row in parts[drawn[slot]]]
            means.append(values[rows].mean())
        assert resample == pytest.approx(np.mean(means), abs=1e-12)


def test_labels_are_numbered_in_order() -> None:
    numbers, names = numbered(["b", "a", "b"])
    assert (numbers.tolist(), names) == ([1, 0, 1], ["a", "b"])

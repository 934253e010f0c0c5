"""Confidence intervals by cluster bootstrap: means over queries, resampled in whole groups."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1_000
CONFIDENCE = 0.95
_WEIGHTS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its 95 % bootstrap interval.

    Attributes:
        value: over all queries.
        low, high: ends of the interval; None if the queries are a single group, which says nothing about
            the variation between groups.
    """

    value: float
    low: float | None
    high: float | None


class ClusterBootstrap:
    """Resamples queries with replacement, in whole groups.

    Pictures of one product are not independent, so resampling them one by one would make every interval
    too narrow. Every method draws the same resamples, so values for the same queries can be compared in pairs.

    Args:
        groups: (Q,) int64, Q at least 1: 0 to G - 1, each present.
        resamples: their number, R.
        seed: of the random draws.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13 (percentile interval);
        Davison and Hinkley 1997, Bootstrap Methods and their Application, section 3.8 (whole groups).
    """

    def __init__(self, groups: NDArray[np.int64], *, resamples: int = RESAMPLES, seed: int = 0) -> None:
        self._groups = groups
        self._count = int(groups.max()) + 1
        self._resamples = resamples
        self._seed = seed

    def means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Means over the queries of each resample: (Q, M) float64 -> (R, M) float64."""
        parts = [weights @ values / weights.sum(axis=1, keepdims=True) for weights in self._weights()]
        return np.concatenate(parts)

    def macro_means(self, values: NDArray[np.float64], classes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Macro means of each resample: means over classes of the means over each class's queries.

        Groups are drawn within each class, so every class is in every resample. If resamples lost rare classes, which
        are often the worst, the interval would not be centred on the value.

        Args:
            values: (Q,) float64.
            classes: (Q,) int64: 0 to C - 1, each present.

        Returns:
            (R,) float64.
        """
        # A group in two classes counts as two.
        pairs, parts = np.unique(np.stack([classes, self._groups]), axis=1, return_inverse=True)
        of_class, part = pairs[0], parts.reshape(-1)
        starts = np.searchsorted(of_class, np.arange(int(of_class[-1]) + 1))
        first, groups = starts[of_class], np.bincount(of_class)[of_class]
        sizes, sums = np.bincount(part).astype(np.float64), np.bincount(part, values)
        generator = np.random.default_rng(self._seed)
        means = []
        for count in self._chunks(part.size):
            drawn = first + (generator.random((count, groups.size)) * groups).astype(np.int64)
            times = _times(drawn, groups.size)
            of_classes = np.add.reduceat(times * sums, starts, axis=1) / np.add.reduceat(times * sizes, starts, axis=1)
            means.append(of_classes.mean(axis=1))
        return np.concatenate(means)

    def estimate(self, value: float, resampled: NDArray[np.float64]) -> Estimate:
        """A value with the middle 95 % of its resamples, (R,) float64, as interval."""
        if self._count == 1:
            return Estimate(value, None, None)
        tail = (1.0 - CONFIDENCE) / 2.0
        low, high = np.quantile(resampled, [tail, 1.0 - tail]).tolist()
        return Estimate(value, low, high)

    def _weights(self) -> Iterator[NDArray[np.float64]]:
        """How often each query is drawn, (some resamples, Q); in chunks, as all resamples may exceed the memory."""
        generator = np.random.default_rng(self._seed)
        for count in self._chunks(self._groups.size):
            drawn = generator.integers(0, self._count, (count, self._count))
            yield _times(drawn, self._count)[:, self._groups]

    def _chunks(self, width: int) -> Iterator[int]:
        rows = max(1, _WEIGHTS_AT_ONCE // width)
        for start in range(0, self._resamples, rows):
            yield min(rows, self._resamples - start)


def _times(drawn: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """How often each of `count` numbers occurs in each row: (r, any) int64 -> (r, count) float64."""
    rows = len(drawn)
    flat = (drawn + np.arange(rows)[:, None] * count).reshape(-1)
    return np.bincount(flat, minlength=rows * count).reshape(rows, count).astype(np.float64)


def macro_mean(values: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    """Mean over classes of each class's mean over its queries: (Q,) float64, (Q,) int64 0 to C - 1, each present."""
    return float((np.bincount(classes, values) / np.bincount(classes)).mean())


def numbered(labels: list[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Labels as numbers: (Q,) int64 and the distinct labels in alphabetical order."""
    names = sorted(set(labels))
    number = {name: position for position, name in enumerate(names)}
    return np.array([number[label] for label in labels], np.int64), names

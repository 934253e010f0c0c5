"""The exact nearest items, from engines whose arithmetic is wrong as far as float32 may be."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from engines.exact_tail import SPARE, Fetched, exact_nearest, margin
from index.reduction import unit_rows
from index.unit_vectors import unit_query

WRONG = 2e-6
"""Four times what float32 can be wrong by in eight dimensions."""


@dataclass
class WrongEngine:
    """Items whose similarities are wrong by nearly as much as they may be."""

    vectors: NDArray[np.float32]
    wrong: float
    asked: list[str] = field(default_factory=list)

    def _similarities(self, unit: NDArray[np.float32]) -> NDArray[np.float64]:
        exact = self.vectors.astype(np.float64) @ unit.astype(np.float64)
        generator = np.random.default_rng(2)
        return exact + self.wrong * generator.choice([-1.0, 1.0], exact.size)

    def first(self, unit: NDArray[np.float32], count: int) -> Fetched:
        self.asked.append("first")
        similarities = self._similarities(unit)
        rows = np.argsort(-similarities)[:count]
        least = float(similarities[rows].min()) if rows.size == count else None
        return Fetched(rows, self.vectors[rows], least)

    def reaching(self, unit: NDArray[np.float32], floor: float, k: int) -> Fetched:
        self.asked.append("reaching")
        rows = np.flatnonzero(self._similarities(unit) >= floor)[::-1]
        _, equal = np.unique(self.vectors[rows], axis=0, return_inverse=True)
        kept = np.concatenate([np.sort(rows[equal == one])[:k] for one in range(equal.max() + 1)])
        return Fetched(kept, self.vectors[kept], None)

    def smallest(self, k: int) -> NDArray[np.int64]:
        return np.arange(len(self.vectors))[:k]


def close_rows(rows: int = 400, spread: float = 1e-6) -> NDArray[np.float32]:
    """Unit rows so close to each other that rounding decides about their order."""
    generator = np.random.default_rng(1)
    return unit_rows((1.0 + spread * generator.standard_normal((rows, 8))).astype(np.float32))


def expected(vectors: NDArray[np.float32], unit: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
    ranked = []
    for row, vector in enumerate(vectors.tolist()):
        total = 0.0
        for weight, component in zip(unit.tolist(), vector, strict=True):
            total += weight * component
        ranked.append((-min(1.0, max(-1.0, total)), row))
    return [(row, -similarity) for similarity, row in sorted(ranked)[:k]]


@pytest.mark.parametrize("k", [1, 10, 50, 399, 500])
def test_the_order_is_that_of_float64(k: int) -> None:
    vectors = close_rows()
    for query in np.random.default_rng(3).standard_normal((3, 8)).astype(np.float32):
        unit = unit_query(query, 8)
        found = exact_nearest(WrongEngine(vectors, WRONG), unit, k)
        assert list(zip(found.numbers.tolist(), found.similarities.tolist(), strict=True)) == expected(vectors, unit, k)


def test_more_are_fetched_only_where_they_are_needed() -> None:
    far_apart = unit_rows(np.random.default_rng(4).standard_normal((400, 8)).astype(np.float32))
    unit = unit_query(far_apart[7], 8)
    engine = WrongEngine(far_apart, WRONG)
    exact_nearest(engine, unit, 10)
    assert engine.asked == ["first"]
    twins = np.concatenate([far_apart, np.repeat(far_apart[7:8], 100, axis=0)])
    engine = WrongEngine(twins, 0.0)
    found = exact_nearest(engine, unit, 10)
    assert engine.asked == ["first", "reaching"]
    assert found.numbers.tolist() == [7, *range(400, 409)]
    engine = WrongEngine(far_apart[: 10 + SPARE - 1], WRONG)
    exact_nearest(engine, unit, 10)
    assert engine.asked == ["first"]


def test_everything_is_equally_near_to_nothing() -> None:
    engine = WrongEngine(close_rows(), 0.0)
    found = exact_nearest(engine, np.zeros(8, np.float32), 5)
    assert (found.numbers.tolist(), found.similarities.tolist()) == ([0, 1, 2, 3, 4], [0.0] * 5)
    assert engine.asked == []


@pytest.mark.parametrize("components", [2, 12, 30, 512])
def test_no_sum_in_float32_is_as_wrong_as_the_margin(components: int) -> None:
    generator = np.random.default_rng(components)
    rows = unit_rows(generator.standard_normal((200, components)).astype(np.float32))
    exact = np.vecdot(rows[:-1].astype(np.float64), rows[1:].astype(np.float64))
    single = np.zeros(199, np.float32)
    for component in generator.permutation(components).tolist():
        single += rows[:-1, component] * rows[1:, component]
    assert np.abs(single - exact).max() < margin(components) / 2


def test_bad_queries_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must have shape \(8,\)"):
        unit_query(np.zeros(7, np.float32), 8)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="finite"):
            unit_query(np.full(8, bad, np.float32), 8)

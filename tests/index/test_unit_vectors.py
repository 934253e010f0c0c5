"""Reduced embeddings depend on nothing but the embedding and the reduction."""

import math
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from index.fitting import fit_reduction
from index.reduction import Reduction, unit_rows
from index.unit_vectors import unit_vectors
from tests.drawn_sets import draw_embeddings


def slow(embedding: NDArray[np.float32], reduction: Reduction) -> list[float]:
    """Each sum exact, rounded to float32, and then to length 1."""
    row = unit_rows(embedding) if reduction.scaling == "l2" else embedding
    sums = [
        float(np.float32(math.fsum([*(float(x) * float(m) for x, m in zip(row, column, strict=True)), float(offset)])))
        for column, offset in zip(reduction.matrix.T, reduction.offset, strict=True)
    ]
    length = np.sqrt(np.vecdot(sums, sums)) or 1.0
    return [float(np.float32(total / length)) for total in sums]


@pytest.mark.parametrize("scaling", ["minmax", "l2"])
def test_a_row_has_the_same_bits_alone_and_among_others(scaling: Literal["minmax", "l2"]) -> None:
    embeddings = draw_embeddings(300, seed=3)
    reduction = fit_reduction(embeddings, scaling=scaling, components=30, seed=0)
    # Mean rows reduce to almost nothing, where the last bits of a product are all there is.
    rows = np.concatenate([embeddings, embeddings.mean(0, keepdims=True), np.zeros((1, 512), np.float32)])
    together = unit_vectors(rows, reduction)
    for count in (1, 2, 3, 17):
        for start in range(0, len(rows), 41):
            part = slice(start, start + count)
            assert unit_vectors(rows[part], reduction).tobytes() == together[part].tobytes()
    for row in (0, 150, 300, 301):
        assert together[row].tolist() == slow(rows[row], reduction)
    assert unit_vectors(np.asfortranarray(rows), reduction).tobytes() == together.tobytes()


def test_an_embedding_without_a_direction_stays_zero() -> None:
    matrix, ratios = np.zeros((512, 2), np.float32), np.array([0.5, 0.25])
    reduction = Reduction(matrix, np.zeros(2, np.float32), "minmax", ratios)
    assert unit_vectors(draw_embeddings(3), reduction).tolist() == [[0.0, 0.0]] * 3

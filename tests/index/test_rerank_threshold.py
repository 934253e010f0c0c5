from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.embedding_set import TWO_PARTS, ModelIdentity
from index.gallery import Gallery
from index.ranking import ALWAYS
from index.rerank_threshold import nearest_neighbour_percentile, rerank_from
from tests.index.searched_rows import SearchedRows

COMPONENTS, DIMENSIONS = 8, 64


def unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths: NDArray[np.float64] = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


def catalogue(items: int, seed: int = 0) -> tuple[Gallery, NDArray[np.float16], NDArray[np.float64]]:
    """Kinds in the first dimensions, which are the reduced ones, and what tells items apart in the others."""
    generator = np.random.default_rng(seed)
    kinds = 3.0 * generator.standard_normal((6, COMPONENTS))[generator.integers(0, 6, items)]
    rows = unit(np.hstack((kinds, np.zeros((items, DIMENSIONS - COMPONENTS)))))
    rows = unit(rows + 0.05 * generator.standard_normal((items, DIMENSIONS)))
    gallery = Gallery.of(unit(rows[:, :COMPONENTS]).astype(np.float32))
    return gallery, rows.astype(np.float16), rows


def test_nineteen_of_twenty_items_have_one_so_near() -> None:
    gallery, full, rows = catalogue(400)
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1.0)
    expected = float(np.percentile(cosines.max(axis=1), 5.0))
    assert nearest_neighbour_percentile(gallery, full) == pytest.approx(expected, abs=2e-3)


def test_twins_do_not_raise_it() -> None:
    gallery, full, rows = catalogue(400)
    doubled = np.concatenate((rows, rows[:300]))
    twins = Gallery.of(unit(doubled[:, :COMPONENTS]).astype(np.float32))
    alone = nearest_neighbour_percentile(gallery, full)
    assert 0.5 < alone < 0.99
    assert nearest_neighbour_percentile(twins, doubled.astype(np.float16)) == pytest.approx(alone, abs=0.02)


@pytest.mark.parametrize("items", [1, 2, 19])
def test_few_items_tell_nothing(items: int) -> None:
    gallery, full, _ = catalogue(items)
    assert nearest_neighbour_percentile(gallery, full) == ALWAYS


def test_equal_items_and_zeros_tell_nothing() -> None:
    gallery = Gallery.of(np.zeros((50, COMPONENTS), np.float32))
    assert nearest_neighbour_percentile(gallery, np.zeros((50, DIMENSIONS), np.float16)) == ALWAYS
    one = np.zeros((50, COMPONENTS), np.float32)
    one[:, 0] = 1.0
    full = np.zeros((50, DIMENSIONS), np.float16)
    full[:, 0] = 1.0
    assert nearest_neighbour_percentile(Gallery.of(one), full) == ALWAYS


def test_only_networks_of_two_parts_tell_strangers() -> None:
    gallery, full, _ = catalogue(60)
    one = ModelIdentity("resnet18-0123456789ab", "resnet18", "imagenet:resnet18", 224)
    assert rerank_from(one, gallery, full) == ALWAYS
    threshold = rerank_from(replace(one, parts=TWO_PARTS), gallery, full)
    assert threshold == nearest_neighbour_percentile(gallery, full) > 0.5


def test_a_copy_is_re_ranked_and_a_stranger_is_not() -> None:
    gallery, full, rows = catalogue(400)
    search = SearchedRows(gallery, full, window=100, rerank_from=nearest_neighbour_percentile(gallery, full))
    generator = np.random.default_rng(5)
    copy = rows[7] + 0.01 * generator.standard_normal(DIMENSIONS)
    # The copy's kind, and nothing else that any item has.
    stranger = np.concatenate((rows[7, :COMPONENTS], 0.5 * generator.standard_normal(DIMENSIONS - COMPONENTS)))
    for query, expected in ((copy, "full"), (stranger, "reduced")):
        reduced = query[:COMPONENTS].astype(np.float32)
        hits = search.search(reduced, query.astype(np.float32), limit=10)
        plain = gallery.search(reduced, limit=10)
        assert (hits.numbers.tolist() == plain.rows.tolist()) is (expected == "reduced")
        assert (hits.scores.tolist() == plain.similarities.tolist()) is (expected == "reduced")
    assert search.search(copy[:COMPONENTS].astype(np.float32), copy.astype(np.float32), limit=1).numbers.tolist() == [7]

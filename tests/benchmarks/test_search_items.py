"""Items of any number: what is copied, what is drawn, and that queries from outside are outside."""

import numpy as np
import pytest

from benchmarks.search import truth
from benchmarks.search.items import Items, jittered_items, mixture_items, own_items
from benchmarks.search.jittered import jitter_length
from benchmarks.search.source import Source, reduce_to_unit
from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import BenchmarkError
from index.fitting import fit_reduction

HELD_OUT = 20


@pytest.fixture(scope="module")
def source() -> Source:
    generator = np.random.default_rng(7)
    axes = generator.standard_normal((40, EMBEDDING_DIMENSIONS))
    full = (generator.standard_normal((400, 40)) / np.sqrt(np.arange(1, 41)) @ axes + 3.0).astype(np.float32)
    reduction = fit_reduction(full, scaling="l2", components=8, seed=0)
    return Source("drawn", full, reduce_to_unit(reduction, full), reduction)


def draw() -> np.random.Generator:
    return np.random.default_rng(8)


def is_unit(vectors: np.ndarray) -> bool:
    return bool(np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5))


def held_out(items: Items, source: Source) -> set[int]:
    same = (source.vectors[:, None] == items.outside.vectors[None]).all(2)
    return set(np.flatnonzero(same.any(1)).tolist())


def test_a_sources_own_items_are_all_but_those_held_out(source: Source) -> None:
    items = own_items(source, HELD_OUT, keep_full=True, generator=draw())
    assert items.vectors.shape == (380, 8)
    assert items.full is not None
    assert is_unit(items.full)
    outside = held_out(items, source)
    assert len(outside) == HELD_OUT
    assert np.array_equal(items.vectors, np.delete(source.vectors, sorted(outside), axis=0))


def test_copies_lie_as_near_as_neighbours_do(source: Source) -> None:
    items = jittered_items(source, 2_000, HELD_OUT, keep_full=True, generator=draw())
    assert items.vectors.shape == (2_000, 8)
    assert is_unit(items.vectors)
    real, copies = items.vectors[:380], items.vectors[380:]
    to_original = truth.nearest(real, copies, 1).similarities[:, 0]
    to_neighbour = truth.nearest(real, real, 2).similarities[:, 1]
    assert not (to_original > 1.0 - 1e-7).any(), "a copy has not moved"
    # A copy's nearest item may be another than its original, so it is nearer than that.
    assert np.median(to_neighbour) - 1e-3 < np.median(to_original) < 1.0
    assert items.full is not None
    assert np.allclose(reduce_to_unit(source.reduction, items.full), items.vectors, atol=1e-3)
    # What is held out before has no copies: it lies no nearer to the items than they to each other.
    outside = truth.nearest(items.vectors, items.outside.vectors, 1).similarities[:, 0]
    assert not (outside > 1.0 - 1e-7).any()


def test_the_noise_follows_the_neighbours(source: Source) -> None:
    rows = np.arange(400)
    spread = jitter_length(source, rows, draw())
    twins = Source(
        "twins",
        np.concatenate((source.full, source.full)).astype(np.float32),
        np.tile(source.vectors, (2, 1)),
        source.reduction,
    )
    assert jitter_length(twins, np.arange(800), draw()) < 0.01 < spread


def test_fewer_than_there_are_is_a_part_of_them(source: Source) -> None:
    items = jittered_items(source, 50, HELD_OUT, keep_full=False, generator=draw())
    assert items.full is None
    assert len(items.vectors) == 50
    assert truth.nearest(source.vectors, items.vectors, 1).similarities.min() > 1.0 - 1e-6
    assert not (items.vectors[:, None] == items.outside.vectors[None]).all(2).any()


def test_a_mixtures_items_are_new_and_alike(source: Source) -> None:
    items = mixture_items(source, 3_000, HELD_OUT, generator=draw())
    assert items.vectors.shape == (3_000, 8)
    assert is_unit(items.vectors)
    assert np.allclose(items.vectors.mean(0), source.vectors.mean(0), atol=0.1)
    assert np.allclose(np.cov(items.vectors.T), np.cov(source.vectors.T), atol=0.05)
    assert not (truth.nearest(source.vectors, items.vectors[:500], 1).similarities > 1.0 - 1e-9).any()


def test_queries_are_half_items_and_half_not(source: Source) -> None:
    items = own_items(source, HELD_OUT, keep_full=True, generator=draw())
    queries = items.queries(2 * HELD_OUT, draw())
    assert len(queries) == 40
    assert queries.from_gallery == HELD_OUT
    similar = truth.nearest(items.vectors, queries.vectors, 1).similarities[:, 0]
    assert (similar[:HELD_OUT] > 1.0 - 1e-6).all()
    assert not (similar[HELD_OUT:] > 1.0 - 1e-7).any()
    assert queries.full is not None
    assert np.allclose(reduce_to_unit(source.reduction, queries.full), queries.vectors, atol=1e-3)


def test_the_seed_decides(source: Source) -> None:
    jittered = [jittered_items(source, 500, HELD_OUT, keep_full=False, generator=draw()).vectors for _ in range(2)]
    mixture = [mixture_items(source, 500, HELD_OUT, generator=draw()).vectors for _ in range(2)]
    assert np.array_equal(jittered[0], jittered[1])
    assert np.array_equal(mixture[0], mixture[1])


def test_too_few_to_hold_out_is_a_sentence(source: Source) -> None:
    with pytest.raises(BenchmarkError, match=r"drawn has 400 items, too few to hold out 399 .* smaller --queries"):
        own_items(source, 399, keep_full=False, generator=draw())

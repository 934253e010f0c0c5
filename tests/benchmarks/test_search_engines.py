"""Every engine that is installed finds what is nearest in its space; the article's as the article would have it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.search import truth
from benchmarks.search.kinds import FLAT, KINDS, OURS, installed
from contracts.embedding_set import EMBEDDING_DIMENSIONS

K = 10
EXACT = {OURS, "article-naive", "article-pca", "numpy", "scikit-learn", *FLAT, "usearch"}


def cloud(rows: int, dimensions: int, seed: int) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((12, dimensions))
    drawn = centres[generator.integers(0, 12, rows)] + 0.3 * generator.standard_normal((rows, dimensions))
    return truth.unit_rows(drawn).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_it_finds_the_nearest(kind: object) -> None:
    kinds, missing = installed([kind])  # type: ignore[list-item]
    if missing:
        pytest.skip(missing[0].why)
    vectors = cloud(800, 30 if kinds[0].space == "reduced" else EMBEDDING_DIMENSIONS, seed=2)
    queries = np.concatenate((vectors[:5], cloud(5, vectors.shape[1], seed=3)))
    engine = kinds[0].build(vectors)
    prepared = engine.prepared(queries)
    rows = vectors if engine.own_rows is None else truth.unit_rows(engine.own_rows)
    asked = truth.unit_rows(prepared)
    best = truth.nearest(rows, asked, K)
    found = [engine.nearest(query, K) for query in prepared]
    recalls = [truth.recall(best, number, rows, asked[number], answer) for number, answer in enumerate(found)]
    assert all(answer[0] == number for number, answer in enumerate(found[:5])), "an item is nearest to itself"
    assert engine.nbytes >= rows.shape[0] * rows.shape[1] * 4
    if kinds[0].name in EXACT:
        assert recalls == [1.0] * 10
    else:
        assert np.mean(recalls) > 0.5
    if kinds[0].name == OURS:
        assert np.array_equal(found, best.rows)


def test_the_articles_kmeans_gives_what_a_small_cluster_has() -> None:
    # Here, because it imports scikit-learn, which takes every process a second that collects this file.
    from benchmarks.search import article

    embeddings = cloud(60, EMBEDDING_DIMENSIONS, seed=4)
    engine = article.KMeansEngine(embeddings)
    sizes = {len(engine.nearest(query, K)) for query in engine.prepared(embeddings)}
    assert min(sizes) < K, "50 clusters of 60 items are small"
    for row, query in enumerate(engine.prepared(embeddings)):
        assert engine.nearest(query, K)[0] == row


def test_fewer_items_than_clusters_and_components() -> None:
    from benchmarks.search import article

    embeddings = cloud(7, EMBEDDING_DIMENSIONS, seed=5)
    for make in (article.NaiveEngine, article.KMeansEngine, article.PcaEngine):
        engine = make(embeddings)
        assert engine.nearest(engine.prepared(embeddings)[3], K)[0] == 3


def test_faiss_among_some_rows() -> None:
    pytest.importorskip("faiss", reason="faiss-cpu is not installed: pip install -e '.[benchmark]'")
    from benchmarks.search.faiss_engines import flat

    vectors = cloud(203, 30, seed=6)
    engine = flat(vectors, 1)
    rows = np.array([0, 7, 8, 63, 64, 202])
    allowed = np.isin(np.arange(203), rows)
    found = engine.nearest_among(vectors[9], K, engine.selection(allowed))
    assert found.tolist() == truth.nearest(vectors, vectors[9:10], 6, rows).rows[0].tolist()

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.block_search import BlockSearch
from index.gallery import Gallery
from index.reduction import unit_rows
from index.selection import Selection


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 400), st.integers(2, 24), st.integers(1, 30), st.integers(0, 2**32 - 1), st.booleans(), st.booleans()
)
def test_it_finds_what_the_gallery_finds(
    items: int, dimensions: int, limit: int, seed: int, coarse: bool, few: bool
) -> None:
    generator = np.random.default_rng(seed)
    embeddings = generator.standard_normal((items, dimensions)).astype(np.float32)
    if coarse:  # many equal similarities
        embeddings = np.round(embeddings).astype(np.float32)
    queries = np.concatenate([embeddings[:3], generator.standard_normal((4, dimensions)).astype(np.float32)])
    share = 0.98 if few else 0.1
    left_out = [np.flatnonzero(generator.random(items) < share) for _ in queries]
    found = BlockSearch(embeddings).search(queries, left_out, limit=limit)
    gallery = Gallery.of(unit_rows(embeddings))
    for position, query in enumerate(queries):
        mask = np.ones(items, np.bool_)
        mask[left_out[position]] = False
        hits = gallery.search(query, limit=limit, among=Selection.where(mask))
        rows = found.rows[position]
        assert rows[: len(hits.rows)].tolist() == hits.rows.tolist()
        assert (rows[len(hits.rows) :] == -1).all()
        assert found.similarities[position, : len(hits.rows)].tolist() == hits.similarities.tolist()


def test_blocks_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings = np.random.default_rng(1).standard_normal((300, 16)).astype(np.float32)
    nothing = [np.empty(0, np.int64)] * 300
    at_once = BlockSearch(embeddings).search(embeddings, nothing, limit=20)
    monkeypatch.setattr("evaluation.block_search._COSINES_AT_ONCE", 2_000)
    monkeypatch.setattr("evaluation.block_search._CONVERTED_AT_ONCE", 7)
    told: list[int] = []
    in_blocks = BlockSearch(embeddings).search(embeddings, nothing, limit=20, progress=told.append)
    assert np.array_equal(in_blocks.rows, at_once.rows)
    assert np.array_equal(in_blocks.similarities, at_once.similarities)
    assert (sum(told), max(told)) == (300, 6)

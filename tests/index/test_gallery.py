"""What a gallery finds, compared with a slow search."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.gallery import Hits
from index.selection import Selection
from tests.index.slow_gallery import gallery_of, slow_similarities, unit_columns


@dataclass(frozen=True)
class Case:
    """One search and what it searches."""

    columns: NDArray[np.float32]
    query: NDArray[np.float32]
    limit: int
    offset: int
    mask: NDArray[np.bool_] | None
    min_similarity: float | None
    exclude_row: int | None


def slow_search(case: Case) -> Hits:
    similarities = slow_similarities(case.columns, case.query)
    found = [
        (-similarity, row)
        for row, similarity in enumerate(similarities)
        if (case.mask is None or case.mask[row])
        and row != case.exclude_row
        and (case.min_similarity is None or np.float32(similarity) >= np.float32(case.min_similarity))
    ]
    page = sorted(found)[case.offset : case.offset + case.limit]
    return Hits(
        np.array([row for _, row in page], np.int64),
        np.array([-similarity for similarity, _ in page], np.float32),
        len(found),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    components = draw(st.sampled_from([1, 2, 3, 8, 30, 33]))
    rows = draw(st.one_of(st.integers(1, 70), st.integers(71, 900)))
    kind = draw(st.sampled_from(["normal", "grid", "copies", "close", "equal", "long"]))
    if kind == "grid":
        vectors = generator.integers(-1, 2, (components, rows)).astype(np.float64)  # many ties, some zeros
    elif kind == "copies":
        vectors = generator.standard_normal((components, rows))[:, generator.integers(0, max(1, rows // 3), rows)]
    elif kind == "close":
        vectors = 1.0 + 1e-7 * generator.standard_normal((components, rows))  # apart by one roundoff only
    elif kind == "equal":
        vectors = np.repeat(generator.standard_normal((components, 1)), rows, axis=1)
    else:
        vectors = generator.standard_normal((components, rows))
    columns = unit_columns(vectors)
    if kind == "long":
        copies = columns[:, generator.integers(0, max(1, rows // 9), rows)]
        columns = np.ascontiguousarray(copies * generator.uniform(1 - 5e-7, 1 + 5e-7, rows), np.float32)
    query = draw(
        st.sampled_from(
            [
                columns[:, generator.integers(rows)].copy(),
                generator.standard_normal(components).astype(np.float32),
                generator.integers(-1, 2, components).astype(np.float32),
                np.full(components, 1e-44, np.float32),
                np.full(components, 3e38, np.float32),
                np.zeros(components, np.float32),
            ]
        )
    )
    share = draw(st.sampled_from([None, 0.0, 0.02, 0.5, 1.0]))
    similarities = slow_similarities(columns, query)
    return Case(
        columns,
        query,
        limit=draw(st.one_of(st.integers(1, 30), st.integers(1, 1000))),
        offset=draw(st.one_of(st.just(0), st.integers(0, 900))),
        mask=None if share is None else generator.random(rows) < share,
        min_similarity=draw(
            st.one_of(
                st.none(),
                st.floats(-1.5, 1.5),
                st.sampled_from(similarities[:20]).map(float),  # exactly on the edge
            )
        ),
        exclude_row=draw(st.one_of(st.none(), st.integers(0, rows - 1))),
    )


@given(cases())
@settings(max_examples=400, deadline=None)
def test_equals_a_slow_search_in_float64_to_the_last_bit(case: Case) -> None:
    hits = gallery_of(case.columns).search(
        case.query,
        limit=case.limit,
        offset=case.offset,
        among=None if case.mask is None else Selection.where(case.mask),
        min_similarity=case.min_similarity,
        exclude_row=case.exclude_row,
    )
    expected = slow_search(case)
    assert hits.total == expected.total
    assert hits.rows.tolist() == expected.rows.tolist()
    assert hits.similarities.tolist() == expected.similarities.tolist()
    assert hits.rows.dtype == np.int64
    assert hits.similarities.dtype == np.float32


def test_pages_of_a_large_gallery_join_to_one_list() -> None:
    generator = np.random.default_rng(5)
    gallery = gallery_of(unit_columns(generator.standard_normal((30, 20_000))))
    query = generator.standard_normal(30).astype(np.float32)
    whole = gallery.search(query, limit=1000)
    pages = [gallery.search(query, limit=100, offset=offset) for offset in range(0, 1000, 100)]
    assert np.concatenate([page.rows for page in pages]).tolist() == whole.rows.tolist()
    assert len(set(whole.rows.tolist())) == 1000
    assert (np.diff(whole.similarities) <= 0).all()
    exact = gallery.vectors().astype(np.float64) @ query.astype(np.float64)
    assert set(whole.rows[:990].tolist()) <= set(np.argsort(-exact)[:1000].tolist())


@pytest.mark.parametrize("kind", ["clusters", "uniform", "copies", "zeros"])
@pytest.mark.parametrize("components", [5, 12, 30])
def test_many_nodes_and_blocks_skip_nothing_that_counts(kind: str, components: int) -> None:
    generator = np.random.default_rng([components, len(kind)])
    rows = 30_011
    vectors = generator.standard_normal((rows, components))
    if kind != "uniform":
        vectors = 0.15 * vectors + generator.standard_normal((300, components))[generator.integers(0, 300, rows)]
    if kind == "copies":
        vectors = vectors[generator.integers(0, rows // 50, rows)]
    if kind == "zeros":
        vectors[generator.random(rows) < 0.3] = 0.0
    columns = unit_columns(vectors.T)
    gallery = gallery_of(columns)
    assert (gallery.vectors() == columns.T).all()
    wide = columns.T.astype(np.float64)
    for query in (columns[:, 17], columns[:, 29_999], generator.standard_normal(components).astype(np.float32)):
        unit = unit_columns(query[:, None].astype(np.float64))[:, 0].astype(np.float64)
        # In the order of the components, as the promise is.
        exact = np.clip(np.add.accumulate(wide * unit, axis=1)[:, -1], -1.0, 1.0)
        order = np.lexsort((np.arange(rows), -exact))
        for k in (1, 10, 1000):
            assert gallery.nearest(query, k).rows.tolist() == order[:k].tolist()
        for share in (0.5, 0.03, 0.01, 0.0003):
            mask = generator.random(rows) < share
            assert (
                gallery.nearest(query, 100, among=Selection.where(mask)).rows.tolist()
                == order[mask[order]][:100].tolist()
            )
        floor = np.float32(exact[order[2_500]])
        assert gallery.at_least(query, float(floor)).count == np.count_nonzero(exact.astype(np.float32) >= floor)


@pytest.mark.parametrize("components", [30, 300, 512])
def test_components_of_every_size_and_queries_along_the_smallest(components: int) -> None:
    generator = np.random.default_rng(components)
    vectors = generator.standard_normal((5_000, components)) * np.geomspace(1.0, 1e-9, components)
    columns = unit_columns(vectors.T)
    gallery = gallery_of(columns)
    wide = columns.T.astype(np.float64)
    for component in (0, 1, 7, 8, 16, components // 2, components - 1):
        query = np.zeros(components, np.float32)
        query[component] = -1.0
        exact = -wide[:, component]
        order = np.lexsort((np.arange(5_000), -exact))
        assert gallery.nearest(query, 50).rows.tolist() == order[:50].tolist()
        floor = np.float32(exact[order[300]])
        assert gallery.at_least(query, float(floor)).count == np.count_nonzero(exact.astype(np.float32) >= floor)


def test_threads_search_at_once() -> None:
    generator = np.random.default_rng(8)
    gallery = gallery_of(unit_columns(generator.standard_normal((30, 9_000))))
    queries = generator.standard_normal((64, 30)).astype(np.float32)
    alone = [gallery.nearest(query, 20).rows.tolist() for query in queries]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda query: gallery.nearest(query, 20).rows.tolist(), [*queries] * 4))
    assert together == alone * 4


def test_copies_have_one_similarity_wherever_they_lie() -> None:
    """A BLAS adds the last columns in another order than the rest: that must not show."""
    generator = np.random.default_rng(1)
    for rows in range(1, 140):
        columns = np.repeat(unit_columns(generator.standard_normal((30, 1))), rows, axis=1)
        hits = gallery_of(np.ascontiguousarray(columns)).search(
            generator.standard_normal(30).astype(np.float32), limit=rows
        )
        assert len(set(hits.similarities.tolist())) == 1
        assert hits.rows.tolist() == list(range(rows))


def test_an_item_finds_itself_first_and_can_be_left_out() -> None:
    gallery = gallery_of(unit_columns(np.random.default_rng(2).standard_normal((30, 500))))
    for row in (0, 63, 64, 499):
        hits = gallery.search(gallery.reduced(row), limit=3)
        assert hits.rows[0] == row
        assert hits.similarities[0] == pytest.approx(1.0, abs=1e-6)
        without = gallery.search(gallery.reduced(row), limit=3, exclude_row=row)
        assert without.total == 499
        assert without.rows[:2].tolist() == hits.rows[1:].tolist()


def test_a_gallery_of_one_item() -> None:
    gallery = gallery_of(np.ones((1, 1), np.float32))
    query = np.array([2.0], np.float32)
    assert gallery.search(query, limit=12).rows.tolist() == [0]
    assert gallery.search(query, limit=12, exclude_row=0).total == 0
    assert gallery.search(query, limit=12, offset=1).rows.size == 0
    assert gallery.search(query, limit=12, offset=1).total == 1


def test_a_zero_query_and_a_zero_item_are_similar_to_nothing() -> None:
    columns = unit_columns(np.array([[1.0, 0.0, -1.0], [0.0, 0.0, 0.0]]))
    gallery = gallery_of(columns)
    hits = gallery.search(np.array([1.0, 0.0], np.float32), limit=3)
    assert hits.rows.tolist() == [0, 1, 2]
    assert hits.similarities.tolist() == [1.0, 0.0, -1.0]
    assert gallery.search(np.zeros(2, np.float32), limit=3).similarities.tolist() == [0.0, 0.0, 0.0]
    assert gallery.search(gallery.reduced(1), limit=3).rows.tolist() == [0, 1, 2]

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.gallery import Gallery
from index.ranking import RankedItems, Ranking
from index.selection import Selection
from tests.index.searched_rows import GROUP, SearchedRows, grouped
from tests.index.test_gallery import gallery_of, slow_similarities, unit_columns


@dataclass(frozen=True)
class Case:
    """A catalogue in both spaces and one search of it."""

    columns: NDArray[np.float32]
    full: NDArray[np.float16]
    window: int
    rerank_from: float
    reduced_query: NDArray[np.float32]
    full_query: NDArray[np.float32]
    mask: NDArray[np.bool_] | None
    exclude_row: int | None

    @property
    def searched(self) -> SearchedRows:
        return SearchedRows(gallery_of(self.columns), self.full, window=self.window, rerank_from=self.rerank_from)

    def search(self, *, limit: int, offset: int = 0, min_score: float | None = None) -> RankedItems:
        return self.searched.search(
            self.reduced_query,
            self.full_query,
            limit=limit,
            offset=offset,
            among=None if self.mask is None else Selection.where(self.mask),
            min_score=min_score,
            exclude_row=self.exclude_row,
        )


def slow_cosine(half: NDArray[np.float16], query: NDArray[np.float32]) -> np.float32:
    """In Python floats, every sum exact before it is rounded."""
    row, other = [float(x) for x in half], [float(x) for x in query]
    lengths = math.sqrt(math.fsum(x * x for x in row)) * math.sqrt(math.fsum(x * x for x in other))
    product = math.fsum(x * y for x, y in zip(row, other, strict=True))
    cosine = product / lengths if lengths else 0.0
    return np.float32(min(1.0, max(-1.0, round(cosine * 2.0**40) / 2.0**40)))


def slow_list(case: Case) -> list[tuple[np.float32, int]]:
    """All hits as (score, row), straight from the definition."""
    reduced = slow_similarities(case.columns, case.reduced_query)
    allowed = [row for row in range(len(reduced)) if (case.mask is None or case.mask[row]) and row != case.exclude_row]
    order = sorted(allowed, key=lambda row: (-reduced[row], row))
    if case.window == 0:
        return [(np.float32(reduced[row]), row) for row in order]
    inside = [(slow_cosine(case.full[row], case.full_query), row) for row in order[: case.window]]
    if not any(score >= np.float32(case.rerank_from) for score, _ in inside):
        return [(np.float32(reduced[row]), row) for row in order]
    inside.sort(key=lambda hit: (-hit[0], hit[1]))
    return inside + [(min(np.float32(reduced[row]), inside[-1][0]), row) for row in order[case.window :]]


def draw_vectors(generator: np.random.Generator, kind: str, rows: int, dimensions: int) -> NDArray[np.float64]:
    if kind == "grid":
        return generator.integers(-1, 2, (rows, dimensions)).astype(np.float64)  # many ties, some zeros
    if kind == "copies":
        return generator.standard_normal((rows, dimensions))[generator.integers(0, max(1, rows // 3), rows)]
    if kind == "equal":
        return np.repeat(generator.standard_normal((1, dimensions)), rows, axis=0)
    if kind == "tiny":
        return np.abs(generator.standard_normal((rows, dimensions))) ** 9.0  # float16 keeps few digits of most
    return generator.standard_normal((rows, dimensions))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = draw(st.one_of(st.integers(1, 12), st.integers(13, 300)))
    components, dimensions = draw(st.sampled_from([(1, 1), (2, 3), (3, 8), (30, 40)]))
    kinds = st.sampled_from(["normal", "grid", "copies", "equal", "tiny"])
    columns = unit_columns(draw_vectors(generator, draw(kinds), rows, components).T)
    vectors = draw_vectors(generator, draw(kinds), rows, dimensions)
    full = np.ascontiguousarray(unit_columns(vectors.T).T, np.float16)
    row = int(generator.integers(rows))
    queries = [
        full[row].astype(np.float32),
        generator.standard_normal(dimensions).astype(np.float32),
        np.full(dimensions, 1e-44, np.float32),
        np.full(dimensions, -3e38, np.float32),
        np.zeros(dimensions, np.float32),
    ]
    reduced_query = columns[:, row].copy() if draw(st.booleans()) else generator.standard_normal(components)
    share = draw(st.sampled_from([None, 0.0, 0.1, 0.7, 1.0]))
    return Case(
        columns,
        full,
        window=draw(st.one_of(st.integers(0, 5), st.integers(0, rows + 3))),
        rerank_from=draw(st.sampled_from([-1.0, -1.0, 0.0, 0.4, 0.9, 1.0])),
        reduced_query=reduced_query.astype(np.float32),
        full_query=queries[draw(st.integers(0, len(queries) - 1))],
        mask=None if share is None else generator.random(rows) < share,
        exclude_row=draw(st.one_of(st.none(), st.just(row))),
    )


@given(cases(), st.data())
@settings(max_examples=300, deadline=None)
def test_equals_a_slow_search_in_float64_to_the_last_bit(case: Case, data: st.DataObject) -> None:
    expected = slow_list(case)
    scores = [score for score, _ in expected]
    floors: list[float | None] = [
        None,
        -1.5,
        0.0,
        0.5,
        1.0,
        *(float(score) for score in scores[:: len(scores) // 9 + 1]),
    ]
    floor = data.draw(st.sampled_from(floors))
    limit = data.draw(st.one_of(st.integers(1, 30), st.integers(1, 400)))
    offset = data.draw(st.one_of(st.just(0), st.integers(0, 320)))
    kept = [hit for hit in expected if floor is None or hit[0] >= np.float32(floor)]
    hits = case.search(limit=limit, offset=offset, min_score=floor)
    assert hits.total == len(kept)
    page = kept[offset : offset + limit]
    assert hits.numbers.tolist() == [row for _, row in page]
    assert hits.scores.tolist() == [score for score, _ in page]
    assert hits.numbers.dtype == np.int64
    assert hits.scores.dtype == np.float32
    assert scores == sorted(scores, reverse=True)


@given(cases(), st.integers(1, 60), st.sampled_from([None, -0.2, 0.3]))
@settings(max_examples=100, deadline=None)
def test_pages_of_any_size_join_to_one_list(case: Case, limit: int, floor: float | None) -> None:
    whole = case.search(limit=400, min_score=floor)
    pages = [case.search(limit=limit, offset=offset, min_score=floor) for offset in range(0, 320, limit)]
    assert [row for page in pages for row in page.numbers.tolist()] == whole.numbers.tolist()
    assert [score for page in pages for score in page.scores.tolist()] == whole.scores.tolist()
    assert {page.total for page in pages} == {whole.total}


def large(rows: int = 9000, *, window: int, seed: int = 3) -> tuple[SearchedRows, Gallery, NDArray[np.float16]]:
    """Reduced embeddings that are the first components of the full ones."""
    vectors = np.random.default_rng(seed).standard_normal((rows, 512)) * np.linspace(3.0, 0.3, 512)
    full = np.ascontiguousarray(unit_columns(vectors.T).T, np.float16)
    gallery = gallery_of(unit_columns(vectors[:, :30].T))
    return SearchedRows(gallery, full, window=window), gallery, full


def test_a_large_catalogue_is_ranked_by_the_full_embeddings_inside_the_window() -> None:
    searched, gallery, full = large(window=400)
    wide = full.astype(np.float64)
    for row in (0, 4321, 8999):
        hits = searched.search(*searched.item_query(row), limit=1000)
        reduced = gallery.search(gallery.reduced(row), limit=1000)
        cosines = wide @ wide[row] / np.linalg.norm(wide, axis=1) / np.linalg.norm(wide[row])
        assert hits.numbers[0] == row
        assert hits.scores[0] == pytest.approx(1.0, abs=1e-7)
        assert set(hits.numbers[:400].tolist()) == set(reduced.rows[:400].tolist())
        assert hits.numbers[:400].tolist() != reduced.rows[:400].tolist()
        assert np.abs(hits.scores[:400] - cosines[hits.numbers[:400]]).max() < 1e-7
        assert hits.numbers[400:].tolist() == reduced.rows[400:].tolist()
        assert (hits.scores[400:] == np.minimum(reduced.similarities[400:], hits.scores[399])).all()
        assert (np.diff(hits.scores) <= 0).all()


def test_a_score_does_not_depend_on_which_other_items_are_allowed() -> None:
    searched, _, _ = large(2500, window=1500)  # rows are looked at in more than one part
    reduced, full = searched.item_query(7)
    everything = searched.search(reduced, full, limit=1500)
    scores = dict(zip(everything.numbers.tolist(), everything.scores.tolist(), strict=True))
    generator = np.random.default_rng(0)
    for size in (*range(1, 40), 200, 1030):
        mask = np.zeros(2500, np.bool_)
        mask[generator.choice(list(scores), size, replace=False)] = True
        hits = searched.search(reduced, full, limit=1500, among=Selection.where(mask))
        assert hits.total == size
        assert [scores[row] for row in hits.numbers.tolist()] == hits.scores.tolist()


def test_copies_have_one_score_wherever_they_lie() -> None:
    generator = np.random.default_rng(1)
    full = generator.standard_normal((1, 512))
    half = (full / np.linalg.norm(full)).astype(np.float16)
    query = generator.standard_normal(512).astype(np.float32)
    for rows in (*range(1, 70), 1023, 1024, 1025, 2100):
        searched = SearchedRows(gallery_of(np.ones((1, rows), np.float32)), np.repeat(half, rows, axis=0), window=rows)
        hits = searched.search(np.ones(1, np.float32), query, limit=rows)
        assert len(set(hits.scores.tolist())) == 1
        assert hits.numbers.tolist() == list(range(rows))


def test_a_picture_is_nearest_to_itself_although_float16_changed_its_length() -> None:
    """Rows that are a rounding too long must not come before the very picture that was asked for."""
    generator = np.random.default_rng(2)
    base = np.abs(generator.standard_normal(512))
    vectors = base * (1.0 + 2e-3 * generator.standard_normal((300, 512)))
    units = unit_columns(vectors.T).T
    searched = SearchedRows(
        gallery_of(np.ones((1, 300), np.float32)), np.ascontiguousarray(units, np.float16), window=300
    )
    for row in range(300):
        hits = searched.search(np.ones(1, np.float32), units[row], limit=2)
        assert hits.numbers[0] == row
        assert hits.scores[0] == pytest.approx(1.0, abs=1e-6)


def test_without_window_or_full_embeddings_it_is_the_gallerys_search() -> None:
    on, gallery, full = large(500, window=100)
    off = SearchedRows(gallery, full, window=0)
    query = np.random.default_rng(5).standard_normal(512).astype(np.float32)
    mask = np.arange(500) % 3 > 0
    for searched, asked in [(off, query), (off, None), (on, None)]:
        for floor in (None, 0.1):
            hits = searched.search(
                query[:30], asked, limit=20, offset=3, among=Selection.where(mask), min_score=floor, exclude_row=4
            )
            expected = gallery.search(
                query[:30], limit=20, offset=3, among=Selection.where(mask), min_similarity=floor, exclude_row=4
            )
            assert hits.numbers.tolist() == expected.rows.tolist()
            assert hits.scores.tolist() == expected.similarities.tolist()
            assert hits.total == expected.total
    assert on.search(query[:30], query, limit=20).numbers.tolist() != gallery.search(query[:30], limit=20).rows.tolist()


def test_an_item_asks_with_what_is_stored() -> None:
    searched, gallery, full = large(50, window=10)
    reduced, asked = searched.item_query(49)
    assert asked is not None
    assert (reduced == gallery.reduced(49)).all()
    assert (asked == full[49]).all()
    assert asked.dtype == np.float32
    assert asked.shape == (512,)
    for row in (-1, 50):
        with pytest.raises(IndexError):
            searched.item_query(row)


def test_a_mapped_array_answers_like_one_in_memory(tmp_path_factory: pytest.TempPathFactory) -> None:
    searched, gallery, full = large(300, window=50)
    path = tmp_path_factory.mktemp("mapped") / "full.npy"
    np.save(path, full)
    mapped = SearchedRows(gallery, np.load(path, mmap_mode="r"), window=50)
    first, second = (s.search(*s.item_query(5), limit=60) for s in (searched, mapped))
    assert first.numbers.tolist() == second.numbers.tolist()
    assert first.scores.tolist() == second.scores.tolist()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_query_that_is_not_finite_or_of_another_shape_is_refused(value: float) -> None:
    searched, _, _ = large(50, window=10)
    good = np.ones(512, np.float32)
    bad = good.copy()
    bad[511] = value
    with pytest.raises(ValueError, match=r"full .* NaN or infinity"):
        searched.search(good[:30], bad, limit=1)
    with pytest.raises(ValueError, match="NaN or infinity"):
        searched.search(bad[-30:], good, limit=1)
    with pytest.raises(ValueError, match="full must have shape"):
        searched.search(good[:30], good[:511], limit=1)


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": 0},
        {"limit": 1, "offset": -1},
        {"limit": 1, "among": Selection.where(np.ones(2, np.bool_))},
        {"limit": 1, "min_score": math.nan},
        {"limit": 1, "exclude_row": 50},
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, object]) -> None:
    searched, _, _ = large(50, window=10)
    with pytest.raises(ValueError, match=list(arguments)[-1]):
        searched.search(*searched.item_query(1), **arguments)  # type: ignore[arg-type]


def test_wrong_shapes_and_windows_are_refused() -> None:
    gallery = gallery_of(unit_columns(np.ones((2, 3))))
    for full in (np.ones((2, 8), np.float16), np.ones((3, 8), np.float32), np.ones(3, np.float16)):
        with pytest.raises(ValueError, match="full must be float16"):
            SearchedRows(gallery, full, window=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="attributes are of 2 items"):
        SearchedRows(gallery, np.ones((3, 8), np.float16), window=1, attributes=grouped(np.zeros(2, np.int32)))
    with pytest.raises(ValueError, match="C-contiguous"):
        SearchedRows(gallery, np.ones((8, 3), np.float16).T, window=1)
    with pytest.raises(ValueError, match="window"):
        SearchedRows(gallery, np.ones((3, 8), np.float16), window=-1).search(np.ones(2, np.float32), None, limit=1)


def test_arguments_are_left_as_they_are() -> None:
    searched, _, full = large(100, window=10)
    reduced, asked = searched.item_query(3)
    assert asked is not None
    mask = np.arange(100) % 2 == 0
    before = full.copy(), reduced.copy(), asked.copy(), mask.copy()
    searched.search(reduced, asked, limit=50, among=Selection.where(mask), min_score=0.1, exclude_row=2)
    for array, copy in zip((full, reduced, asked, mask), before, strict=True):
        assert (array == copy).all()
    asked[:] = 7.0
    assert (full == before[0]).all()


@given(cases(), st.integers(0, 2**32), st.one_of(st.none(), st.floats(-1.0, 1.0)))
@settings(max_examples=150, deadline=None)
def test_groups_and_matches_are_those_of_the_whole_list(case: Case, seed: int, floor: float | None) -> None:
    generator = np.random.default_rng(seed)
    rows = len(case.full)
    groups = generator.integers(-1, max(1, rows // int(generator.integers(1, 9))), rows).astype(np.int32)
    among = None if case.mask is None else Selection.where(case.mask)
    passing = [(score, row) for score, row in slow_list(case) if floor is None or score >= np.float32(floor)]
    seen: set[int] = set()
    best = []
    for score, row in passing:
        if groups[row] == -1 or groups[row] not in seen:
            best.append((score, row))
        seen.add(int(groups[row]))
    searched = SearchedRows(
        case.searched.items.gallery,
        case.full,
        window=case.window,
        rerank_from=case.rerank_from,
        attributes=grouped(groups),
    )

    def ranking() -> Ranking:
        return searched.ranking(case.reduced_query, case.full_query, among=among, exclude_row=case.exclude_row)

    # Each page by a ranking of its own, and all by one that remembers what it knows.
    kept = ranking()
    for offset, limit in ((0, 1), (0, 12), (5, 7), (0, 1000), (0, 3)):
        for asked in (ranking(), kept):
            hits = asked.groups(GROUP, limit=limit, offset=offset, min_score=floor)
            assert hits.total == len(best)
            assert hits.numbers.tolist() == [row for _, row in best[offset : offset + limit]]
            assert hits.scores.tolist() == [score for score, _ in best[offset : offset + limit]]
            plain = asked.page(limit=limit, offset=offset, min_score=floor)
            assert plain.total == len(passing)
            assert plain.numbers.tolist() == [row for _, row in passing[offset : offset + limit]]
    if floor is not None:
        for asked in (ranking(), kept):
            assert asked.matching(floor).numbers().tolist() == sorted(row for _, row in passing)

"""The order of hits in two spaces, compared with a slow search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.ranking import Ranking
from index.selection import Selection
from tests.index.searched_rows import GROUP, SearchedRows, grouped, large
from tests.index.slow_gallery import gallery_of, unit_columns
from tests.index.slow_ranking import Case, cases, slow_list


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
    offsets = range(0, whole.numbers.size + 1, limit)
    pages = [case.search(limit=limit, offset=offset, min_score=floor) for offset in offsets]
    assert [row for page in pages for row in page.numbers.tolist()] == whole.numbers.tolist()
    assert [score for page in pages for score in page.scores.tolist()] == whole.scores.tolist()
    assert {page.total for page in pages} == {whole.total}


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
        scoring=case.scoring,
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

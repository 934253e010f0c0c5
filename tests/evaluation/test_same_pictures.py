from dataclasses import replace

import numpy as np

from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import evaluate
from evaluation.same_pictures import NEAR_COSINE, same_pictures
from evaluation.table import as_table
from evaluation.wording import gallery_seen
from tests.evaluation.sets import make, settings

RANDOM = np.random.default_rng(0)


def twins(count: int, *, titled: bool = True) -> EvaluatedSet:
    """Pictures of random content, each under two ids and titles, whose labels no network could know."""
    vectors = np.tile(RANDOM.standard_normal((count, 40)), (2, 1))
    digests = np.tile(RANDOM.integers(1, 255, (count, 32)), (2, 1)).astype(np.uint8)
    kinds = [f"kind {row % count % (count // 2)}" for row in range(2 * count)]
    items = [
        Item(str(row), f"{row}.jpg", {"type": kind} | ({"title": f"title {row}"} if titled else {}))
        for row, kind in enumerate(kinds)
    ]
    return replace(make(items, vectors), digests=digests)


def test_same_and_nearly_same_pictures_agree_with_a_comparison_of_all_pairs() -> None:
    base = RANDOM.standard_normal((100, 512))
    moved = base + RANDOM.uniform(0, 0.08, (100, 1)) * RANDOM.standard_normal((100, 512))
    gallery = make([Item(f"g{row}", "x.jpg") for row in range(100)], base)
    queries = make([Item(f"q{row}", "x.jpg") for row in range(100)], moved)
    units = [
        found / np.linalg.norm(found, axis=1, keepdims=True)
        for found in (queries.embeddings.embeddings.astype(float), gallery.embeddings.embeddings.astype(float))
    ]
    near = units[0] @ units[1].T >= NEAR_COSINE
    found = same_pictures(gallery, queries)
    assert 20 < near.sum() < 80
    assert [rows.tolist() for rows in found.rows] == [np.flatnonzero(row).tolist() for row in near]
    assert found.nearly.tolist() == near.any(axis=1).tolist()


def test_a_query_is_not_its_own_twin_and_unknown_digests_tie_nothing() -> None:
    found = twins(10)
    assert [rows.tolist() for rows in same_pictures(found, found).rows] == [[(row + 10) % 20] for row in range(20)]
    assert not same_pictures(found, found).nearly.any()
    unknown = make(found.items, RANDOM.standard_normal((20, 40)))
    assert all(len(rows) == 0 for rows in same_pictures(unknown, unknown).rows)


def test_a_network_that_maps_everything_to_one_point_is_no_trouble() -> None:
    found = make([Item(str(row), "x.jpg") for row in range(2_000)], np.ones((2_000, 3)))
    assert all(0 < len(rows) <= 51 for rows in same_pictures(found, found).rows)


def test_the_same_picture_under_another_title_is_a_sibling() -> None:
    found = twins(60)
    evaluation = evaluate(found, found, settings(["type"]))
    plain, without = evaluation.findings.measurements
    assert gallery_seen(without) == "without items of the same title or picture"
    assert plain.spaces[0].at[0].recall.value == 1.0
    assert without.spaces[0].at[0].recall.value < 0.2
    duplicates = evaluation.findings.duplicates
    assert (duplicates.gallery.groups, duplicates.gallery.items, duplicates.gallery.titles_differ) == (60, 120, 60)
    assert (duplicates.queries, duplicates.nearly) == (120, 0)
    assert (
        "In the gallery, 60 groups of items share a picture byte by byte (120 items; 60 of the groups under different "
        "titles); "
        "120 queries have the picture of another item, 0 of them nearly (cosine 0.999 or more)."
    ) in as_table(evaluation.findings)


def test_without_titles_twins_alone_are_reason_for_the_second_measurement() -> None:
    found = twins(60, titled=False)
    plain, without = evaluate(found, found, settings(["type"])).findings.measurements
    assert gallery_seen(without) == "without items of the same picture"
    assert without.spaces[0].at[0].recall.value < plain.spaces[0].at[0].recall.value == 1.0
    assert len(evaluate(found, found, settings(["type"], exclude_same=())).findings.measurements) == 1
    single = found.rows(list(range(60)))
    assert len(evaluate(single, single, settings(["type"])).findings.measurements) == 1

"""A part without some of its rows is the part that was made without them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.bundle import Bundle, open_current
from index.bundle_part import BundlePart
from index.columns.fields import FieldTest
from index.embedded_rows import EmbeddedRows
from index.part import Candidates, Part, QueryVectors
from index.part_searcher import PartSearcher
from index.query import SearchQuery
from tests.drawn_sets import draw_set
from tests.index.fresh_bundle import Truth, fresh

Whole = tuple[BundlePart, Callable[[NDArray[np.int64]], Part]]
ROWS = 60
FIELDS = ("year", "title", "colour", "nothing")
HIDDEN = {
    "none": np.empty(0, np.int64),
    "first": np.array([0]),
    "some": np.arange(0, 30),
    "most": np.delete(np.arange(ROWS), [7, 49]),
    "all of a value": np.arange(0, ROWS, 5),
}


@pytest.fixture(scope="module")
def whole(built_once: Path) -> Whole:
    bundle = open_current(built_once)
    drawn = draw_set(ROWS)

    def part_of(made: Bundle) -> BundlePart:
        rows = EmbeddedRows(made.gallery, made.full_embeddings, made.attributes, made.numbers, scoring=made.scoring)
        return BundlePart(rows, made.items)

    def without(hidden: NDArray[np.int64]) -> Part:
        kept = set(range(ROWS)).difference(hidden.tolist())
        truth = {drawn.items[row].id: Truth(row, drawn.items[row], drawn.embeddings[row]) for row in kept}
        return part_of(fresh(bundle, truth))

    return part_of(bundle), without


@pytest.fixture(params=list(HIDDEN))
def parts(request: pytest.FixtureRequest, whole: Whole) -> tuple[BundlePart, Part]:
    part, without = whole
    hidden = HIDDEN[request.param]
    half = hidden.size // 2
    return part.hiding(hidden[:half]).hiding(hidden[half:]), without(hidden)


def test_its_columns_are_those_of_the_rows_that_are_left(parts: tuple[BundlePart, Part]) -> None:
    found, expected = parts
    assert list(found.kinds) == list(expected.kinds)
    assert dict(found.first_places()) == dict(expected.first_places())
    assert list(found.describe()) == list(expected.describe())
    for field in FIELDS:
        assert found.not_a_number(field) == expected.not_a_number(field)
        assert list(found.find_values(field, "s", 3).items()) == list(expected.find_values(field, "s", 3).items())
        assert list(found.find_values(field, "").items()) == list(expected.find_values(field, "").items())
        for value in ("2007", "2011", "Shirt 49", "Shirt 8", "Shirt", "Black"):
            assert found.has_value(field, value) == expected.has_value(field, value)


def test_its_items_are_those_that_are_left(parts: tuple[BundlePart, Part]) -> None:
    found, expected = parts
    assert len(found) == len(expected)
    numbers = np.arange(-2, ROWS + 3)
    assert found.holds(numbers).tolist() == expected.holds(numbers).tolist()
    positions = np.arange(len(expected))[::-1]
    assert found.numbers_at(positions).tolist() == expected.numbers_at(positions).tolist()
    for row in range(ROWS):
        item_id = f"shop/äö {row}"
        assert found.number(item_id) == expected.number(item_id)
        if expected.number(item_id) is None:
            with pytest.raises(IndexError, match=f"no item of this part has the number {row}"):
                found.record(row)
        else:
            assert found.record(row) == expected.record(row)


def _tests(part: Part, field: str, values: list[str]) -> list[FieldTest]:
    return [FieldTest(field, part.kinds[field].parse(values))] if field in part.kinds else []


def _facts(candidates: Candidates, vectors: QueryVectors) -> list[object]:
    nearest = candidates.nearest(vectors.reduced, 20)
    reached = candidates.at_least(vectors.reduced, 0.1, nearest.numbers[:1])
    return [
        candidates.count,
        candidates.numbers().tolist(),
        candidates.page(2, 5).tolist(),
        candidates.mask().tolist(),
        nearest.numbers.tolist(),
        nearest.similarities.tolist(),
        reached.numbers().tolist(),
        candidates.only(nearest.numbers[:3]).numbers().tolist(),
        [list(candidates.count_values(field, 3).items()) for field in FIELDS],
        [candidates.count_groups(field) for field in FIELDS],
        [candidates.values(field, nearest.numbers) for field in FIELDS],
    ]


def test_its_candidates_are_those_that_are_left(parts: tuple[BundlePart, Part]) -> None:
    found, expected = parts
    vectors = QueryVectors(np.ones(found.rows.gallery.components, np.float32), np.ones(512, np.float32))
    for needed in ([], ["2007..2009"], ["2007"]):
        for excluded in (None, 0, 7, 1000):
            pair = [
                part.candidates(
                    _tests(part, "year", needed) if needed else [], _tests(part, "title", ["Shirt 8"]), excluded
                )
                for part in (found, expected)
            ]
            assert _facts(pair[0], vectors) == _facts(pair[1], vectors)
            window, other = (candidates.reranked(vectors, 15, 10) for candidates in pair)
            if window is not None and other is not None:
                assert window.numbers.tolist() == other.numbers.tolist()
                assert window.scores.tolist() == other.scores.tolist()


def test_nothing_is_left(whole: Whole) -> None:
    part = whole[0].hiding(np.arange(ROWS))
    assert (len(part), dict(part.kinds), list(part.describe())) == (0, {}, [])
    candidates = part.candidates([], [], 7)
    assert (candidates.count, candidates.numbers().tolist(), candidates.mask().tolist()) == (0, [], [])
    assert candidates.count_values("year") == {}
    assert candidates.nearest(np.ones(part.rows.gallery.components, np.float32), 3).numbers.size == 0
    part.warm_up()


def test_the_part_itself_stays_as_it_is(whole: Whole) -> None:
    part = whole[0]
    before = list(part.describe())
    part.hiding(np.arange(ROWS))
    assert (len(part), list(part.describe())) == (ROWS, before)


def test_a_searcher_of_a_bundle_knows_its_numbers(built_once: Path) -> None:
    bundle = open_current(built_once)
    shifted = replace(bundle, numbers=np.arange(ROWS) * 3 + 5)
    one, other = PartSearcher.of(bundle), PartSearcher.of(shifted)
    query = SearchQuery(limit=ROWS, excluded_item="shop/äö 7")
    assert one.find_like(query, "shop/äö 3") == other.find_like(query, "shop/äö 3")

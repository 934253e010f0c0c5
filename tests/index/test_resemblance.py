"""Where resemblance ends, and the beginning of a ranking that ends there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.gallery import Gallery
from index.resemblance import resemblance_from
from index.selection import Selection
from tests.index.slow_gallery import slow_similarities
from tests.index.slow_ranking import Case, cases, slow_list

COMPONENTS = 30


def gallery_of_kinds(items: int, spread: float = 0.15) -> tuple[Gallery, NDArray[np.int64]]:
    """Items of twenty kinds, and the kind of each."""
    generator = np.random.default_rng(5)
    kinds = generator.integers(0, 20, items)
    rows = generator.standard_normal((20, COMPONENTS))[kinds] + spread * generator.standard_normal((items, COMPONENTS))
    return Gallery.of((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)), kinds


def test_it_lies_between_items_of_a_kind_and_others() -> None:
    gallery, kinds = gallery_of_kinds(1_000)
    measured = resemblance_from(gallery)
    assert measured is not None
    assert measured == round(measured, 3)
    vectors = gallery.vectors()
    reached = vectors @ vectors.T >= measured
    same = kinds[:, None] == kinds[None, :]
    assert reached[same].all()
    assert reached[~same].mean() < 0.02


def test_it_depends_on_the_items_alone() -> None:
    assert resemblance_from(gallery_of_kinds(3_000)[0]) == resemblance_from(gallery_of_kinds(3_000)[0])


@pytest.mark.parametrize("items", [1, 39])
def test_few_items_tell_nothing(items: int) -> None:
    assert resemblance_from(gallery_of_kinds(items)[0]) is None


@pytest.mark.parametrize("length", [0.0, 1.0])
def test_equal_items_tell_nothing(length: float) -> None:
    rows = np.zeros((60, COMPONENTS), np.float32)
    rows[:, 0] = length
    assert resemblance_from(Gallery.of(rows)) is None


@given(cases(), st.sampled_from([-1.0, 0.0, 0.3, 0.9]))
@settings(max_examples=200, deadline=None)
def test_a_ranking_ends_after_as_many_items_as_reach_it(case: Case, similarity: float) -> None:
    reduced = slow_similarities(case.columns, case.reduced_query)
    rows = [row for _, row in slow_list(case)]
    count = sum(float(np.float32(reduced[row])) >= float(np.float32(similarity)) for row in rows)
    ranking = case.searched.ranking(
        case.reduced_query,
        case.full_query,
        among=None if case.mask is None else Selection.where(case.mask),
        exclude_row=case.exclude_row,
    )
    kept = ranking.resembling(similarity)
    assert kept.count == count
    assert kept.numbers().tolist() == sorted(rows[:count])

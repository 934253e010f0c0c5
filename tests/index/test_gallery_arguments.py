"""What a gallery refuses, and that it leaves its arguments as they are."""

import math

import numpy as np
import pytest

from index.gallery import Gallery
from index.selection import Selection
from tests.index.slow_gallery import gallery_of, unit_columns


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_query_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        gallery_of(unit_columns(np.ones((2, 3)))).search(np.array([1.0, value], np.float32), limit=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1, "offset": -1}, "offset"),
        ({"limit": 1, "among": Selection.where(np.ones(2, np.bool_))}, "among"),
        ({"limit": 1, "min_similarity": math.nan}, "min_similarity"),
        ({"limit": 1, "exclude_row": 3}, "exclude_row"),
        ({"limit": 1, "exclude_row": -1}, "exclude_row"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gallery_of(np.ones((1, 3), np.float32)).search(np.ones(1, np.float32), **arguments)  # type: ignore[arg-type]


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        gallery_of(unit_columns(np.ones((2, 3)))).search(np.ones(3, np.float32), limit=1)
    for vectors in (np.ones((3, 1)), np.ones(3, np.float32), np.ones((0, 3), np.float32), np.ones((3, 0), np.float32)):
        with pytest.raises(ValueError, match="vectors must be"):
            Gallery.of(vectors)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.5])
def test_vectors_of_another_length_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="of length 1"):
        Gallery.of(np.array([[1.0], [value]], np.float32))


def test_a_row_that_there_is_not() -> None:
    with pytest.raises(IndexError):
        gallery_of(unit_columns(np.ones((2, 3)))).reduced(3)


def test_arguments_are_left_as_they_are() -> None:
    columns = unit_columns(np.random.default_rng(3).standard_normal((4, 100)))
    query, mask = np.ones(4, np.float32), np.arange(100) % 2 == 0
    before = columns.copy(), query.copy(), mask.copy()
    gallery = gallery_of(columns)
    gallery.search(query, limit=5, among=Selection.where(mask), min_similarity=0.1, exclude_row=2)
    gallery.reduced(3)[:] = 7.0
    for array, copy in zip((columns, query, mask), before, strict=True):
        assert (array == copy).all()

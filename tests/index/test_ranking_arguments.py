"""What a ranking refuses, and that it leaves its arguments as they are."""

import math

import numpy as np
import pytest

from index.selection import Selection
from tests.index.searched_rows import SearchedRows, grouped, large
from tests.index.slow_gallery import gallery_of, unit_columns


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

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.box import MIN_BOX_SIDE_PX, Box
from contracts.errors import PictureRejected

fractions = st.floats(0.0, 1.0)
sides = st.integers(1, 20_000)


@pytest.mark.parametrize(
    ("crop", "expected"),
    [
        (None, None),
        ((0, 0, 60, 80), (0, 0, 1, 1)),
        ((15, 20, 30, 60), (0.25, 0.25, 0.5, 0.75)),
        ((52, 72, 60, 80), (52 / 60, 0.9, 1, 1)),
        ((53, 72, 60, 80), None),  # 7 pixels wide
        ((52, 73, 60, 80), None),  # 7 pixels high
        ((10, 10, 14, 40), None),
        ((0, 0, 61, 40), None),
        ((0, 0, 40, 81), None),
        ((-1, 0, 30, 40), None),
        ((0, -1, 30, 40), None),
        ((30, 40, 10, 10), None),
        ((10, 10, 10, 10), None),
    ],
)
def test_a_crop_is_applied_where_it_lies_inside_and_is_large_enough(
    crop: tuple[int, int, int, int] | None, expected: tuple[float, float, float, float] | None
) -> None:
    assert Box.of_crop(crop, 60, 80) == (None if expected is None else Box(*expected))


@given(st.tuples(*[st.integers(-2, 300)] * 4), st.integers(8, 300), st.integers(8, 300))
def test_a_crop_that_is_applied_is_never_refused_later(
    crop: tuple[int, int, int, int], width: int, height: int
) -> None:
    box = Box.of_crop(crop, width, height)
    if box is not None:
        across, down = box.size_on(width, height)
        assert min(across, down) >= MIN_BOX_SIDE_PX
        # Fractions cost a pixel at most.
        for pixel, corner in zip(box.pixels(width, height), crop, strict=True):
            assert abs(pixel - corner) <= 1


@given(fractions, fractions, fractions, fractions, sides, sides)
def test_what_is_cut_lies_inside_the_picture(x1: float, y1: float, x2: float, y2: float, w: int, h: int) -> None:
    try:
        box = Box(x1, y1, x2, y2)
        touched = box.size_on(w, h)
    except PictureRejected:
        return
    left, top, right, bottom = box.pixels(w, h)
    assert 0 <= left < right <= w
    assert 0 <= top < bottom <= h
    # The pixels that are cut are those touched, or all but the last of a side.
    assert touched[0] - 1 <= right - left <= touched[0]
    assert touched[1] - 1 <= bottom - top <= touched[1]


def test_a_box_keeps_a_pixel_of_a_picture_that_was_shrunk() -> None:
    box = Box(0.5, 0.0, 0.502, 1.0)
    assert box.size_on(4000, 4000) == (8, 4000)
    assert box.pixels(500, 500) == (250, 0, 251, 500)


def test_edges_are_rounded_as_they_always_were() -> None:
    # Left and top down, right and bottom to the nearest pixel: embeddings of boxes must not change.
    assert Box(0.25, 0.5, 0.55, 0.999).pixels(10, 10) == (2, 5, 6, 10)
    assert Box(0.25, 0.59, 0.54, 0.94).pixels(10, 10) == (2, 5, 5, 9)


@pytest.mark.parametrize(
    ("corners", "message"),
    [
        ((0.5, 0.5, 0.55, 0.9), "the box covers 3 x 32 pixels of the picture; each side needs at least 8"),
        ((0.5, 0.5, 0.9, 0.55), "the box covers 24 x 4 pixels of the picture; each side needs at least 8"),
    ],
)
def test_a_box_of_few_pixels_is_too_small(corners: tuple[float, float, float, float], message: str) -> None:
    with pytest.raises(PictureRejected, match=message) as rejection:
        Box(*corners).size_on(60, 80)
    assert rejection.value.code == "image_too_small"


def test_pixels_touched_in_part_count() -> None:
    assert Box(0.101, 0.0, 0.171, 1.0).size_on(100, 100) == (8, 100)
    assert math.isclose((0.171 - 0.101) * 100, 7)

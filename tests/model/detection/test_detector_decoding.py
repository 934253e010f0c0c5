from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.garments import Garment
from model.detection.decoding import LEAST_SCORE, decode_garments
from model.detection.grid import grid_points

CLASSES = ("bag", "hat")
SIDES = 64, 96


def outputs(
    found: Sequence[tuple[int, int, float, tuple[float, float, float, float]]],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What a network says that sees boxes, in pixels, from points: (point, class, score, box)."""
    points = grid_points(*SIDES)
    scores = np.zeros((len(points), len(CLASSES)), np.float32)
    reaches = np.ones((len(points), 4), np.float32)
    for point, number, score, (x1, y1, x2, y2) in found:
        scores[point, number] = score
        x, y = points[point]
        reaches[point] = x - x1, y - y1, x2 - x, y2 - y
    return scores, reaches


def decoded(
    *found: tuple[int, int, float, tuple[float, float, float, float]], photo: tuple[int, int] = SIDES
) -> tuple[Garment, ...]:
    return decode_garments(*outputs(found), input_size=SIDES, photo_size=photo, classes=CLASSES)


def test_points_lie_in_the_middle_of_their_cells() -> None:
    points = grid_points(*SIDES)
    assert len(points) == 8 * 12 + 4 * 6 + 2 * 3
    assert points[0].tolist() == [4, 4]
    assert points[13].tolist() == [12, 12]
    assert points[96].tolist() == [8, 8]
    assert points[-1].tolist() == [80, 48]


def test_boxes_are_fractions_of_the_photo_not_of_the_square() -> None:
    (garment,) = decoded((30, 1, 0.8, (24.0, 16.0, 36.0, 32.0)), photo=(64, 48))
    assert garment.type == "hat"
    assert garment.score == pytest.approx(0.8)
    corners = (garment.box.x1, garment.box.y1, garment.box.x2, garment.box.y2)
    assert corners == pytest.approx((0.5, 0.25, 0.75, 0.5))


def test_boxes_end_with_the_photo_and_those_beside_it_are_dropped() -> None:
    inside, beside = (0, 0, 0.9, (-20.0, -9.0, 40.0, 70.0)), (11, 0, 0.9, (70.0, 0.0, 95.0, 9.0))
    (garment,) = decoded(inside, beside, photo=(64, 60))
    assert (garment.box.x1, garment.box.y1, garment.box.y2) == (0.0, 0.0, 1.0)
    assert garment.box.x2 == pytest.approx(2 / 3)


def test_the_most_certain_come_first_and_the_uncertain_not_at_all() -> None:
    boxes = [(float(x), 0.0, x + 8.0, 8.0) for x in (0, 16, 32)]
    found = decoded((0, 0, 0.3, boxes[0]), (2, 0, 0.7, boxes[1]), (4, 0, LEAST_SCORE - 0.01, boxes[2]))
    assert [garment.score for garment in found] == pytest.approx([0.7, 0.3])


def test_of_boxes_around_one_garment_the_most_certain_stays() -> None:
    box, nearly, other = (10.0, 10.0, 30.0, 30.0), (11.0, 11.0, 31.0, 31.0), (24.0, 10.0, 44.0, 30.0)
    found = decoded((14, 0, 0.6, nearly), (15, 0, 0.9, box), (16, 0, 0.5, other))
    assert [round(garment.score, 2) for garment in found] == [0.9, 0.5]


def test_a_box_of_another_class_stays_unless_it_is_almost_the_same() -> None:
    box, part, nearly = (10.0, 10.0, 30.0, 30.0), (10.0, 10.0, 30.0, 23.0), (11.0, 11.0, 31.0, 31.0)
    found = decoded((15, 0, 0.9, box), (14, 1, 0.5, part), (17, 1, 0.4, nearly))
    assert [(garment.type, round(garment.score, 2)) for garment in found] == [("bag", 0.9), ("hat", 0.5)]


def test_no_more_than_eight_are_named() -> None:
    found = decoded(*((row, 0, 0.5 + row / 100, (row * 7.0, 0.0, row * 7.0 + 6, 9.0)) for row in range(12)))
    assert len(found) == 8
    assert found[0].score == pytest.approx(0.61)


def test_nothing_certain_is_no_garment() -> None:
    assert decoded() == ()

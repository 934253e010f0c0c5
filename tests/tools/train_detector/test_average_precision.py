import numpy as np
import pytest

from tools.train_detector.average_precision import PhotoBoxes, average_precision, pairwise_overlap


def slow_overlap(one: list[float], other: list[float]) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    both = max(across, 0.0) * max(down, 0.0)
    area = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return both / (area - both)


def slow_average_precision(photos: list[PhotoBoxes], overlap: float) -> float:
    """Walks down the ranked boxes, one by one, and integrates precision over recall."""
    ranked = sorted(
        (-score, photo, row) for photo, boxes in enumerate(photos) for row, score in enumerate(boxes.scores.tolist())
    )
    there = sum(len(boxes.wanted) for boxes in photos)
    taken: set[tuple[int, int]] = set()
    points = []
    for rank, (_, photo, row) in enumerate(ranked, 1):
        found = photos[photo].found[row].tolist()
        free = [
            (slow_overlap(found, wanted), -number)
            for number, wanted in enumerate(photos[photo].wanted.tolist())
            if (photo, number) not in taken
        ]
        if free and max(free)[0] >= overlap:
            taken.add((photo, -max(free)[1]))
        points.append((len(taken) / there, len(taken) / rank))
    area, before = 0.0, 0.0
    for index, (recall, _) in enumerate(points):
        area += (recall - before) * max(precision for _, precision in points[index:])
        before = recall
    return area


@pytest.mark.parametrize("seed", range(20))
def test_it_equals_a_slow_oracle(seed: int) -> None:
    generator = np.random.default_rng(seed)

    def boxes(count: int) -> np.ndarray:
        corners = generator.integers(0, 6, (count, 2)).astype(np.float64)
        return np.concatenate((corners, corners + generator.integers(1, 6, (count, 2))), 1)

    photos = [
        PhotoBoxes(boxes(found), generator.permutation(1000)[:found] / 1000, boxes(wanted))
        for found, wanted in generator.integers(0, 5, (12, 2)).tolist()
    ]
    # No two scores of all photos are equal, so that there is one order only.
    scores = iter(generator.permutation(1000) / 1000)
    photos = [PhotoBoxes(photo.found, np.array([next(scores) for _ in photo.scores]), photo.wanted) for photo in photos]
    for overlap in (0.3, 0.5):
        assert average_precision(photos, overlap=overlap) == pytest.approx(slow_average_precision(photos, overlap))


def test_all_found_is_one_none_found_is_zero_and_nothing_there_is_unknown() -> None:
    boxes, none = np.array([[0.0, 0.0, 2.0, 2.0], [5.0, 5.0, 9.0, 8.0]]), np.zeros((0, 4))
    assert average_precision([PhotoBoxes(boxes, np.array([0.9, 0.1]), boxes)]) == 1.0
    assert average_precision([PhotoBoxes(none, np.zeros(0), boxes)]) == 0.0
    assert average_precision([PhotoBoxes(boxes + 20, np.array([0.9, 0.1]), boxes)]) == 0.0
    assert np.isnan(average_precision([PhotoBoxes(boxes, np.array([0.9, 0.1]), none)]))


def test_a_box_that_is_found_twice_counts_once() -> None:
    box = np.array([[0.0, 0.0, 2.0, 2.0]])
    twice = PhotoBoxes(np.concatenate((box, box)), np.array([0.9, 0.8]), np.concatenate((box, box + 10)))
    assert average_precision([twice]) == 0.5


def test_boxes_without_an_area_overlap_nothing() -> None:
    point = np.array([[1.0, 1.0, 1.0, 1.0]])
    assert pairwise_overlap(point, point).tolist() == [[0.0]]

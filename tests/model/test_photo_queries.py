"""The share of the first ten that fit, as the mean over classes."""

import numpy as np
import pytest

from evaluation.served_measure import DefaultIndex
from model.training.lookalikes.photo_queries import precision_at_ten


def test_it_is_the_mean_over_classes_of_what_fits_among_the_first_ten() -> None:
    draw = np.random.default_rng(0)
    gallery = draw.standard_normal((60, 512)).astype(np.float32)
    labels = draw.integers(-1, 3, 60)
    queries = draw.standard_normal((7, 512)).astype(np.float32)
    allowed = np.array([[True, False, False]] * 4 + [[False, True, True]] * 3)
    found = DefaultIndex().first(gallery, queries, 10, parts=(512,))
    assert found.shape == (7, 10)
    shares = [
        np.mean([labels[row] >= 0 and may[labels[row]] for row in rows])
        for rows, may in zip(found, allowed, strict=True)
    ]
    expected = (np.mean(shares[:4]) + np.mean(shares[4:])) / 2
    assert precision_at_ten(DefaultIndex(), gallery, labels, queries, allowed, parts=(512,)) == pytest.approx(expected)


def test_the_first_is_the_nearest() -> None:
    gallery = np.random.default_rng(1).standard_normal((40, 512)).astype(np.float32)
    assert DefaultIndex().first(gallery, gallery[[3, 17]] * 2, 10, parts=(512,))[:, 0].tolist() == [3, 17]


def test_what_nothing_fits_cannot_be_judged() -> None:
    gallery = np.random.default_rng(2).standard_normal((20, 512)).astype(np.float32)
    nothing = np.zeros((2, 3), np.bool_)
    labels = np.zeros(20, np.int64)
    assert precision_at_ten(DefaultIndex(), gallery, labels, gallery[:2], nothing, parts=(512,)) is None


def test_of_three_that_fit_three_can_be_found() -> None:
    gallery = np.random.default_rng(3).standard_normal((40, 512)).astype(np.float32)
    gallery[:3] += 40 * np.eye(512, dtype=np.float32)[0]
    labels = np.where(np.arange(40) < 3, 1, 0)
    query = (40 * np.eye(512, dtype=np.float32)[0])[None]
    allowed = np.array([[False, True]])
    assert precision_at_ten(DefaultIndex(), gallery, labels, query, allowed, parts=(512,)) == 1.0

"""Which held-out queries are judged, and what a training says that it gained."""

import re

import numpy as np
import pytest

from contracts.embedding_set import ONE_PART
from evaluation.served_measure import DefaultIndex
from model.training.gain import Gain, in_words
from model.training.served_measure import JudgedQueries


def test_a_query_needs_all_targets_and_a_right_item_that_is_no_sibling() -> None:
    labels = np.array([[1, 1], [1, -1], [2, 2], [2, 2], [1, 1], [3, 3]])
    groups = np.array([0, 1, 2, 2, 3, 4])
    judged = JudgedQueries.among(labels, groups, 4)
    # The second lacks a target, and the third and fourth have only each other.
    assert judged.rows.tolist() == [0]
    assert judged.groups.tolist() == [0]
    assert [rows.tolist() for rows in judged.siblings] == [[0]]


def test_siblings_are_not_what_is_looked_for() -> None:
    embeddings = (np.eye(512)[[0, 0, 1, 1]] + np.eye(512)[[5, 6, 7, 5]] * 0.5).astype(np.float32)
    groups = np.array([0, 0, 2, 3])
    # The nearest to the first is its sibling; behind it comes the last.
    same = JudgedQueries.among(np.array([[1], [1], [2], [1]]), groups, 1)
    assert same.right(DefaultIndex(), embeddings, parts=ONE_PART).tolist() == [True]
    other = JudgedQueries.among(np.array([[1], [1], [1], [9]]), groups, 1)
    assert other.right(DefaultIndex(), embeddings, parts=ONE_PART).tolist() == [False]


def test_nothing_that_can_be_judged_is_no_query() -> None:
    judged = JudgedQueries.among(np.array([[1], [2], [3]]), np.arange(3), 3)
    assert judged.right(DefaultIndex(), np.eye(512, dtype=np.float32)[:3], parts=ONE_PART).tolist() == []


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.2, "The trained network is better than the one it began with: fine R@1 as served is 0.600, and was"),
        (-0.2, -0.01, "The trained network is worse than the one it began with, so keep that one: fine R@1"),
        (-0.1, 0.2, "neither better nor worse than the one it began with, within the noise"),
        (0.0, 0.2, "within the noise"),
        (None, None, "within the noise: .* so no interval, 1,000 held-out queries"),
    ],
)
def test_the_sentence_says_better_worse_or_within_the_noise(low: float | None, high: float | None, words: str) -> None:
    gain = Gain(0.55, 0.6, low, high, 1000)
    assert Gain.from_json(gain.to_json()) == gain
    sentence = in_words(gain)
    assert sentence.count(". ") == 0
    assert re.search(words, sentence)


def test_nothing_judged_is_said() -> None:
    assert "is unknown: no held-out item could be judged" in in_words(None)

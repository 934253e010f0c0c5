from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.training.article.triplets import TripletSampler


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_positives_and_negatives_are_what_they_are_called(labels: list[int], seed: int) -> None:
    array = np.array(labels, np.int64)
    anchors = np.random.default_rng(seed).permutation(len(labels))
    triplets = TripletSampler(array).draw(anchors, np.random.default_rng(seed))
    sizes = Counter(labels)
    for anchor, positive, negative, valid in zip(
        triplets.anchors, triplets.positives, triplets.negatives, triplets.valid, strict=True
    ):
        assert valid == (sizes[labels[anchor]] > 1 and len(sizes) > 1)
        if valid:
            assert positive != anchor
            assert labels[positive] == labels[anchor]
            assert labels[negative] != labels[anchor]
        else:
            assert positive == negative == anchor


def test_each_candidate_is_drawn_equally_often() -> None:
    labels = np.array([1, 0, 1, 2, 1, 0, 1])
    triplets = TripletSampler(labels).draw(np.full(12_000, 2), np.random.default_rng(0))
    positives, negatives = Counter(triplets.positives.tolist()), Counter(triplets.negatives.tolist())
    assert positives.keys() == {0, 4, 6}
    assert negatives.keys() == {1, 3, 5}
    for count in (*positives.values(), *negatives.values()):
        assert abs(count - 4_000) < 300


def test_the_same_generator_draws_the_same() -> None:
    sampler = TripletSampler(np.arange(40) % 5)
    first, second = (sampler.draw(np.arange(40), np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first.positives, second.positives)
    assert np.array_equal(first.negatives, second.negatives)

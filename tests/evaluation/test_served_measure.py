"""The measure of a training is the evaluation's space `served`, and its interval a paired bootstrap."""

import numpy as np
import pytest

from contracts.embedding_set import ONE_PART, TWO_PARTS, ModelIdentity
from contracts.search_defaults import COMPONENTS, RERANKED, SCALING, WHITEN
from evaluation.served_measure import DefaultIndex
from evaluation.spaces import ReductionSettings, open_spaces


@pytest.mark.parametrize("parts", [ONE_PART, TWO_PARTS])
def test_it_finds_what_an_evaluation_finds_as_served(parts: tuple[int, ...]) -> None:
    embeddings = np.random.default_rng(1).standard_normal((200, 512)).astype(np.float32)
    queries = np.array([3, 50, 120])
    left_out = [np.array([query, query + 1]) for query in queries.tolist()]
    settings = ReductionSettings(SCALING, COMPONENTS, WHITEN, RERANKED)
    model = ModelIdentity("any", "resnet18", "", 96, parts)
    (served,) = open_spaces(embeddings, embeddings, ["served"], settings, model)
    expected = served.search(queries, left_out, limit=1, progress=lambda _: None).rows[:, 0]
    found = DefaultIndex().nearest(embeddings, queries, left_out, parts=parts)
    assert found.tolist() == expected.tolist()
    assert not set(found.tolist()) & set(np.concatenate(left_out).tolist())


@pytest.mark.parametrize("value", [1.0, np.nan])
def test_a_collapsed_network_finds_nothing(value: float) -> None:
    same = np.full((5, 512), value, np.float32)
    assert DefaultIndex().nearest(same, np.arange(2), [np.array([0]), np.array([1])], parts=ONE_PART).tolist() == [
        -1,
        -1,
    ]


def test_the_interval_is_of_the_difference_in_pairs() -> None:
    generator = np.random.default_rng(2)
    before = generator.random(400) < 0.5
    after = before.copy()
    after[np.flatnonzero(~before)[:20]] = True
    gain = DefaultIndex().gain(before, after, np.arange(400))
    # Unpaired, twenty of 400 would be within the noise.
    assert gain.verdict == "better"
    assert gain.after - gain.before == pytest.approx(0.05)
    assert DefaultIndex().gain(after, before, np.arange(400)).verdict == "worse"
    assert DefaultIndex().gain(before, generator.permutation(before), np.arange(400)).verdict == "within the noise"


def test_pictures_of_one_product_count_as_one() -> None:
    before, after = np.zeros(40, np.bool_), np.zeros(40, np.bool_)
    after[:20] = True
    assert DefaultIndex().gain(before, after, np.arange(40)).verdict == "better"
    assert DefaultIndex().gain(before, after, np.repeat([7, 9], 20)).verdict == "within the noise"
    assert DefaultIndex().gain(before, after, np.full(40, 7)).low is None

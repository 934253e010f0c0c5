"""The nearest items, their scores, and what is left of them by similarity: bit for bit."""

import numpy as np
import pytest
from numpy.typing import NDArray

from index.conditions import Condition
from index.part import Candidates, Part, QueryVectors
from tests.engines.contract.contents import COMPONENTS, TWINS, Content, draw_vectors
from tests.engines.contract.oracle import Oracle
from tests.engines.contract.test_filters import check, read

NONE = np.empty(0, np.int64)
FILTERED = ("colour", "Black", "White")


def queries(content: Content) -> list[NDArray[np.float32]]:
    """Items of all sorts, photos of none, and vectors of any length."""
    drawn = content.reduction.reduce(draw_vectors(2, np.random.default_rng(1)))
    return [*content.reduced[[3, 7, 20, 310]], *drawn, drawn[0] * np.float32(1e-30), drawn[1] * np.float32(1e15)]


def ranked(candidates: Candidates, reduced: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
    found = candidates.nearest(reduced, k)
    assert found.numbers.dtype == np.int64
    assert found.similarities.dtype == np.float64
    return list(zip(found.numbers.tolist(), found.similarities.tolist(), strict=True))


@pytest.mark.parametrize("k", [1, 5, TWINS // 2, TWINS + 5, 10_000])
def test_the_nearest(part: Part, content: Content, oracle: Oracle, k: int) -> None:
    for query in queries(content):
        assert ranked(part.candidates((), ()), query, k) == oracle.nearest(oracle.numbers, query, k)


@pytest.mark.parametrize("k", [1, 5, 10_000])
def test_the_nearest_that_pass(part: Part, content: Content, oracle: Oracle, k: int) -> None:
    for condition in (FILTERED, ("year", "2000.."), ("once", "only here"), ("once", "nothing")):
        asked = [Condition(condition[0], tuple(condition[1:]))]
        for query in queries(content)[:5]:
            for needed, unwanted, excluded in ((asked, [], None), ([], asked, oracle.numbers[3])):
                tests = read(part, condition)
                candidates = part.candidates(tests if needed else (), tests if unwanted else (), excluded)
                passing = oracle.passing(needed, unwanted, excluded)
                assert ranked(candidates, query, k) == oracle.nearest(passing, query, k)


def test_twins_come_in_the_order_of_numbers(part: Part, content: Content) -> None:
    found = part.candidates((), (), int(content.numbers[3])).nearest(content.reduced[3], TWINS)
    assert (
        found.numbers.tolist()
        == [number for number in content.numbers[100 : 100 + TWINS].tolist() if number != content.numbers[150]]
        + content.numbers[233:234].tolist()
    )
    assert len(set(found.similarities.tolist())) == 1


def test_a_query_without_a_direction(part: Part, content: Content, oracle: Oracle) -> None:
    zero = np.zeros(COMPONENTS, np.float32)
    assert ranked(part.candidates((), ()), zero, 9) == [(number, 0.0) for number in oracle.numbers[:9]]
    some = part.candidates(read(part, FILTERED), ())
    passing = oracle.passing([Condition(FILTERED[0], FILTERED[1:])])
    assert ranked(some, zero, 1000) == [(number, 0.0) for number in passing]
    assert some.at_least(zero, 0.0, NONE).numbers().tolist() == passing
    assert some.at_least(zero, 1e-6, NONE).count == 0
    assert content.reduced[7].tolist() == zero.tolist()


def test_queries_that_are_none(part: Part) -> None:
    everything = part.candidates((), ())
    for wrong in (np.zeros(COMPONENTS - 1), np.zeros((1, COMPONENTS)), np.full(COMPONENTS, np.nan), [np.inf] * 12):
        with pytest.raises(ValueError, match=r"must have shape|finite"):
            everything.nearest(np.asarray(wrong, np.float32), 5)
        with pytest.raises(ValueError, match=r"must have shape|finite"):
            everything.at_least(np.asarray(wrong, np.float32), 0.5, NONE)
    with pytest.raises(ValueError, match=r"must have shape|finite"):
        everything.scores(everything.numbers()[:1], np.zeros(1), np.full(512, np.nan, np.float32))
    with pytest.raises(ValueError, match=r"must have shape|finite"):
        everything.scores(everything.numbers()[:1], np.zeros(1), np.zeros(511, np.float32))


def test_scores(part: Part, content: Content, oracle: Oracle) -> None:
    raised = 0
    for row in (3, 20, 310, 7):
        candidates = part.candidates((), ())
        numbers, similarities = zip(*sorted(oracle.nearest(oracle.numbers, content.reduced[row], 60)), strict=True)
        full = content.full[row].astype(np.float32) * np.float32(7.5)
        found = candidates.scores(np.array(numbers), np.array(similarities), full)
        expected = oracle.scores(numbers, similarities, full)
        assert found.dtype == np.float32
        assert found.tolist() == expected.tolist()
        raised += np.count_nonzero(expected != np.array(similarities, np.float32))
    assert raised
    assert candidates.scores(NONE, np.empty(0), full).tolist() == []


def test_what_is_scored_at_once(part: Part, content: Content, oracle: Oracle) -> None:
    candidates = part.candidates((), read(part, FILTERED))
    passing = oracle.passing((), [Condition(FILTERED[0], FILTERED[1:])])
    for row in (3, 20):
        full = content.full[row].astype(np.float32)
        numbers, similarities = zip(*sorted(oracle.nearest(passing, content.reduced[row], 80)), strict=True)
        scores = oracle.scores(numbers, similarities, full)
        best = sorted(zip((-scores).tolist(), numbers, strict=True))[:30]
        found = candidates.reranked(QueryVectors(content.reduced[row], full), 80, 30)
        if found is not None:
            assert found.numbers.tolist() == [number for _, number in best]
            assert found.scores.tolist() == [-score for score, _ in best]


def test_all_of_at_least_a_similarity(part: Part, content: Content, oracle: Oracle) -> None:
    asked = Condition(FILTERED[0], FILTERED[1:])
    for query in queries(content)[:5:2]:
        for needed in ((), (asked,)):
            passing = oracle.passing(needed)
            candidates = part.candidates(read(part, FILTERED) if needed else (), ())
            rounded = oracle.similarities(passing, query).astype(np.float32)
            # At a similarity itself, and at its neighbours.
            for exact in (np.sort(rounded)[-40], rounded.max(), np.float32(0.0), np.float32(-1.0)):
                for floor in (exact, np.nextafter(exact, np.float32(2)), np.nextafter(exact, np.float32(-2))):
                    kept = [number for number, one in zip(passing, rounded, strict=True) if one >= floor]
                    assert candidates.at_least(query, float(floor), NONE).numbers().tolist() == kept


def test_some_stay_whatever_their_similarity(part: Part, content: Content, oracle: Oracle) -> None:
    query = content.reduced[20]
    worst = [number for number, _ in oracle.nearest(oracle.numbers, query, 1000)[-3:]]
    near = [number for number, one in oracle.nearest(oracle.numbers, query, 1000) if np.float32(one) >= 0.7]
    kept = part.candidates((), ()).at_least(query, 0.7, np.array(worst))
    check(part, kept, sorted({*near, *worst}), oracle.numbers)
    assert kept.count_groups("colour") == len(
        {oracle.value("colour", number) for number in kept.numbers().tolist()}
    ) + (max(0, sum(oracle.value("colour", number) is None for number in kept.numbers().tolist()) - 1))


def test_only_some(part: Part, content: Content, oracle: Oracle) -> None:
    chosen = [oracle.numbers[place] for place in (40, 3, 250, 100, 101, 7)]
    only = part.candidates((), ()).only(np.array(chosen))
    check(part, only, sorted(chosen), oracle.numbers)
    query = content.reduced[3]
    assert ranked(only, query, 4) == oracle.nearest(sorted(chosen), query, 4)
    assert ranked(only, query, 40) == oracle.nearest(sorted(chosen), query, 40)
    check(part, only.only(np.array(chosen[:2])), sorted(chosen[:2]), oracle.numbers)
    none = part.candidates((), ()).only(NONE)
    check(part, none, [], oracle.numbers)
    assert none.nearest(query, 5).numbers.tolist() == []
    assert none.count_values("colour") == {}
    assert none.count_groups("colour") == 0

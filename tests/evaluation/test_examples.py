import numpy as np

from evaluation.examples import choose_examples


def lists(*first_right: int | None) -> np.ndarray:
    right = np.zeros((len(first_right), 20), np.bool_)
    for position, rank in enumerate(first_right):
        if rank is not None:
            right[position, rank - 1] = True
    return right


def test_worst_come_last_or_never_and_best_first() -> None:
    right = lists(1, 12, None, 3, 20, 2)
    chosen = choose_examples(right, np.ones(6, np.int64), np.arange(6), each=2, seed=0)
    kinds = {kind: [found for found in chosen if found.kind == kind] for kind in ("random", "best", "worst")}
    shown_by_chance = {found.position for found in kinds["random"]}
    best = [position for position in (0, 5, 3, 1, 4, 2) if position not in shown_by_chance][:2]
    assert [found.position for found in kinds["best"]] == best
    worst = [position for position in (2, 4, 1, 3, 5, 0) if position not in shown_by_chance | set(best)][:2]
    assert [found.position for found in kinds["worst"]] == worst
    assert {found.position: found.first_right for found in chosen} == {0: 1, 1: 12, 2: None, 3: 3, 4: 20, 5: 2}


def test_no_query_is_shown_twice_and_few_are_enough() -> None:
    chosen = choose_examples(lists(1, None), np.ones(2, np.int64), np.zeros(2, np.int64), each=5, seed=0)
    assert sorted(found.position for found in chosen) == [0, 1]


def test_one_class_does_not_fill_the_page() -> None:
    right = np.zeros((100, 20), np.bool_)
    right[:, 0] = True
    right[:95] = True
    classes = np.array([0] * 95 + [1, 1, 1, 2, 2])
    chosen = choose_examples(right, right.sum(axis=1), classes, each=3, seed=1)
    assert len({int(classes[found.position]) for found in chosen if found.kind == "best"}) == 3


def test_the_seed_chooses() -> None:
    right = lists(*[1] * 200)
    ones, classes = np.ones(200, np.int64), np.zeros(200, np.int64)
    first = choose_examples(right, ones, classes, each=5, seed=1)
    assert first == choose_examples(right, ones, classes, each=5, seed=1)
    assert first != choose_examples(right, ones, classes, each=5, seed=2)

"""Numbers of items, and those of them that are hidden."""

import numpy as np
import pytest

from engines.held_numbers import HeldNumbers
from engines.postgresql.hidden_items import HiddenItems


@pytest.mark.parametrize("numbers", [range(50), range(1, 90, 3), [0, 1, 5, 6, 2**40], [7], []])
def test_positions_and_numbers(numbers: list[int]) -> None:
    every = np.array(list(numbers), np.int64)
    held = HeldNumbers.of(every)
    assert held.all().tolist() == list(numbers)
    assert held.at(np.arange(held.size)).tolist() == list(numbers)
    asked = np.array([-5, *numbers, 2, 91, 2**41], np.int64)
    expected = [list(numbers).index(number) if number in numbers else -1 for number in asked.tolist()]
    assert held.positions(asked).tolist() == expected


def test_evenly_spaced_numbers_take_no_memory() -> None:
    assert HeldNumbers.of(np.arange(1, 1_000, 4)).listed is None
    assert HeldNumbers.of(np.array([0, 1, 3])).listed is not None


def test_positions_among_what_is_left() -> None:
    everything = np.arange(0, 40, 2)
    generator = np.random.default_rng(1)
    hidden = HiddenItems.none(1)
    left = list(range(20))
    for place in generator.permutation(20)[:15].tolist():
        places = np.array([place])
        hidden = hidden.with_others(places, everything[places], np.array([[place % 3]], np.int32))
        left.remove(place)
        assert hidden.before_hiding(np.arange(len(left))).tolist() == left
        assert hidden.after_hiding(np.array(left, np.int64)).tolist() == list(range(len(left)))
        assert hidden.hold(everything).tolist() == [at not in left for at in range(20)]
    gone = [place % 3 for place in range(20) if place not in left]
    assert [hidden.tally(code) for code in (1, 2, 3)] == [gone.count(1), gone.count(2), 0]
    assert hidden.with_value.tolist() == [sum(code > 0 for code in gone)]

"""A part without some items answers as if they had never been there."""

import numpy as np
import pytest

from index.base_part import BasePart
from index.conditions import Condition
from tests.engines.contract.contents import Content
from tests.engines.contract.oracle import Oracle
from tests.engines.contract.test_filters import check, read


@pytest.fixture(scope="module")
def gone(content: Content) -> list[int]:
    """The first item with a value of some columns, one of the twins, the one with the largest year and others."""
    rows = {0, 1, 3, 6, 104, 166, len(content) - 9, *range(30, 60)}
    return [number for row, number in enumerate(content.numbers.tolist()) if row in rows]


@pytest.fixture(scope="module")
def left(base: BasePart, gone: list[int]) -> BasePart:
    return base.without(np.array(gone[:20])).without(np.array(gone[20:]))


@pytest.fixture(scope="module")
def oracle_left(content: Content, gone: list[int]) -> Oracle:
    return Oracle(content, gone)


def test_columns_that_were_indexed(base: BasePart, left: BasePart, content: Content) -> None:
    assert isinstance(base.remote, bool)
    assert left.remote == base.remote
    for part in (base, left):
        assert {name: kind.name for name, kind in part.columns.items()} == {
            name: kind.name for name, kind in content.kinds.items()
        }


def test_the_part_itself_stays(base: BasePart, left: BasePart, oracle: Oracle, oracle_left: Oracle) -> None:
    assert len(base) == len(oracle.numbers)
    assert base.candidates((), ()).numbers().tolist() == oracle.numbers
    assert len(left) == len(oracle_left.numbers)
    assert len(base.without(np.empty(0, np.int64))) == len(base)


def test_items_are_gone(left: BasePart, content: Content, gone: list[int], oracle_left: Oracle) -> None:
    check(left, left.candidates((), ()), oracle_left.numbers, oracle_left.numbers)
    assert left.holds(content.numbers).tolist() == [number in oracle_left.rows for number in content.numbers.tolist()]
    ids = [content.items[content.numbers.tolist().index(number)].id for number in (gone[0], oracle_left.numbers[7])]
    assert left.numbers_of(ids) == [None, oracle_left.numbers[7]]
    for number in gone[:5]:
        assert left.number(content.items[content.numbers.tolist().index(number)].id) is None
        for ask in (left.vectors, left.record):
            with pytest.raises(IndexError):
                ask(number)
    places = np.array([0, 1, 200, len(left) - 1])
    assert left.numbers_at(places).tolist() == [oracle_left.numbers[place] for place in places]


def test_columns_of_what_is_left(left: BasePart, oracle_left: Oracle) -> None:
    assert [(field, kind.name) for field, kind in left.kinds.items()] == oracle_left.kinds()
    assert dict(left.first_places()) == oracle_left.first_places()
    assert list(left.describe()) == oracle_left.describe()
    assert not left.has_value("once", "only here")
    assert left.has_value("late", "l1")
    for field, _ in oracle_left.kinds():
        counts = oracle_left.counted(field, oracle_left.numbers)
        assert list(left.find_values(field, "", 5).items()) == counts[:5]
        assert list(left.candidates((), ()).count_values(field, 3).items()) == counts[:3]
        assert left.not_a_number(field) == oracle_left.not_a_number(field)


def test_searches_of_what_is_left(left: BasePart, content: Content, gone: list[int], oracle_left: Oracle) -> None:
    for excluded in (None, gone[0], oracle_left.numbers[4]):
        for condition in (("year", "2000.."), ("colour", "Black")):
            asked = [Condition(condition[0], condition[1:])]
            for found, passing in (
                (left.candidates(read(left, condition), (), excluded), oracle_left.passing(asked, (), excluded)),
                (left.candidates((), read(left, condition), excluded), oracle_left.passing((), asked, excluded)),
            ):
                check(left, found, passing, oracle_left.numbers)
                nearest = found.nearest(content.reduced[3], 110)
                expected = oracle_left.nearest(passing, content.reduced[3], 110)
                assert list(zip(nearest.numbers.tolist(), nearest.similarities.tolist(), strict=True)) == expected

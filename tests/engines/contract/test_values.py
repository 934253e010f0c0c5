"""Values, their counts and groups among the candidates."""

import numpy as np
import pytest

from index.conditions import Condition
from index.part import Candidates, Part
from tests.engines.contract.contents import NASTY, Content
from tests.engines.contract.oracle import Oracle
from tests.engines.contract.test_filters import read

FIELDS = ("title", "colour", "year", "price", "sizes", "mixed", "late", "once", "c0", "id", NASTY)
GROUPED = tuple(field for field in FIELDS if field != "sizes")


@pytest.fixture(params=["all", "some", "near", "only", "none"])
def chosen(
    request: pytest.FixtureRequest, part: Part, content: Content, oracle: Oracle
) -> tuple[Candidates, list[int]]:
    """Candidates of each sort, and their numbers."""
    if request.param == "some":
        asked = Condition("year", ("2000..", "-3"))
        excluded = oracle.numbers[31]
        tests = read(part, ("year", "2000..", "-3"))
        return part.candidates(tests, (), excluded), oracle.passing([asked], (), excluded)
    everything = part.candidates((), ())
    if request.param == "near":
        similarities = oracle.similarities(oracle.numbers, content.reduced[3]).astype(np.float32)
        near = [number for number, one in zip(oracle.numbers, similarities, strict=True) if one >= 0.5]
        return everything.at_least(content.reduced[3], 0.5, np.empty(0, np.int64)), near
    if request.param == "only":
        some = oracle.numbers[5:90]
        return everything.only(np.array(some)), some
    if request.param == "none":
        return part.candidates(read(part, ("once", "nothing")), ()), []
    return everything, oracle.numbers


def test_counts_of_values(chosen: tuple[Candidates, list[int]], oracle: Oracle) -> None:
    candidates, numbers = chosen
    for field in FIELDS:
        expected = oracle.counted(field, numbers)
        assert list(candidates.count_values(field).items()) == expected, field
        for most in (1, 2, 5, 10_000):
            assert list(candidates.count_values(field, most).items()) == expected[:most], (field, most)
        also = [value for value, _ in expected[1:4]] + ["nothing", "%", "'", "\x00", "\ud800"]
        found = list(candidates.count_values(field, 2, also).items())
        assert found[:2] == expected[:2]
        assert sorted(found[2:]) == sorted(entry for entry in expected[2:] if entry[0] in also)


def test_groups(chosen: tuple[Candidates, list[int]], oracle: Oracle) -> None:
    candidates, numbers = chosen
    for field in GROUPED:
        found = [oracle.value(field, number) for number in numbers]
        values, alone = {value for value in found if value is not None}, found.count(None)
        assert candidates.count_groups(field) == len(values) + alone, field
        for some in ({*sorted(values)[:2], "nothing"}, {"Black"}):
            assert candidates.count_groups(field, some) == len(values.difference(some)) + alone, field
        groups = candidates.group_values(field)
        assert sorted(groups.values) == sorted(values)
        assert groups.alone == alone


def test_values_of_items(chosen: tuple[Candidates, list[int]], oracle: Oracle) -> None:
    candidates, numbers = chosen
    asked = np.array(numbers[-30:] + numbers[:10], np.int64)
    for field in FIELDS:
        expected = [oracle.value(field, number) for number in asked.tolist()]
        assert candidates.values(field, asked) == expected, field
        labels = candidates.groups(field, asked)
        assert labels.dtype == np.int32
        pairs = set(zip(labels.tolist(), expected, strict=True))
        assert {label == -1 for label, value in pairs if value is None} <= {True}
        assert len(pairs) == len({label for label, _ in pairs}) == len({value for _, value in pairs})

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.items import Item
from index.columns import registry
from index.columns.column import Column, ColumnKind
from index.columns.registry import KINDS, common_kind, kind_named, recognised_kind
from index.query import ColumnDescription
from tests.index.searched_rows import select, table_of


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2.5e3", "007"], "number"),
        (["1", "XL"], "text"),
        (["nan"], "text"),
        (["1..2"], "text"),
        (["10", "12", "XL"], "number"),
        (["10", "12", "L", "XL"], "text"),
        ([*map(str, range(198)), "on request", "TBD"], "number"),
        ([*map(str, range(197)), "on request", "TBD"], "text"),
        (["S|M", "L"], "text"),
    ],
)
def test_the_most_particular_kind_is_recognised(values: list[str], kind: str) -> None:
    assert recognised_kind(values, [1] * len(values)).name == kind


def test_values_of_several_kinds_are_of_the_most_general() -> None:
    assert common_kind([KINDS["number"], KINDS["number"]]) is KINDS["number"]
    assert common_kind([KINDS["number"], KINDS["text"]]) is KINDS["text"]
    assert common_kind([KINDS["number"], KINDS["list"]]) is KINDS["text"]


def test_a_kind_is_looked_up_by_its_name() -> None:
    for name, kind in KINDS.items():
        assert kind.name == name
        assert kind_named(name) is kind
    with pytest.raises(ValueError, match="'colour' is not a kind of column; the kinds are: text, list, number"):
        kind_named("colour")


def test_columns_describe_themselves() -> None:
    items = [Item("a", "a", {"year": "2010", "size": "S", "sizes": "S|M"}), Item("b", "b", {"year": "1", "sizes": "M"})]
    columns = table_of(items, {"sizes": "list"}).columns.values()
    assert [column.kind.describe(column, 2) for column in columns] == [
        ColumnDescription("year", "number", False, ["1", "2010"], [1, 1], 0, 1.0, 2010.0),
        ColumnDescription("size", "text", True, ["S"], [1], 1),
        ColumnDescription("sizes", "list", False, ["M", "S"], [2, 1], 0),
    ]


class Doubled:
    """Accepts values that are one of some texts twice."""

    def __init__(self, values: Sequence[str]) -> None:
        self._values = values

    def accepted(self, column: Column) -> NDArray[np.bool_]:
        return column.mark([2 * value for value in self._values])


class Echo(ColumnKind):
    """Texts that are the same thing twice, which conditions name once."""

    name = "echo"
    categorical = True

    def recognise(self, values: Sequence[str], counts: Sequence[int]) -> "Echo | None":
        return self if all(value[: len(value) // 2] * 2 == value for value in values) else None

    def parse(self, values: Sequence[str]) -> Doubled:
        return Doubled(values)


def test_a_new_kind_is_one_class_and_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "KINDS", {**KINDS, "echo": Echo()})
    items = [Item(str(row), "", {"sound": sound}) for row, sound in enumerate(["tata", "dodo", "tata"])]
    table = table_of(items)
    columns = list(table.columns.values())
    assert columns[0].kind.name == "echo"
    assert kind_named("echo") is columns[0].kind
    selected = select(table, ["sound:ta"], [])
    assert selected is not None
    assert selected.as_rows().tolist() == [0, 2]
    assert np.isnan(columns[0].comparables).all()

"""One item, one transaction: what is written, in which version, and what is refused."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from catalogue.items import ANYTHING, Delete, Expected, Patch, Put, Wanted, Written
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import (
    AttributesError,
    CatalogueError,
    EmbeddingMissingError,
    PreconditionError,
    UnknownItemError,
)
from tests.catalogue.made_items import MODEL, content, embedding, put


def test_an_item_is_put_changed_deleted_and_put_again(catalogue: LiveCatalogue) -> None:
    first = catalogue.write(put("a", 1, {"colour": " Red ", "size": "NA", "brand": ""}))
    assert (first.created, first.changed, first.sequence) == (True, True, 1)
    assert (first.item.number, first.item.version, dict(first.item.attributes)) == (0, 1, {"colour": "Red"})
    second = catalogue.write(Patch("a", {"colour": None, "price": "12", "size": "M"}))
    assert (second.created, second.item.number, second.item.version, second.sequence) == (False, 0, 2, 2)
    assert list(second.item.attributes.items()) == [("price", "12"), ("size", "M")]
    gone = catalogue.write(Delete("a"))
    assert (gone.item.deleted, gone.item.version, dict(gone.item.attributes)) == (True, 3, {})
    assert catalogue.item("a") == gone.item
    again = catalogue.write(put("a", 2))
    assert (again.created, again.item.version, again.item.number, again.sequence) == (True, 4, 1, 4)
    assert catalogue.item("a") == again.item
    assert catalogue.sequence() == 4


def test_the_same_again_changes_nothing(catalogue: LiveCatalogue) -> None:
    wanted = put("a", 1, {"colour": "Red", "size": "M"})
    written = catalogue.write(wanted)
    for same in (
        wanted,
        dataclasses.replace(wanted, attributes={"size": "M ", "colour": "Red", "brand": "NA"}, embedding=None),
        Patch("a", {"colour": "Red", "nothing": None}),
        Patch("a", {}),
    ):
        again = catalogue.write(same)
        assert (again.changed, again.created, again.item, again.sequence) == (False, False, written.item, 1)
    assert catalogue.sequence() == 1


def test_a_write_may_expect_a_version(catalogue: LiveCatalogue) -> None:
    absent, third = Expected(absent=True), Expected(frozenset({2, 3}), present=True)
    with pytest.raises(PreconditionError, match="there is no such item"):
        catalogue.write(put("a"), expected=third)
    catalogue.write(put("a"), expected=absent)
    with pytest.raises(PreconditionError, match="already, in version 1"):
        catalogue.write(put("a", 2), expected=absent)
    with pytest.raises(PreconditionError, match="it is in version 1"):
        catalogue.write(Delete("a"), expected=third)
    with pytest.raises(UnknownItemError):
        catalogue.write(Patch("b", {}), expected=third)
    assert catalogue.write(Delete("a"), expected=Expected(frozenset({1}), present=True)).item.version == 2
    with pytest.raises(UnknownItemError):
        catalogue.write(Delete("a"))
    assert catalogue.write(put("a"), expected=absent).item.version == 3


@pytest.mark.parametrize(
    "attributes",
    [
        {"a\x00b": "x"},
        {"colour": "x\x00"},
        {"colour": "\ud800"},
        {"\udfff": "x"},
        {"": "x"},
        {"n" * 257: "x"},
        {"colour": "é" * 20_000},
        {f"column {number}": "x" for number in range(257)},
        {f"column {number}": "x" * 30_000 for number in range(5)},
    ],
    ids=["NUL name", "NUL", "surrogate", "surrogate name", "no name", "long name", "long", "many", "large"],
)
def test_attributes_that_are_not_stored(catalogue: LiveCatalogue, attributes: dict[str, str]) -> None:
    for change in (put("a", 1, attributes), Patch("b", attributes)):
        with pytest.raises(AttributesError):
            catalogue.write(change)
    assert (catalogue.sequence(), catalogue.item("a"), catalogue.known_contents([content(1)], MODEL)) == (
        0,
        None,
        set(),
    )


def test_a_patch_cannot_get_round_the_limit_of_an_item(catalogue: LiveCatalogue) -> None:
    catalogue.write(put("a", 1, {f"column {number}": "x" for number in range(200)}))
    with pytest.raises(AttributesError, match="at most 256"):
        catalogue.write(Patch("a", {f"other {number}": "x" for number in range(100)}))


def test_a_flood_of_columns_ends(catalogue: LiveCatalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalogue.column_names.MOST_COLUMNS", 3)
    catalogue.write(put("a", 1, {"one": "1", "two": "2"}))
    catalogue.write(Patch("a", {"three": "3"}))
    for _ in range(2):
        with pytest.raises(AttributesError, match="'four'"):
            catalogue.write(Patch("a", {"four": "4"}))
        with pytest.raises(AttributesError, match="'four'"):
            catalogue.write(put("b", 2, {"four": "4"}))
    assert catalogue.write(put("c", 2, {"one": "1", "three": "3"})).changed
    monkeypatch.setattr("catalogue.purging._MANY_NAMES", 0)
    catalogue.write(Patch("a", {"two": None}))
    catalogue.purge(up_to=0)
    assert catalogue.write(Patch("a", {"four": "4"})).changed


@pytest.mark.parametrize("item_id", ["", "a\x00", "\ud800", " a", "e\u0301", "a/../b", "x" * 513, "a\nb"])
def test_ids_that_are_not_stored(catalogue: LiveCatalogue, item_id: str) -> None:
    for change in (put(item_id), Patch(item_id, {}), Delete(item_id)):
        with pytest.raises(CatalogueError):
            catalogue.write(change)
    assert catalogue.item(item_id) is None


def test_names_and_values_are_never_statements(catalogue: LiveCatalogue) -> None:
    hostile = [
        "'; DROP TABLE items; --",
        '"x"',
        "$.a[*]",
        "100% _ \\",
        "%(name)s :id ?",
        "__proto__",
        "Ö́\u202e\U0001f457",
    ]
    for number, text in enumerate(hostile):
        catalogue.write(put(f"{number}-{text}", number, {text: text}))
        item = catalogue.item(f"{number}-{text}")
        assert item is not None
        assert item.attributes == {text: text}
    assert [item.id for item in catalogue.changes(after=0, model=MODEL).items] == [
        f"{number}-{text}" for number, text in enumerate(hostile)
    ]


def test_a_picture_seen_before_needs_no_embedding(catalogue: LiveCatalogue) -> None:
    bare = dataclasses.replace(put("b", 1), embedding=None)
    for change in (bare, dataclasses.replace(bare, model=None)):
        with pytest.raises(EmbeddingMissingError):
            catalogue.write(change)
    assert catalogue.item("b") is None
    catalogue.write(put("a", 1))
    assert catalogue.write(bare).created
    with pytest.raises(EmbeddingMissingError):
        catalogue.write(dataclasses.replace(bare, model="another"))
    found = catalogue.embedding(content(1), MODEL)
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, embedding(1))
    assert catalogue.embedding(content(1), "another") is None
    assert catalogue.known_contents([content(1), content(2)], MODEL) == {content(1)}


def test_an_embedding_of_another_shape_is_a_mistake(catalogue: LiveCatalogue) -> None:
    wrong: list[NDArray[Any]] = [np.zeros(30, np.float32), np.zeros(512), np.full(512, np.nan, np.float32)]
    for vector in wrong:
        with pytest.raises(ValueError, match="embedding must be"):
            catalogue.write(Put("a", "a.jpg", None, content(1), {}, vector, MODEL))


def test_changes_written_together_stand_or_fall_alone(catalogue: LiveCatalogue) -> None:
    catalogue.write(put("a"))
    first, unknown = Expected(frozenset({1}), present=True), dataclasses.replace(put("d", 7), embedding=None)
    wanted = [
        Wanted(Patch("a", {"size": "M"}), first),
        Wanted(Patch("a", {"size": "L"}), first),
        Wanted(unknown, ANYTHING),
        Wanted(put("b", 2), ANYTHING),
        # Its embedding comes with the change before it.
        Wanted(dataclasses.replace(put("c", 2), embedding=None), ANYTHING),
        Wanted(Patch("none", {}), ANYTHING),
        Wanted(put("e/image"), ANYTHING),
        Wanted(Patch("a", {"size": "\x00"}), ANYTHING),
        Wanted(Delete("b"), ANYTHING),
        Wanted(Patch("a", {"colour": "Blue"}), ANYTHING),
    ]
    together = catalogue.write_together(wanted, after=1, model=MODEL)
    kinds = [type(outcome) for outcome in together.outcomes]
    assert kinds == [
        Written,
        PreconditionError,
        EmbeddingMissingError,
        Written,
        Written,
        UnknownItemError,
        CatalogueError,
        AttributesError,
        Written,
        Written,
    ]
    made = [outcome for outcome in together.outcomes if isinstance(outcome, Written)]
    assert {outcome.sequence for outcome in made} == {2}
    assert [(outcome.item.id, outcome.item.version, outcome.item.number) for outcome in made] == [
        ("a", 2, 0),
        ("b", 1, 1),
        ("c", 1, 2),
        ("b", 2, 1),
        ("a", 3, 0),
    ]
    assert together.changes.sequence == catalogue.sequence() == 2
    assert not together.changes.lacking
    shown = {change.id: None if change.item is None else change.item.attributes for change in together.changes.items}
    assert shown == {"a": {"colour": "Blue", "size": "M"}, "b": None, "c": {"colour": "Red"}}
    assert catalogue.item("d") is None


def test_what_changes_nothing_takes_no_sequence_number(catalogue: LiveCatalogue) -> None:
    catalogue.write(put("a"))
    together = catalogue.write_together([Wanted(put("a"), ANYTHING)], after=1, model=MODEL)
    (outcome,) = together.outcomes
    assert isinstance(outcome, Written)
    assert (outcome.changed, outcome.sequence) == (False, 1)
    assert (together.changes.sequence, together.changes.items) == (1, ())

"""What changed after a sequence number; taking over a bundle; forgetting."""

import numpy as np
import pytest

from catalogue.items import Delete, Patch
from catalogue.live_catalogue import LiveCatalogue
from catalogue.schema import REVISIONS
from contracts.changed_item import ChangedItem
from contracts.errors import DatabaseError
from tests.catalogue.made_items import MODEL, content, embedding, in_bundle, put


def test_each_changed_item_is_there_once_in_its_newest_state(catalogue: LiveCatalogue) -> None:
    for item_id, seed in (("a", 1), ("b", 2), ("c", 3)):
        catalogue.write(put(item_id, seed))
    catalogue.write(Patch("a", {"price": "5"}))
    catalogue.write(Delete("b"))
    changes = catalogue.changes(after=1, model=MODEL)
    assert changes.sequence == 5
    assert [(item.id, item.sequence, item.number) for item in changes.items] == [("c", 3, 2), ("a", 4, 0), ("b", 5, 1)]
    newest, gone = changes.items[1], changes.items[2]
    assert newest.item is not None
    assert newest.item.attributes == {"colour": "Red", "price": "5"}
    assert newest.embedding is not None
    np.testing.assert_array_equal(newest.embedding, embedding(1))
    assert (gone.item, gone.embedding) == (None, None)
    assert catalogue.count_changes(after=3) == 2
    nothing = catalogue.changes(after=5, model=MODEL)
    assert (nothing.sequence, len(nothing.items), len(nothing.lacking)) == (5, 0, 0)


def test_items_without_an_embedding_of_the_network_are_named(catalogue: LiveCatalogue) -> None:
    catalogue.write(put("a", 1))
    catalogue.write(put("b", 2))
    catalogue.write(Delete("b"))
    changes = catalogue.changes(after=0, model="another")
    assert ([item.id for item in changes.items], list(changes.lacking)) == (["b"], ["a"])
    catalogue.add_embeddings({content(1): embedding(9)}, "another")
    assert [item.id for item in catalogue.changes(after=0, model="another").items] == ["a", "b"]
    (found,) = catalogue.all_items("another")
    np.testing.assert_array_equal(found.embedding, embedding(9))
    (found,) = catalogue.all_items("a third")
    assert found.embedding is None


def test_a_bundle_is_adopted_once_into_an_empty_catalogue(catalogue: LiveCatalogue) -> None:
    bundle = [in_bundle(number) for number in range(0, 3_000, 2)]
    catalogue_id = catalogue.identity
    assert (
        catalogue.adopt("20261127-abc", iter(bundle), MODEL, lambda item: content(0) if "/0" in item.id else None) == 1
    )
    assert catalogue.adopted() == {"20261127-abc": 1}
    assert catalogue.adopt("20261127-abc", iter(()), MODEL) == 1
    found = list(catalogue.all_items(MODEL))
    assert [(item.id, item.number, item.sequence, item.item) for item in found] == [
        (item.id, item.number, 1, item.item) for item in bundle
    ]
    for one, other in zip(found[::100], bundle[::100], strict=True):
        np.testing.assert_array_equal(one.embedding, other.embedding)
    assert catalogue.known_contents([content(0)], MODEL) == {content(0)}
    assert (catalogue.count_changes(after=1), catalogue.sequence(), catalogue.identity) == (0, 1, catalogue_id)
    assert catalogue.write(put("new")).item.number == 2_999
    with pytest.raises(DatabaseError, match="has had items already"):
        catalogue.adopt("another", iter(bundle), MODEL)


def test_a_bundle_that_cannot_be_adopted_leaves_nothing(catalogue: LiveCatalogue) -> None:
    bundle = [in_bundle(number) for number in range(1_200)]
    twice = ChangedItem("old/3", 1_200, 1, in_bundle(3).item, embedding(0))
    with pytest.raises(DatabaseError, match="two items 'old/3'"):
        catalogue.adopt("v", iter([*bundle, twice]), MODEL)
    with pytest.raises(ZeroDivisionError):
        catalogue.adopt("v", (in_bundle(number + 0 // (1_100 - number)) for number in range(1_101)), MODEL)
    assert (catalogue.sequence(), list(catalogue.all_items(MODEL)), catalogue.adopted()) == (0, [], {})


def test_purging_forgets_what_nobody_needs(catalogue: LiveCatalogue) -> None:
    for number in range(4):
        catalogue.write(put(f"item {number}", number, {"n": str(number)}))
    catalogue.write(put("twin", 3))
    for number in (0, 3, 1):
        catalogue.write(Delete(f"item {number}"))
    assert catalogue.purge(up_to=7) == 2
    assert (catalogue.item("item 0"), catalogue.item("item 3")) == (None, None)
    assert catalogue.item("item 1") is not None
    contents = [content(number) for number in range(4)]
    assert catalogue.known_contents(contents, MODEL) == {content(2), content(3)}
    with pytest.raises(DatabaseError, match="forgotten which items were deleted"):
        catalogue.changes(after=6, model=MODEL)
    assert [item.id for item in catalogue.changes(after=7, model=MODEL).items] == ["item 1"]
    assert set(catalogue.stored_pictures()) == {put("x", number).image for number in (1, 2, 3)}
    # A number is never used twice.
    assert catalogue.write(put("item 0")).item.number == 5


def test_a_database_from_an_older_backup_is_noticed(catalogue: LiveCatalogue) -> None:
    catalogue.write(put("a"))
    for ask in (lambda: catalogue.changes(after=2, model=MODEL), lambda: catalogue.count_changes(after=2)):
        with pytest.raises(DatabaseError, match="restored from an older backup"):
            ask()


def test_items_can_be_left_half_read(catalogue: LiveCatalogue) -> None:
    for number in range(3):
        catalogue.write(put(f"{number}", number))
    reading = catalogue.all_items(MODEL)
    assert next(reading).id == "0"
    # Whoever reads holds up no writer, and sees one moment.
    catalogue.write(Delete("1"))
    assert [item.id for item in reading] == ["1", "2"]
    reading = catalogue.all_items(MODEL)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    state = catalogue.state()
    assert (state.sequence, state.items, state.deleted, state.schema) == (4, 2, 1, REVISIONS[-1])
    assert state.size_bytes > 10_000

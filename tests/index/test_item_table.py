import io

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from contracts.errors import BundleError
from contracts.items import Item
from index.items import ItemTable, write_items

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ITEMS = st.lists(
    st.builds(
        Item,
        id=TEXT.filter(bool),
        image=TEXT,
        attributes=st.dictionaries(TEXT, TEXT, max_size=3),
        crop=st.one_of(st.none(), st.tuples(*[st.integers(0, 5000)] * 4)),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda item: item.id,
)


def written(items: list[Item]) -> tuple[bytes, NDArray[np.int64]]:
    stream = io.BytesIO()
    offsets = write_items(items, stream)
    return stream.getvalue(), offsets


@given(ITEMS)
@settings(deadline=None)
def test_items_are_read_back_whatever_their_text(items: list[Item]) -> None:
    lines, offsets = written(items)
    table = ItemTable(lines, offsets)
    assert len(table) == len(items)
    for row, item in enumerate(items):
        assert table.id(row) == item.id
        assert table.row(item.id) == row
        assert table.image(row) == item.image
        assert table.record(row).crop == item.crop
        attributes = orjson.loads(table.attributes_json(row))
        assert list(attributes.items()) == list(item.attributes.items())
    assert [orjson.loads(line)["id"] for line in lines.split(b"\n")[:-1]] == [item.id for item in items]


def test_unknown_ids_and_rows() -> None:
    table = ItemTable(*written([Item("a", "a.jpg")]))
    assert table.row("b") is None
    for row in (-1, 1):
        for ask in (table.id, table.attributes_json, table.image, table.record):
            with pytest.raises(IndexError):
                ask(row)


def test_text_that_is_no_unicode_is_refused_by_the_items_id() -> None:
    with pytest.raises(BundleError, match="'a7'"):
        written([Item("a7", "a.jpg", {"title": "\ud800"})])


def test_offsets_that_do_not_fit_are_refused() -> None:
    lines, offsets = written([Item("a", "a.jpg"), Item("b", "b.jpg")])
    shifted, reordered, short = offsets.copy(), offsets[::-1].copy(), offsets[:1]
    shifted[1, 1] += 1
    swapped = offsets.copy()
    swapped[0, 2:] = swapped[0, :1:-1].copy()
    for wrong in (shifted, swapped, reordered, short, offsets.astype(np.int32), offsets[:, :3], offsets + 1):
        with pytest.raises(ValueError):
            ItemTable(lines, wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="same id"):
        ItemTable(*written([Item("a", "a.jpg"), Item("a", "b.jpg")]))


def test_ids_are_found_in_any_form_also_those_of_older_bundles() -> None:
    decomposed, composed = "jupe\u0301", "jup\u00e9"
    table = ItemTable(*written([Item(decomposed, "a.jpg"), Item("\u00c9cru", "b.jpg"), Item(" edge ", "c.jpg")]))
    for asked, row in (
        (decomposed, 0),
        (composed, 0),
        (f"\u00a0{composed} ", 0),
        ("E\u0301cru", 1),
        (" \u00c9cru\u200b", 1),
        (" edge ", 2),
        ("edge", 2),
    ):
        assert table.row(asked) == row, ascii(asked)
    assert table.row(f"{composed}\n") is None
    assert table.row("") is None
    assert table.id(0) == decomposed


def test_an_older_bundle_may_hold_two_ids_of_one_form() -> None:
    table = ItemTable(
        *written([Item("e\u0301", "a.jpg"), Item("\u00e9", "b.jpg"), Item("o\u0308 ", "c"), Item("o\u0308", "d")])
    )
    assert [table.row(asked) for asked in ("e\u0301", "\u00e9", " e\u0301", "\u00f6")] == [0, 1, 1, 2]

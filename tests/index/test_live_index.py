"""A bundle with changes answers exactly as a bundle built afresh of the same items."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.changed_item import ChangedItem
from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from index.base_version import BaseVersion, in_memory
from index.building import build_bundle
from index.bundle import Bundle, open_bundle, open_current
from index.columns.number import too_few_numbers
from index.columns.number_style import may_be_number
from index.columns.registry import recognised_kind
from index.compaction import compact
from index.live_index import LiveIndex
from index.part_searcher import PartSearcher
from index.query import ListingQuery
from index.scoring import Scoring
from tests.drawn_sets import MODEL, draw_embeddings
from tests.index.elsewhere import Elsewhere
from tests.index.fresh_bundle import ATTRIBUTES, Truth, changed, embedding_pool, fresh
from tests.index.live_questions import answers

ROWS = 90
NEW_IDS = [f"new/{number}" for number in range(12)]


def draw_base() -> EmbeddingSet:
    embeddings = draw_embeddings(ROWS, seed=8)
    embeddings[40:60] = embeddings[3]
    items = []
    for row in range(ROWS):
        attributes = {"title": f"Shirt {row // 3}", "colour": ("Black", "Navy, Blue", "écru")[row % 3]}
        if row % 4:
            attributes["year"] = str(2000 + row % 20)
        if row > 50:
            attributes["sizes"] = ("S|M", "M|L|XL")[row % 2]
        if row == 7:
            attributes = {"note": "only here", **attributes}
        items.append(Item(f"shop/{row}", f"{row}.jpg", attributes, crop=(0, 0, 9, row + 1) if row % 2 else None))
    return EmbeddingSet(items, embeddings, MODEL, "/catalogue")


BASE_SET = draw_base()
POOL = embedding_pool(BASE_SET.embeddings, 5)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("live")
    build_bundle(BASE_SET, folder, components=12, kinds={"sizes": "list"}, now=datetime(2026, 11, 23, tzinfo=UTC))
    return replace(open_current(folder), resemblance_from=0.2)


class LiveCatalogue(RuleBasedStateMachine):
    """Random changes; after each, questions of every kind."""

    opened: Bundle
    folder: Path

    @initialize(
        scoring=st.sampled_from([Scoring(0, 1.0), Scoring(30, 0.2)]),
        window=st.sampled_from([0, 6, 400]),
        elsewhere=st.booleans(),
    )
    def begin(self, scoring: Scoring, window: int, elsewhere: bool) -> None:
        self.base = replace(self.opened, scoring=scoring)
        self.window = window
        self.elsewhere = elsewhere
        self.live = self.over(self.base)
        self.truth = {item.id: Truth(row, item, BASE_SET.embeddings[row]) for row, item in enumerate(BASE_SET.items)}
        self.touched: set[str] = set()
        self.next_number = ROWS
        self.sequence = 1
        self.compacted: Any = None

    def over(self, base: Bundle) -> LiveIndex[Any]:
        """The index of a base, as if another process held it or not."""
        version: BaseVersion[Any] = in_memory(base)
        return LiveIndex.over(
            replace(version, part=Elsewhere(version.part)) if self.elsewhere else version, window=self.window
        )

    def put(self, item_id: str, attributes: dict[str, str], picture: int) -> None:
        known = self.truth.get(item_id)
        number = self.next_number if known is None else known.number
        self.next_number += known is None
        self.truth[item_id] = Truth(number, Item(item_id, f"{picture}.jpg", attributes), POOL[picture])

    def apply(self, ids: list[str], batch: bool) -> None:
        self.sequence += 1
        changes = [changed(self.truth.get(item_id), item_id, self.sequence, 0) for item_id in ids]
        self.touched.update(ids)
        before = self.live
        if batch:
            self.live = self.live.changed(changes)
        else:
            for change in changes:
                self.live = self.live.changed([change])
        assert before.items == len(before.searcher._part)

    @rule(
        ids=st.lists(st.sampled_from([*NEW_IDS, *(f"shop/{row}" for row in range(ROWS))]), min_size=1, max_size=5),
        attributes=ATTRIBUTES,
        picture=st.integers(0, len(POOL) - 1),
        batch=st.booleans(),
    )
    def put_some(self, ids: list[str], attributes: dict[str, str], picture: int, batch: bool) -> None:
        ids = list(dict.fromkeys(ids))
        for place, item_id in enumerate(ids):
            self.put(item_id, attributes, (picture + place) % len(POOL))
        self.apply(ids, batch)

    @rule(begin=st.integers(0, 20), picture=st.integers(0, len(POOL) - 1), attributes=ATTRIBUTES)
    def put_many(self, begin: int, picture: int, attributes: dict[str, str]) -> None:
        ids = [f"shop/{row}" for row in range(begin, begin + 70)]
        for place, item_id in enumerate(ids):
            self.put(item_id, attributes, (picture + place) % len(POOL))
        self.apply(ids, True)

    @precondition(lambda self: self.truth)
    @rule(data=st.data(), attributes=ATTRIBUTES)
    def patch(self, data: st.DataObject, attributes: dict[str, str]) -> None:
        item_id = data.draw(st.sampled_from(sorted(self.truth)))
        known = self.truth[item_id]
        merged = {**known.item.attributes, **attributes}
        self.truth[item_id] = replace(known, item=replace(known.item, attributes=merged))
        self.apply([item_id], True)

    @precondition(lambda self: self.truth)
    @rule(data=st.data(), count=st.sampled_from([1, 1, 3, 60, 200]))
    def delete(self, data: st.DataObject, count: int) -> None:
        ids = sorted(self.truth)
        begin = data.draw(st.integers(0, len(ids) - 1))
        gone = ids[begin : begin + count]
        for item_id in gone:
            del self.truth[item_id]
        self.apply(gone, True)

    @rule()
    def compact(self) -> None:
        """Beside what is served, as the importer does; more changes may come before the switch."""
        if self.truth:
            changes, now = self.live.changes_after(0), datetime.now(UTC)
            version = compact(self.base, changes, self.folder, sequence=self.sequence, catalogue="c", now=now)
            opened = open_bundle(self.folder / version)
            self.compacted = replace(opened, scoring=self.base.scoring, resemblance_from=self.base.resemblance_from)

    @precondition(lambda self: self.compacted is not None)
    @rule()
    def switch(self) -> None:
        compacted, self.compacted = self.compacted, None
        changes = self.live.changes_after(compacted.sequence)
        self.base = compacted
        self.live = self.over(compacted).changed(changes)
        self.touched = {change.id for change in changes}

    @invariant()
    def answers_are_those_of_a_fresh_bundle(self) -> None:
        assert self.live.items == len(self.truth)
        assert self.live.changes == len(self.touched)
        seed = self.sequence
        ids = [*list(self.truth)[:: max(1, len(self.truth) // 6)], *NEW_IDS[:2], "shop/3", "shop/7"]
        photo = POOL[seed % len(POOL)] + np.float32(0.05) * POOL[(seed + 11) % len(POOL)]
        found = answers(self.live.searcher, np.random.default_rng(seed), ids, photo)
        if not self.truth:
            assert found[1].total == 0  # type: ignore[attr-defined]
            assert found[7] == []
            return
        searcher = PartSearcher.of(fresh(self.base, self.truth), window=self.window)
        expected = answers(searcher, np.random.default_rng(seed), ids, photo)
        for one, other in zip(found, expected, strict=True):
            assert one == other


def test_answers_are_those_of_a_fresh_bundle_after_any_changes(base: Bundle, tmp_path: Path) -> None:
    LiveCatalogue.opened, LiveCatalogue.folder = base, tmp_path
    run_state_machine_as_test(LiveCatalogue, settings=settings(max_examples=12, stateful_step_count=10, deadline=None))


def put(sequence: int, row: int = 3, **attributes: str) -> ChangedItem:
    return ChangedItem(f"shop/{row}", row, sequence, Item(f"shop/{row}", "x.jpg", attributes), POOL[row])


def test_only_a_newer_change_counts(base: Bundle) -> None:
    live = LiveIndex.of(replace(base, sequence=10))
    assert (live.sequence, live.changes) == (10, 0)
    assert live.changed([put(9, colour="old"), put(10, colour="old")]) is live
    live = live.changed([put(12, colour="new"), put(11, colour="old"), put(12, 4, colour="new")])
    assert live.changed([put(12, colour="old"), put(11, colour="old")]) is live
    assert (live.sequence, live.changes, live.items) == (12, 2, ROWS)
    assert live.searcher.item("shop/3").attributes == b'{"colour":"new"}'
    later = live.changed([ChangedItem("shop/3", 3, 15, None, None)])
    assert (later.sequence, later.changes, later.items) == (15, 2, ROWS - 1)
    assert not later.searcher.has("shop/3")
    # The older one answers as it did.
    assert live.searcher.item("shop/3").attributes == b'{"colour":"new"}'
    assert [change.sequence for change in later.changes_after(0)] == [12, 15]
    assert [change.id for change in later.changes_after(12)] == ["shop/3"]
    assert LiveIndex.of(base).sequence is None


def test_an_engine_is_asked_once_for_all_ids_and_never_for_one_twice(base: Bundle) -> None:
    version: BaseVersion[Any] = in_memory(base)
    part = Elsewhere(version.part)
    live: LiveIndex[Any] = LiveIndex.over(replace(version, part=part))
    assert live.searcher.remote
    assert live.searcher.takes_long(None)
    part.asked.clear()
    live = live.changed([put(sequence, sequence) for sequence in range(1, 31)])
    assert part.asked["numbers_of"] + part.asked["number"] == 1
    part.asked.clear()
    live = live.changed([put(sequence + 100, sequence) for sequence in range(1, 31)])
    assert not part.asked["numbers_of"]
    # What the changes hold, nobody looks up elsewhere.
    part.asked.clear()
    assert live.searcher.having(["shop/3", "shop/30"]) == [True, True]
    assert live.searcher.item("shop/3").image == "x.jpg"
    assert not part.asked["numbers_of"] + part.asked["number"] + part.asked["record"]
    assert live.searcher.having(["shop/3", "shop/31", "none"]) == [True, True, False]
    assert part.asked.get("numbers_of") == 1
    # A page takes a page, and not all numbers of a catalogue.
    assert [item.id for item in live.searcher.listing(ListingQuery(limit=3, offset=29)).items] == [
        "shop/29",
        "shop/30",
        "shop/31",
    ]
    assert not part.asked["numbers"]


def test_ids_are_compared_in_one_form(base: Bundle) -> None:
    name = "caf\u00e9"
    item = Item(name, "x.jpg")
    live = LiveIndex.of(base).changed([ChangedItem(name, ROWS, 1, item, POOL[0])])
    assert live.searcher.has("cafe\u0301 ")
    assert live.searcher.item("cafe\u0301").id == name


def test_a_change_that_contradicts_itself_is_refused(base: Bundle) -> None:
    live, good = LiveIndex.of(base), put(1)
    for wrong, message in (
        (replace(good, id="shop/4"), "holds another item"),
        (replace(good, embedding=None), "512 finite float32 numbers"),
        (replace(good, embedding=POOL[0][:30]), "512 finite float32 numbers"),
        (replace(good, embedding=np.full(512, np.nan, np.float32)), "512 finite float32 numbers"),
        (replace(good, embedding=POOL[0].astype(np.float64)), "512 finite float32 numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            live.changed([wrong])
    assert live.items == ROWS


def test_a_column_that_the_bundle_lacks_changes_its_kind_with_its_values(base: Bundle) -> None:
    live = LiveIndex.of(base).changed([put(1, 3, sale="19,99 EUR"), put(2, 4, sale="5,50 EUR")])

    def kind() -> str | None:
        return next((column.kind for column in live.searcher.attributes() if column.name == "sale"), None)

    assert kind() == "number"
    live = live.changed([put(number, number + 2, sale="soon") for number in range(3, 6)])
    assert kind() == "text"
    live = live.changed([put(number + 10, number + 2) for number in range(3, 6)])
    assert kind() == "number"
    live = live.changed([put(20, 3), ChangedItem("shop/4", 4, 21, None, None)])
    assert kind() is None


def test_many_changes_are_few_levels(base: Bundle) -> None:
    live = LiveIndex.of(base)
    for number in range(200):
        live = live.changed(
            [replace(put(number + 1), id=f"n/{number}", number=ROWS + number, item=Item(f"n/{number}", ""))]
        )
    assert (live.items, live.changes) == (ROWS + 200, 200)
    assert len(live.parts) <= 3


@given(
    st.lists(
        st.sampled_from(["7", "1,5", "1.299,00 EUR", "$5", "1e3", ".5", "5.", "a", "", "-", "1 2", "$"]), min_size=1
    )
)
def test_what_can_be_no_number_is_text_without_a_closer_look(texts: list[str]) -> None:
    counts = [1] * len(texts)
    parsed = sum(may_be_number(text) for text in texts)
    if too_few_numbers(parsed, len(texts)):
        assert recognised_kind(texts, counts).name == "text"

"""A bundle with changes answers exactly as a bundle built afresh of the same items."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from index.building import build_bundle
from index.bundle import Bundle, open_current
from index.live_index import LiveIndex
from index.local_searcher import LocalSearcher
from index.scoring import Scoring
from tests.drawn_sets import MODEL, draw_embeddings
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

    @initialize(scoring=st.sampled_from([Scoring(0, 1.0), Scoring(30, 0.2)]), window=st.sampled_from([0, 6, 400]))
    def begin(self, scoring: Scoring, window: int) -> None:
        self.base_bundle = replace(self.opened, scoring=scoring)
        self.window = window
        self.live = LiveIndex.of(self.base_bundle, window=window)
        self.truth = {item.id: Truth(row, item, BASE_SET.embeddings[row]) for row, item in enumerate(BASE_SET.items)}
        self.touched: set[str] = set()
        self.next_number = ROWS
        self.sequence = 1

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
        searcher = LocalSearcher.of(fresh(self.base_bundle, self.truth), window=self.window)
        expected = answers(searcher, np.random.default_rng(seed), ids, photo)
        for one, other in zip(found, expected, strict=True):
            assert one == other


def test_answers_are_those_of_a_fresh_bundle_after_any_changes(base: Bundle) -> None:
    LiveCatalogue.opened = base
    run_state_machine_as_test(LiveCatalogue, settings=settings(max_examples=12, stateful_step_count=10, deadline=None))

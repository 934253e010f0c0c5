from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import EmbeddingsError
from contracts.hold_out import HeldOutBy, held_out
from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from evaluation.held_out import held_out_queries
from model.catalogue.catalogue import Catalogue
from model.training.lookalikes.targets import split_items
from tests.evaluation.sets import MODEL, make

RANDOM = np.random.default_rng(0)
COUNT = 200


def catalogue(*, titled: bool) -> list[Item]:
    """Items of which each two show the same picture, under different titles."""
    return [
        Item(str(row), f"{row}.jpg", {"type": "Tee" if row % 3 else "Cap"} | ({"title": f"t {row}"} if titled else {}))
        for row in range(COUNT)
    ]


def embedded(items: list[Item], by: HeldOutBy) -> EvaluatedSet:
    vectors = np.repeat(RANDOM.standard_normal((COUNT // 2, 20)), 2, axis=0)
    digests = np.repeat(RANDOM.integers(1, 255, (COUNT // 2, 32)), 2, axis=0).astype(np.uint8)
    return replace(make(items, vectors, replace(MODEL, held_out_by=by)), digests=digests)


def ids(evaluated: EvaluatedSet) -> set[str]:
    return {item.id for item in evaluated.items}


@pytest.mark.parametrize("titled", [True, False])
def test_what_training_holds_out_is_what_an_evaluation_asks_for(titled: bool) -> None:
    items = catalogue(titled=titled)
    found = embedded(items, "pictures")
    shop = Catalogue(Path("/shop"), items, "csv")
    split = split_items(shop, ["type"], crop_to_box=False, hold_out=True, pictures=found.pictures)
    assert ids(held_out_queries(found, found)) == {item.id for item in split.test}
    # Of a part of the items, the same ones.
    part = found.rows(list(range(0, COUNT, 5)))
    assert ids(held_out_queries(found, part)) == {item.id for item in split.test} & ids(part)


@pytest.mark.parametrize("by", ["titles", "unknown"])
def test_of_an_older_network_no_query_shows_a_picture_that_it_was_trained_on(by: HeldOutBy) -> None:
    items = catalogue(titled=True)
    found = embedded(items, by)
    queries = held_out_queries(found, found)
    trained = {int(item.id) // 2 for item, out in zip(items, held_out(items), strict=True) if not out}
    assert not trained & {int(item.id) // 2 for item in queries.items}
    assert 0 < len(queries.items) < held_out(items).sum()


def test_a_query_that_nearly_shows_a_trained_picture_is_left_out_and_said() -> None:
    items = catalogue(titled=True)
    distinct = RANDOM.integers(1, 255, (COUNT, 32)).astype(np.uint8)
    found = replace(embedded(items, "pictures"), digests=distinct)
    queries = held_out_queries(found, found)
    out = held_out(items).reshape(-1, 2)
    assert ids(queries) == {item.id for item in items if out[int(item.id) // 2].all()}
    (note,) = queries.notes
    assert note.startswith(f"{int((out[:, 0] != out[:, 1]).sum())} queries with a held-out title or id were left")


def test_if_all_queries_nearly_show_a_trained_picture_they_stay_and_a_note_says_so() -> None:
    items = catalogue(titled=False)
    plain = make(items, np.ones((COUNT, 3)), replace(MODEL, held_out_by="pictures"))
    plain = replace(plain, digests=RANDOM.integers(1, 255, (COUNT, 32)).astype(np.uint8))
    queries = held_out_queries(plain, plain)
    assert len(queries.items) == held_out(items).sum() > 0
    assert queries.notes[0].startswith("All held-out queries look nearly the same as an item that was trained on")


def test_where_nothing_is_held_out_the_message_says_why() -> None:
    items = catalogue(titled=True)
    everything = embedded(items, "nothing")
    with pytest.raises(EmbeddingsError, match=r"was trained on all items \(--no-hold-out\), so no query is held out"):
        held_out_queries(everything, everything)
    found = embedded(items, "pictures")
    trained = found.rows(np.flatnonzero(~held_out(items, found.pictures)).tolist())
    with pytest.raises(
        EmbeddingsError,
        match=r"no query is left: of the \d+, 20 have a held-out title .* without a title, one id in five",
    ):
        held_out_queries(trained, trained)

from pathlib import Path

import numpy as np
import pytest

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.catalogue import Catalogue
from model.training.lookalikes.targets import allowed_values, choose_targets, item_groups, part_items


def catalogue(*attributes: dict[str, str], partition: str | None = "train") -> Catalogue:
    items = [Item(str(row), f"{row}.jpg", values, partition=partition) for row, values in enumerate(attributes)]
    return Catalogue(Path("/shop"), items, "csv")


def test_values_are_those_of_the_training_items() -> None:
    shop = catalogue({"type": "Tee", "colour": "Red"}, {"type": "Shirt"}, {"colour": "Blue"}, {"brand": "x"})
    parted = part_items(shop, ["type", "colour"], crop_to_box=False, hold_out=True)
    assert parted.classes == (("Shirt", "Tee"), ("Blue", "Red"))
    assert (len(parted.train), len(parted.test), parted.unlabelled) == (3, 0, 1)
    kind, colour = allowed_values(parted.train, parted)
    assert kind.tolist() == [[False, True], [True, False], [False, False]]
    assert colour.tolist() == [[False, True], [False, False], [True, False]]


def test_a_value_that_no_training_item_has_is_unknown() -> None:
    parted = part_items(catalogue({"type": "Tee"}, {"type": "Shirt"}), ["type"], crop_to_box=False, hold_out=True)
    assert not allowed_values([Item("9", "9.jpg", {"type": "Kurta"})], parted)[0].any()


def test_photos_may_be_of_several_values() -> None:
    parted = part_items(
        catalogue({"type": "Caps"}, {"type": "Hat"}, {"type": "Tee"}), ["type"], crop_to_box=False, hold_out=True
    )
    photos = [Item("p", "p.jpg", {"category": "hat"}), Item("q", "q.jpg", {"category": "sock"})]
    table = allowed_values(photos, parted, {"hat": frozenset({"Caps", "Hat", "Beret"})})[0]
    assert table.tolist() == [[True, True, False], [False, False, False]]


def test_a_fifth_is_held_out_by_title_and_siblings_stay_together() -> None:
    items = [{"type": "Tee" if row % 2 else "Shirt", "title": f"title {row // 2}"} for row in range(400)]
    parted = part_items(catalogue(*items, partition=None), ["type"], crop_to_box=False, hold_out=True)
    assert 0.1 < len(parted.test) / 400 < 0.3
    assert not {item.attributes["title"] for item in parted.train} & {item.attributes["title"] for item in parted.test}
    everything = part_items(catalogue(*items, partition=None), ["type"], crop_to_box=False, hold_out=False)
    assert (len(everything.train), len(everything.test)) == (400, 0)


def test_items_of_one_title_are_one_group_and_others_their_own() -> None:
    items = [Item("a", "a", {"title": "b"}), Item("b", "b"), Item("c", "c", {"title": "b"}), Item("d", "d")]
    assert item_groups(items).tolist() == [0, 1, 0, 2]
    assert item_groups(items).dtype == np.int64


@pytest.mark.parametrize(
    ("attributes", "targets", "message"),
    [
        (({"type": "Tee"}, {"type": "Tee"}), ["type"], r"'type' has one value, 'Tee', among the 2 training items"),
        (({}, {}), ["type"], r"no item in /shop has the attribute 'type'.*the catalogue has no attributes"),
        (
            ({"type": "Tee"}, {"type": "Shirt"}),
            ["colour"],
            r"no item .* 'colour'; pass --targets with .*type \(2 values",
        ),
        (({"type": "Tee", "c": "x"}, {"type": "Shirt"}), ["type", "c"], r"'c' has one value, 'x', among"),
    ],
)
def test_what_cannot_be_learned_is_a_sentence(
    attributes: tuple[dict[str, str], ...], targets: list[str], message: str
) -> None:
    with pytest.raises(CatalogueError, match=message):
        part_items(catalogue(*attributes), targets, crop_to_box=False, hold_out=True)


def test_the_category_is_learned_where_nothing_is_named() -> None:
    assert choose_targets(catalogue({"category": "Tee"}, {"category": "Shirt"}), None) == ("category",)
    assert choose_targets(catalogue({"category": "Tee"}), ["brand"]) == ("brand",)
    with pytest.raises(CatalogueError, match=r"name the ones .* --targets.*brand \(1 values, 2 items\)"):
        choose_targets(catalogue({"brand": "x"}, {"brand": "x"}), None)

from pathlib import Path

import numpy as np
import pytest

from contracts.errors import CatalogueError
from contracts.hold_out import belonging
from contracts.items import Item
from model.catalogue.catalogue import Catalogue
from model.training.lookalikes.targets import (
    check_class_map,
    choose_targets,
    item_labels,
    photo_values,
    split_items,
)


def catalogue(*attributes: dict[str, str], partition: str | None = "train") -> Catalogue:
    items = [Item(str(row), f"{row}.jpg", values, partition=partition) for row, values in enumerate(attributes)]
    return Catalogue(Path("/shop"), items, "csv")


def test_values_are_those_of_the_training_items() -> None:
    shop = catalogue({"type": "Tee", "colour": "Red"}, {"type": "Shirt"}, {"colour": "Blue"}, {"brand": "x"})
    parted = split_items(shop, ["type", "colour"], crop_to_box=False, hold_out=True)
    assert parted.classes == (("Shirt", "Tee"), ("Blue", "Red"))
    assert (len(parted.train), len(parted.test), parted.unlabelled) == (3, 0, 1)
    assert item_labels(parted.train, parted).tolist() == [[1, 1], [0, -1], [-1, 0]]


def test_a_value_that_no_training_item_has_is_unknown() -> None:
    parted = split_items(catalogue({"type": "Tee"}, {"type": "Shirt"}), ["type"], crop_to_box=False, hold_out=True)
    assert item_labels([Item("9", "9.jpg", {"type": "Kurta"})], parted).tolist() == [[-1]]


def test_photos_may_be_of_several_values() -> None:
    parted = split_items(
        catalogue({"type": "Caps"}, {"type": "Hat"}, {"type": "Tee"}), ["type"], crop_to_box=False, hold_out=True
    )
    photos = [Item("p", "p.jpg", {"category": "hat"}), Item("q", "q.jpg", {"category": "sock"})]
    photos.append(Item("r", "r.jpg", {"category": "hat", "type": "Tee"}))
    table = photo_values(photos, parted, {"hat": frozenset({"Caps", "Hat"})})[0]
    # What a photo says of itself is more than its category does.
    assert table.tolist() == [[True, True, False], [False, False, False], [False, False, True]]


def test_a_class_map_with_a_value_that_no_item_has_is_refused() -> None:
    shop = catalogue({"type": "Caps"}, {"type": "Tee"})
    check_class_map({"hat": frozenset({"Caps"})}, shop, "type")
    with pytest.raises(CatalogueError, match=r"the class map names 'Cap', and no item of /shop"):
        check_class_map({"hat": frozenset({"Caps", "Cap"})}, shop, "type")


def test_a_fifth_is_held_out_by_title_and_siblings_stay_together() -> None:
    items = [{"type": "Tee" if row % 2 else "Shirt", "title": f"title {row // 2}"} for row in range(400)]
    parted = split_items(catalogue(*items, partition=None), ["type"], crop_to_box=False, hold_out=True)
    assert 0.1 < len(parted.test) / 400 < 0.3
    assert not {item.attributes["title"] for item in parted.train} & {item.attributes["title"] for item in parted.test}
    everything = split_items(catalogue(*items, partition=None), ["type"], crop_to_box=False, hold_out=False)
    assert (len(everything.train), len(everything.test)) == (400, 0)


def test_items_of_one_title_are_one_group_and_others_their_own() -> None:
    items = [Item("a", "a", {"title": "b"}), Item("b", "b"), Item("c", "c", {"title": "b"}), Item("d", "d")]
    assert belonging(items).tolist() == [0, 1, 0, 2]
    assert belonging(items).dtype == np.int64
    assert belonging(items, ["p", None, "q", "p"]).tolist() == [0, 1, 0, 0]


def test_a_picture_under_two_titles_is_on_one_side_and_of_one_group() -> None:
    items = [{"type": "Tee" if row % 2 else "Shirt", "title": f"title {row}"} for row in range(400)]
    shop = catalogue(*items, partition=None)
    pictures = [row % 200 for row in range(400)]
    parted = split_items(shop, ["type"], crop_to_box=False, hold_out=True, pictures=pictures)
    shown = [{int(item.id) % 200 for item in side} for side in (parted.train, parted.test)]
    assert not shown[0] & shown[1]
    assert 0.1 < len(parted.test) / 400 < 0.3
    assert all(parted.groups[str(row)] == parted.groups[str(row + 200)] for row in range(200))
    # By titles alone, a third of the pictures would be on both sides.
    apart = split_items(shop, ["type"], crop_to_box=False, hold_out=True)
    assert len({int(item.id) % 200 for item in apart.train} & {int(item.id) % 200 for item in apart.test}) > 40


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
        split_items(catalogue(*attributes), targets, crop_to_box=False, hold_out=True)


def test_the_category_is_learned_where_nothing_is_named() -> None:
    assert choose_targets(catalogue({"category": "Tee"}, {"category": "Shirt"}), None) == ("category",)
    assert choose_targets(catalogue({"category": "Tee"}), ["brand"]) == ("brand",)
    with pytest.raises(CatalogueError, match=r"name the ones .* --targets.*brand \(1 values, 2 items\)"):
        choose_targets(catalogue({"brand": "x"}, {"brand": "x"}), None)

import hashlib
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from contracts.hold_out import held_out
from contracts.items import Item
from model.catalogue.catalogue import Catalogue, CatalogueKind
from model.training.article.labels import label_items


def catalogue(items: list[Item], kind: CatalogueKind = "csv", categories: tuple[str, ...] = ()) -> Catalogue:
    return Catalogue(Path("/shop"), items, kind, categories)


def item(name: str, category: str | None, partition: str | None = None, crop: bool = False) -> Item:
    attributes = {} if category is None else {"category": category}
    return Item(name, f"{name}.jpg", attributes, (0, 0, 20, 20) if crop else None, partition)


def test_the_partition_decides() -> None:
    items = [item(partition, "x", partition) for partition in ("train", "val", "test")]
    assert held_out(items).tolist() == [False, True, True]
    # A published split stays as it is, also where it has one picture on both sides.
    assert held_out(items, ["same", "same", "same"]).tolist() == [False, True, True]


def test_without_partitions_a_fifth_tests_whatever_else_there_is() -> None:
    items = [item(f"{number}", "x") for number in range(5000)]
    assert 0.18 < held_out(items).mean() < 0.22
    assert held_out(items[:20]).nonzero()[0].tolist() == [5]
    # A catalogue that was held out by a plain hash before is split all the same.
    left = [one for one in items if int(hashlib.sha256(one.id.encode()).hexdigest(), 16) % 5]
    assert 0.18 < held_out(left).mean() < 0.22


def test_classes_labels_and_what_is_left_out() -> None:
    items = [
        item("a", "Tee", "train", crop=True),
        item("b", None, "train"),
        item("c", "Blouse", "train"),
        item("d", "Tee", "val"),
        item("e", "Cape", "test"),
    ]
    found = label_items(catalogue(items), "category", crop_to_box=False)
    assert found.classes == ("Blouse", "Tee")
    assert [one.id for one in found.train.items] == ["a", "c"]
    assert found.train.labels.tolist() == [1, 0]
    assert [one.id for one in found.test.items] == ["d"]
    assert (found.unlabelled, found.unknown) == (1, 1)
    assert found.train.items[0].crop is None
    assert label_items(catalogue(items), "category", crop_to_box=True).train.items[0].crop == (0, 0, 20, 20)


def test_deepfashions_numbering_is_kept() -> None:
    items = [item("a", "Tee", "train"), item("b", "Blouse", "train"), item("c", "Tee", "test")]
    found = label_items(catalogue(items, "deepfashion", ("Tee", "Anorak", "Blouse")), "category", crop_to_box=False)
    assert found.classes == ("Tee", "Anorak", "Blouse")
    assert found.train.labels.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("items", "target", "message"),
    [
        ([item("a", None, "train")], "category", "no item in /shop has the attribute 'category'.*has no attributes"),
        ([item("a", "Tee", "train")], "colour", "'colour'; pass --target with one of these: category"),
        ([item("a", "Tee", "train"), item("b", "Tee", "test")], "category", "one value, 'Tee'"),
        ([item("a", "Tee", "test"), item("b", "Cape", "test")], "category", "no value among the training items"),
        ([item("a", "Tee", "train"), item("b", "Cape", "train")], "category", r"left for testing \(2 train\)"),
    ],
)
def test_what_cannot_be_learned_is_an_error(items: list[Item], target: str, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        label_items(catalogue(items), target, crop_to_box=False)

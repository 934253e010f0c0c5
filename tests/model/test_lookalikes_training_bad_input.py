"""Catalogues, states and settings that are wrong, and what a training of the default recipe says of them."""

import csv
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.errors import CatalogueError, ModelError
from model.catalogue.catalogue import Catalogue
from model.training.lookalikes.photos import Photos
from model.training.state import STATE_FILE
from model.unreadable import UNREADABLE_REPORT
from tests.model.lookalike_trainings import CONFIG, colour_photos, train, two_target_catalogue
from tests.model.training_catalogue import colour_catalogue

pytestmark = [pytest.mark.training, pytest.mark.usefixtures("one_thread", "tiny_backbone")]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return two_target_catalogue(tmp_path_factory.mktemp("colours"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Photos:
    return colour_photos(tmp_path_factory.mktemp("photos"))


class TestBadInput:
    def test_unreadable_pictures_are_listed_and_the_others_train(self, catalogue: Catalogue, tmp_path: Path) -> None:
        root = tmp_path / "shop"
        shop = colour_catalogue(root, each=5)
        (root / shop.items[1].image).write_bytes(b"torn")
        (root / shop.items[2].image).unlink()
        report = train(shop, tmp_path / "out", dataclasses.replace(CONFIG, targets=("category",), epochs=1))
        assert (report.train_items, report.unreadable) == (10, 2)
        with (tmp_path / "out" / UNREADABLE_REPORT).open() as file:
            assert {row["id"] for row in csv.DictReader(file)} == {shop.items[1].id, shop.items[2].id}

    def test_pictures_behind_links_train_where_links_are_followed(self, tmp_path: Path) -> None:
        shop = two_target_catalogue(tmp_path / "shop")
        for item in shop.items[1:4]:
            (shop.folder / item.image).rename(tmp_path / item.image)
            (shop.folder / item.image).symlink_to(tmp_path / item.image)
        config = dataclasses.replace(CONFIG, epochs=2)
        with pytest.raises(KeyboardInterrupt):
            train(shop, tmp_path / "out", config, stop_after=0)
        # What the stopped run could not read is read now.
        report = train(dataclasses.replace(shop, follow_links=True), tmp_path / "out", config, resume=True)
        assert (report.train_items, report.unreadable) == (24, 0)
        assert train(shop, tmp_path / "without", config).unreadable == 3

    def test_no_readable_picture_is_a_sentence_and_leaves_no_checkpoint(self, tmp_path: Path) -> None:
        shop = colour_catalogue(tmp_path / "shop", each=5)
        for item in shop.items:
            (shop.folder / item.image).write_bytes(b"torn")
        with pytest.raises(CatalogueError, match="15 pictures cannot be read"):
            train(shop, tmp_path / "out", dataclasses.replace(CONFIG, targets=("category",)))
        assert not (tmp_path / "out" / "checkpoint.json").exists()

    def test_a_class_with_one_picture_trains(self, catalogue: Catalogue, tmp_path: Path) -> None:
        items = list(catalogue.items)
        items[1] = dataclasses.replace(items[1], attributes={"category": "Kurta", "cut": "slim"})
        report = train(
            dataclasses.replace(catalogue, items=items), tmp_path / "out", dataclasses.replace(CONFIG, epochs=1)
        )
        assert report.classes["category"] == 4

    def test_missing_labels_are_masked(self, catalogue: Catalogue, tmp_path: Path) -> None:
        items = [
            dataclasses.replace(item, attributes={"cut": item.attributes["cut"]} if row % 3 else item.attributes)
            for row, item in enumerate(catalogue.items)
        ]
        report = train(
            dataclasses.replace(catalogue, items=items), tmp_path / "out", dataclasses.replace(CONFIG, epochs=1)
        )
        assert report.train_items == 24
        assert np.isfinite(report.epochs[0].loss)

    def test_photos_that_show_nothing_known_are_refused(
        self, catalogue: Catalogue, photos: Photos, tmp_path: Path
    ) -> None:
        with pytest.raises(CatalogueError, match=r"no photo .* pass --class-map"):
            train(catalogue, tmp_path / "out", photos=Photos(photos.catalogue, None))

    def test_a_torn_state_is_refused(self, catalogue: Catalogue, tmp_path: Path) -> None:
        with pytest.raises(KeyboardInterrupt):
            train(catalogue, tmp_path / "out", stop_after=1)
        state = tmp_path / "out" / STATE_FILE
        state.write_bytes(state.read_bytes()[: state.stat().st_size // 2])
        with pytest.raises(ModelError, match="is damaged"):
            train(catalogue, tmp_path / "out", resume=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("targets", ()),
        ("targets", ("a", "a")),
        ("epochs", 0),
        ("batch_size", 1),
        ("seed", 2**32),
        ("lr", float("nan")),
        ("backbone_lr", 0.0),
        ("photo_share", 1.0),
        ("calm_share", 1.1),
        ("item_weight", -1.0),
        ("input_size", 16),
        ("first_share", 0.0),
        ("seed", -1),
    ],
)
def test_settings_out_of_range_name_their_option(name: str, value: Any) -> None:
    with pytest.raises(ModelError, match=f"--{name.replace('_', '-')} must be"):
        dataclasses.replace(CONFIG, **{name: value})


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(ModelError, match="there is no network 'resnet19'"):
        dataclasses.replace(CONFIG, network="resnet19")

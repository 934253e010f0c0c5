"""The default recipe where no item tells which epoch is best."""

import dataclasses
from pathlib import Path

import pytest

from model.catalogue.catalogue import Catalogue
from tests.model.lookalike_trainings import CONFIG, train, two_target_catalogue

pytestmark = [pytest.mark.training, pytest.mark.usefixtures("one_thread", "tiny_backbone")]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return two_target_catalogue(tmp_path_factory.mktemp("colours"))


def test_the_last_epoch_is_kept_where_nothing_is_held_out(catalogue: Catalogue, tmp_path: Path) -> None:
    items = [dataclasses.replace(item, partition="train") for item in catalogue.items]
    report = train(dataclasses.replace(catalogue, items=items), tmp_path / "out")
    assert (report.test_items, report.best.epoch, len(report.epochs)) == (0, 3, 3)


def test_the_last_epoch_is_kept_where_no_held_out_item_can_be_judged(catalogue: Catalogue, tmp_path: Path) -> None:
    items = [
        item if item.partition == "train" else dataclasses.replace(item, attributes={"cut": item.attributes["cut"]})
        for item in catalogue.items
    ]
    config = dataclasses.replace(CONFIG, patience=1)
    report = train(dataclasses.replace(catalogue, items=items), tmp_path / "out", config)
    assert (report.test_items, report.best.epoch, report.gain) == (6, 3, None)

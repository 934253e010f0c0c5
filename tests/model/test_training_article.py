import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from contracts.embedding_set import ModelIdentity
from contracts.errors import CatalogueError, ModelError
from contracts.items import Item
from evaluation.served_measure import DefaultIndex
from model.catalogue.catalogue import Catalogue
from model.checkpoint import load_checkpoint
from model.engines.torch_engine import TorchEngine
from model.training.article.config import ArticleConfig
from model.training.article.training import TrainingReport, train_article
from model.training.epochs import EpochReport, EpochZero
from model.training.state import STATE_FILE, load_state
from tests.full_disk import files_of_at_most
from tests.model.training_catalogue import colour_catalogue

pytestmark = [pytest.mark.training, pytest.mark.usefixtures("one_thread")]

# The network whose weights come with an installed package, on inputs small enough for a unit test.
CONFIG = ArticleConfig(network="efficientnet_lite0", epochs=4, lr=0.1, batch_size=8, input_size=32, seed=3)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return colour_catalogue(tmp_path_factory.mktemp("colours"))


@pytest.fixture(scope="module")
def trained(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingReport]:
    out = tmp_path_factory.mktemp("trained") / "out"
    return out, train(catalogue, out, keep_state=True)


def train(
    catalogue: Catalogue,
    out: Path,
    config: ArticleConfig = CONFIG,
    *,
    resume: bool = False,
    keep_state: bool = False,
    stop_after: int = 99,
) -> TrainingReport:
    def stop(epoch: EpochReport | EpochZero) -> None:
        if epoch.epoch == stop_after:
            raise KeyboardInterrupt

    return train_article(
        catalogue,
        out,
        config,
        DefaultIndex(),
        device="cpu",
        resume=resume,
        keep_state=keep_state,
        workers=2,
        on_epoch=stop,
    )


def without_times(epochs: tuple[EpochReport, ...]) -> list[EpochReport]:
    return [dataclasses.replace(epoch, seconds=0.0) for epoch in epochs]


def test_it_learns_and_leaves_a_checkpoint(trained: tuple[Path, TrainingReport], catalogue: Catalogue) -> None:
    out, report = trained
    assert (report.classes, report.train_items, report.test_items) == (3, 24, 6)
    assert [epoch.epoch for epoch in report.epochs] == [1, 2, 3, 4]
    assert report.best.scores["test_top1"] == 1.0
    assert report.epochs[-1].terms["cross_entropy"] < report.epochs[0].terms["cross_entropy"]
    checkpoint = load_checkpoint(out)
    assert checkpoint.version == report.version
    assert checkpoint.network.categories == ("Blouse", "Jacket", "Tee")
    assert (checkpoint.preprocessing.fit, checkpoint.preprocessing.input_size) == ("crop", 32)
    assert checkpoint.training["epoch"] == report.best.epoch
    assert checkpoint.training["lr"] == 0.1
    identity = ModelIdentity(checkpoint.version, "efficientnet_lite0", str(out), 32)
    engine = TorchEngine(checkpoint.network, checkpoint.preprocessing, identity, device="cpu")
    right = 0
    tests = [item for item in catalogue.items if item.partition == "test"]
    for item in tests:
        pixels = np.asarray(Image.open(catalogue.folder / item.image))
        category = engine.embed(engine.preprocess(pixels)[None]).categories[0]
        right += category is not None and category[0] == item.attributes["category"]
    assert right / len(tests) == report.best.scores["test_top1"]


def test_the_backbone_stays_frozen(trained: tuple[Path, TrainingReport]) -> None:
    from model.backbones import BACKBONES, published_state

    backbone = load_checkpoint(trained[0]).network.backbone.state_dict()
    for name, value in published_state(BACKBONES["efficientnet_lite0"]).items():
        # A checkpoint keeps matrices and filters in half precision.
        assert torch.equal(value.half().float() if value.ndim > 1 else value, backbone[name])


def test_curves_lie_beside_the_checkpoint(trained: tuple[Path, TrainingReport]) -> None:
    out, report = trained
    with (out / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert report.zero is not None
    assert [float(row["test_top1"]) for row in rows] == [
        report.zero.tested.top1,
        *(epoch.scores["test_top1"] for epoch in report.epochs),
    ]
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2, 3, 4]
    assert rows[0]["loss"] == rows[0]["train_top1"] == "", "nothing was trained in epoch 0"
    assert list(rows[0]) == [
        "epoch",
        "lr",
        "loss",
        "cross_entropy",
        "triplet",
        "active_triplets",
        "train_top1",
        "test_top1",
        "test_recall",
        "seconds",
    ]
    with Image.open(out / "curves.png") as picture:
        assert picture.format == "PNG"
        assert picture.width > 500
    assert not (out / "features").exists()
    assert not (out / "unreadable.csv").exists()


def test_the_same_seed_gives_the_same_network(
    trained: tuple[Path, TrainingReport], catalogue: Catalogue, tmp_path: Path
) -> None:
    again = train(catalogue, tmp_path / "again")
    other = train(catalogue, tmp_path / "other", dataclasses.replace(CONFIG, seed=4))
    assert again.version == trained[1].version
    assert without_times(again.epochs) == without_times(trained[1].epochs)
    assert other.version != again.version


def test_a_resumed_training_equals_one_that_never_stopped(
    trained: tuple[Path, TrainingReport], catalogue: Catalogue, tmp_path: Path
) -> None:
    whole, report = trained
    for stop_after in (1, 3):
        with pytest.raises(KeyboardInterrupt):
            train(catalogue, tmp_path, resume=stop_after > 1, stop_after=stop_after)
    resumed = train(catalogue, tmp_path, resume=True, keep_state=True)
    assert resumed.version == report.version
    assert resumed.gain == report.gain
    assert without_times(resumed.epochs) == without_times(report.epochs)
    there, here = load_state(whole), load_state(tmp_path)
    assert there is not None
    assert here is not None
    assert there.tensors.keys() == here.tensors.keys()
    assert any(name.startswith("momentum.") for name in here.tensors)
    assert all(torch.equal(tensor, here.tensors[name]) for name, tensor in there.tensors.items())
    # A training that is done is not done again.
    assert without_times(train(catalogue, tmp_path, resume=True).epochs) == without_times(report.epochs)


def test_more_epochs_end_where_a_training_of_as_many_does(
    trained: tuple[Path, TrainingReport], catalogue: Catalogue, tmp_path: Path
) -> None:
    train(catalogue, tmp_path, dataclasses.replace(CONFIG, epochs=2), keep_state=True)
    more = train(catalogue, tmp_path, resume=True)
    assert more.version == trained[1].version
    assert without_times(more.epochs) == without_times(trained[1].epochs)


def test_a_finished_training_keeps_no_state_and_says_how_to_go_on(
    catalogue: Catalogue, tmp_path: Path, trained: tuple[Path, TrainingReport]
) -> None:
    config = dataclasses.replace(CONFIG, epochs=1)
    train(catalogue, tmp_path, config)
    assert not (tmp_path / STATE_FILE).exists()
    with pytest.raises(
        ModelError, match=r"is finished .*--checkpoint .*for more epochs, train again with more --epoch"
    ):
        train(catalogue, tmp_path, config, resume=True)


def test_epoch_zero_is_what_a_search_finds_before_training(trained: tuple[Path, TrainingReport]) -> None:
    out, report = trained
    assert report.zero is not None
    assert report.gain is not None
    assert report.gain.before == report.zero.tested.scores["test_recall"]
    assert report.gain.after == report.best.scores["test_recall"]
    assert load_checkpoint(out).training["gain"]["verdict"] == report.gain.verdict


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": 0.2}, "--lr was 0.1 and is 0.2 now"),
        ({"epochs": 3, "crop_to_box": True}, "--epochs was 4 and is 3 now; --crop-to-box was off and is on now"),
    ],
)
def test_other_settings_are_refused(
    trained: tuple[Path, TrainingReport], catalogue: Catalogue, change: dict[str, float], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        train(catalogue, trained[0], dataclasses.replace(CONFIG, **change), resume=True)  # type: ignore[arg-type]


def test_another_catalogue_is_refused(trained: tuple[Path, TrainingReport], catalogue: Catalogue) -> None:
    smaller = dataclasses.replace(catalogue, items=catalogue.items[1:])
    with pytest.raises(ModelError, match="cannot be resumed: the catalogue has other items"):
        train(smaller, trained[0], resume=True)


def test_a_training_is_not_overwritten_and_nothing_cannot_be_resumed(
    trained: tuple[Path, TrainingReport], catalogue: Catalogue, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="holds a training already; pass --resume"):
        train(catalogue, trained[0])
    (tmp_path / "checkpoint.json").write_text("{}")
    with pytest.raises(ModelError, match="holds a trained network already"):
        train(catalogue, tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="no training to resume"):
        train(catalogue, tmp_path / "empty", resume=True)
    with pytest.raises(ModelError, match=r"nowhere is missing; correct --out"):
        train(catalogue, tmp_path / "nowhere", resume=True)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("damage", ["torn", "changed"])
def test_a_damaged_state_is_an_error(catalogue: Catalogue, tmp_path: Path, damage: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(catalogue, tmp_path, stop_after=1)
    content = bytearray((tmp_path / STATE_FILE).read_bytes())
    if damage == "torn":
        del content[len(content) // 2 :]
    else:
        content[-100] ^= 1
    (tmp_path / STATE_FILE).write_bytes(content)
    with pytest.raises(ModelError, match="is damaged"):
        train(catalogue, tmp_path, resume=True)


@pytest.mark.parametrize("room", [20_000, 8_000_000])
def test_a_full_disk_is_an_error_and_the_run_goes_on_later(
    trained: tuple[Path, TrainingReport], catalogue: Catalogue, tmp_path: Path, room: int
) -> None:
    with files_of_at_most(room), pytest.raises((OSError, ModelError)):
        train(catalogue, tmp_path)
    assert not (tmp_path / "checkpoint.json").exists()
    assert load_state(tmp_path) is None
    assert train(catalogue, tmp_path, resume=True).version == trained[1].version


def test_unreadable_pictures_are_listed_and_skipped(catalogue: Catalogue, tmp_path: Path) -> None:
    missing = [
        Item("gone-1", "gone-1.png", {"category": "Tee"}, partition="train"),
        Item("gone-2", "gone-2.png", {"category": "Tee"}, partition="test"),
    ]
    report = train(dataclasses.replace(catalogue, items=[*missing, *catalogue.items]), tmp_path)
    assert (report.unreadable, report.train_items, report.test_items) == (2, 24, 6)
    with (tmp_path / "unreadable.csv").open() as file:
        assert [(row["id"], row["code"]) for row in csv.DictReader(file)] == [
            ("gone-1", "missing"),
            ("gone-2", "missing"),
        ]
    assert json.loads((tmp_path / "checkpoint.json").read_text())["training"]["unreadable"] == 2


def test_too_little_that_can_be_read_is_an_error(catalogue: Catalogue, tmp_path: Path) -> None:
    items = [
        dataclasses.replace(item, image="gone.png") if item.attributes["category"] != "Tee" else item
        for item in catalogue.items
    ]
    with pytest.raises(CatalogueError, match=r"20 pictures cannot be read.*of 1 classes.*unreadable\.csv"):
        train(dataclasses.replace(catalogue, items=items), tmp_path)
    assert not (tmp_path / "features").exists()
    assert not (tmp_path / "checkpoint.json").exists()


def test_a_class_with_one_picture_is_masked_in_the_triplets(catalogue: Catalogue, tmp_path: Path) -> None:
    lonely = dataclasses.replace(catalogue.items[1], id="lonely", attributes={"category": "Cape"})
    config = dataclasses.replace(CONFIG, epochs=1)
    report = train(dataclasses.replace(catalogue, items=[*catalogue.items, lonely]), tmp_path, config)
    assert report.classes == 4
    assert np.isfinite(report.best.loss)


def test_a_loss_that_is_no_number_is_an_error(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"diverged in epoch 1.*smaller --lr"):
        train(catalogue, tmp_path, dataclasses.replace(CONFIG, lr=1e30, epochs=1))
    assert not (tmp_path / "checkpoint.json").exists()

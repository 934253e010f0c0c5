"""The default recipe with street photos, and what it keeps of the network that it begins with."""

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from contracts.errors import CatalogueError, ModelError
from model.backbones import build_backbone
from model.catalogue.catalogue import Catalogue
from model.checkpoint import load_checkpoint
from model.training.frozen_layers import backbone_stages, freeze_stages
from model.training.lookalikes.photos import Photos
from model.training.lookalikes.replay_set import ReplaySet, product_kind, read_replay_set, write_replay_set
from model.training.lookalikes.training import LookalikeReport
from tests.model.lookalike_trainings import CONFIG, colour_photos, train, two_target_catalogue
from tests.model.street_photos import street_photos

pytestmark = [pytest.mark.training, pytest.mark.usefixtures("one_thread", "tiny_backbone")]
# The shop has none of them, so replayed features are held to what the start network made of them alone.
TYPES = ("Caps", "Shirts", "Shoes")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return two_target_catalogue(tmp_path_factory.mktemp("colours"))


@pytest.fixture(scope="module")
def with_street(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LookalikeReport]:
    out = tmp_path_factory.mktemp("trained") / "out"
    street = street_photos(tmp_path_factory.mktemp("street"))
    return out, train(catalogue, out, dataclasses.replace(CONFIG, epochs=2), street=street)


@pytest.fixture(scope="module")
def start(with_street: tuple[Path, LookalikeReport]) -> Path:
    """A trained network with a replay set."""
    folder, version = with_street[0], with_street[1].version
    types = np.arange(30) % 3
    kinds = np.repeat([0, 1, product_kind()], 10)
    features = np.random.default_rng(0).random((30, 512), np.float32)
    features[np.arange(30), types] += 9
    fits = tuple((name,) for name in TYPES)
    replay = ReplaySet(features, kinds, np.arange(30) % 10 > 4, types, TYPES, fits)
    write_replay_set(folder, version, "resnet18", replay)
    return folder


class TestStreet:
    def test_garments_are_trained_on_and_searched_with(self, with_street: tuple[Path, LookalikeReport]) -> None:
        out, report = with_street
        assert (report.street_garments, report.photos) == (6, 0)
        assert report.zero is not None
        assert 0 <= report.zero.tested.precision["street"] <= 1
        with (out / "curves.csv").open() as file:
            assert all(row["street"] for row in csv.DictReader(file))
        training = json.loads((out / "checkpoint.json").read_text())["training"]
        assert training["street_garments"] == 6
        assert {"street"} == {name for name in ("street", "photos") if name in training["best"]}
        assert "street" in training["before"]

    def test_a_class_map_without_the_garments_classes_is_refused(self, catalogue: Catalogue, tmp_path: Path) -> None:
        street = dataclasses.replace(street_photos(tmp_path / "street"), class_map={"Tee": frozenset({"Tee"})})
        with pytest.raises(CatalogueError, match="the class map lacks 'Blouse', 'Jacket'"):
            train(catalogue, tmp_path / "out", street=street)
        unknown = dataclasses.replace(street, class_map={"Tee": frozenset({"Robe"})})
        with pytest.raises(CatalogueError, match="the class map names 'Robe'"):
            train(catalogue, tmp_path / "out", street=unknown)

    def test_photos_of_one_class_are_refused(self, catalogue: Catalogue, tmp_path: Path) -> None:
        photos = colour_photos(tmp_path)
        one = dataclasses.replace(photos.catalogue, items=photos.catalogue.items[:1] * 2)
        with pytest.raises(CatalogueError, match=r"all 2 photos in .* are of one class, 'photo of Blouse'"):
            train(catalogue, tmp_path / "out", photos=Photos(one, photos.class_map))


class TestForgetting:
    def test_it_is_shown_before_and_after(self, catalogue: Catalogue, start: Path, tmp_path: Path) -> None:
        config = dataclasses.replace(CONFIG, start=str(start), epochs=2)
        report = train(catalogue, tmp_path / "out", config)
        assert report.zero is not None
        names = {"replayed_phone", "replayed_street"}
        assert names <= report.zero.tested.precision.keys()
        assert names <= report.best.scores.keys()
        assert report.epochs[0].terms["kept"] > 0
        assert report.epochs[0].terms["replay"] > 0
        training = json.loads((tmp_path / "out" / "checkpoint.json").read_text())["training"]
        assert names <= training["before"].keys()

    def test_a_stopped_training_ends_as_an_unbroken_one(
        self, catalogue: Catalogue, start: Path, tmp_path: Path
    ) -> None:
        config = dataclasses.replace(CONFIG, start=str(start), epochs=2)
        whole = train(catalogue, tmp_path / "whole", config)
        with pytest.raises(KeyboardInterrupt):
            train(catalogue, tmp_path / "out", config, stop_after=1)
        resumed = train(catalogue, tmp_path / "out", config, resume=True)
        assert resumed.version == whole.version
        assert resumed.best.scores == whole.best.scores

    def test_less_is_forgotten_than_without_it(self, catalogue: Catalogue, start: Path, tmp_path: Path) -> None:
        """How far the first part of replayed embeddings has turned, with and without the two terms."""
        config = dataclasses.replace(CONFIG, start=str(start), epochs=2, lr=3e-3, backbone_lr=1e-3)
        free = dataclasses.replace(config, keep_weight=0, replay_weight=0)
        before = load_checkpoint(start).network
        replay = read_replay_set(start, load_checkpoint(start).version, "resnet18", 512)
        assert replay is not None
        features = torch.from_numpy(replay.features[replay.queries("street")])
        turned = {}
        for name, each in (("kept", config), ("free", free)):
            train(catalogue, tmp_path / name, each)
            after = load_checkpoint(tmp_path / name).network
            with torch.no_grad():
                cosines = torch.nn.functional.cosine_similarity(
                    before.projection(features)[:, :30], after.projection(features)[:, :30]
                )
            turned[name] = 1 - float(cosines.mean())
        assert turned["kept"] < 0.6 * turned["free"]

    def test_frozen_stages_and_batch_statistics_stay(self, catalogue: Catalogue, start: Path, tmp_path: Path) -> None:
        config = dataclasses.replace(CONFIG, start=str(start), epochs=1, frozen_stages=1)
        train(catalogue, tmp_path / "out", config)
        before, after = (load_checkpoint(path).network.state_dict() for path in (start, tmp_path / "out"))
        for name in ("conv1.weight", "bn1.weight", "bn1.running_mean", "bn2.running_mean"):
            assert torch.equal(before[f"backbone.{name}"], after[f"backbone.{name}"]), name
        assert not torch.equal(before["backbone.conv2.weight"], after["backbone.conv2.weight"])


def test_the_stages_of_a_backbone() -> None:
    for name, count in (("resnet18", 5), ("efficientnet_lite0", 9)):
        backbone = build_backbone(name)
        stages = backbone_stages(backbone)
        assert len(stages) == count
        parameters = [id(parameter) for stage in stages for layer in stage for parameter in layer.parameters()]
        assert parameters == [id(parameter) for parameter in backbone.parameters()]


def test_more_frozen_stages_than_there_are_is_a_sentence() -> None:
    with pytest.raises(ModelError, match="--frozen-stages must be at most 5"):
        freeze_stages(build_backbone("resnet18"), 6)

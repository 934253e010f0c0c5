"""The default recipe on a catalogue small enough for a unit test."""

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from contracts.embedding_set import TWO_PARTS
from contracts.errors import ModelError
from model.catalogue.catalogue import Catalogue
from model.checkpoint import load_checkpoint
from model.loading import load_engine
from model.training.lookalikes import trainer
from model.training.lookalikes.augmentations import AugmentationConfig, random_views
from model.training.lookalikes.training import LookalikeReport
from model.training.lookalikes.training_data import Photos
from model.training.state import STATE_FILE
from model.unreadable import UNREADABLE_REPORT
from tests.model.lookalike_trainings import CONFIG, colour_photos, train, two_target_catalogue
from tests.model.training_catalogue import COLOURS

pytestmark = [pytest.mark.training, pytest.mark.usefixtures("one_thread", "tiny_backbone")]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return two_target_catalogue(tmp_path_factory.mktemp("colours"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Photos:
    return colour_photos(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def trained(
    catalogue: Catalogue, photos: Photos, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, LookalikeReport]:
    out = tmp_path_factory.mktemp("trained") / "out"
    return out, train(catalogue, out, photos=photos)


@pytest.fixture(scope="module")
def knows_colours(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LookalikeReport]:
    out = tmp_path_factory.mktemp("knows_colours") / "out"
    config = dataclasses.replace(CONFIG, targets=("category",), epochs=12, lr=5e-3, backbone_lr=1e-3, patience=0)
    return out, train(catalogue, out, config)


class TestATraining:
    def test_it_reports_what_it_did(self, trained: tuple[Path, LookalikeReport]) -> None:
        _, report = trained
        assert (report.train_items, report.photos, report.test_items) == (24, 3, 6)
        assert report.classes == {"category": 3, "cut": 2}
        assert [epoch.epoch for epoch in report.epochs] == [1, 2, 3]
        assert report.epochs[-1].terms["attributes"] < report.epochs[0].terms["attributes"]
        assert report.best.scores["test_recall"] == max(epoch.scores["test_recall"] for epoch in report.epochs)
        assert report.epochs[-1].lr < report.epochs[0].lr

    def test_it_leaves_a_checkpoint_curves_and_nothing_else(self, trained: tuple[Path, LookalikeReport]) -> None:
        out, report = trained
        names = {path.name for path in out.iterdir()}
        weights, graph = (f"{report.version}.{ending}" for ending in ("weights.safetensors", "graph.onnx"))
        assert names - {UNREADABLE_REPORT} == {
            ".lock",
            "checkpoint.json",
            weights,
            graph,
            "curves.csv",
            "curves.png",
            STATE_FILE,
        }
        with (out / "curves.csv").open() as file:
            assert [int(row["epoch"]) for row in csv.DictReader(file)] == [1, 2, 3]
        assert json.loads((out / "checkpoint.json").read_text())["training"]["targets"] == ["category", "cut"]

    def test_the_engine_takes_the_checkpoint(self, trained: tuple[Path, LookalikeReport]) -> None:
        out, report = trained
        engine = load_engine(str(out), device="cpu", threads=1)
        batch = engine.embed(np.zeros((2, 3, 32, 32), np.uint8))
        assert engine.identity.version == report.version
        assert engine.identity.parts == TWO_PARTS
        assert batch.embeddings.shape == (2, 512)
        category = batch.categories[0]
        assert category is not None
        assert category[0] in COLOURS

    def test_the_first_coordinates_have_their_share_of_an_embedding(
        self, catalogue: Catalogue, trained: tuple[Path, LookalikeReport]
    ) -> None:
        engine = load_engine(str(trained[0]), device="cpu", threads=1)
        from PIL import Image

        pictures = [np.asarray(Image.open(catalogue.root / item.image)) for item in catalogue.items]
        embeddings = engine.embed(np.stack([engine.preprocess(pixels) for pixels in pictures])).embeddings
        squares = np.square(embeddings.astype(np.float64)).sum(axis=0)
        assert squares[:30].sum() / squares.sum() == pytest.approx(CONFIG.first_share, abs=0.1)

    def test_colours_are_learned(self, knows_colours: tuple[Path, LookalikeReport]) -> None:
        assert knows_colours[1].best.scores["test_recall"] == 1.0


class TestResuming:
    @pytest.mark.parametrize("stop_after", [1, 2, 3])
    def test_it_ends_where_an_unbroken_training_does(
        self,
        catalogue: Catalogue,
        photos: Photos,
        trained: tuple[Path, LookalikeReport],
        tmp_path: Path,
        stop_after: int,
    ) -> None:
        with pytest.raises(KeyboardInterrupt):
            train(catalogue, tmp_path / "out", photos=photos, stop_after=stop_after)
        report = train(catalogue, tmp_path / "out", photos=photos, resume=True)
        assert report.version == trained[1].version
        assert [dataclasses.replace(epoch, seconds=0) for epoch in report.epochs] == [
            dataclasses.replace(epoch, seconds=0) for epoch in trained[1].epochs
        ]

    def test_other_settings_are_refused(self, catalogue: Catalogue, tmp_path: Path) -> None:
        with pytest.raises(KeyboardInterrupt):
            train(catalogue, tmp_path / "out", stop_after=1)
        with pytest.raises(ModelError, match=r"--item-weight was 1\.0 and is 0\.5 now"):
            train(catalogue, tmp_path / "out", dataclasses.replace(CONFIG, item_weight=0.5), resume=True)

    def test_another_catalogue_is_refused(self, catalogue: Catalogue, photos: Photos, tmp_path: Path) -> None:
        with pytest.raises(KeyboardInterrupt):
            train(catalogue, tmp_path / "out", stop_after=1)
        with pytest.raises(ModelError, match="other items, classes or pictures"):
            train(catalogue, tmp_path / "out", photos=photos, resume=True)

    def test_another_recipes_training_is_refused(self, catalogue: Catalogue, tmp_path: Path) -> None:
        with pytest.raises(KeyboardInterrupt):
            train(catalogue, tmp_path / "out", stop_after=1)
        from model.training.article.config import ArticleConfig
        from model.training.article.training import train_article

        article = ArticleConfig(network="efficientnet_lite0", input_size=32)
        with pytest.raises(ModelError, match="--recipe was lookalikes and is article now"):
            train_article(catalogue, tmp_path / "out", article, device="cpu", resume=True, workers=1)

    def test_a_stop_without_gain_is_early_and_stays(self, catalogue: Catalogue, tmp_path: Path) -> None:
        config = dataclasses.replace(CONFIG, epochs=6, patience=1, lr=1e-9, backbone_lr=1e-9)
        report = train(catalogue, tmp_path / "out", config)
        assert len(report.epochs) < 6
        assert len(train(catalogue, tmp_path / "out", config, resume=True).epochs) == len(report.epochs)


class TestVariants:
    def test_a_teacher_is_imitated(
        self, catalogue: Catalogue, trained: tuple[Path, LookalikeReport], tmp_path: Path
    ) -> None:
        config = dataclasses.replace(CONFIG, teacher=str(trained[0]), seed=9)
        imitating = train(catalogue, tmp_path / "with", config)
        ignoring = train(catalogue, tmp_path / "without", dataclasses.replace(config, teacher_weight=0))
        assert imitating.epochs[-1].terms["imitation"] < 0.8 * ignoring.epochs[-1].terms["imitation"]

    def test_a_training_starts_from_a_checkpoint(
        self, catalogue: Catalogue, trained: tuple[Path, LookalikeReport], tmp_path: Path
    ) -> None:
        config = dataclasses.replace(CONFIG, start=str(trained[0]), epochs=1, lr=1e-9, backbone_lr=1e-9)
        train(catalogue, tmp_path / "out", config)
        before, after = (load_checkpoint(path).network.state_dict() for path in (trained[0], tmp_path / "out"))
        for name in ("backbone.conv1.weight", "projection.weight", "head.weight"):
            # Balancing may have made a part of the projection longer or shorter; its direction stays.
            cosine = torch.nn.functional.cosine_similarity(
                before[name][:30].flatten(), after[name][:30].flatten(), dim=0
            )
            assert cosine > 0.9999, name

    def test_a_training_from_a_checkpoint_begins_at_what_it_knows(
        self, catalogue: Catalogue, knows_colours: tuple[Path, LookalikeReport], tmp_path: Path
    ) -> None:
        # One batch of all pictures: a batch of eight has the statistics of whatever classes it happens to hold, and its
        # normalisation misleads a network that knows them all.
        still = dataclasses.replace(CONFIG, targets=("category",), calm_share=1.0, epochs=1, lr=1e-9, backbone_lr=1e-9)
        start = dataclasses.replace(still, start=str(knows_colours[0]), batch_size=24, seed=5)
        assert train(catalogue, tmp_path / "out", start).epochs[0].scores["train_top1"] > 0.9

    def test_views_are_as_calm_as_asked(
        self, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shares = set()

        def seen(*pictures: Any, config: AugmentationConfig, **more: Any) -> torch.Tensor:
            shares.add(config.calm)
            return random_views(*pictures, config=config, **more)

        monkeypatch.setattr(trainer, "random_views", seen)
        train(catalogue, tmp_path / "out", dataclasses.replace(CONFIG, calm_share=0.7, epochs=1))
        assert shares == {0.7}

    def test_a_start_of_another_architecture_is_refused(
        self, catalogue: Catalogue, trained: tuple[Path, LookalikeReport], tmp_path: Path
    ) -> None:
        config = dataclasses.replace(CONFIG, network="efficientnet_lite0", start=str(trained[0]))
        with pytest.raises(ModelError, match="holds a resnet18, and --network asks for efficientnet_lite0"):
            train(catalogue, tmp_path / "out", config)
        assert not (tmp_path / "out").exists()

    def test_all_items_train_where_none_is_held_out(self, catalogue: Catalogue, tmp_path: Path) -> None:
        report = train(catalogue, tmp_path / "out", dataclasses.replace(CONFIG, hold_out=False, epochs=1))
        assert (report.train_items, report.test_items, report.best.epoch) == (30, 0, 1)


class TestWithoutATestSet:
    def test_the_last_epoch_is_kept_where_nothing_is_held_out(self, catalogue: Catalogue, tmp_path: Path) -> None:
        items = [dataclasses.replace(item, partition="train") for item in catalogue.items]
        report = train(dataclasses.replace(catalogue, items=items), tmp_path / "out")
        assert (report.test_items, report.best.epoch, len(report.epochs)) == (0, 3, 3)

    def test_the_last_epoch_is_kept_where_no_held_out_item_can_be_judged(
        self, catalogue: Catalogue, tmp_path: Path
    ) -> None:
        items = [
            item if item.partition == "train" else dataclasses.replace(item, attributes={"cut": item.attributes["cut"]})
            for item in catalogue.items
        ]
        config = dataclasses.replace(CONFIG, patience=1)
        report = train(dataclasses.replace(catalogue, items=items), tmp_path / "out", config)
        assert (report.test_items, report.best.epoch) == (6, 3)


class TestBadInput:
    def test_a_teacher_with_weights_of_another_architecture_is_refused(
        self, catalogue: Catalogue, trained: tuple[Path, LookalikeReport], tmp_path: Path
    ) -> None:
        other = tmp_path / "other"
        other.mkdir()
        description = json.loads((trained[0] / "checkpoint.json").read_text())
        (other / "checkpoint.json").write_text(json.dumps(description))
        save_file({"some.weight": torch.zeros(2)}, other / description["weights"])
        with pytest.raises(ModelError, match="holds weights of another architecture than resnet18"):
            train(catalogue, tmp_path / "out", dataclasses.replace(CONFIG, teacher=str(other)))
        assert not (tmp_path / "out").exists()

    def test_a_full_disk_leaves_the_state_before_and_resumes(
        self, catalogue: Catalogue, photos: Photos, trained: tuple[Path, LookalikeReport], tmp_path: Path
    ) -> None:
        from tests.model.test_training_article import files_of_at_most

        with pytest.raises(KeyboardInterrupt):
            train(catalogue, tmp_path / "out", photos=photos, stop_after=1)
        with files_of_at_most(1_000_000), pytest.raises(ModelError, match=r"make room there .* --resume"):
            train(catalogue, tmp_path / "out", photos=photos, resume=True)
        assert train(catalogue, tmp_path / "out", photos=photos, resume=True).version == trained[1].version

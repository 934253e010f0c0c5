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
from evaluation.served_measure import DefaultIndex
from model.catalogue.catalogue import Catalogue
from model.checkpoint import load_checkpoint
from model.loading import load_engine
from model.training.lookalikes import trainer
from model.training.lookalikes.augmentations import AugmentationConfig, random_views
from model.training.lookalikes.photos import Photos
from model.training.lookalikes.training import LookalikeReport
from model.unreadable import UNREADABLE_REPORT
from tests.full_disk import files_of_at_most
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
    def test_it_reports_what_it_did(self, photos: Photos, trained: tuple[Path, LookalikeReport]) -> None:
        _, report = trained
        shots = len(photos.split(crop_to_box=False, hold_out=True)[0])
        assert (report.train_items, report.photos, report.test_items) == (24, shots, 6)
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
        }
        with (out / "curves.csv").open() as file:
            assert [int(row["epoch"]) for row in csv.DictReader(file)] == [0, 1, 2, 3]
        training = json.loads((out / "checkpoint.json").read_text())["training"]
        assert training["targets"] == ["category", "cut"]
        assert training["held_out_by"] == "partitions"

    def test_the_checkpoint_says_what_was_gained(self, trained: tuple[Path, LookalikeReport]) -> None:
        out, report = trained
        assert report.zero is not None
        assert report.gain is not None
        assert report.gain.before == report.zero.tested.scores["test_recall"]
        assert report.gain.after == report.best.scores["test_recall"]
        training = json.loads((out / "checkpoint.json").read_text())["training"]
        assert training["gain"] == report.gain.to_json()
        assert training["before"]["test_recall"] == report.gain.before

    def test_the_engine_takes_the_checkpoint(self, trained: tuple[Path, LookalikeReport]) -> None:
        out, report = trained
        engine = load_engine(str(out), device="cpu", threads=1)
        batch = engine.embed(np.zeros((2, 3, 32, 32), np.uint8))
        assert engine.identity.version == report.version
        assert engine.identity.parts == TWO_PARTS
        assert engine.identity.held_out_by == "partitions"
        assert batch.embeddings.shape == (2, 512)
        category = batch.categories[0]
        assert category is not None
        assert category[0] in COLOURS

    def test_the_first_coordinates_have_their_share_of_an_embedding(
        self, catalogue: Catalogue, trained: tuple[Path, LookalikeReport]
    ) -> None:
        engine = load_engine(str(trained[0]), device="cpu", threads=1)
        from PIL import Image

        pictures = [np.asarray(Image.open(catalogue.folder / item.image)) for item in catalogue.items]
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

    def test_a_finished_training_keeps_no_state_and_names_what_goes_on(
        self, catalogue: Catalogue, photos: Photos, trained: tuple[Path, LookalikeReport]
    ) -> None:
        out = trained[0]
        with pytest.raises(ModelError, match=rf"is finished .*for more epochs, train on .*--start {out} --out ANOTHER"):
            train(catalogue, out, photos=photos, resume=True)

    def test_more_epochs_are_refused_and_named_what_does_it(self, catalogue: Catalogue, tmp_path: Path) -> None:
        out = tmp_path / "out"
        with pytest.raises(KeyboardInterrupt):
            train(catalogue, out, stop_after=1)
        with pytest.raises(ModelError, match=rf"--epochs was 3 and is 5 now.*--start {out} --out ANOTHER"):
            train(catalogue, out, dataclasses.replace(CONFIG, epochs=5), resume=True)

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
            train_article(catalogue, tmp_path / "out", article, DefaultIndex(), device="cpu", resume=True, workers=1)

    def test_a_stop_without_gain_is_early_and_stays(self, catalogue: Catalogue, tmp_path: Path) -> None:
        config = dataclasses.replace(CONFIG, epochs=6, patience=1, lr=1e-9, backbone_lr=1e-9)
        report = train(catalogue, tmp_path / "out", config, keep_state=True)
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
        report = train(catalogue, tmp_path / "out", start)
        assert report.epochs[0].scores["train_top1"] > 0.9
        assert report.zero is not None
        assert report.zero.tested.scores["test_recall"] == 1.0
        assert report.gain is not None
        assert report.gain.verdict == "within the noise"

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
        assert (report.zero, report.gain) == (None, None)
        assert load_checkpoint(tmp_path / "out").training["held_out_by"] == "nothing"

    def test_a_picture_under_two_titles_and_as_a_photo_is_on_one_side(
        self, catalogue: Catalogue, tmp_path: Path
    ) -> None:
        """Each picture three times: in the catalogue under two titles, and as a customer's photo."""
        twice = [
            dataclasses.replace(
                item,
                id=f"{number} {item.id}",
                partition=None,
                attributes={**item.attributes, "title": f"{number} {item.id}"},
            )
            for number in (1, 2)
            for item in catalogue.items
        ]
        shop = dataclasses.replace(catalogue, items=twice)
        config = dataclasses.replace(CONFIG, epochs=1)
        report = train(shop, tmp_path / "out", config, photos=Photos(catalogue, None))
        assert report.test_items % 2 == 0 < report.test_items
        assert report.train_items + report.test_items == 60
        # What is held out is no photo to train on either.
        assert 0 < report.photos <= report.train_items // 2
        assert load_checkpoint(tmp_path / "out").training["held_out_by"] == "pictures"


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
        with pytest.raises(KeyboardInterrupt):
            train(catalogue, tmp_path / "out", photos=photos, stop_after=1)
        with files_of_at_most(1_000_000), pytest.raises(ModelError, match=r"free some space there .* --resume"):
            train(catalogue, tmp_path / "out", photos=photos, resume=True)
        assert train(catalogue, tmp_path / "out", photos=photos, resume=True).version == trained[1].version

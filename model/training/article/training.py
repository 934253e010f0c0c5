"""The article's recipe: a frozen backbone; cross-entropy and a triplet margin loss train the layers behind it."""

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import torch
from torch import Tensor

from contracts.errors import CatalogueError
from contracts.hold_out import HeldOutBy, training_holds_out
from contracts.progress import ProgressBar, silent
from model.backbones import backbone_spec
from model.catalogue.catalogue import Catalogue
from model.checkpoint import save_checkpoint
from model.engines.torch_engine import TorchEngine
from model.held_out_record import RECORD
from model.network import LookalikeNetwork, imagenet_network
from model.preprocessing import Preprocessing
from model.training.article.augmentation import augmented_views, picture_generator
from model.training.article.config import ArticleConfig
from model.training.article.features import Fit, compute_features
from model.training.article.frozen_backbone import pooling_engine
from model.training.article.head import FeatureRows, HeadTrainer
from model.training.article.labels import LabelledItems, TrainingItems, check_target, check_trainable, label_items
from model.training.article.triplets import TripletSampler
from model.training.epoch_loop import EpochLoop, Epochs, finish_training
from model.training.epochs import EpochReport
from model.training.folder import CACHE_FOLDER, check_startable, locked, remove_cache
from model.training.picture_rows import PictureRows
from model.training.picture_stamps import PictureStamp, picture_stamps
from model.training.same_pictures import same_pictures
from model.training.state import check_resumable, load_state
from model.unreadable import UNREADABLE_REPORT, write_unreadable
from model.version import model_version

_FACTS = ("train_items", "test_items", "unlabelled", "unknown", "unreadable")
Stamps = Mapping[str, Sequence[PictureStamp]]


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a training did.

    Attributes:
        version: model version of the checkpoint.
        classes: how many.
        train_items, test_items: pictures that were trained and tested on.
        unlabelled, unknown, unreadable: items left out because they have no class, because no training item is of
            their class, and because their picture cannot be read.
        epochs: all epochs, including those before a resume.
        best: the epoch whose weights are the checkpoint: the first with the highest test top-1.
        seconds: wall-clock time of this run.
    """

    version: str
    classes: int
    train_items: int
    test_items: int
    unlabelled: int
    unknown: int
    unreadable: int
    epochs: tuple[EpochReport, ...]
    best: EpochReport
    seconds: float


def train_article(
    catalogue: Catalogue,
    out: Path,
    config: ArticleConfig,
    *,
    device: str = "auto",
    resume: bool = False,
    workers: int = max(1, os.cpu_count() or 1),
    progress: ProgressBar = silent,
    on_epoch: Callable[[EpochReport], None] = lambda _epoch: None,
) -> TrainingReport:
    """Train a network and write the best epoch's to a folder that `model.checkpoint` reads.

    Args:
        catalogue: has the attribute to learn.
        out: made if missing. Receives the checkpoint, the curves, the state between epochs and, during training,
            the backbone's features.
        device: `auto`, `cpu`, `cuda` or `cuda:N`. Resuming on another device changes results by rounding.
        resume: continue a training that was stopped; the result is the same as without the stop.
        workers: threads that read pictures.
        progress: makes a progress bar from a label and a unit; the bar is called with (done, total).
        on_epoch: called after each epoch of this run.

    Raises:
        CatalogueError: there is nothing to learn: no labels, one class, no test items or no readable pictures.
        ModelError: the network is not available, the folder holds another training, the training diverged, or the
            disk is full (the last complete state is kept, see `model.training.folder.locked`).
    """
    started = time.perf_counter()
    check_target(catalogue, config.target)
    (pictures,) = same_pictures(catalogue, crop_to_box=config.crop_to_box, workers=workers, progress=progress)
    labelled = label_items(catalogue, config.target, crop_to_box=config.crop_to_box, pictures=pictures)
    spec = backbone_spec(config.network)
    preprocessing = Preprocessing(config.input_size, "crop", spec.mean, spec.std, "srgb")
    pretrained = imagenet_network(config.network)
    engine = pooling_engine(pretrained, preprocessing, device=device)
    with locked(out, create=not resume):
        state = load_state(out)
        check_startable(out, resume=resume, has_state=state is not None)
        parts = {"train": labelled.train, "test": labelled.test}
        stamps = {name: picture_stamps(part.items, catalogue.root) for name, part in parts.items()}
        data = _data_digest(labelled, stamps)
        if state is not None:
            check_resumable(state, config.to_json(), data, out)
        epochs = () if state is None else state.epochs
        loop = EpochLoop(out, config.to_json(), data, lambda done: len(done) >= config.epochs, _best, on_epoch)
        if not loop.finished(epochs):
            reading = _Pictures(catalogue.root, out, config, preprocessing, engine, workers, progress)
            network = _headed(pretrained, labelled.classes)
            trainer = HeadTrainer(network, config, engine.device)
            if state is not None:
                trainer.restore(state.tensors)
            train, test, facts = reading.features(labelled, stamps, model_version(pretrained, preprocessing))
            sampler = TripletSampler(train.labels)
            held = training_holds_out(catalogue.items)
            runner = _Runner(out, config, preprocessing, network, trainer, train, test, sampler, facts, held, progress)
            epochs = loop.run(epochs, runner)
        checkpoint = finish_training(out, epochs)
    return TrainingReport(
        version=checkpoint.version,
        classes=len(labelled.classes),
        epochs=epochs,
        best=_best(epochs),
        seconds=time.perf_counter() - started,
        **{name: int(checkpoint.training[name]) for name in _FACTS},
    )


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Computes the pooled features of the training and test pictures."""

    root: Path
    out: Path
    config: ArticleConfig
    preprocessing: Preprocessing
    engine: TorchEngine
    workers: int
    progress: ProgressBar

    def features(
        self, labelled: TrainingItems, stamps: Stamps, version: str
    ) -> tuple[FeatureRows, FeatureRows, dict[str, int]]:
        """Features of the training and test pictures, and the counts of items used and left out."""
        size, seed, views = self.config.input_size, self.config.seed, self.config.views

        train = self._pooled(
            "train",
            labelled.train,
            lambda pixels: augmented_views(pixels, views=views, size=size, generator=picture_generator(pixels, seed)),
            views,
            [version, views, seed, stamps["train"]],
        )
        test = self._pooled(
            "test", labelled.test, lambda pixels: self.preprocessing.apply(pixels)[None], 1, [version, stamps["test"]]
        )
        unreadable = [
            (items.items[row], code, detail)
            for items, pooled in ((labelled.train, train), (labelled.test, test))
            for row, code, detail in pooled.unreadable
        ]
        write_unreadable(self.out, unreadable)
        kept_train, kept_test = labelled.train.rows(train.rows), labelled.test.rows(test.rows)
        try:
            check_trainable(kept_train, kept_test, len(unreadable), str(self.out / UNREADABLE_REPORT))
        except CatalogueError:
            # Whether a file is readable may change without a new time stamp, so the next run must try again.
            remove_cache(self.out)
            raise
        facts = (len(kept_train.items), len(kept_test.items), labelled.unlabelled, labelled.unknown, len(unreadable))
        return (
            FeatureRows(train.values, kept_train.labels),
            FeatureRows(test.values, kept_test.labels),
            dict(zip(_FACTS, facts, strict=True)),
        )

    def _pooled(
        self, name: str, items: LabelledItems, fit: Fit, views: int, key: list[object]
    ) -> PictureRows[np.float16]:
        with self.progress(f"Reading {name} pictures", "picture") as progress:
            return compute_features(
                items.items,
                self.root,
                self.out / CACHE_FOLDER / name,
                self.engine,
                key=hashlib.sha256(orjson.dumps([*key, str(self.engine.dtype)])).hexdigest(),
                fit=fit,
                views=views,
                features=backbone_spec(self.config.network).features,
                workers=self.workers,
                progress=progress,
            )


@dataclass(frozen=True, slots=True)
class _Runner:
    """Trains, tests and saves; see `model.training.epoch_loop.EpochRunner`."""

    out: Path
    config: ArticleConfig
    preprocessing: Preprocessing
    network: LookalikeNetwork
    trainer: HeadTrainer
    train: FeatureRows
    test: FeatureRows
    sampler: TripletSampler
    facts: Mapping[str, int]
    held_out_by: HeldOutBy
    progress: ProgressBar

    def epoch(self, number: int) -> EpochReport:
        started = time.perf_counter()
        lr = self.trainer.lr
        with self.progress(f"Epoch {number} of {self.config.epochs}", "picture") as progress:
            figures = self.trainer.train_epoch(self.train, self.sampler, number, progress)
        scores = {"train_top1": figures.top1, "test_top1": self.trainer.top1(self.test)}
        seconds = time.perf_counter() - started
        return EpochReport(number, lr, figures.loss, figures.terms, figures.shares, scores, seconds)

    def save_checkpoint(self, epoch: EpochReport) -> None:
        training = {
            **self.config.to_json(),
            **self.facts,
            RECORD: self.held_out_by,
            "epoch": epoch.epoch,
            **epoch.scores,
        }
        save_checkpoint(self.out, self.network, self.preprocessing, training)

    def tensors(self) -> dict[str, Tensor]:
        return self.trainer.tensors()


def _headed(pretrained: LookalikeNetwork, classes: Sequence[str]) -> LookalikeNetwork:
    """A network that takes over a backbone; the layers behind it are not initialised yet."""
    # On the meta device no random weights are drawn: a backbone's would cost seconds and be replaced at once.
    with torch.device("meta"):
        network = LookalikeNetwork(pretrained.name, classes)
    network.backbone = pretrained.backbone
    return network.eval()


def _best(epochs: Epochs) -> EpochReport:
    return max(epochs, key=lambda epoch: epoch.scores["test_top1"])


def _data_digest(labelled: TrainingItems, stamps: Stamps) -> str:
    """Digest of the classes, labels and pictures."""
    content = [labelled.classes, labelled.train.labels.tolist(), labelled.test.labels.tolist(), stamps]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()

"""The article's recipe: a frozen backbone, cross-entropy and a triplet margin loss on what lies behind it."""

import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import torch

from contracts.errors import CatalogueError
from contracts.progress import ProgressBar, silent
from model.backbones import backbone_spec
from model.catalogue.catalogue import Catalogue
from model.checkpoint import save_checkpoint
from model.engine import Engine
from model.network import LookalikeNetwork, imagenet_network
from model.preprocessing import Preprocessing
from model.training.article.augmentation import augmented_views, picture_generator
from model.training.article.config import ArticleConfig
from model.training.article.epochs import EpochReport, panels
from model.training.article.frozen_backbone import pooling_engine
from model.training.article.head import FeatureRows, HeadTrainer
from model.training.article.labels import LabelledItems, TrainingItems, check_trainable, label_items
from model.training.article.triplets import TripletSampler
from model.training.features import Fit, PictureStamp, PooledFeatures, compute_features, picture_stamps, remove_features
from model.training.folder import (
    FEATURES_FOLDER,
    check_startable,
    locked,
)
from model.training.record import finish_record, record_epoch
from model.training.state import TrainingState, check_resumable, load_state, restored_epochs
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
        unlabelled, unknown, unreadable: items left out: without a class, of a class that is not trained, and
            whose picture cannot be read.
        epochs: all of them, also those before a resume.
        best: the epoch whose weights are the checkpoint: the first of the highest test top-1.
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
    """Train, and leave the network of the best epoch in a folder that `model.checkpoint` reads.

    Args:
        catalogue: with an attribute to learn.
        out: made if missing. Holds the checkpoint, curves, the state between epochs and, while training, the
            backbone's features.
        device: `auto`, `cpu`, `cuda` or `cuda:N`. Another one than before a resume gives other last digits.
        resume: go on with a training that was stopped; the result is that of one that never was.
        workers: threads that read pictures.
        progress: makes a bar of a label and a unit; the bar is called with (done, total).
        on_epoch: called after each epoch of this run.

    Raises:
        CatalogueError: there is nothing to learn: no labels, one class, no test items, no readable pictures.
        ModelError: the network cannot be had, the folder holds another training, the training diverged, or the
            disk is full (the last whole state is kept, see `model.training.folder.locked`).
    """
    started = time.perf_counter()
    labelled = label_items(catalogue, config.target, crop_to_box=config.crop_to_box)
    spec = backbone_spec(config.network)
    preprocessing = Preprocessing(config.input_size, "crop", spec.mean, spec.std)
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
        epochs = () if state is None else restored_epochs(state, EpochReport)
        if len(epochs) < config.epochs:
            run = _Run(catalogue.root, out, config, preprocessing, engine, workers, progress)
            network = _headed(pretrained, labelled.classes)
            trainer = HeadTrainer(network, config, engine.device)
            if state is not None:
                trainer.restore(state.tensors)
            train, test, facts = run.features(labelled, stamps, model_version(pretrained, preprocessing))
            sampler = TripletSampler(train.labels)
            for number in range(len(epochs) + 1, config.epochs + 1):
                epoch = run.epoch(number, trainer, train, test, sampler)
                if not epochs or epoch.test_top1 > _best(epochs).test_top1:
                    run.save_checkpoint(network, epoch, facts)
                epochs = (*epochs, epoch)
                done = tuple(asdict(each) for each in epochs)
                record_epoch(out, TrainingState(config.to_json(), data, done, trainer.tensors()))
                on_epoch(epoch)
        checkpoint = finish_record(out, [asdict(each) for each in epochs], panels(epochs))
    return TrainingReport(
        version=checkpoint.version,
        classes=len(labelled.classes),
        epochs=epochs,
        best=_best(epochs),
        seconds=time.perf_counter() - started,
        **{name: int(checkpoint.training[name]) for name in _FACTS},
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """The parts of a training, with what they share."""

    root: Path
    out: Path
    config: ArticleConfig
    preprocessing: Preprocessing
    engine: Engine
    workers: int
    progress: ProgressBar

    def features(
        self, labelled: TrainingItems, stamps: Stamps, version: str
    ) -> tuple[FeatureRows, FeatureRows, dict[str, int]]:
        """Features of the training and the test pictures, and how many items there are and were left out."""
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
            # A picture may become readable without a change of its own: the next run shall look again.
            remove_features(self.out / FEATURES_FOLDER)
            raise
        facts = (len(kept_train.items), len(kept_test.items), labelled.unlabelled, labelled.unknown, len(unreadable))
        return (
            FeatureRows(train.values, kept_train.labels),
            FeatureRows(test.values, kept_test.labels),
            dict(zip(_FACTS, facts, strict=True)),
        )

    def epoch(
        self, number: int, trainer: HeadTrainer, train: FeatureRows, test: FeatureRows, sampler: TripletSampler
    ) -> EpochReport:
        """Train one epoch and test."""
        started = time.perf_counter()
        lr = trainer.lr
        with self.progress(f"Epoch {number} of {self.config.epochs}", "picture") as progress:
            figures = trainer.train_epoch(train, sampler, number, progress)
        test_top1 = trainer.top1(test)
        return EpochReport(
            epoch=number,
            lr=lr,
            loss=figures.cross_entropy + self.config.triplet_weight * figures.triplet,
            cross_entropy=figures.cross_entropy,
            triplet=figures.triplet,
            active_triplets=figures.active_triplets,
            train_top1=figures.top1,
            test_top1=test_top1,
            seconds=time.perf_counter() - started,
        )

    def save_checkpoint(self, network: LookalikeNetwork, epoch: EpochReport, facts: dict[str, int]) -> None:
        """Make this epoch's weights the checkpoint."""
        figures = {"epoch": epoch.epoch, "train_top1": epoch.train_top1, "test_top1": epoch.test_top1}
        save_checkpoint(self.out, network, self.preprocessing, {**self.config.to_json(), **facts, **figures})

    def _pooled(self, name: str, items: LabelledItems, fit: Fit, views: int, key: list[object]) -> PooledFeatures:
        with self.progress(f"Reading {name} pictures", "picture") as progress:
            return compute_features(
                items.items,
                self.root,
                self.out / FEATURES_FOLDER / name,
                self.engine,
                key=hashlib.sha256(orjson.dumps([*key, str(self.engine.dtype)])).hexdigest(),
                fit=fit,
                views=views,
                features=backbone_spec(self.config.network).features,
                workers=self.workers,
                progress=progress,
            )


def _headed(pretrained: LookalikeNetwork, classes: Sequence[str]) -> LookalikeNetwork:
    """A network with a backbone that is there already, and layers behind it that are still to be initialised."""
    # On the meta device nothing is drawn: a backbone's random weights cost seconds, and would go at once.
    with torch.device("meta"):
        network = LookalikeNetwork(pretrained.name, classes)
    network.backbone = pretrained.backbone
    return network.eval()


def _best(epochs: tuple[EpochReport, ...]) -> EpochReport:
    return max(epochs, key=lambda epoch: epoch.test_top1)


def _data_digest(labelled: TrainingItems, stamps: Stamps) -> str:
    """What is learned from: classes, labels and pictures."""
    content = [labelled.classes, labelled.train.labels.tolist(), labelled.test.labels.tolist(), stamps]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()

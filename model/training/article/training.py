"""The article's recipe: a frozen backbone; cross-entropy and a triplet margin loss train the layers behind it."""

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import torch
from numpy.typing import NDArray
from torch import Tensor

from contracts.hold_out import HeldOutBy, belonging, training_holds_out
from contracts.progress import Progress, ProgressBar, silent
from model.backbones import backbone_spec
from model.catalogue.catalogue import Catalogue
from model.checkpoint import save_checkpoint, version_of
from model.engines.pooling_engine import pooling_engine
from model.held_out_record import RECORD
from model.network import LookalikeNetwork, published_network
from model.preprocessing import Preprocessing
from model.training.article.config import ArticleConfig
from model.training.article.head import FeatureRows, HeadTrainer
from model.training.article.held_out_check import HeldOutCheck
from model.training.article.labels import TrainingItems, check_target, label_items
from model.training.article.pooled_pictures import FACTS, PooledPictures, Stamps
from model.training.article.triplets import TripletSampler
from model.training.epoch_loop import EpochLoop, Epochs, OnEpoch, finish_training, gain_of
from model.training.epochs import EpochReport, EpochZero, Scored
from model.training.folder import check_startable, locked
from model.training.gain import Gain
from model.training.picture_stamps import picture_stamps
from model.training.same_pictures import same_pictures
from model.training.served_measure import ServedMeasure
from model.training.state import check_resumable, load_state

_MORE_EPOCHS = (
    "train again with more --epochs and another --out folder; with --keep-state, --resume can add epochs to a finished "
    "training"
)


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a training did.

    Attributes:
        version: model version of the checkpoint.
        classes: how many.
        train_items, test_items: pictures that were trained and tested on.
        unlabelled, unknown, unreadable: items left out because they have no class, because no training item is of
            their class, and because their picture cannot be read.
        zero: the network before training.
        epochs: all epochs, including those before a resume.
        best: the epoch whose weights are the checkpoint: the first with the highest test top-1.
        gain: of the checkpoint over the network before training; None if no test item could be judged.
        seconds: wall-clock time of this run.
    """

    version: str
    classes: int
    train_items: int
    test_items: int
    unlabelled: int
    unknown: int
    unreadable: int
    zero: EpochZero | None
    epochs: tuple[EpochReport, ...]
    best: EpochReport
    gain: Gain | None
    seconds: float


def train_article(
    catalogue: Catalogue,
    out: Path,
    config: ArticleConfig,
    measure: ServedMeasure,
    *,
    device: str = "auto",
    resume: bool = False,
    keep_state: bool = False,
    workers: int = max(1, os.cpu_count() or 1),
    progress: ProgressBar = silent,
    on_epoch: OnEpoch = lambda _epoch: None,
) -> TrainingReport:
    """Train a network and write the best epoch's to a folder that `model.checkpoint` reads.

    Args:
        catalogue: has the attribute to learn.
        out: made if missing. Receives the checkpoint, the curves, the state between epochs and, during training,
            the backbone's features.
        config: the recipe.
        measure: searches among the test items, before training and after each epoch.
        device: `auto`, `cpu`, `cuda` or `cuda:N`. Resuming on another device changes results by rounding.
        resume: continue a training that was stopped; the result is the same as without the stop. It may have more
            epochs now.
        keep_state: keep the state between epochs when the training is finished.
        workers: threads that read pictures.
        progress: makes a progress bar from a label and a unit.
        on_epoch: called after each epoch of this run, and with the figures before the first.

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
    pretrained = published_network(spec, None if config.weights is None else Path(config.weights))
    engine = pooling_engine(pretrained, preprocessing, device=device)
    with locked(out, create=not resume):
        state = load_state(out)
        check_startable(out, resume=resume, has_state=state is not None, more_epochs=_MORE_EPOCHS)
        parts = {"train": labelled.train, "test": labelled.test}
        stamps = {name: picture_stamps(part.items, catalogue.folder) for name, part in parts.items()}
        data = _data_digest(labelled, stamps, catalogue.follow_links)
        if state is not None:
            # The learning rate is constant, so more epochs change nothing about those that are done.
            more = {"epochs"} if config.epochs >= len(state.epochs) else ()
            check_resumable(state, config.to_json(), data, out, changeable=more)
        zero, epochs = (None, ()) if state is None else (state.zero, state.epochs)
        loop = EpochLoop(
            out,
            config.to_json(),
            data,
            config.epochs,
            lambda done: len(done) >= config.epochs,
            _best,
            measure,
            on_epoch,
        )
        if not loop.finished(epochs):
            reading = PooledPictures(catalogue, out, config, preprocessing, engine, workers, progress)
            network = _headed(pretrained, labelled.classes)
            trainer = HeadTrainer(network, config, engine.device)
            if state is not None:
                trainer.restore(state.tensors)
            train, test, tested, facts = reading.features(labelled, stamps, version_of(pretrained, preprocessing))
            numbers = belonging(catalogue.items, pictures).tolist()
            number_of = {item.id: number for item, number in zip(catalogue.items, numbers, strict=True)}
            groups = np.array([number_of[item.id] for item in tested], np.int64)
            check = HeldOutCheck.of(test, groups, measure, config.seed)
            sampler = TripletSampler(train.labels)
            held = training_holds_out(catalogue.items)
            runner = _Runner(out, config, preprocessing, network, trainer, train, check, sampler, facts, held)
            zero, epochs = loop.run((zero, epochs), runner, progress, "picture")
        checkpoint = finish_training(out, zero, epochs, keep_state=keep_state)
    return TrainingReport(
        version=checkpoint.version,
        classes=len(labelled.classes),
        zero=zero,
        epochs=epochs,
        best=_best(epochs),
        gain=gain_of(checkpoint),
        seconds=time.perf_counter() - started,
        **{name: int(checkpoint.training[name]) for name in FACTS},
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
    check: HeldOutCheck
    sampler: TripletSampler
    facts: Mapping[str, int]
    held_out_by: HeldOutBy

    @property
    def groups(self) -> NDArray[np.int64]:
        return self.check.judged.groups

    def test(self) -> Scored:
        return self.check.test(self.trainer)

    def epoch(self, number: int, progress: Progress) -> tuple[EpochReport, Scored]:
        started = time.perf_counter()
        lr = self.trainer.lr
        figures = self.trainer.train_epoch(self.train, self.sampler, number, progress)
        tested = self.test()
        scores = {"train_top1": figures.top1, **tested.scores}
        seconds = time.perf_counter() - started
        report = EpochReport(number, lr, figures.loss, figures.terms, figures.shares, scores, seconds)
        return report, tested

    def save_checkpoint(self, epoch: EpochReport, comparison: Mapping[str, Any]) -> None:
        training = {
            **self.config.to_json(),
            **self.facts,
            RECORD: self.held_out_by,
            "epoch": epoch.epoch,
            **epoch.scores,
            **comparison,
        }
        save_checkpoint(self.out, self.network, self.preprocessing, training)

    def tensors(self) -> dict[str, Tensor]:
        return self.trainer.tensors()


def _headed(pretrained: LookalikeNetwork, classes: Sequence[str]) -> LookalikeNetwork:
    """A network that takes over a backbone; the layers behind it are not initialised yet."""
    # On the meta device no random weights are drawn: a backbone's would cost seconds and be replaced at once.
    with torch.device("meta"):
        network = LookalikeNetwork(pretrained.spec, classes)
    network.backbone = pretrained.backbone
    return network.eval()


def _best(epochs: Epochs) -> EpochReport:
    return max(epochs, key=lambda epoch: epoch.scores["test_top1"])


def _data_digest(labelled: TrainingItems, stamps: Stamps, follow_links: bool) -> str:
    """Digest of the classes, labels and pictures, and of which of these may be read."""
    content = [labelled.classes, labelled.train.labels.tolist(), labelled.test.labels.tolist(), stamps, follow_links]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()

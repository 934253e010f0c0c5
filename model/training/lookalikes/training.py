"""The default recipe from a catalogue to a checkpoint."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from contracts.embedding_set import TWO_PARTS
from contracts.hold_out import HeldOutBy
from contracts.progress import ProgressBar, silent
from model.allocator import keep_freed_memory
from model.backbones import backbone_spec
from model.catalogue.catalogue import Catalogue
from model.checkpoint import save_checkpoint
from model.engines.torch_engine import chosen_device
from model.held_out_record import RECORD, weaker
from model.loading import load_model
from model.preprocessing import Preprocessing
from model.training.epoch_loop import EpochLoop, Epochs, finish_training
from model.training.epochs import EpochReport
from model.training.folder import check_startable, locked
from model.training.lookalikes.batches import steps_an_epoch
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.held_out_check import HeldOutScores, fitted, score_network
from model.training.lookalikes.initialisation import initial_network, start_held_out
from model.training.lookalikes.part_scaling import with_scaled_parts
from model.training.lookalikes.targets import check_targets, split_items
from model.training.lookalikes.trainer import LookalikeTrainer
from model.training.lookalikes.training_data import (
    FACTS,
    Photos,
    PreparedData,
    data_digest,
    prepare,
    training_sources,
)
from model.training.same_pictures import same_pictures
from model.training.state import check_resumable, load_state

# Pictures that the lengths of the embedding's parts are measured with.
_MEASURED_WITH = 512


@dataclass(frozen=True, slots=True)
class LookalikeReport:
    """What a training did.

    Attributes:
        version: model version of the checkpoint.
        classes: the number of values learned for each target.
        train_items, photos, test_items: pictures that were trained and tested on.
        unlabelled, unreadable: items left out because they have no target, and because their picture cannot be read.
        epochs: all epochs, including those before a resume.
        best: the epoch whose weights are the checkpoint: the one with the highest fine R@1 on the test items, or the
            last if no test item could be judged.
        seconds: wall-clock time of this run.
    """

    version: str
    classes: Mapping[str, int]
    train_items: int
    photos: int
    test_items: int
    unlabelled: int
    unreadable: int
    epochs: Epochs
    best: EpochReport
    seconds: float


def train_lookalikes(
    catalogue: Catalogue,
    out: Path,
    config: LookalikeConfig,
    *,
    photos: Photos | None = None,
    device: str = "auto",
    resume: bool = False,
    workers: int = max(1, os.cpu_count() or 1),
    progress: ProgressBar = silent,
    on_epoch: Callable[[EpochReport], None] = lambda _epoch: None,
) -> LookalikeReport:
    """Train a network and write the best epoch's to a folder that `model.checkpoint` reads.

    Args:
        catalogue: has the targets as attributes.
        out: made if missing. Receives the checkpoint, the curves, the state between epochs and, during training,
            the decoded pictures.
        photos: trained on as well, never tested on.
        device: `auto`, `cpu`, `cuda` or `cuda:N`. Resuming on another device changes results by rounding.
        resume: continue a training that was stopped; the result is the same as without the stop.
        workers: threads that read pictures.
        progress: makes a progress bar from a label and a unit.
        on_epoch: called after each epoch of this run.

    Raises:
        CatalogueError: there is nothing to learn: no labels, one class or no readable pictures.
        ModelError: a network is not available, the folder holds another training, the training diverged, or the
            disk is full (the last complete state is kept, see `model.training.folder.locked`).
    """
    started = time.perf_counter()
    keep_freed_memory()
    check_targets(catalogue, config.targets)
    pictures, *of_photos = same_pictures(
        catalogue,
        *([] if photos is None else [photos.catalogue]),
        crop_to_box=config.crop_to_box,
        workers=workers,
        progress=progress,
    )
    split = split_items(
        catalogue, config.targets, crop_to_box=config.crop_to_box, hold_out=config.hold_out, pictures=pictures
    )
    if photos is not None:
        tested = {item.id for item in split.test}
        shown = {picture for item, picture in zip(catalogue.items, pictures, strict=True) if item.id in tested}
        photos = photos.without(shown, of_photos[0])
    network, start_version = initial_network(config, split.classes[0])
    teacher = None if config.teacher is None else load_model(config.teacher)
    with locked(out, create=not resume):
        state = load_state(out)
        check_startable(out, resume=resume, has_state=state is not None)
        sources = training_sources(catalogue, split, photos, crop_to_box=config.crop_to_box)
        digest = data_digest(sources, split, photos, (start_version, None if teacher is None else teacher.version))
        if state is not None:
            check_resumable(state, config.to_json(), digest, out)
        epochs = () if state is None else state.epochs
        loop = EpochLoop(out, config.to_json(), digest, lambda done: _finished(done, config), _best, on_epoch)
        if not loop.finished(epochs):
            data = prepare(sources, split, photos, out, config, workers=workers, progress=progress)
            steps = steps_an_epoch(data.pictures, config) * config.epochs
            trainer = LookalikeTrainer(
                network,
                data.pictures,
                config,
                teacher=teacher,
                steps=steps,
                device=chosen_device(device),
            )
            if state is not None:
                trainer.restore(state.tensors)
                # Frees its tensors, which are as large as the training's own.
                state = None
            elif start_version is not None:
                with progress("Warm start", "picture") as show:
                    trainer.warm_start(show)
            held = weaker(split.held_out_by, start_held_out(config.start))
            epochs = loop.run(epochs, _Runner(out, config, trainer, data, held, device, progress))
        checkpoint = finish_training(out, epochs)
    return LookalikeReport(
        version=checkpoint.version,
        classes={target: len(values) for target, values in zip(split.targets, split.classes, strict=True)},
        unlabelled=split.unlabelled,
        epochs=epochs,
        best=_best(epochs),
        seconds=time.perf_counter() - started,
        **{name: int(checkpoint.training[name]) for name in FACTS},
    )


@dataclass(frozen=True, slots=True)
class _Runner:
    """Trains, tests and saves; see `model.training.epoch_loop.EpochRunner`."""

    out: Path
    config: LookalikeConfig
    trainer: LookalikeTrainer
    data: PreparedData
    held_out_by: HeldOutBy
    device: str
    progress: ProgressBar

    @property
    def preprocessing(self) -> Preprocessing:
        spec = backbone_spec(self.config.network)
        return Preprocessing(self.config.input_size, "unframe", spec.mean, spec.std, "srgb")

    def epoch(self, number: int) -> EpochReport:
        started = time.perf_counter()
        with self.progress(f"Epoch {number} of {self.config.epochs}", "step") as progress:
            figures = self.trainer.train_epoch(number, progress)
        tested = HeldOutScores(0.0, 0.0)
        if self.data.held_out is not None:
            network = self.trainer.average.network
            tested = score_network(network, self.preprocessing, self.data.held_out, device=self.device)
        scores = {"train_top1": figures.top1, "test_top1": tested.top1, "test_recall": tested.recall}
        seconds = time.perf_counter() - started
        return EpochReport(number, self.trainer.lr, figures.loss, figures.terms, figures.shares, scores, seconds)

    def save_checkpoint(self, epoch: EpochReport) -> None:
        rows = np.linspace(0, self.data.pictures.photos - 1, min(_MEASURED_WITH, self.data.pictures.photos))
        inputs = fitted(self.data.pictures.pixels(rows.astype(np.int64)), self.config.input_size)
        network = with_scaled_parts(
            self.trainer.average.network,
            self.preprocessing,
            inputs,
            share=self.config.first_share,
            device=self.device,
        )
        training = {**self.config.to_json(), **self.data.facts, RECORD: self.held_out_by, "best": epoch.row()}
        save_checkpoint(self.out, network, self.preprocessing, training, parts=TWO_PARTS)

    def tensors(self) -> dict[str, Tensor]:
        return self.trainer.tensors()


def _finished(epochs: Epochs, config: LookalikeConfig) -> bool:
    if len(epochs) >= config.epochs:
        return True
    if not config.patience or not _tested(epochs):
        return False
    return len(epochs) - _best(epochs).epoch >= config.patience


def _best(epochs: Epochs) -> EpochReport:
    """The first epoch with the highest fine R@1, then top-1; the last epoch if nothing could be tested."""
    if not _tested(epochs):
        return epochs[-1]
    return max(epochs, key=lambda epoch: (epoch.scores["test_recall"], epoch.scores["test_top1"]))


def _tested(epochs: Epochs) -> bool:
    """Whether any held-out item could be judged: with sparse attributes, none may have all targets."""
    return any(epoch.scores["test_recall"] > 0 or epoch.scores["test_top1"] > 0 for epoch in epochs)

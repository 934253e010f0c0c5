"""The default recipe from a catalogue to a checkpoint."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from contracts.embedding_set import TWO_PARTS
from contracts.progress import ProgressBar, silent
from model.allocator import keep_freed_memory
from model.backbones import backbone_spec
from model.catalogue.catalogue import Catalogue
from model.checkpoint import save_checkpoint
from model.engine import chosen_device
from model.loading import load_model
from model.preprocessing import Preprocessing
from model.training.folder import check_startable, locked
from model.training.lookalikes.balance import balanced
from model.training.lookalikes.batches import steps_an_epoch
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.epochs import LookalikeEpoch, panels
from model.training.lookalikes.preparing import FACTS, Photos, PreparedData, data_digest, prepare, training_sources
from model.training.lookalikes.starting import starting_network
from model.training.lookalikes.targets import part_items
from model.training.lookalikes.testing import TestFigures, fitted, test_network
from model.training.lookalikes.trainer import LookalikeTrainer
from model.training.record import finish_record, record_epoch
from model.training.state import TrainingState, check_resumable, load_state, restored_epochs

_MEASURED_WITH = 512


@dataclass(frozen=True, slots=True)
class LookalikeReport:
    """What a training did.

    Attributes:
        version: model version of the checkpoint.
        classes: for each target how many values were learned.
        train_items, photos, test_items: pictures that were trained and tested on.
        unlabelled, unreadable: items left out: without any target, and whose picture cannot be read.
        epochs: all of them, also those before a resume.
        best: the epoch whose weights are the checkpoint: of the highest fine R@1 on the test items, or the last
            where these say nothing.
        seconds: wall-clock time of this run.
    """

    version: str
    classes: Mapping[str, int]
    train_items: int
    photos: int
    test_items: int
    unlabelled: int
    unreadable: int
    epochs: tuple[LookalikeEpoch, ...]
    best: LookalikeEpoch
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
    on_epoch: Callable[[LookalikeEpoch], None] = lambda _epoch: None,
) -> LookalikeReport:
    """Train, and leave the network of the best epoch in a folder that `model.checkpoint` reads.

    Args:
        catalogue: with the targets as attributes.
        out: made if missing. Holds the checkpoint, curves, the state between epochs and, while training, the
            decoded pictures.
        photos: also trained on, never tested on.
        device: `auto`, `cpu`, `cuda` or `cuda:N`. Another one than before a resume gives other last digits.
        resume: go on with a training that was stopped; the result is that of one that never was.
        workers: threads that read pictures.
        progress: makes a bar of a label and a unit.
        on_epoch: called after each epoch of this run.

    Raises:
        CatalogueError: there is nothing to learn: no labels, one class, no readable pictures.
        ModelError: a network cannot be had, the folder holds another training, the training diverged, or the
            disk is full (the last whole state is kept, see `model.training.folder.locked`).
    """
    started = time.perf_counter()
    keep_freed_memory()
    parted = part_items(catalogue, config.targets, crop_to_box=config.crop_to_box, hold_out=config.hold_out)
    network, start_version = starting_network(config, parted.classes[0])
    teacher = None if config.teacher is None else load_model(config.teacher)
    with locked(out, create=not resume):
        state = load_state(out)
        check_startable(out, resume=resume, has_state=state is not None)
        sources = training_sources(catalogue, parted, photos, crop_to_box=config.crop_to_box)
        digest = data_digest(sources, parted, photos, (start_version, None if teacher is None else teacher.version))
        if state is not None:
            check_resumable(state, config.to_json(), digest, out)
        epochs = () if state is None else restored_epochs(state, LookalikeEpoch)
        if not _finished(epochs, config):
            data = prepare(sources, parted, photos, out, config, workers=workers, progress=progress)
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
                # Its tensors are as large as the training's own.
                state = None
            elif start_version is not None:
                with progress("Looking at what is known", "picture") as show:
                    trainer.look_ahead(show)
            run = _Run(out, config, trainer, data, device, progress)
            while not _finished(epochs, config):
                epoch = run.epoch(len(epochs) + 1)
                if _best((*epochs, epoch)) is epoch:
                    run.save_checkpoint(epoch)
                epochs = (*epochs, epoch)
                done = tuple(asdict(each) for each in epochs)
                record_epoch(out, TrainingState(config.to_json(), digest, done, trainer.tensors()))
                on_epoch(epoch)
        checkpoint = finish_record(out, [asdict(each) for each in epochs], panels(epochs))
    return LookalikeReport(
        version=checkpoint.version,
        classes={target: len(values) for target, values in zip(parted.targets, parted.classes, strict=True)},
        unlabelled=parted.unlabelled,
        epochs=epochs,
        best=_best(epochs),
        seconds=time.perf_counter() - started,
        **{name: int(checkpoint.training[name]) for name in FACTS},
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """The parts of a training, with what they share."""

    out: Path
    config: LookalikeConfig
    trainer: LookalikeTrainer
    data: PreparedData
    device: str
    progress: ProgressBar

    @property
    def preprocessing(self) -> Preprocessing:
        spec = backbone_spec(self.config.network)
        return Preprocessing(self.config.input_size, "unframe", spec.mean, spec.std)

    def epoch(self, number: int) -> LookalikeEpoch:
        """Train one epoch and test."""
        started = time.perf_counter()
        with self.progress(f"Epoch {number} of {self.config.epochs}", "step") as progress:
            figures = self.trainer.train_epoch(number, progress)
        tested = TestFigures(0.0, 0.0)
        if self.data.test_set is not None:
            tested = test_network(self.trainer.averaged, self.preprocessing, self.data.test_set, device=self.device)
        return LookalikeEpoch(
            epoch=number,
            lr=self.trainer.lr,
            loss=figures.loss,
            attributes=figures.attributes,
            items=figures.items,
            imitation=figures.imitation,
            active=figures.active,
            train_top1=figures.top1,
            test_top1=tested.top1,
            test_recall=tested.recall,
            seconds=time.perf_counter() - started,
        )

    def save_checkpoint(self, epoch: LookalikeEpoch) -> None:
        """Make the averaged weights the checkpoint."""
        rows = np.linspace(0, self.data.pictures.photos - 1, min(_MEASURED_WITH, self.data.pictures.photos))
        inputs = fitted(self.data.pictures.pixels(rows.astype(np.int64)), self.config.input_size)
        network = balanced(
            self.trainer.averaged, self.preprocessing, inputs, share=self.config.first_share, device=self.device
        )
        training = {**self.config.to_json(), **self.data.facts, "best": asdict(epoch)}
        save_checkpoint(self.out, network, self.preprocessing, training, parts=TWO_PARTS)


def _finished(epochs: tuple[LookalikeEpoch, ...], config: LookalikeConfig) -> bool:
    if len(epochs) >= config.epochs:
        return True
    if not config.patience or not _tested(epochs):
        return False
    return len(epochs) - _best(epochs).epoch >= config.patience


def _best(epochs: tuple[LookalikeEpoch, ...]) -> LookalikeEpoch:
    """The first epoch of the highest fine R@1, then top-1; the last where nothing could be tested."""
    if not _tested(epochs):
        return epochs[-1]
    return max(epochs, key=lambda epoch: (epoch.test_recall, epoch.test_top1))


def _tested(epochs: tuple[LookalikeEpoch, ...]) -> bool:
    """Whether held-out items said anything: sparse attributes may leave none that has all targets."""
    return any(epoch.test_recall > 0 or epoch.test_top1 > 0 for epoch in epochs)

"""The default recipe from a catalogue to a checkpoint."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contracts.progress import ProgressBar, silent
from model.allocator import keep_freed_memory
from model.catalogue.catalogue import Catalogue
from model.engines.torch_engine import chosen_device
from model.held_out_record import weaker
from model.torch_loading import load_model
from model.training.epoch_loop import EpochLoop, Epochs, OnEpoch, finish_training, gain_of
from model.training.epochs import EpochReport, EpochZero
from model.training.folder import check_startable, locked
from model.training.gain import Gain
from model.training.lookalikes.batches import steps_an_epoch
from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.epoch_runner import LookalikeRunner
from model.training.lookalikes.initialisation import initial_network, start_detector, start_held_out
from model.training.lookalikes.kept_network import kept_network
from model.training.lookalikes.photos import Photos
from model.training.lookalikes.replay_check import ReplayCheck
from model.training.lookalikes.street import Street
from model.training.lookalikes.targets import check_targets, split_items
from model.training.lookalikes.trainer import LookalikeTrainer
from model.training.lookalikes.training_data import (
    FACTS,
    data_digest,
    prepare,
    training_sources,
)
from model.training.same_pictures import same_pictures
from model.training.served_measure import ServedMeasure
from model.training.state import check_resumable, load_state, train_on


@dataclass(frozen=True, slots=True)
class LookalikeReport:
    """What a training did.

    Attributes:
        version: model version of the checkpoint.
        classes: the number of values learned for each target.
        train_items, photos, street_garments, test_items: pictures that were trained and tested on.
        unlabelled, unreadable: items left out because they have no target, and because their picture cannot be read.
        zero: the network before training; None if nothing is held out.
        epochs: all epochs, including those before a resume.
        best: the epoch whose weights are the checkpoint: the one with the highest fine R@1 on the test items, or the
            last if no test item could be judged.
        gain: of the checkpoint over the network before training; None if no test item could be judged.
        seconds: wall-clock time of this run.
    """

    version: str
    classes: Mapping[str, int]
    train_items: int
    photos: int
    street_garments: int
    test_items: int
    unlabelled: int
    unreadable: int
    zero: EpochZero | None
    epochs: Epochs
    best: EpochReport
    gain: Gain | None
    seconds: float


def train_lookalikes(
    catalogue: Catalogue,
    out: Path,
    config: LookalikeConfig,
    measure: ServedMeasure,
    *,
    photos: Photos | None = None,
    street: Street | None = None,
    device: str = "auto",
    resume: bool = False,
    keep_state: bool = False,
    workers: int = max(1, os.cpu_count() or 1),
    progress: ProgressBar = silent,
    on_epoch: OnEpoch = lambda _epoch: None,
) -> LookalikeReport:
    """Train a network and write the best epoch's to a folder that `model.checkpoint` reads.

    Args:
        catalogue: has the targets as attributes.
        out: made if missing. Receives the checkpoint, the curves, the state between epochs and, during training,
            the decoded pictures.
        config: the recipe.
        measure: searches among the held-out items, before training and after each epoch.
        photos: trained on as well; a fifth of them is held out to search with.
        street: its garments likewise.
        device: `auto`, `cpu`, `cuda` or `cuda:N`. Resuming on another device changes results by rounding.
        resume: continue a training that was stopped; the result is the same as without the stop.
        keep_state: keep the state between epochs when the training is finished.
        workers: threads that read pictures.
        progress: makes a progress bar from a label and a unit.
        on_epoch: called after each epoch of this run, and with the figures before the first.

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
    class_map = street.class_map if street is not None else None if photos is None else photos.class_map
    start = initial_network(config, split.classes[0])
    teacher = None if config.teacher is None else load_model(config.teacher)
    # Read now, so that a damaged one ends the training before it begins.
    detector = start_detector(config.start)
    with locked(out, create=not resume):
        state = load_state(out)
        check_startable(
            out,
            resume=resume,
            has_state=state is not None,
            more_epochs=f"train on from it: {train_on(out)}",
        )
        sources = training_sources(
            catalogue, split, photos, street, crop_to_box=config.crop_to_box, hold_out=config.hold_out
        )
        networks = (start.version, None if teacher is None else teacher.version)
        digest = data_digest(sources, split, class_map, networks)
        if state is not None:
            check_resumable(state, config.to_json(), digest, out)
        zero, epochs = (None, ()) if state is None else (state.zero, state.epochs)
        loop = EpochLoop(
            out, config.to_json(), digest, config.epochs, lambda done: _finished(done, config), _best, measure, on_epoch
        )
        if not loop.finished(epochs):
            data = prepare(sources, split, class_map, out, config, workers=workers, progress=progress)
            steps = steps_an_epoch(data.pictures, config) * config.epochs
            where = chosen_device(device)
            kept = kept_network(config.start, start.version, split.classes[0], where)
            trainer = LookalikeTrainer(
                start.network,
                data.pictures,
                config,
                teacher=teacher,
                kept=kept,
                steps=steps,
                device=where,
            )
            if state is not None:
                trainer.restore(state.tensors)
                # Frees its tensors, which are as large as the training's own.
                state = None
            elif start.version is not None:
                with progress("Warm start", "picture") as show:
                    trainer.warm_start(show)
            held = weaker(split.held_out_by, start_held_out(config.start))
            check = None
            if kept is not None and kept.replay is not None:
                check = ReplayCheck(kept, data.pictures, input_size=config.input_size, measure=measure, device=where)
            runner = LookalikeRunner(out, config, start, trainer, data, held, measure, check, device, detector)
            zero, epochs = loop.run((zero, epochs), runner, progress, "step")
        checkpoint = finish_training(out, zero, epochs, keep_state=keep_state)
    return LookalikeReport(
        version=checkpoint.version,
        classes={target: len(values) for target, values in zip(split.targets, split.classes, strict=True)},
        unlabelled=split.unlabelled,
        zero=zero,
        epochs=epochs,
        best=_best(epochs),
        gain=gain_of(checkpoint),
        seconds=time.perf_counter() - started,
        **{name: int(checkpoint.training[name]) for name in FACTS},
    )


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

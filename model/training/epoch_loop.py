"""The loop over epochs: train, keep the best checkpoint, save the state that a resumed run continues from."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from contracts.progress import Progress, ProgressBar
from model.checkpoint import Checkpoint, load_checkpoint
from model.training.curves import draw_curves, write_table
from model.training.epochs import EpochReport, EpochZero, Scored, panels
from model.training.folder import remove_cache
from model.training.gain import Gain
from model.training.served_measure import ServedMeasure
from model.training.state import TrainingState, remove_state, save_state

# What a checkpoint records about its training.
GAIN = "gain"
Epochs = tuple[EpochReport, ...]
OnEpoch = Callable[[EpochReport | EpochZero], None]


class EpochRunner(Protocol):
    """What a recipe does in each epoch."""

    @property
    def groups(self) -> NDArray[np.int64] | None:
        """The groups of the held-out queries that can be judged, (Q,), Q may be 0; None if nothing is held out."""

    def test(self) -> Scored:
        """Test the network as it is on the held-out items; not called if nothing is held out."""

    def epoch(self, number: int, progress: Progress, /) -> tuple[EpochReport, Scored]:
        """Train one epoch and test the network.

        Args:
            number: counted from 1.
            progress: takes steps done, steps in all and figures, of this epoch.
        """

    def save_checkpoint(self, epoch: EpochReport, comparison: Mapping[str, Any], /) -> None:
        """Make the network as it is after this epoch the checkpoint.

        Args:
            epoch: its figures.
            comparison: with the network before training, JSON types, to keep in the checkpoint.
        """

    def tensors(self) -> Mapping[str, Tensor]:
        """All tensors that the next epoch depends on, by name."""


@dataclass(frozen=True, slots=True)
class EpochLoop:
    """The epochs of one training.

    Attributes:
        out: folder of the training.
        settings: of the run, JSON types.
        data: digest of what is trained on.
        epochs: most epochs.
        finished: whether a training with these epochs is done.
        best: which of some epochs, at least one, is the checkpoint.
        measure: compares the network with what it was before training.
        on_epoch: called after each epoch, and with the figures before the first.
    """

    out: Path
    settings: Mapping[str, Any]
    data: str
    epochs: int
    finished: Callable[[Epochs], bool]
    best: Callable[[Epochs], EpochReport]
    measure: ServedMeasure
    on_epoch: OnEpoch

    def run(
        self, state: tuple[EpochZero | None, Epochs], runner: EpochRunner, progress: ProgressBar, unit: str
    ) -> tuple[EpochZero | None, Epochs]:
        """Run the epochs that are still to do.

        Args:
            state: what is done: figures before training, and those of the epochs.
            runner: trains, tests and saves.
            progress: makes the progress bar of the whole training.
            unit: what a runner's progress counts, singular.

        Returns:
            All figures.
        """
        zero, epochs = state
        if zero is None and not epochs and runner.groups is not None:
            zero = self._epoch_zero(runner)
        with progress("Training", unit) as show:
            while not self.finished(epochs):
                number = len(epochs) + 1
                epoch, tested = runner.epoch(number, self._of_whole(show, number))
                epochs = (*epochs, epoch)
                if self.best(epochs) is epoch:
                    runner.save_checkpoint(epoch, self._comparison(zero, tested, runner.groups))
                save_state(self.out, TrainingState(self.settings, self.data, zero, epochs, runner.tensors()))
                write_table(self.out, _rows(zero, epochs))
                self.on_epoch(epoch)
        return zero, epochs

    def _epoch_zero(self, runner: EpochRunner) -> EpochZero:
        started = time.perf_counter()
        zero = EpochZero(runner.test(), time.perf_counter() - started)
        self.on_epoch(zero)
        return zero

    def _of_whole(self, show: Progress, number: int) -> Progress:
        """Shows the progress of an epoch as that of the whole training, so that the remaining time is too."""

        def in_epoch(done: int, total: int, figures: str = "", /) -> None:
            within = ", ".join(part for part in (f"epoch {number} of {self.epochs}", figures) if part)
            show((number - 1) * total + done, self.epochs * total, within)

        return in_epoch

    def _comparison(self, zero: EpochZero | None, tested: Scored, groups: NDArray[np.int64] | None) -> dict[str, Any]:
        if zero is None or groups is None:
            return {}
        gain = None
        if len(groups):
            gain = self.measure.gain(np.array(zero.tested.right), np.array(tested.right), groups).to_json()
        return {"before": zero.row(), GAIN: gain}


def gain_of(checkpoint: Checkpoint) -> Gain | None:
    """What the training of a checkpoint gained; None if nothing could be compared."""
    fields = checkpoint.training.get(GAIN)
    return None if fields is None else Gain.from_json(fields)


def finish_training(out: Path, zero: EpochZero | None, epochs: Epochs, *, keep_state: bool) -> Checkpoint:
    """Write table and curves, verify the checkpoint, and delete what only training needed.

    If a run was killed after its last state and before its curves, resuming it writes them here.

    Args:
        out: folder of the training.
        zero: figures before training.
        epochs: figures of all epochs.
        keep_state: keep the state, which is much larger than the checkpoint.

    Raises:
        ModelError: the checkpoint is missing or damaged.
    """
    write_table(out, _rows(zero, epochs))
    draw_curves(out, panels(zero, epochs))
    checkpoint = load_checkpoint(out)
    remove_cache(out)
    if not keep_state:
        # Last: without it, the training counts as finished.
        remove_state(out)
    return checkpoint


def _rows(zero: EpochZero | None, epochs: Epochs) -> list[dict[str, float]]:
    rows = [epoch.row() for epoch in epochs]
    return rows if zero is None else [zero.row(), *rows]

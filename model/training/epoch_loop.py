"""The loop over epochs: train, keep the best checkpoint, save the state that a resumed run continues from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from model.checkpoint import Checkpoint, load_checkpoint
from model.training.curves import draw_curves, write_table
from model.training.epochs import EpochReport, panels
from model.training.folder import remove_cache
from model.training.state import TrainingState, save_state

Epochs = tuple[EpochReport, ...]


class EpochRunner(Protocol):
    """What a recipe does in each epoch."""

    def epoch(self, number: int, /) -> EpochReport:
        """Train one epoch and test the network."""

    def save_checkpoint(self, epoch: EpochReport, /) -> None:
        """Make the network as it is after this epoch the checkpoint."""

    def tensors(self) -> Mapping[str, Tensor]:
        """All tensors that the next epoch depends on, by name."""


@dataclass(frozen=True, slots=True)
class EpochLoop:
    """The epochs of one training.

    Attributes:
        out: folder of the training.
        settings: of the run, JSON types.
        data: digest of what is trained on.
        finished: whether a training with these epochs is done.
        best: which of some epochs, at least one, is the checkpoint.
        on_epoch: called after each epoch.
    """

    out: Path
    settings: Mapping[str, Any]
    data: str
    finished: Callable[[Epochs], bool]
    best: Callable[[Epochs], EpochReport]
    on_epoch: Callable[[EpochReport], None]

    def run(self, epochs: Epochs, runner: EpochRunner) -> Epochs:
        """Run the epochs that are still to do.

        Args:
            epochs: those that are done.
            runner: trains, tests and saves.

        Returns:
            All epochs.
        """
        while not self.finished(epochs):
            epoch = runner.epoch(len(epochs) + 1)
            epochs = (*epochs, epoch)
            if self.best(epochs) is epoch:
                runner.save_checkpoint(epoch)
            save_state(self.out, TrainingState(self.settings, self.data, epochs, runner.tensors()))
            write_table(self.out, [each.row() for each in epochs])
            self.on_epoch(epoch)
        return epochs


def finish_training(out: Path, epochs: Epochs) -> Checkpoint:
    """Write table and curves, verify the checkpoint, and delete what only training needed.

    If a run was killed after its last state and before its curves, resuming it writes them here.

    Raises:
        ModelError: the checkpoint is missing or damaged.
    """
    write_table(out, [epoch.row() for epoch in epochs])
    draw_curves(out, panels(epochs))
    checkpoint = load_checkpoint(out)
    remove_cache(out)
    return checkpoint

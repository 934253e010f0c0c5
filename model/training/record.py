"""What a training leaves on the disk after each epoch and at its end, whatever its recipe."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model.checkpoint import Checkpoint, load_checkpoint
from model.training.curves import Panel, draw_curves, write_table
from model.training.features import remove_features
from model.training.folder import FEATURES_FOLDER
from model.training.state import TrainingState, save_state


def record_epoch(folder: Path, state: TrainingState) -> None:
    """Keep what the next epoch, or a resumed run, goes on from, and its figures as a table."""
    save_state(folder, state)
    write_table(folder, state.epochs)


def finish_record(folder: Path, epochs: Sequence[Mapping[str, Any]], panels: Sequence[Panel]) -> Checkpoint:
    """Write table and curves, prove the checkpoint, and drop what only training needed.

    A run that was killed between its last state and its last curves writes these now.

    Raises:
        ModelError: the checkpoint is missing or damaged.
    """
    write_table(folder, epochs)
    draw_curves(folder, panels)
    checkpoint = load_checkpoint(folder)
    remove_features(folder / FEATURES_FOLDER)
    return checkpoint

"""The folder of a training: one run at a time, its cache, and what must not be overwritten."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import ModelError
from storage.durable_files import UNFINISHED_PREFIX
from storage.held_folder import held

# Pooled features or decoded pictures, needed until the training is finished.
CACHE_FOLDER = "features"
_CHECKPOINT = "checkpoint.json"


@contextmanager
def locked(folder: Path, *, create: bool) -> Iterator[None]:
    """Hold the folder's lock for the length of a `with` block.

    Args:
        create: make the folder if it is missing.

    Raises:
        ModelError: another training holds the lock, the folder is missing, or a file could not be written (full
            disk). In the last case the previous state is intact, and --resume continues from it.
    """
    if create:
        folder.mkdir(parents=True, exist_ok=True)
    elif not folder.is_dir():
        raise ModelError(f"there is no training to resume: {folder} is missing; correct --out, or leave out --resume")
    busy = ModelError(f"another training is writing into {folder}; wait for it to end, or choose another --out folder")
    with held(folder / ".lock", busy):
        # A killed run may have left a partly written file, as large as the state.
        for left in folder.glob(f"{UNFINISHED_PREFIX}*"):
            left.unlink(missing_ok=True)
        try:
            yield
        except OSError as error:
            raise ModelError(
                f"the training in {folder} stopped ({error}); free some space there or correct the path, and run the "
                "same command with --resume"
            ) from error


def check_startable(folder: Path, *, resume: bool, has_state: bool, more_epochs: str) -> None:
    """Refuse to overwrite an earlier training without --resume, and to resume where there is nothing to resume.

    Args:
        folder: of the training.
        resume: whether --resume was given.
        has_state: whether the folder has the state of a training.
        more_epochs: what to do to train a finished network for more epochs.

    Raises:
        ModelError: says which option to add or leave out.
    """
    if resume:
        if not has_state and not (folder / CACHE_FOLDER).is_dir():
            if (folder / _CHECKPOINT).exists():
                raise ModelError(
                    f"the training in {folder} is finished and its state is no longer kept, so there is nothing to "
                    f"resume; use the network with --checkpoint {folder}; for more epochs, {more_epochs}"
                )
            raise ModelError(f"there is no training to resume in {folder}; correct --out, or leave out --resume")
    elif has_state:
        raise ModelError(f"{folder} holds a training already; pass --resume to continue it, or another --out folder")
    elif (folder / _CHECKPOINT).exists():
        raise ModelError(f"{folder} holds a trained network already; pass another --out folder, or remove this one")


def remove_cache(folder: Path) -> None:
    """Delete the cached features or decoded pictures of a training."""
    shutil.rmtree(folder / CACHE_FOLDER, ignore_errors=True)

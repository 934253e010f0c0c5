"""The folder of a training: whose it is, what lies in it, and what must not be overwritten."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import ModelError
from storage.durable_files import UNFINISHED_PREFIX
from storage.held_folder import held

FEATURES_FOLDER = "features"
_CHECKPOINT = "checkpoint.json"


@contextmanager
def locked(folder: Path, *, create: bool) -> Iterator[None]:
    """Have a folder to oneself, for as long as the block runs.

    Args:
        create: make it if it is missing.

    Raises:
        ModelError: another training holds it, it is missing, or a file could not be written (full disk): what was
            whole before still is, and --resume goes on from there.
    """
    if create:
        folder.mkdir(parents=True, exist_ok=True)
    elif not folder.is_dir():
        raise ModelError(f"there is no training to resume: {folder} is missing; correct --out, or leave out --resume")
    busy = ModelError(f"another training is writing into {folder}; wait for it to end, or choose another --out folder")
    with held(folder / ".lock", busy):
        # A kill may have left half of a file, as large as the state.
        for left in folder.glob(f"{UNFINISHED_PREFIX}*"):
            left.unlink(missing_ok=True)
        try:
            yield
        except OSError as error:
            raise ModelError(
                f"the training in {folder} stopped ({error}); make room there or mend the path, and run the same "
                "command with --resume"
            ) from error


def check_startable(folder: Path, *, resume: bool, has_state: bool) -> None:
    """Refuse to overwrite a training that nobody asked to go on, and to go on with what is not there.

    Raises:
        ModelError: says which option to give or leave out.
    """
    if resume:
        if not has_state and not (folder / FEATURES_FOLDER).is_dir():
            raise ModelError(f"there is no training to resume in {folder}; correct --out, or leave out --resume")
    elif has_state:
        raise ModelError(f"{folder} holds a training already; pass --resume to go on with it, or another --out folder")
    elif (folder / _CHECKPOINT).exists():
        raise ModelError(f"{folder} holds a trained network already; pass another --out folder, or remove this one")

"""The sample catalogue as a whole: drawn beside its place, moved there when it is complete."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from contracts.errors import CatalogueError
from sample.drawing import draw_all
from sample.layout import write_lists
from sample.plan import plan_pictures
from sample.ranges import CATEGORIES

# Raise it when the same seed draws other pictures than before.
VERSION = 1
MARKER = "sample.json"


def draw_catalogue(
    root: Path,
    *,
    pictures: int = 1200,
    seed: int = 0,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Draw a catalogue in DeepFashion's layout; the same arguments always give the same bytes.

    A complete catalogue of the same seed, size and version is left as it is. One of another seed, size or version is
    replaced. Until the last picture is drawn nothing lies at `root`.

    Args:
        root: folder to make.
        pictures: how many; at least one per category.
        seed: of everything random.
        processes: how many draw; None takes one per usable core.
        progress: called with pictures done and pictures in all.

    Raises:
        CatalogueError: `root` holds something else than a sample catalogue.
        ValueError: too few pictures, or a negative seed.
    """
    if pictures < len(CATEGORIES) or seed < 0:
        raise ValueError(
            f"a sample catalogue needs at least {len(CATEGORIES)} pictures and a seed from 0; got {pictures} and {seed}"
        )
    wanted = {"format": "lookalike-sample", "version": VERSION, "seed": seed, "pictures": pictures}
    if _read_marker(root) == wanted:
        return
    _check_replaceable(root)
    root.parent.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    draft = Path(tempfile.mkdtemp(prefix=_draft_prefix(root), suffix=f".{os.getpid()}", dir=root.parent))
    try:
        draft.chmod(0o755)
        planned = plan_pictures(pictures, seed)
        usable = _usable_cores() if processes is None else processes
        boxes = draw_all(draft, planned, processes=min(usable, pictures), progress=progress)
        write_lists(draft, planned, boxes)
        (draft / MARKER).write_text(json.dumps(wanted) + "\n", encoding="utf-8")
        if root.exists():
            shutil.rmtree(root)
        draft.rename(root)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _read_marker(root: Path) -> object:
    try:
        return json.loads((root / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _check_replaceable(root: Path) -> None:
    """Nobody's own pictures are ever replaced."""
    if not root.exists():
        return
    if not root.is_dir() or (any(root.iterdir()) and not (root / MARKER).is_file()):
        raise CatalogueError(
            f"{root} exists and is not a sample catalogue, so it is not replaced; name another folder or remove it"
        )


def _draft_prefix(root: Path) -> str:
    return f".{root.name}.draft-"


def _sweep(root: Path) -> None:
    """Remove what killed runs left behind."""
    for left in root.parent.glob(f"{_draft_prefix(root)}*.*"):
        owner = left.name.rpartition(".")[2]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _usable_cores() -> int:
    # A container may hold this process to fewer cores than the machine has; not every system can tell.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

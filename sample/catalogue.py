"""Unpacks the sample catalogue beside its place, and moves it there when it is whole."""

from pathlib import Path

from contracts.errors import CatalogueError
from sample.archive import ARCHIVE, MANIFEST, SampleArchive
from storage.durable_files import seal_problem
from storage.unfinished_folder import sweep_abandoned, unfinished_folder


def unpack_catalogue(root: Path, *, archive: Path = ARCHIVE) -> int:
    """Make `root` the sample catalogue: DeepFashion's layout with an `attributes.csv`.

    A folder that holds it whole stays as it is; an older or damaged sample catalogue is replaced. Killed at any moment,
    this leaves `root` as it was, missing, or whole.

    Args:
        root: folder to make; its parent is made if it is missing.
        archive: what `python -m tools.draw_catalogue` wrote.

    Returns:
        How many files were unpacked; 0 where all were there.

    Raises:
        CatalogueError: `root` holds something other than a sample catalogue, the archive is missing or damaged, or
            `root` cannot be written.
    """
    with SampleArchive(archive) as source:
        sweep_abandoned(root.parent)
        if _is_whole(root, source):
            return 0
        _check_replaceable(root)
        try:
            root.parent.mkdir(parents=True, exist_ok=True)
            # Nothing is flushed to the disk: the next call finds and replaces what a power failure tore.
            with unfinished_folder(root.parent) as unfinished:
                _unpack(source, unfinished / "new")
                if root.exists():
                    root.rename(unfinished / "old")
                (unfinished / "new").rename(root)
        except OSError as error:
            raise CatalogueError(
                f"the sample catalogue cannot be unpacked into {root} ({error.strerror or error}); free "
                f"{sum(seal.bytes for seal in source.seals.values()) / 1e6:.0f} MB or correct the permissions, and run "
                "the same command again"
            ) from error
        return len(source.seals)


def _unpack(source: SampleArchive, folder: Path) -> None:
    for parent in sorted({(folder / name).parent for name in source.seals}):
        parent.mkdir(parents=True, exist_ok=True)
    for name in source.seals:
        (folder / name).write_bytes(source.read(name))
    (folder / MANIFEST).write_bytes(source.manifest)


def _is_whole(root: Path, source: SampleArchive) -> bool:
    try:
        if (root / MANIFEST).read_bytes() != source.manifest:
            return False
    except OSError:
        return False
    return all(seal_problem(root / name, seal) is None for name, seal in source.seals.items())


def _check_replaceable(root: Path) -> None:
    """Nobody's own pictures are ever replaced."""
    if root.exists() and (not root.is_dir() or (any(root.iterdir()) and not (root / MANIFEST).is_file())):
        raise CatalogueError(
            f"{root} exists and is not a sample catalogue, so it is not replaced; move it away or remove it"
        )

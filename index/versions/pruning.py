"""Removing old bundles, by count."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from index.versions.bundle_folder import versions_in
from index.versions.trail import rollback_target
from storage.durable_files import UNFINISHED_PREFIX, flush_folder
from storage.unfinished_folder import sweep_abandoned


@dataclass(frozen=True, slots=True)
class Pruning:
    """What was removed.

    Attributes:
        removed: versions, oldest first.
        problem: why the others that should have gone are still there, else None.
    """

    removed: tuple[str, ...]
    problem: str | None


def remove_old(bundles: Path, current: str, *, keep: int) -> Pruning:
    """Remove the oldest bundles until `keep` are left, the current one among them; newer ones do not count.

    What a rollback would return to always stays. A bundle is renamed before its files go, so a crash
    leaves no half of one under a version's name, and what it leaves is swept up by the next build or
    promotion. Processes that have it open keep its pages.

    Args:
        current: the version that CURRENT names.
        keep: 1 or more.

    Raises:
        BundleError: the history is damaged.
        ValueError: keep is less than 1.
    """
    if keep < 1:
        raise ValueError(f"keep must be 1 or more, got {keep}")
    counted = [version for version in versions_in(bundles) if version <= current]
    protected = {current, rollback_target(bundles)}
    removed = []
    problem = None
    for version in counted[:-keep]:
        folder = bundles / version
        # A link is somebody's own arrangement: where it points may serve another purpose.
        if version in protected or folder.is_symlink():
            continue
        try:
            folder.rename(bundles / f"{UNFINISHED_PREFIX}{secrets.token_hex(6)}")
        except OSError as error:
            problem = f"{folder} cannot be removed ({error.strerror or error}); remove it yourself"
            break
        removed.append(version)
    if removed:
        flush_folder(bundles)
    sweep_abandoned(bundles)
    return Pruning(tuple(removed), problem)

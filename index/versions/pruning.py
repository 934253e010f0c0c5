"""Removing old bundles, by count."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import EngineError, SearchUnavailableError
from index.versions.bundle_folder import versions_in
from index.versions.holder import Holder
from index.versions.served_order import rollback_target
from storage.durable_files import UNFINISHED_PREFIX, flush_folder
from storage.unfinished_folder import sweep_abandoned


@dataclass(frozen=True, slots=True)
class Pruning:
    """What was removed.

    Attributes:
        removed: versions, oldest first.
        problem: why further old versions could not be removed, or None.
    """

    removed: tuple[str, ...]
    problem: str | None


def remove_old(bundles: Path, current: str, *, keep: int, engine: Holder | None = None) -> Pruning:
    """Remove the oldest bundles until `keep` are left, including the current one; newer ones do not count.

    The version that a rollback would return to always stays. A bundle is renamed before its files are
    removed, so a crash never leaves an incomplete bundle under a version's name. The next build or
    promotion removes the remains. Processes that have the bundle mapped keep their pages.

    A search engine loses a version before the folder does. So if that is interrupted, the folder still says what is to
    be removed.

    Args:
        current: the version that CURRENT names.
        keep: 1 or more.
        engine: that holds versions too; what else it holds stays.

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
        # A link was made by an operator, and its target may serve another purpose.
        if version in protected or folder.is_symlink():
            continue
        try:
            if engine is not None:
                engine.remove(version)
        except (SearchUnavailableError, EngineError) as error:
            problem = f"{version} was not removed, and will be with the next promotion ({error})"
            break
        try:
            folder.rename(bundles / f"{UNFINISHED_PREFIX}{secrets.token_hex(6)}")
        except OSError as error:
            problem = f"{folder} cannot be removed ({error.strerror or error}); remove it manually"
            break
        removed.append(version)
    if removed:
        flush_folder(bundles)
    sweep_abandoned(bundles)
    return Pruning(tuple(removed), problem)

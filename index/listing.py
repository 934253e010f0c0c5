"""The bundles of a folder, for display."""

from dataclasses import dataclass
from pathlib import Path

from contracts.errors import BundleError
from index.bundle_manifest import read_manifest
from index.versions.bundle_folder import versions_in
from index.versions.served_order import current_or_none, rollback_target


@dataclass(frozen=True, slots=True)
class BundleSummary:
    """One bundle of a folder.

    Attributes:
        version: its name.
        created: UTC time of the build, ISO 8601; None if the manifest cannot be read.
        items: number of items; None likewise.
        model: version of the network; None likewise.
        sequence: number of the last change that it holds; None if it is of no live catalogue, or likewise.
        size_bytes: of its files on the disk.
        is_current: whether CURRENT names it.
        is_rollback_target: whether a rollback would return to it.
        problem: why the manifest cannot be read, else None; other files are not checked.
    """

    version: str
    created: str | None
    items: int | None
    model: str | None
    sequence: int | None
    size_bytes: int
    is_current: bool
    is_rollback_target: bool
    problem: str | None


@dataclass(frozen=True, slots=True)
class BundleList:
    """All bundles of a folder.

    Attributes:
        bundles: oldest first.
        problem: why the target of a rollback is unknown, else None.
    """

    bundles: tuple[BundleSummary, ...]
    problem: str | None


def list_bundles(bundles: Path) -> list[BundleSummary]:
    """All bundles of a folder, oldest first.

    Raises:
        BundleError: there is no such folder.
    """
    return list(bundle_list(bundles).bundles)


def bundle_list(bundles: Path) -> BundleList:
    """All bundles of a folder, and the problem of its history, if any.

    Raises:
        BundleError: there is no such folder.
    """
    versions = versions_in(bundles)
    current = current_or_none(bundles)
    target, problem = None, None
    try:
        target = rollback_target(bundles)
    except BundleError as error:
        problem = str(error)
    return BundleList(tuple(_summary(bundles / version, current, target) for version in versions), problem)


def _summary(folder: Path, current: str | None, target: str | None) -> BundleSummary:
    created = items = model = sequence = problem = None
    try:
        manifest = read_manifest(folder)
        created, items, model = manifest.created, manifest.items, manifest.model.version
        sequence = manifest.sequence
    except BundleError as error:
        problem = str(error)
    return BundleSummary(
        version=folder.name,
        created=created,
        items=items,
        model=model,
        sequence=sequence,
        size_bytes=sum(entry.stat().st_size for entry in folder.iterdir() if entry.is_file()),
        is_current=folder.name == current,
        is_rollback_target=folder.name == target,
        problem=problem,
    )

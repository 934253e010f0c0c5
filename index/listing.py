"""The bundles of a folder, for a person to look at."""

from dataclasses import dataclass
from pathlib import Path

from contracts.errors import BundleError
from index.bundle_manifest import read_manifest
from index.current_version import current_version, is_version


@dataclass(frozen=True, slots=True)
class BundleSummary:
    """One bundle of a folder.

    Attributes:
        version: its name.
        created: UTC time of the build, ISO 8601; None when the manifest cannot be read.
        items: how many; None likewise.
        model: version of the network; None likewise.
        is_current: whether CURRENT names it.
        problem: why the manifest cannot be read, else None; other files are not looked at.
    """

    version: str
    created: str | None
    items: int | None
    model: str | None
    is_current: bool
    problem: str | None


def list_bundles(bundles: Path) -> list[BundleSummary]:
    """All bundles of a folder, oldest first.

    Raises:
        BundleError: there is no such folder.
    """
    if not bundles.is_dir():
        raise BundleError(f"{bundles} is no folder; `lookalike index build EMBEDDINGS --out {bundles}` makes it")
    try:
        current = current_version(bundles)
    except BundleError:
        current = None
    names = sorted(entry.name for entry in bundles.iterdir() if entry.is_dir() and is_version(entry.name))
    return [_summary(bundles / name, is_current=name == current) for name in names]


def _summary(folder: Path, *, is_current: bool) -> BundleSummary:
    try:
        manifest = read_manifest(folder)
    except BundleError as error:
        return BundleSummary(folder.name, None, None, None, is_current, str(error))
    return BundleSummary(folder.name, manifest.created, manifest.items, manifest.model.version, is_current, None)

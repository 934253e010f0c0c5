"""Find the bundle of a version that a user named."""

from pathlib import Path

from contracts.errors import BundleError
from index.bundle import Bundle, open_bundle
from index.current_version import is_version


def check_bundles(bundles: Path) -> None:
    """Check that the folder of bundles exists.

    Raises:
        BundleError: there is no such folder.
    """
    if not bundles.is_dir():
        raise BundleError(f"{bundles} is not a folder; `lookalike index build EMBEDDINGS --out {bundles}` creates it")


def bundle_folder(bundles: Path, version: str) -> Path:
    """The folder of a version; a text that is not a version is never joined to a path.

    Raises:
        BundleError: there is no folder of bundles, the text is not a version, or there is no such bundle.
    """
    check_bundles(bundles)
    if not is_version(version):
        raise BundleError(
            f"{version!r:.60} is not a version; versions look like 20261123T101500Z-3f9a2c, and "
            f"`lookalike index list {bundles}` shows those that exist"
        )
    folder = bundles / version
    if not folder.is_dir():
        raise BundleError(f"{bundles} has no version {version}; `lookalike index list {bundles}` shows those it has")
    return folder


def versions_in(bundles: Path) -> list[str]:
    """All versions in a folder, oldest first.

    Raises:
        BundleError: there is no such folder.
    """
    check_bundles(bundles)
    return sorted(entry.name for entry in bundles.iterdir() if is_version(entry.name) and entry.is_dir())


def open_version(bundles: Path, version: str) -> Bundle:
    """Verify every file of a version and open it.

    Raises:
        BundleError: `bundle_folder` or `open_bundle` raises it, or the bundle's manifest names another version.
    """
    folder = bundle_folder(bundles, version)
    bundle = open_bundle(folder)
    if bundle.version != version:
        # The API would answer with a version that CURRENT does not name.
        raise BundleError(f"{folder} contains the version {bundle.version}; rename the folder to that version")
    return bundle

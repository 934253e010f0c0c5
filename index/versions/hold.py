"""A lock that lets one process at a time change the current version."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import BundleError
from index.versions.bundle_folder import check_bundles
from storage.held_folder import held

LOCK = ".promotion.lock"


@contextmanager
def held_for_change(bundles: Path) -> Iterator[None]:
    """Hold the lock of a folder of bundles while the block runs; builds and readers do not wait for it.

    Raises:
        BundleError: there is no such folder, another process holds the lock, or the block could not write.
    """
    check_bundles(bundles)
    busy = BundleError(f"another promotion or rollback is under way in {bundles}; wait for it and run this again")
    try:
        with held(bundles / LOCK, busy):
            yield
    except OSError as error:
        raise BundleError(
            f"{bundles} cannot be written ({error.strerror or error}); free disk space or grant write access, and run "
            f"this again; `lookalike index list {bundles}` shows which version is current"
        ) from error

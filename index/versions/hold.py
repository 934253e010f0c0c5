"""One process at a time changes what is current."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import BundleError
from index.versions.bundle_folder import check_bundles
from storage.held_folder import held

LOCK = ".promotion.lock"


@contextmanager
def held_for_change(bundles: Path) -> Iterator[None]:
    """Hold a folder of bundles for as long as the block runs; builders and readers are not kept waiting.

    Raises:
        BundleError: there is no such folder, another process holds it, or the block could not write to it.
    """
    check_bundles(bundles)
    busy = BundleError(f"another promotion or rollback is under way in {bundles}; wait for it and run this again")
    try:
        with held(bundles / LOCK, busy):
            yield
    except OSError as error:
        raise BundleError(
            f"{bundles} cannot be written ({error.strerror or error}); make room or permit it, and run this again; "
            f"`lookalike index list {bundles}` says which version is current"
        ) from error

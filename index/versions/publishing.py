"""Putting bundles into an object store, and removing old ones there."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from contracts.errors import BundleError
from index.bundle_manifest import MANIFEST, read_manifest
from index.versions.bundle_folder import bundle_folder, open_version
from index.versions.stored_versions import (
    MOST_MANIFEST_BYTES,
    StoredVersion,
    current_in,
    promote_stored,
    rollback_target_in,
    versions_of,
)
from storage.durable_files import FileSeal
from storage.object_facts import ObjectTakenError
from storage.object_store import ObjectStore

# Larger files are sent in pieces, which stores cannot make conditional.
_AT_ONCE_BYTES: Final = 32 * 1024 * 1024
# An upload that was begun longer ago is no longer under way.
_UPLOAD: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Published:
    """What was put into a store.

    Attributes:
        written_bytes: 0 for a version that was there completely.
        promoted: whether it was made current; False if it was that already.
    """

    written_bytes: int
    promoted: bool


@dataclass(frozen=True, slots=True)
class StorePruning:
    """What was removed from a store.

    Attributes:
        removed: versions, oldest first.
        abandoned: versions whose upload was never finished, oldest first.
    """

    removed: tuple[str, ...]
    abandoned: tuple[str, ...]


def publish(bundles: Path, version: str, store: ObjectStore, *, now: datetime) -> Published:
    """Put a version into a store and make it current there: its files, then its manifest, then CURRENT.

    An upload that was interrupted is continued: what is there of the right size is not sent again. Nobody uses a file
    whose SHA-256 is not that of the manifest.

    Args:
        now: time of the change, with a time zone.

    Raises:
        StoreUnavailableError: the store cannot be written; its CURRENT is unchanged.
        BundleError: there is no such version, it is damaged, the store has other files under its name, or another
            process changed the current version meanwhile.
    """
    open_version(bundles, version)
    folder = bundle_folder(bundles, version)
    manifest = read_manifest(folder)
    try:
        sealed = (folder / MANIFEST).read_bytes()
        there = store.get(f"{version}/{MANIFEST}", most_bytes=MOST_MANIFEST_BYTES)
        if there is not None and there != sealed:
            raise _other_files(store, version, MANIFEST)
        written = 0
        if there is None:
            for name, seal in manifest.files.items():
                written += _put(store, f"{version}/{name}", folder / name, seal)
            store.put_new(f"{version}/{MANIFEST}", sealed)
    except ObjectTakenError as error:
        raise BundleError(f"{error}; run this again, which sends only what is missing") from None
    except OSError as error:
        raise BundleError(f"{folder} cannot be read ({error.strerror or error}); grant read access") from error
    if current_in(store).version == version:
        return Published(written, promoted=False)
    promote_stored(store, version, now=now)
    return Published(written, promoted=True)


def prune_stored(store: ObjectStore, *, keep: int, now: datetime) -> StorePruning:
    """Remove the oldest bundles of a store until `keep` are left, and uploads that were begun over a day ago.

    The current version, newer ones, and the one that a rollback would return to always stay. A manifest is removed
    before the files, so nobody finds an incomplete bundle.

    Args:
        keep: 1 or more, including the current one.
        now: with a time zone.

    Raises:
        StoreUnavailableError: the store cannot be read or written.
        BundleError: it has no current version, or its history is damaged.
    """
    current = current_in(store).version
    if current is None:
        raise BundleError(f"{store} has no current version, so nothing is removed from it")
    versions = versions_of(store)
    kept = {current, rollback_target_in(store, current, versions)}
    counted = [each for each in versions if each.is_complete and each.version <= current]
    removed = [each for each in counted[:-keep] if each.version not in kept]
    abandoned = [each for each in versions if not each.is_complete and now - _begun(each.version) > _UPLOAD]
    for each in (*removed, *abandoned):
        _remove(store, each)
    return StorePruning(tuple(each.version for each in removed), tuple(each.version for each in abandoned))


def _put(store: ObjectStore, name: str, path: Path, seal: FileSeal) -> int:
    facts = store.facts(name)
    if facts is not None:
        if facts.bytes != seal.bytes:
            version, _, inner = name.partition("/")
            raise _other_files(store, version, inner)
        return 0
    if seal.bytes <= _AT_ONCE_BYTES:
        store.put_new(name, path.read_bytes())
    else:
        store.put_file(name, path)
    return seal.bytes


def _remove(store: ObjectStore, stored: StoredVersion) -> None:
    for name in sorted(stored.objects, key=lambda name: name != MANIFEST):
        store.delete(f"{stored.version}/{name}")


def _begun(version: str) -> datetime:
    """When a version was built, which its name says."""
    try:
        return datetime.strptime(version.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        # No time at all, so nobody builds it now.
        return datetime.min.replace(tzinfo=UTC)


def _other_files(store: ObjectStore, version: str, name: str) -> BundleError:
    return BundleError(
        f"{store} has another {name} under the name {version}; remove what is there, or build the bundle again"
    )

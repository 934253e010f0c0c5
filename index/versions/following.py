"""Bringing bundles from an object store, so that many machines serve one index."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts.errors import BundleError
from index.bundle import open_bundle
from index.bundle_manifest import MANIFEST, read_manifest
from index.current_version import set_current
from index.versions.bundle_folder import open_version
from index.versions.defaults import KEPT
from index.versions.history import write_change
from index.versions.hold import held_for_change
from index.versions.pruning import remove_old
from index.versions.served_order import current_or_none
from index.versions.stored_versions import MOST_MANIFEST_BYTES, current_in
from storage.durable_files import flush_file, flush_folder, seal_problem
from storage.object_store import ObjectStore
from storage.unfinished_folder import unfinished_folder


@dataclass(frozen=True, slots=True)
class Followed:
    """A version that was made current because a store says so.

    Attributes:
        version: its name.
        fetched_bytes: how much was read; 0 if the bundle was here already.
    """

    version: str
    fetched_bytes: int


def follow(store: ObjectStore, bundles: Path, *, keep: int = KEPT, now: datetime) -> Followed | None:
    """Make the version current here that is current in a store, and fetch it before if it is not here.

    A bundle is fetched into an unfinished folder, every file by the size and SHA-256 in its manifest, verified as when
    it is opened, and renamed. If this is killed at any moment, CURRENT names the old version or the new one.

    Args:
        bundles: folder of bundles, made if it is not there.
        keep: number of bundles to keep here.
        now: time of the change, with a time zone.

    Returns:
        None if that version is current already.

    Raises:
        StoreUnavailableError: the store cannot be read, or an object changed while it was read.
        BundleError: the store has no index or a damaged one, another change is under way here, or a file cannot be
            written; the current version stays.
    """
    version = current_in(store).version
    if version is None:
        raise BundleError(f"{store} has no index; `lookalike index publish BUNDLES {store}` puts one there")
    try:
        bundles.mkdir(parents=True, exist_ok=True)
        if current_or_none(bundles) == version:
            return None
        fetched = 0 if (bundles / version).exists() else _fetch(store, bundles, version)
    except OSError as error:
        raise BundleError(
            f"{bundles} cannot be written ({error.strerror or error}); free disk space or grant write access"
        ) from error
    open_version(bundles, version)
    with held_for_change(bundles):
        write_change(bundles, "promote", previous=current_or_none(bundles), version=version, now=now)
        set_current(bundles, version)
        remove_old(bundles, version, keep=keep)
    return Followed(version, fetched)


def _fetch(store: ObjectStore, bundles: Path, version: str) -> int:
    with unfinished_folder(bundles) as folder:
        sealed = store.get(f"{version}/{MANIFEST}", most_bytes=MOST_MANIFEST_BYTES)
        if sealed is None:
            raise BundleError(
                f"{store} has no complete bundle {version}, though its CURRENT names it; publish it again"
            )
        (folder / MANIFEST).write_bytes(sealed)
        flush_file(folder / MANIFEST)
        # Checks that the names are those of a bundle's files: nothing of the store is ever part of a path.
        manifest = read_manifest(folder)
        if manifest.version != version:
            raise BundleError(f"the bundle {version} in {store} says that it is {manifest.version}; publish it again")
        for name, seal in manifest.files.items():
            facts = store.facts(f"{version}/{name}")
            if facts is None or facts.bytes != seal.bytes:
                found = "is missing" if facts is None else f"has {facts.bytes:,} bytes"
                raise BundleError(
                    f"{version}/{name} in {store} {found}, but its manifest says {seal.bytes:,}; publish it again"
                )
            with (folder / name).open("xb") as stream:
                for piece in store.pieces(f"{version}/{name}", facts):
                    stream.write(piece)
            flush_file(folder / name)
            problem = seal_problem(folder / name, seal)
            if problem is not None:
                raise BundleError(f"{version}/{name} in {store} {problem}; publish it again")
        flush_folder(folder)
        # Before it gets its name: a version's folder is always a complete bundle.
        _verify(folder, store)
        folder.rename(bundles / version)
        flush_folder(bundles)
        return sum(seal.bytes for seal in manifest.files.values())


def _verify(folder: Path, store: ObjectStore) -> None:
    try:
        open_bundle(folder)
    except BundleError as error:
        raise BundleError(f"what {store} holds is damaged, and the current version stays: {error}") from error

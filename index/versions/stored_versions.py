"""Bundles in an object store: which there are, and which one is current.

The store has the layout of a folder of bundles. A bundle's manifest is written after its files, so a version without
one is an upload that was interrupted or is under way, and nobody sees it. Nothing but `CURRENT` and `history.jsonl` is
ever replaced, and these only if they are still what was read before. So of two promotions at the same time the second
is refused.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from contracts.errors import BundleError
from index.bundle_manifest import MANIFEST, BundleManifest, read_manifest
from index.current_version import CURRENT, is_version
from index.versions.history import HISTORY, parse_history, with_change
from index.versions.served_order import return_from
from storage.object_facts import ObjectFacts, ObjectTakenError
from storage.object_store import ObjectStore

MOST_MANIFEST_BYTES: Final = 2 * 1024 * 1024
_MOST_CURRENT_BYTES: Final = 100
_MOST_HISTORY_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredCurrent:
    """What CURRENT in a store says.

    Attributes:
        version: that it names; None if there is no CURRENT.
        facts: of the object; None likewise.
    """

    version: str | None
    facts: ObjectFacts | None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version in a store.

    Attributes:
        version: its name.
        objects: sizes by their names, without that of the version.
    """

    version: str
    objects: Mapping[str, int]

    @property
    def is_complete(self) -> bool:
        """Whether its manifest, which is written last, is there."""
        return MANIFEST in self.objects

    @property
    def size_bytes(self) -> int:
        """Of all its objects."""
        return sum(self.objects.values())


def current_in(store: ObjectStore) -> StoredCurrent:
    """The version that is current in a store.

    Raises:
        StoreUnavailableError: it cannot be read, or was replaced meanwhile.
        BundleError: CURRENT names no version.
    """
    facts = store.facts(CURRENT)
    line = None if facts is None else store.get(CURRENT, most_bytes=_MOST_CURRENT_BYTES, facts=facts)
    if line is None:
        return StoredCurrent(None, None)
    version = line.decode("ascii", errors="replace").removesuffix("\n")
    if not is_version(version):
        raise BundleError(f"CURRENT in {store} contains {version!r:.60}, which is not a version; publish one again")
    return StoredCurrent(version, facts)


def versions_of(store: ObjectStore) -> list[StoredVersion]:
    """All versions in a store, oldest first; a request for each 1,000 objects.

    Raises:
        StoreUnavailableError: it cannot be listed.
    """
    found: dict[str, dict[str, int]] = {}
    for name, facts in store.listed():
        version, _, inner = name.partition("/")
        if inner and is_version(version):
            found.setdefault(version, {})[inner] = facts.bytes
    return [StoredVersion(version, objects) for version, objects in sorted(found.items())]


def promote_stored(store: ObjectStore, version: str, *, now: datetime) -> str | None:
    """Make a version of a store current there; every machine that follows fetches and verifies it.

    Args:
        now: time of the change, with a time zone.

    Returns:
        The version that was current before; None if there was none.

    Raises:
        StoreUnavailableError: the store cannot be read or written.
        BundleError: the version is not there completely or is current already, another process changed the current
            version meanwhile, or the history is damaged.
    """
    if not is_version(version):
        raise BundleError(f"{version!r:.60} is not a version; `lookalike index list {store}` shows those there are")
    _check_complete(store, version)
    current = current_in(store)
    if current.version == version:
        raise BundleError(f"{version} is already current in {store}; there is nothing to do")
    _change(store, "promote", current, version, now)
    return current.version


def manifest_in(store: ObjectStore, version: str) -> BundleManifest | None:
    """The manifest of a version in a store; None if there is none, so the version is not complete.

    Raises:
        StoreUnavailableError: the store cannot be read.
        BundleError: the manifest is damaged, or of another version.
    """
    sealed = store.get(f"{version}/{MANIFEST}", most_bytes=MOST_MANIFEST_BYTES)
    if sealed is None:
        return None
    with tempfile.TemporaryDirectory(prefix="lookalike-manifest-") as folder:
        (Path(folder) / MANIFEST).write_bytes(sealed)
        try:
            manifest = read_manifest(Path(folder))
        except BundleError as error:
            raise BundleError(str(error).replace(folder, f"{store}/{version}")) from None
    if manifest.version != version:
        raise BundleError(f"the bundle {version} in {store} says that it is {manifest.version}; publish it again")
    return manifest


def roll_back_stored(store: ObjectStore, *, now: datetime) -> tuple[str, str]:
    """Make the version current in a store that was current before.

    Args:
        now: time of the change, with a time zone.

    Returns:
        The version that was current, and the one that is now.

    Raises:
        StoreUnavailableError: the store cannot be read or written.
        BundleError: there is no version to return to, another process changed the current version meanwhile, or the
            history is damaged.
    """
    current = current_in(store)
    version = None if current.version is None else rollback_target_in(store, current.version, versions_of(store))
    if current.version is None or version is None:
        raise BundleError(
            f"no version that was current before is left in {store}; `lookalike index promote {store} VERSION` makes "
            "one current"
        )
    _check_complete(store, version)
    _change(store, "rollback", current, version, now)
    return current.version, version


def rollback_target_in(store: ObjectStore, current: str, versions: list[StoredVersion]) -> str | None:
    """The version that a rollback in a store would return to; None if there is none.

    Raises:
        StoreUnavailableError: the store cannot be read.
        BundleError: the history is damaged.
    """
    history, _ = _history(store)
    changes = parse_history(history, f"{HISTORY} in {store}")
    return return_from(current, changes, [each.version for each in versions if each.is_complete])


def _check_complete(store: ObjectStore, version: str) -> None:
    """Compare the sizes of a version's objects with its manifest; whoever fetches them compares their SHA-256."""
    manifest = manifest_in(store, version)
    if manifest is None:
        raise BundleError(
            f"{store} has no complete bundle {version}; `lookalike index list {store}` shows those there are"
        )
    for name, seal in manifest.files.items():
        facts = store.facts(f"{version}/{name}")
        if facts is None or facts.bytes != seal.bytes:
            found = "is missing" if facts is None else f"has {facts.bytes:,} bytes"
            raise BundleError(
                f"{version}/{name} in {store} {found}, but its manifest says {seal.bytes:,}; remove the version there "
                "and publish it again"
            )


def _change(
    store: ObjectStore, action: Literal["promote", "rollback"], current: StoredCurrent, version: str, now: datetime
) -> None:
    history, facts = _history(store)
    parse_history(history, f"{HISTORY} in {store}")
    with_it = with_change(history, action, previous=current.version, version=version, now=now)
    try:
        # As in a folder, the history is written first; a change in it that CURRENT does not confirm did not happen.
        for name, data, before in (
            (HISTORY, with_it, facts),
            (CURRENT, f"{version}\n".encode("ascii"), current.facts),
        ):
            if before is None:
                store.put_new(name, data)
            else:
                store.put_instead(name, data, before)
    except ObjectTakenError:
        raise BundleError(
            f"another process changed the current version in {store} meanwhile, so {version} was not made current; "
            f"look at `lookalike index list {store}`, and run this again if it is still wanted"
        ) from None


def _history(store: ObjectStore) -> tuple[bytes, ObjectFacts | None]:
    facts = store.facts(HISTORY)
    data = None if facts is None else store.get(HISTORY, most_bytes=_MOST_HISTORY_BYTES, facts=facts)
    return (b"", None) if data is None else (data, facts)

"""Making the changes since the current bundle part of a new one."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from catalogue.items import Changes
from catalogue.live_catalogue import LiveCatalogue
from contracts.changed_item import ChangedItem
from contracts.errors import BundleError
from importer.adopting import current_manifest, sequence_of
from importer.compacted_version import CompactedVersion, forget_compacted, note_compacted, read_compacted
from importer.engine_loading import EngineLoading
from index.bundle import open_bundle
from index.compaction import compact, make_current
from index.versions.served_order import current_or_none
from storage.durable_files import UNFINISHED_PREFIX
from storage.held_folder import held
from storage.unfinished_folder import sweep_abandoned

logger = logging.getLogger(__name__)

Fill: TypeAlias = Callable[[int], object]
"""Embeds the pictures of items that changed after a sequence number, where the current network has not yet."""

LOCK: Final = ".compaction.lock"


def compact_current(
    catalogue: LiveCatalogue, bundles: Path, fill: Fill, loading: EngineLoading | None = None
) -> str | None:
    """Write the current bundle with all changes since as a new one, make that current, and remove old ones.

    Killed at any moment, it leaves the old bundle current or the new one. An item whose picture the bundle's network
    cannot embed, because it is gone, is left out; the database keeps it.

    With a search engine, the new bundle is loaded before it becomes current. While the engine is away, nothing is
    compacted; a bundle that was written already is loaded by the next compaction.

    Args:
        catalogue: the database.
        bundles: folder of bundles.
        fill: embeds what the bundle's network has not embedded yet.
        loading: loads into the search engine; None: there is none.

    Returns:
        The new version; None if there was nothing to do, or another bundle was made current meanwhile.

    Raises:
        BundleError: another process compacts in this folder, or the bundle cannot be read or written.
        DatabaseUnavailableError: the database is away.
        EngineError, SearchUnavailableError: the engine cannot hold the bundle, or cannot answer now.
        Stopped: the importer shall stop.
    """
    busy = BundleError(f"another process compacts the changes in {bundles}; wait for it")
    with held(bundles / LOCK, busy):
        if loading is None:
            forget_compacted(bundles)
        else:
            # An engine that is away is noticed before anything is written.
            loading.load_current(at_once=True)
            version = _finished(bundles, loading)
            if version is not None:
                return version
        compacted = _written(catalogue, bundles, fill)
        if compacted is None:
            return None
        if loading is not None:
            note_compacted(bundles, compacted)
        return _made_current(bundles, compacted, loading)


def _finished(bundles: Path, loading: EngineLoading) -> str | None:
    """Finish what a compaction before this one began; its version, or None if there is nothing left of it."""
    compacted = read_compacted(bundles)
    if compacted is None:
        return None
    if compacted.instead_of != current_or_none(bundles) or not (bundles / compacted.version).is_dir():
        if compacted.version != current_or_none(bundles):
            _give_up(bundles, compacted, loading)
        forget_compacted(bundles)
        return None
    return _made_current(bundles, compacted, loading)


def _written(catalogue: LiveCatalogue, bundles: Path, fill: Fill) -> CompactedVersion | None:
    manifest = current_manifest(bundles)
    if manifest is None:
        return None
    sequence = sequence_of(catalogue, manifest.version, manifest.catalogue, manifest.sequence)
    if sequence is None:
        raise BundleError(
            f"{manifest.version} was not made from this database, so there is nothing to compact; `lookalike index "
            "build` makes a bundle from the database"
        )
    fill(sequence)
    changes = catalogue.changes(after=sequence, model=manifest.model.version)
    applied = [*changes.items, *_left_out(catalogue, changes)]
    if not applied:
        return None
    base = open_bundle(bundles / manifest.version)
    version = compact(
        base,
        applied,
        bundles,
        sequence=changes.sequence,
        catalogue=catalogue.identity,
        now=datetime.now(UTC),
    )
    logger.info("%d changes since %s are in %s", len(applied), manifest.version, version)
    return CompactedVersion(version, manifest.version)


def _made_current(bundles: Path, compacted: CompactedVersion, loading: EngineLoading | None) -> str | None:
    if loading is not None:
        loading.load(compacted.version, like=compacted.instead_of)
    engine = None if loading is None else loading.engine
    current = make_current(bundles, compacted.version, instead_of=compacted.instead_of, engine=engine)
    if not current:
        _give_up(bundles, compacted, loading)
    forget_compacted(bundles)
    return compacted.version if current else None


def _give_up(bundles: Path, compacted: CompactedVersion, loading: EngineLoading | None) -> None:
    if loading is not None:
        loading.engine.remove(compacted.version)
    if (bundles / compacted.version).is_dir():
        (bundles / compacted.version).rename(bundles / f"{UNFINISHED_PREFIX}{compacted.version}")
        sweep_abandoned(bundles)
    logger.info("another bundle was made current while %s was written; it was given up", compacted.version)


def _left_out(catalogue: LiveCatalogue, changes: Changes) -> Iterator[ChangedItem]:
    """What cannot be embedded, as if it was deleted."""
    for item_id in changes.lacking:
        item = catalogue.item(item_id)
        if item is not None and item.sequence <= changes.sequence:
            logger.warning("item %r is left out of the index: its picture cannot be embedded; put it again", item_id)
            yield ChangedItem(item.id, item.number, item.sequence, None, None)

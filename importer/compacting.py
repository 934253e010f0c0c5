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
from index.bundle import open_bundle
from index.compaction import compact, make_current
from storage.durable_files import UNFINISHED_PREFIX
from storage.held_folder import held
from storage.unfinished_folder import sweep_abandoned

logger = logging.getLogger(__name__)

Fill: TypeAlias = Callable[[int], object]
"""Embeds the pictures of items that changed after a sequence number, where the current network has not yet."""

LOCK: Final = ".compaction.lock"


def compact_current(catalogue: LiveCatalogue, bundles: Path, fill: Fill) -> str | None:
    """Write the current bundle with all changes since as a new one, make that current, and remove old ones.

    Killed at any moment, it leaves the old bundle current or the new one. An item whose picture the bundle's network
    cannot embed, because it is gone, is left out; the database keeps it.

    Args:
        catalogue: the database.
        bundles: folder of bundles.
        fill: embeds what the bundle's network has not embedded yet.

    Returns:
        The new version; None if there was nothing to do, or another bundle was made current meanwhile.

    Raises:
        BundleError: another process compacts in this folder, or the bundle cannot be read or written.
        DatabaseUnavailableError: the database is away.
    """
    busy = BundleError(f"another process compacts the changes in {bundles}; wait for it")
    with held(bundles / LOCK, busy):
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
        if not make_current(bundles, version, instead_of=manifest.version):
            (bundles / version).rename(bundles / f"{UNFINISHED_PREFIX}{version}")
            sweep_abandoned(bundles)
            logger.info("another bundle was made current while %s was written; it was given up", version)
            return None
        logger.info("%d changes since %s are in %s", len(applied), manifest.version, version)
        return version


def _left_out(catalogue: LiveCatalogue, changes: Changes) -> Iterator[ChangedItem]:
    """What cannot be embedded, as if it was deleted."""
    for item_id in changes.lacking:
        item = catalogue.item(item_id)
        if item is not None and item.sequence <= changes.sequence:
            logger.warning("item %r is left out of the index: its picture cannot be embedded; put it again", item_id)
            yield ChangedItem(item.id, item.number, item.sequence, None, None)

"""Taking the items of a bundle that was built from files into an empty database."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import orjson

from catalogue.live_catalogue import LiveCatalogue
from contracts.changed_item import ChangedItem
from contracts.errors import BundleError
from contracts.items import Item, present_attributes
from contracts.text_form import one_form
from index.bundle import Bundle, open_bundle
from index.bundle_manifest import BundleManifest, read_manifest
from index.current_version import CURRENT, current_version

logger = logging.getLogger(__name__)

# What all adopted items have in common.
_SEQUENCE: Final = 1


def sequence_of(catalogue: LiveCatalogue, version: str, owner: str | None, sequence: int | None) -> int | None:
    """The sequence number whose items a bundle holds; None if it is not of this catalogue.

    Args:
        catalogue: the database.
        version: of the bundle.
        owner: id of the catalogue that the bundle was built from, or None.
        sequence: that the bundle itself names.
    """
    if sequence is not None:
        return sequence if owner == catalogue.identity else None
    return catalogue.adopted().get(version)


def current_manifest(bundles: Path) -> BundleManifest | None:
    """The manifest of the current bundle, or None if there is no bundle yet.

    Raises:
        BundleError: it is damaged.
    """
    if not (bundles / CURRENT).exists():
        return None
    return read_manifest(bundles / current_version(bundles))


def adopt_current(catalogue: LiveCatalogue, bundles: Path) -> bool:
    """Adopt the items of the current bundle, if the database is empty and the bundle is of no other one.

    Returns:
        Whether anything was adopted.

    Raises:
        BundleError: the bundle is damaged, or it is of another database.
        DatabaseUnavailableError: the database is away; nothing was adopted.
    """
    manifest = current_manifest(bundles)
    if manifest is None:
        return False
    version = manifest.version
    if sequence_of(catalogue, version, manifest.catalogue, manifest.sequence) is not None:
        return False
    if catalogue.sequence() > 0:
        raise BundleError(
            f"the current bundle {version} was not made from this database, so its items cannot be changed; `lookalike "
            f"index build URL --out {bundles}` makes a bundle of the database's items, `lookalike import EMBEDDINGS` "
            "brings those of a folder of embeddings into it"
        )
    if manifest.sequence is not None:
        raise BundleError(
            f"the current bundle {version} was made from another database than this empty one, so its items cannot be "
            "changed; name that database"
        )
    bundle = open_bundle(bundles / version)
    catalogue.adopt(version, _items(bundle), bundle.model.version)
    logger.info("adopted the %d items of bundle %s into the empty database", len(bundle.items), version)
    return True


def _items(bundle: Bundle) -> Iterator[ChangedItem]:
    numbers = range(len(bundle.items)) if bundle.numbers is None else bundle.numbers.tolist()
    for row, number in enumerate(numbers):
        record = bundle.items.record(row)
        item_id = one_form(record.id)
        # An older bundle may hold two ids of one form; the first is the one that is found by it.
        if bundle.items.row(item_id) != row:
            continue
        attributes = present_attributes(orjson.loads(record.attributes))
        yield ChangedItem(
            id=item_id,
            number=number,
            sequence=_SEQUENCE,
            item=Item(item_id, record.image, attributes, record.crop),
            embedding=np.asarray(bundle.full_embeddings[row], np.float32),
        )

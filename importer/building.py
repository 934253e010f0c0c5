"""A bundle from all items of the database: the first one, and a refit."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from catalogue.live_catalogue import LiveCatalogue
from contracts.embedding_set import EMBEDDING_DIMENSIONS, EmbeddingSet, ModelIdentity
from contracts.errors import BundleError
from contracts.items import Item
from contracts.search_defaults import COMPONENTS, SCALING, WHITEN, Scaling
from index.building import BuildReport, build_bundle


def build_from_database(
    catalogue: LiveCatalogue,
    bundles: Path,
    model: ModelIdentity,
    *,
    catalogue_root: str,
    scaling: Scaling = SCALING,
    components: int | float = COMPONENTS,
    whiten: bool = WHITEN,
    kinds: Mapping[str, str] | None = None,
) -> BuildReport:
    """Build a bundle of all items that have an embedding by a network; it becomes current if none is.

    Args:
        catalogue: the database.
        bundles: folder of bundles; created if missing.
        model: the network.
        catalogue_root: folder of the pictures that are not in the store.
        scaling, components, whiten, kinds: see `index.building.build_bundle`.

    Raises:
        BundleError: there are no such items, or the bundle cannot be written.
        DatabaseUnavailableError: the database is away.
    """
    # Taken first: a change that comes while the items are read is applied again, which makes no difference.
    sequence = catalogue.sequence()
    items: list[Item] = []
    numbers: list[int] = []
    try:
        bundles.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=bundles) as stream:
            for changed in catalogue.all_items(model.version):
                if changed.item is None or changed.embedding is None:
                    continue
                stream.write(np.ascontiguousarray(changed.embedding, np.float32).tobytes())
                items.append(changed.item)
                numbers.append(changed.number)
            if not items:
                raise BundleError(
                    f"the database has no items with an embedding by {model.version}, so there is nothing to index; "
                    "`lookalike import` brings items into it"
                )
            stream.flush()
            shape = (len(items), EMBEDDING_DIMENSIONS)
            embeddings = np.memmap(stream, np.float32, "r", shape=shape)
            return build_bundle(
                EmbeddingSet(items, embeddings, model, catalogue_root),
                bundles,
                scaling=scaling,
                components=components,
                whiten=whiten,
                kinds=kinds,
                numbers=np.array(numbers, np.int64),
                sequence=sequence,
                catalogue=catalogue.identity,
                now=datetime.now(UTC),
            )
    except OSError as error:
        raise BundleError(
            f"the bundle cannot be written to {bundles} ({error.strerror or error}); free disk space or grant write "
            "access, and run this again"
        ) from error

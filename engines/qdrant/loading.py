"""Copying a bundle into a collection."""

import time
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import EngineError
from contracts.progress import Progress
from engines.engine import Shard
from engines.held_numbers import HeldNumbers
from engines.qdrant.collection import FULL, REDUCED
from engines.qdrant.held_columns import FORM, ID, columns_of
from engines.qdrant.notes import Notes
from engines.qdrant.points import Points
from index.bundle import Bundle

_AT_ONCE: Final = 1_000
"""Items of one request, after which an interrupted load goes on."""

_INDEXED_FROM_KB: Final = 10_000
"""Smaller segments are searched without an index."""

_ASKED_EVERY_S: Final = 0.5


def noted(bundle: Bundle, *, approximate: bool, shard: Shard) -> tuple[Notes, NDArray[np.int64]]:
    """The notes of a version that is not loaded yet, and the rows that belong to the shard."""
    every = np.arange(len(bundle.items)) if bundle.numbers is None else np.asarray(bundle.numbers)
    rows = np.flatnonzero(every % shard.count == shard.place)
    numbers = every[rows]
    held = HeldNumbers.of(numbers)
    notes = Notes(
        version=bundle.version,
        items=rows.size,
        complete=False,
        approximate=approximate,
        recall=None,
        components=bundle.gallery.components,
        dimensions=EMBEDDING_DIMENSIONS,
        scoring=bundle.scoring,
        shard=shard,
        even=(held.first, held.step) if held.listed is None else None,
        columns=columns_of(bundle, rows, numbers),
    )
    return notes, rows


def make_collection(client: QdrantClient, name: str, notes: Notes) -> None:
    """Make an empty collection for a version."""
    quantized = models.ScalarQuantization(
        scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
    )
    # Not `Cosine`: the server would divide rows by their lengths once more, and so change their bits.
    reduced = models.VectorParams(
        size=notes.components,
        distance=models.Distance.DOT,
        hnsw_config=None if notes.approximate else _NO_GRAPH,
        quantization_config=quantized if notes.approximate else None,
    )
    full = models.VectorParams(
        size=notes.dimensions,
        distance=models.Distance.DOT,
        datatype=models.Datatype.FLOAT16,
        on_disk=True,
        hnsw_config=_NO_GRAPH,
    )
    client.create_collection(
        name,
        vectors_config={REDUCED: reduced, FULL: full},
        on_disk_payload=True,
        # A graph that grows with every batch takes longer than one of everything.
        optimizers_config=models.OptimizersConfigDiff(indexing_threshold=0),
        metadata=notes.to_metadata(),
    )


def load_items(
    client: QdrantClient, name: str, bundle: Bundle, notes: Notes, rows: NDArray[np.int64], progress: Progress
) -> None:
    """Load what a collection lacks, and declare it complete.

    Raises:
        EngineError: it has other items than it should have in the end.
    """
    every = np.arange(len(bundle.items)) if bundle.numbers is None else np.asarray(bundle.numbers)
    points = Points(bundle, notes.columns)
    # Items are loaded in their order, and the last request may have been carried out in part.
    done = max(0, client.count(name, exact=True).count - _AT_ONCE)
    for begin in range(done, rows.size, _AT_ONCE):
        some = rows[begin : begin + _AT_ONCE]
        client.upsert(name, points.of(some, every[some]), wait=True)
        progress(begin + some.size, rows.size)
    loaded = client.count(name, exact=True).count
    if loaded != rows.size:
        raise EngineError(
            f"the collection {name} has {loaded:,} items, not {rows.size:,}; remove this version there, and load it "
            "again"
        )
    for key, schema in _payload_indexes(notes):
        client.create_payload_index(name, key, field_schema=schema, wait=True)
    if notes.approximate:
        client.update_collection(
            name, optimizers_config=models.OptimizersConfigDiff(indexing_threshold=_INDEXED_FROM_KB)
        )
    while client.get_collection(name).status != models.CollectionStatus.GREEN:
        time.sleep(_ASKED_EVERY_S)
    client.update_collection(name, metadata=replace(notes, complete=True).to_metadata())


def _payload_indexes(notes: Notes) -> list[tuple[str, Any]]:
    keys: list[tuple[str, Any]] = [(ID, models.PayloadSchemaType.KEYWORD), (FORM, models.PayloadSchemaType.KEYWORD)]
    for column in notes.columns:
        texts = {column.values_key, column.whole_key, *([column.form_key] if column.other_forms else [])}
        keys += [(key, models.PayloadSchemaType.KEYWORD) for key in sorted(texts)]
        if column.kind.ordered:
            keys.append((column.number_key, models.PayloadSchemaType.FLOAT))
    return keys


_NO_GRAPH: Final = models.HnswConfigDiff(m=0, payload_m=0)

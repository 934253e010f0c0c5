"""The bundle that all engines are loaded with, and what they are asked."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.search.items import mixture_items
from benchmarks.search.source import Source, from_bundle, synthetic
from benchmarks.search.truth import unit_rows
from contracts.embedding_set import EMBEDDING_DIMENSIONS, ModelIdentity
from contracts.errors import BenchmarkError
from contracts.items import Item
from contracts.progress import ProgressBar
from index.attributes import AttributeTable, sort_by_value
from index.bundle import Bundle, open_current
from index.gallery import Gallery
from index.items import ItemTable, write_items
from index.reduction import Reduction
from index.scoring import scoring_of
from index.tabulation import tabulate_attributes

_COLOURS = ("black", "white", "navy", "red", "green", "beige", "grey", "brown")
_KINDS = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """A catalogue and Q queries, half of which are items of it; the others were held out.

    Attributes:
        description: a text for people.
        bundle: the catalogue, in memory; its numbers are its rows.
        vectors: (N, C) float32, reduced, by row.
        reduced: (Q, C) float32, the queries, of length 1.
        full: (Q, 512) float32, the same before reduction; None: there are none, as in drawn items.
        nbytes: of the items' lines, attributes and full embeddings, as a bundle has them.
    """

    description: str
    bundle: Bundle
    vectors: NDArray[np.float32]
    reduced: NDArray[np.float32]
    full: NDArray[np.float32] | None
    nbytes: int


def real_items(bundles: Path, queries: int, generator: np.random.Generator) -> Asked:
    """The items of a folder's current bundle, without those held out.

    Raises:
        BundleError: there is no such bundle, or it is damaged.
        BenchmarkError: it has too few items.
    """
    bundle = open_current(bundles)
    count, held_out = len(bundle.items), queries // 2
    if count < queries:
        raise BenchmarkError(f"{bundle.version} has {count:,} items, too few for {queries:,} queries; pass fewer")
    outside = np.sort(generator.choice(count, held_out, replace=False))
    rows = np.setdiff1d(np.arange(count), outside)
    inside = generator.choice(rows, queries - held_out, replace=False)
    asked = np.concatenate([inside, outside])
    reduced = bundle.gallery.vectors()
    records = (bundle.items.record(row) for row in rows.tolist())
    items = [Item(record.id, record.image, orjson.loads(record.attributes), record.crop) for record in records]
    full = np.asarray(bundle.full_embeddings)
    made, nbytes = _bundle(items, reduced[rows], full[rows], bundle.reduction, bundle.model, bundle.near_from)
    return Asked(
        f"{bundle.version} without {held_out:,} items held out",
        made,
        reduced[rows],
        unit_rows(reduced[asked]).astype(np.float32),
        full[asked].astype(np.float32),
        nbytes,
    )


def drawn_items(
    bundles: Path | None, count: int, queries: int, generator: np.random.Generator, seed: int, progress_bar: ProgressBar
) -> Asked:
    """Items drawn from a mixture fitted to a bundle's, or to synthetic ones.

    The mixture is drawn after the reduction, so their embeddings before it are zeros: they take their room in an
    engine, but say nothing.
    """
    source: Source = synthetic(seed) if bundles is None else from_bundle(bundles)
    held_out = queries // 2
    with progress_bar("Making the items", "item") as progress:
        made = mixture_items(source, count, held_out, generator=generator, progress=progress)
    asked = made.queries(queries, generator)
    # Zeros that are never written take no memory.
    full = np.zeros((count, EMBEDDING_DIMENSIONS), np.float16)
    items = [
        Item(
            f"item-{row:09}",
            f"pictures/{row:09}.jpg",
            {"kind": f"kind {row % _KINDS}", "colour": _COLOURS[row % len(_COLOURS)], "price": str(row % 500)},
        )
        for row in range(count)
    ]
    model = ModelIdentity("drawn-000000000000", "drawn", "imagenet:drawn", 224)
    bundle, nbytes = _bundle(items, made.vectors, full, source.reduction, model, None)
    return Asked(f"{count:,} items {made.description}", bundle, made.vectors, asked.vectors, None, nbytes)


def _bundle(
    items: Sequence[Item],
    vectors: NDArray[np.float32],
    full: NDArray[np.float16],
    reduction: Reduction,
    model: ModelIdentity,
    near_from: float | None,
) -> tuple[Bundle, int]:
    """The bundle, and the bytes of all in it but its gallery."""
    tabulated = tabulate_attributes(items)
    stream = io.BytesIO()
    offsets = write_items(items, stream)
    nbytes = stream.tell() + offsets.nbytes + 2 * tabulated.codes.nbytes + full.size * full.itemsize
    bundle = Bundle(
        version=new_version(0),
        model=model,
        catalogue_root="/",
        created="",
        items=ItemTable(stream.getvalue(), offsets),
        attributes=AttributeTable(tabulated.columns, tabulated.codes, sort_by_value(tabulated.codes)),
        gallery=Gallery.of(vectors),
        full_embeddings=full,
        scoring=scoring_of(model.parts, near_from),
        resemblance_from=None,
        reduction=reduction,
        near_from=near_from,
    )
    return bundle, nbytes


def new_version(number: int) -> str:
    """A version that no bundle has: of now, and marked as a benchmark's."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-be0c{number:02x}"

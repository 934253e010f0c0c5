"""A bundle on disk: everything that search needs, immutable, verified when it is opened."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity
from contracts.errors import BundleError
from index.attributes import AttributeTable
from index.bundle_files import MOST_COLUMNS, check_numbers
from index.bundle_manifest import (
    ATTRIBUTE_CODES,
    ATTRIBUTE_POSTINGS,
    ATTRIBUTE_VALUES,
    FIX,
    FULL_EMBEDDINGS,
    ITEM_OFFSETS,
    ITEMS,
    NUMBERS,
    REDUCTION,
    BundleManifest,
    read_manifest,
)
from index.columns.column import Column
from index.columns.registry import kind_named
from index.current_version import current_version
from index.exact.files import map_layout
from index.full_embeddings import map_full_embeddings
from index.gallery import Gallery
from index.items import ItemTable, map_lines
from index.reduction import Reduction
from index.scoring import Scoring, scoring_of
from storage.array_files import map_array
from storage.durable_files import FileSeal, seal_problem
from storage.small_files import read_small

__all__ = ["Bundle", "BundleManifest", "current_version", "open_bundle", "open_current", "read_manifest"]

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Bundle:
    """One build of the index, in memory; arrays are memory-mapped, so processes share one copy.

    Attributes:
        version: `<UTC time>-<6 hex>`.
        model: the network whose embeddings are comparable with these.
        catalogue_root: absolute path of the folder that pictures' paths are relative to, or `s3://bucket/prefix`.
        created: UTC time of the build, ISO 8601.
        full_embeddings: (N, 512) float16, before their reduction, as unit rows; a zero row stays zero.
        scoring: how items are scored by their full embeddings.
        resemblance_from: cosine of reduced embeddings at which resemblance ends, or None if that was not measured; see
            `index.resemblance`.
        near_from: cosine from which second parts count, as measured, or None; `scoring` has what follows from it.
        numbers: (N,) int64, rising, the number of each row's item; None: the row itself.
        catalogue: id of the live catalogue that the items are of; None if they are of none.
        sequence: number of the last change of that catalogue that the bundle holds; None likewise.
    """

    version: str
    model: ModelIdentity
    catalogue_root: str
    created: str
    items: ItemTable
    attributes: AttributeTable
    gallery: Gallery
    full_embeddings: NDArray[np.float16]
    scoring: Scoring
    resemblance_from: float | None
    reduction: Reduction
    near_from: float | None = None
    numbers: NDArray[np.int64] | None = None
    catalogue: str | None = None
    sequence: int | None = None


def open_current(bundles: Path) -> Bundle:
    """Open the bundle that CURRENT names.

    Raises:
        BundleError: there is none, or `open_bundle` refuses it.
    """
    return open_bundle(bundles / current_version(bundles))


def open_bundle(folder: Path) -> Bundle:
    """Verify every file of a bundle and open it.

    Raises:
        BundleError: a file is missing, its size or SHA-256 is not that in the manifest, or its content
            is wrong; the message names the file and says what to do.
    """
    manifest = read_manifest(folder)
    # Hashing leaves the interpreter's lock to others, so two threads take half the time. The headers of arrays are read
    # by one: Python 3.11 fails with a SystemError if two threads parse literals at once.
    with ThreadPoolExecutor(2) as beside:
        # All sizes and hashes are checked first, so that only intact files are mapped.
        checks = {name: beside.submit(seal_problem, folder / name, seal) for name, seal in _largest_first(manifest)}
        for name in manifest.files:
            problem = checks[name].result()
            if problem:
                raise BundleError(f"{folder / name} {problem}; {FIX}")
    return _opened(folder, manifest)


def _largest_first(manifest: BundleManifest) -> list[tuple[str, FileSeal]]:
    return sorted(manifest.files.items(), key=lambda file: -file[1].bytes)


def _opened(folder: Path, manifest: BundleManifest) -> Bundle:
    return Bundle(
        version=manifest.version,
        model=manifest.model,
        catalogue_root=manifest.catalogue_root,
        created=manifest.created,
        items=_part(folder / ITEMS, lambda: _items(folder, manifest)),
        attributes=_part(folder, lambda: _attributes(folder, manifest)),
        gallery=_part(folder, lambda: Gallery(map_layout(folder, manifest.items, manifest.components))),
        full_embeddings=_part(
            folder / FULL_EMBEDDINGS, lambda: map_full_embeddings(folder / FULL_EMBEDDINGS, manifest.items)
        ),
        scoring=scoring_of(manifest.model.parts, manifest.near_from),
        resemblance_from=manifest.resemblance_from,
        reduction=_part(folder / REDUCTION, lambda: _reduction(folder, manifest)),
        near_from=manifest.near_from,
        numbers=_part(folder / NUMBERS, lambda: _numbers(folder, manifest)),
        catalogue=manifest.catalogue,
        sequence=manifest.sequence,
    )


def _part(path: Path, read: Callable[[], _Part]) -> _Part:
    """Read one part; errors become a message that names its file."""
    try:
        return read()
    except (ValueError, TypeError, KeyError, EOFError, OSError) as error:
        raise BundleError(f"{path} does not have the content that a bundle needs ({error}); {FIX}") from error


def _items(folder: Path, manifest: BundleManifest) -> ItemTable:
    offsets = map_array(folder / ITEM_OFFSETS)
    if len(offsets) != manifest.items:
        raise ValueError(f"{len(offsets)} items, but the manifest says {manifest.items}")
    return ItemTable(map_lines(folder / ITEMS), offsets)


def _numbers(folder: Path, manifest: BundleManifest) -> NDArray[np.int64] | None:
    if NUMBERS not in manifest.files:
        return None
    # A plain view avoids np.memmap's slow indexing.
    numbers: NDArray[np.int64] = np.asarray(map_array(folder / NUMBERS))
    check_numbers(numbers, manifest.items)
    return numbers


def _attributes(folder: Path, manifest: BundleManifest) -> AttributeTable:
    # Each value stands in some item's line too.
    most_bytes = 2 * manifest.files[ITEMS].bytes + MOST_COLUMNS * 100
    described = orjson.loads(read_small(folder / ATTRIBUTE_VALUES, most_bytes=most_bytes))
    if not isinstance(described, list) or len(described) > MOST_COLUMNS:
        raise ValueError(f"{ATTRIBUTE_VALUES} must be a list of at most {MOST_COLUMNS} attributes")
    columns = [_column(**column) for column in described]
    kinds = {column.name: column.kind.name for column in columns}
    if manifest.kinds is not None and manifest.kinds != kinds:
        raise ValueError(f"{ATTRIBUTE_VALUES} does not have the columns and kinds that the manifest says")
    arrays = []
    for name in (ATTRIBUTE_CODES, ATTRIBUTE_POSTINGS):
        try:
            array = map_array(folder / name)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        expected = (len(columns), manifest.items)
        if array.shape != expected or array.dtype != np.int32:
            raise ValueError(f"{name} is {array.dtype} of shape {array.shape}, expected int32 of shape {expected}")
        arrays.append(array)
    return AttributeTable(columns, *arrays)


def _column(
    name: str, kind: str, values: list[str], counts: list[int], settings: dict[str, str] | None = None
) -> Column:
    if type(name) is not str or not isinstance(values, list) or not isinstance(counts, list):
        raise TypeError(f"attribute {name!r:.60} in {ATTRIBUTE_VALUES} has members of the wrong type")
    if len(counts) != len(values) or not all(type(count) is int and count >= 0 for count in counts):
        raise ValueError(f"attribute {name!r:.60} in {ATTRIBUTE_VALUES} needs a count for each value")
    if not all(type(value) is str for value in values) or values != sorted(set(values)):
        raise ValueError(f"attribute {name!r:.60} in {ATTRIBUTE_VALUES} must have distinct values in order")
    try:
        return Column(name, kind_named(kind).with_settings(settings or {}), values, counts)
    except (TypeError, ValueError) as error:
        raise ValueError(f"attribute {name!r:.60} in {ATTRIBUTE_VALUES}: {error}") from error


def _reduction(folder: Path, manifest: BundleManifest) -> Reduction:
    reduction = Reduction.load(folder / REDUCTION)
    held = (reduction.scaling, reduction.components, reduction.whitened)
    expected = (manifest.scaling, manifest.components, manifest.whitened)
    if held != expected:
        raise ValueError(f"(scaling, components, whitened) is {held}, but the manifest says {expected}")
    return reduction

"""Writing the files of a bundle that is not in use yet."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray

from contracts.errors import BundleError
from index.attributes import sort_by_value
from index.bundle_manifest import (
    ATTRIBUTE_CODES,
    ATTRIBUTE_POSTINGS,
    ATTRIBUTE_VALUES,
    FILES,
    FULL_EMBEDDINGS,
    ITEM_OFFSETS,
    ITEMS,
    NUMBERS,
    REDUCTION,
)
from index.columns.column import Column
from index.exact.files import write_layout
from index.exact.layout import Layout
from index.full_embeddings import write_full_embeddings
from index.reduction import Reduction
from storage.durable_files import FileSeal, flush_file, seal_file

# No catalogue has as many; each takes memory before it is looked at.
MOST_COLUMNS = 10_000


@dataclass(frozen=True, slots=True)
class BundleFiles:
    """What the files of a bundle are made of; N items, in the order of their numbers.

    Attributes:
        reduction: of the embeddings.
        layout: of the reduced embeddings.
        full: float16 unit rows before their reduction, in parts of (any number, 512), N in all.
        write_lines: writes items.jsonl and returns its offsets, see `index.items.write_items`.
        columns: of the attributes.
        codes: (columns, N) int32, see `index.tabulation.Tabulated`.
        numbers: (N,) int64, rising; None: an item's number is its row.
    """

    reduction: Reduction
    layout: Layout
    full: Iterable[NDArray[np.float16]]
    write_lines: Callable[[BinaryIO], NDArray[np.int64]]
    columns: Sequence[Column]
    codes: NDArray[np.int32]
    numbers: NDArray[np.int64] | None


def check_numbers(numbers: NDArray[np.int64], items: int) -> None:
    """Refuse numbers that are not those of some items.

    Raises:
        ValueError: the shape or dtype is wrong, one is below 0, or they do not rise.
    """
    if numbers.shape != (items,) or numbers.dtype != np.int64:
        raise ValueError(f"numbers are {numbers.dtype} of shape {numbers.shape}, expected int64 of shape ({items},)")
    if items and (numbers[0] < 0 or bool((numbers[1:] <= numbers[:-1]).any())):
        raise ValueError("the numbers of items must be 0 or more and rise")


def write_files(folder: Path, files: BundleFiles) -> dict[str, FileSeal]:
    """Write all files but the manifest, and wait until they are on the disk.

    Returns:
        The seal of each file by name.

    Raises:
        OSError: a file cannot be written.
        BundleError: there are too many columns, or see `index.items.write_items`.
    """
    if len(files.columns) > MOST_COLUMNS:
        raise BundleError(
            f"the items have {len(files.columns):,} different attributes, and a bundle may have {MOST_COLUMNS:,}; an "
            f"attribute such as {files.columns[-1].name!r:.60} should be the same for many items"
        )
    files.reduction.save(folder / REDUCTION)
    write_layout(folder, files.layout)
    write_full_embeddings(folder / FULL_EMBEDDINGS, len(files.layout.rows), files.full)
    with (folder / ITEMS).open("wb") as stream:
        offsets = files.write_lines(stream)
    arrays: dict[str, NDArray[np.int32] | NDArray[np.int64]] = {
        ITEM_OFFSETS: offsets,
        ATTRIBUTE_CODES: files.codes,
        ATTRIBUTE_POSTINGS: sort_by_value(files.codes),
    }
    if files.numbers is not None:
        arrays[NUMBERS] = files.numbers.astype("<i8")
    for name, array in arrays.items():
        np.save(folder / name, array, allow_pickle=False)
    described = [
        {
            "name": column.name,
            "kind": column.kind.name,
            "values": column.values,
            "counts": column.counts,
            "settings": column.kind.settings(),
        }
        for column in files.columns
    ]
    (folder / ATTRIBUTE_VALUES).write_bytes(orjson.dumps(described))
    names = FILES if files.numbers is None else (*FILES, NUMBERS)
    for name in names:
        flush_file(folder / name)
    return {name: seal_file(folder / name) for name in names}

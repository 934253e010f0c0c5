"""A bundle's embeddings before reduction: float16 unit rows in one .npy file."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from index.half_floats import WIDENED_UNIT, widen
from index.reduction import unit_rows
from storage.array_files import map_array

_ROWS_AT_ONCE = 4096
# Rounding to float16 changes a number by at most 2**-11 of its value, and so also a length.
_UNIT_TOLERANCE = 1e-3


def half_rows(embeddings: NDArray[np.float32]) -> NDArray[np.float16]:
    """Embeddings as a bundle keeps them: float16 unit rows of the same shape; a zero row stays zero."""
    return unit_rows(embeddings).astype("<f2")


def half_row_parts(embeddings: NDArray[np.float32]) -> Iterator[NDArray[np.float16]]:
    """`half_rows` of embeddings that may be memory-mapped, in parts."""
    for start in range(0, len(embeddings), _ROWS_AT_ONCE):
        yield half_rows(embeddings[start : start + _ROWS_AT_ONCE])


def write_full_embeddings(path: Path, items: int, parts: Iterable[NDArray[np.float16]]) -> None:
    """Write unit rows.

    Written and not memory-mapped, because on a full disk a write raises, but a mapped page kills the process.

    Args:
        path: of the new .npy file.
        items: number of all rows.
        parts: of them, in order; see `half_rows`.

    Raises:
        OSError: the file cannot be written.
    """
    header = {"descr": "<f2", "fortran_order": False, "shape": (items, EMBEDDING_DIMENSIONS)}
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        for part in parts:
            stream.write(np.ascontiguousarray(part, "<f2").data)


def map_full_embeddings(path: Path, items: int) -> NDArray[np.float16]:
    """Map a file that `write_full_embeddings` wrote, and check every row; the caller must verify its SHA-256 first.

    Returns:
        (items, 512) float16, read-only; each row has length 1 or is zero.

    Raises:
        ValueError: the file has unexpected content.
        OSError: it cannot be opened.
    """
    rows = map_array(path)
    expected = (items, EMBEDDING_DIMENSIONS)
    if rows.shape != expected or rows.dtype != np.float16 or not rows.flags.c_contiguous:
        raise ValueError(f"it is {rows.dtype} of shape {rows.shape}, but the manifest says float16 of shape {expected}")
    # A plain view avoids np.memmap's slow indexing; processes still share the pages.
    full: NDArray[np.float16] = np.asarray(rows)
    for start in range(0, items, _ROWS_AT_ONCE):
        part = full[start : start + _ROWS_AT_ONCE]
        wide = widen(part)
        lengths = np.sqrt(np.vecdot(wide, wide)) / WIDENED_UNIT
        unit = (np.abs(lengths - 1.0) <= _UNIT_TOLERANCE) | (lengths == 0.0)
        # `widen` turns NaN and infinity into large numbers, so a row with one of them cannot have length 1.
        if not unit.all():
            row = int(np.argmin(unit))
            raise ValueError(f"the embedding of row {start + row} is neither zero nor of length 1")
    return full

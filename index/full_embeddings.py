"""The embeddings before their reduction, as a bundle keeps them: unit rows in float16, one .npy file."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from index.half_floats import WIDENED_UNIT, widen
from index.reduction import unit_rows
from storage.array_files import map_array

_ROWS_AT_ONCE = 4096
# Rounding to float16 changes a number by at most 2**-11 of it, so also a length.
_UNIT_TOLERANCE = 1e-3


def write_full_embeddings(path: Path, embeddings: NDArray[np.float32]) -> None:
    """Write embeddings as unit rows in float16, some at a time; a zero row stays zero.

    Written, not mapped: on a full disk a write is an error, a mapped page kills the process.

    Args:
        path: of the new .npy file.
        embeddings: (N, 512) float32, finite, may be memory-mapped.

    Raises:
        OSError: the disk refuses.
    """
    header = {"descr": "<f2", "fortran_order": False, "shape": embeddings.shape}
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        for start in range(0, len(embeddings), _ROWS_AT_ONCE):
            stream.write(unit_rows(embeddings[start : start + _ROWS_AT_ONCE]).astype("<f2").data)


def map_full_embeddings(path: Path, items: int) -> NDArray[np.float16]:
    """Map what `write_full_embeddings` wrote, and look at every row once; verify its SHA-256 first.

    Returns:
        (items, 512) float16, read-only: each row has length 1, or is zero.

    Raises:
        ValueError: the file holds something else.
        OSError: it cannot be opened.
    """
    rows = map_array(path)
    expected = (items, EMBEDDING_DIMENSIONS)
    if rows.shape != expected or rows.dtype != np.float16 or not rows.flags.c_contiguous:
        raise ValueError(f"{rows.dtype} {rows.shape} where the manifest says float16 {expected}")
    # A view without np.memmap's own (slow) indexing; several processes still share the pages.
    full: NDArray[np.float16] = np.asarray(rows)
    for start in range(0, items, _ROWS_AT_ONCE):
        part = full[start : start + _ROWS_AT_ONCE]
        wide = widen(part)
        lengths = np.sqrt(np.vecdot(wide, wide)) / WIDENED_UNIT
        unit = (np.abs(lengths - 1.0) <= _UNIT_TOLERANCE) | (lengths == 0.0)
        # `widen` takes NaN and infinity for large numbers, so no length of 1 can hide them.
        if not unit.all():
            row = int(np.argmin(unit))
            raise ValueError(f"the embedding of row {start + row} has not length 1")
    return full

"""A layout on disk: three memory-mapped .npy files, and one .npz with the small arrays."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.exact.arguments import BLOCK
from index.exact.layout import UNIT_TOLERANCE, Groups, Layout, code_bytes, first_non_unit_row, stages
from storage.array_archive import read_arrays
from storage.array_files import map_array

VECTORS = "vectors.npy"
ROWS = "rows.npy"
CODES = "codes.npy"
GROUPS = "groups.npz"
# Room for the headers of nine arrays and the archive's directory.
_HEADERS_BYTES = 16 * 1024
LAYOUT_FILES = (VECTORS, ROWS, CODES, GROUPS)


def write_layout(folder: Path, layout: Layout) -> None:
    """Write the files of a layout.

    Raises:
        OSError: a file cannot be written.
    """
    for name, array in ((VECTORS, layout.vectors), (ROWS, layout.rows), (CODES, layout.codes)):
        np.save(folder / name, array, allow_pickle=False)
    with (folder / GROUPS).open("wb") as stream:
        np.savez(
            stream,
            scales=layout.scales,
            errors=layout.errors,
            tails=layout.tails,
            **{f"block_{name}": array for name, array in vars(layout.blocks).items()},
            **{f"node_{name}": array for name, array in vars(layout.nodes).items()},
        )


def map_layout(folder: Path, items: int, components: int) -> Layout:
    """Map the files that `write_layout` wrote; the caller must verify their SHA-256 first.

    Args:
        items: expected number of rows, N.
        components: expected number of dimensions, C.

    Raises:
        ValueError: a file cannot be read or has unexpected content; the message names it.
    """
    ends = stages(components)
    blocks = -(-items // BLOCK)
    nodes = -(-blocks // BLOCK)
    # Of each group a centre, a cosine and a sine; groups come in tiles of BLOCK.
    tiles = nodes + -(-nodes // BLOCK)
    small = _read_small(folder, 4 * (tiles * BLOCK * (components + 2) + components + 2 * len(ends)) + _HEADERS_BYTES)

    def part(name: str, *shape: int) -> NDArray[np.float32]:
        if name not in small:
            raise ValueError(f"{GROUPS} has no {name}")
        return _checked(small[name], f"{name} in {GROUPS}", np.float32, *shape)

    def groups(kind: str, tiles: int) -> Groups:
        return Groups(
            part(f"{kind}_centres", tiles, components, BLOCK),
            part(f"{kind}_cosines", tiles, BLOCK),
            part(f"{kind}_sines", tiles, BLOCK),
        )

    layout = Layout(
        vectors=_mapped(folder, VECTORS, np.float32, items, components),
        rows=_mapped(folder, ROWS, np.int32, items),
        codes=_mapped(folder, CODES, np.uint8, blocks, code_bytes(components)),
        scales=part("scales", components),
        errors=part("errors", len(ends)),
        tails=part("tails", len(ends) - 1),
        blocks=groups("block", nodes),
        nodes=groups("node", -(-nodes // BLOCK)),
    )
    _check_rows(layout.rows, items)
    place = first_non_unit_row(layout.vectors)
    if place is not None:
        raise ValueError(
            f"{VECTORS}: the vector of row {layout.rows[place]} is neither zero nor of length 1 within "
            f"{UNIT_TOLERANCE:g}"
        )
    return layout


def _read_small(folder: Path, most_bytes: int) -> dict[str, NDArray[np.float32]]:
    with _naming(GROUPS):
        return read_arrays(folder / GROUPS, most_bytes=most_bytes)


def _mapped(folder: Path, name: str, kind: type, *shape: int) -> NDArray:  # type: ignore[type-arg]
    with _naming(name):
        # A plain view avoids np.memmap's slow indexing; processes still share the pages.
        array = np.asarray(map_array(folder / name))
    return _checked(array, name, kind, *shape)


def _checked(array: NDArray, name: str, kind: type, *shape: int) -> NDArray:  # type: ignore[type-arg]
    if array.shape != shape or array.dtype != kind or not array.flags.c_contiguous:
        raise ValueError(f"{name} is {array.dtype} of shape {array.shape}, expected {np.dtype(kind)} of shape {shape}")
    return array


def _check_rows(rows: NDArray[np.int32], items: int) -> None:
    # The compiled kernels do not check bounds: a wrong index would read other memory.
    if rows.min() < 0 or rows.max() >= items:
        raise ValueError(f"{ROWS} names a row that does not exist")
    seen = np.zeros(items, np.bool_)
    seen[rows] = True
    if not seen.all():
        raise ValueError(f"{ROWS} lacks row {int(np.argmin(seen))}")


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Turn every error into a ValueError that names the file."""
    try:
        yield
    except (ValueError, TypeError, KeyError, EOFError, OSError) as error:
        raise ValueError(f"{name}: {error}") from error

"""A layout on disk: three .npy files to be mapped, and one .npz of what is small."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from index.exact.arguments import BLOCK
from index.exact.layout import UNIT_TOLERANCE, Groups, Layout, code_bytes, row_of_no_unit, stages
from storage.array_files import map_array

VECTORS = "vectors.npy"
ROWS = "rows.npy"
CODES = "codes.npy"
GROUPS = "groups.npz"
LAYOUT_FILES = (VECTORS, ROWS, CODES, GROUPS)


def write_layout(folder: Path, layout: Layout) -> None:
    """Write the files of a layout.

    Raises:
        OSError: the disk refuses.
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
    """Map what `write_layout` wrote; verify the files' SHA-256 first.

    Args:
        items: rows that there must be, N.
        components: their dimensions, C.

    Raises:
        ValueError: a file cannot be read or holds something else; names it.
    """
    ends = stages(components)
    blocks = -(-items // BLOCK)
    nodes = -(-blocks // BLOCK)
    small = _read_small(folder)

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
    place = row_of_no_unit(layout.vectors)
    if place is not None:
        raise ValueError(
            f"{VECTORS}: the vector of row {layout.rows[place]} has not length 1, up to {UNIT_TOLERANCE:g}, nor is zero"
        )
    return layout


def _read_small(folder: Path) -> dict[str, NDArray[np.float32]]:
    with _naming(GROUPS), np.load(folder / GROUPS, allow_pickle=False) as arrays:
        return dict(arrays)


def _mapped(folder: Path, name: str, kind: type, *shape: int) -> NDArray:  # type: ignore[type-arg]
    with _naming(name):
        # A view without np.memmap's own (slow) indexing; several processes still share the pages.
        array = np.asarray(map_array(folder / name))
    return _checked(array, name, kind, *shape)


def _checked(array: NDArray, name: str, kind: type, *shape: int) -> NDArray:  # type: ignore[type-arg]
    if array.shape != shape or array.dtype != kind or not array.flags.c_contiguous:
        raise ValueError(f"{name} holds {array.dtype} {array.shape} where {np.dtype(kind)} {shape} belongs")
    return array


def _check_rows(rows: NDArray[np.int32], items: int) -> None:
    # An index outside of the arrays would read foreign memory in the compiled kernels.
    if rows.min() < 0 or rows.max() >= items:
        raise ValueError(f"{ROWS} names a row that there is not")
    seen = np.zeros(items, np.bool_)
    seen[rows] = True
    if not seen.all():
        raise ValueError(f"{ROWS} leaves out row {int(np.argmin(seen))}")


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Whatever is wrong becomes a ValueError that names the file."""
    try:
        yield
    except (ValueError, TypeError, KeyError, EOFError, OSError, BadZipFile) as error:
        raise ValueError(f"{name}: {error}") from error

"""The arrays that the exact search reads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.exact.arguments import BLOCK, LARGEST_CODE, QUAD, ZERO_CODE
from index.exact.ordering import block_order, quick_order

NODE = BLOCK * BLOCK
"""Rows of a node: 64 blocks."""

# A block is checked after these numbers of components; by then most cannot reach the best any more.
_STAGES = (8, 16)
_LARGEST_LENGTH = 255
_BLOCKS_AT_ONCE = 64
# What float32 rounding may add to the lengths and angles below.
_ROUNDING = 1e-6
UNIT_TOLERANCE = 1e-6
"""How far a row's length may be from 1 because of rounding to float32."""
_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True)
class Groups:
    """Balls around neighbouring rows, 64 groups a tile.

    Attributes:
        centres: (T, C, 64) float32, length 1.
        cosines, sines: (T, 64) float32, of the largest angle between a centre and a row of its group.
    """

    centres: NDArray[np.float32]
    cosines: NDArray[np.float32]
    sines: NDArray[np.float32]


@dataclass(frozen=True)
class Layout:
    """A gallery as the exact search reads it: N rows of C components, in block order.

    Attributes:
        vectors: (N, C) float32, length 1 or zero.
        rows: (N,) int32, the catalogue row of each place.
        codes: (B, W) uint8, a row per block. It has the codes stage by stage, and within a stage in groups of four
            components with the 64 rows side by side; 128 stands for 0. After each stage but the last comes one byte per
            row with the length of its remaining components.
        scales: (C,) float32, the value of one step of a code.
        errors: (S,) float32, the largest length of the quantisation error up to each stage.
        tails: (S - 1,) float32, the value of 1 in the bytes of remaining lengths.
        blocks, nodes: balls around each 64 and each 4,096 rows.
    """

    vectors: NDArray[np.float32]
    rows: NDArray[np.int32]
    codes: NDArray[np.uint8]
    scales: NDArray[np.float32]
    errors: NDArray[np.float32]
    tails: NDArray[np.float32]
    blocks: Groups
    nodes: Groups

    @property
    def nbytes(self) -> int:
        """Size of all arrays, bytes."""
        own = (self.vectors, self.rows, self.codes, self.scales, self.errors, self.tails)
        return sum(array.nbytes for array in (*own, *vars(self.blocks).values(), *vars(self.nodes).values()))


def stages(components: int) -> list[int]:
    """Numbers of components after which a block is checked; the last is all of them."""
    return [stage for stage in _STAGES if stage < components] + [components]


def code_bytes(components: int) -> int:
    """Bytes of a block's codes."""
    return BLOCK * (QUAD * -(-components // QUAD) + len(stages(components)) - 1)


def lay_out(vectors: NDArray[np.float32], *, quickly: bool = False) -> Layout:
    """Order, group and quantise a gallery.

    Needs memory for a copy of the vectors, for 8-bit codes of a quarter of that size, and for 12 bytes per row.

    Args:
        vectors: (N, C) float32, C-contiguous, at least one row. Each has length 1, or is zero and then has similarity 0
            to everything. May be memory-mapped.
        quickly: order them by `index.exact.ordering.quick_order`; searches then skip less, and find the same.

    Raises:
        ValueError: the shape, the dtype or a length is wrong.
    """
    if vectors.ndim != 2 or 0 in vectors.shape or vectors.dtype != np.float32:
        raise ValueError(f"vectors must be float32 (N, C), not {vectors.dtype} {vectors.shape}")
    row = first_non_unit_row(vectors)
    if row is not None:
        raise ValueError(
            f"each vector must be zero or of length 1 within {UNIT_TOLERANCE:g}; the vector of row {row} is not"
        )
    rows = quick_order(vectors) if quickly else block_order(vectors)
    ordered = vectors[rows]
    codes, scales, errors, tails = _quantised(ordered)
    return Layout(ordered, rows, codes, scales, errors, tails, _groups(ordered, BLOCK), _groups(ordered, NODE))


def first_non_unit_row(vectors: NDArray[np.float32]) -> int | None:
    """The first row of (N, C) that is neither zero nor of length 1 within `UNIT_TOLERANCE`, or None."""
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        # A file of unknown origin may hold any bits; they fail below.
        with np.errstate(all="ignore"):
            part = vectors[start : start + _ROWS_AT_ONCE].astype(np.float64)
            squares = np.vecdot(part, part)
        # Written so that NaN fails. Near 1, the square of a length is off by twice as much as the length.
        fine = (np.abs(squares - 1.0) <= 2 * UNIT_TOLERANCE) | (squares == 0.0)
        if not fine.all():
            return start + int(np.argmin(fine))
    return None


def _quantised(
    vectors: NDArray[np.float32],
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    count, components = vectors.shape
    ends = stages(components)
    largest = np.maximum(vectors.max(0), -vectors.min(0))
    scales = (np.where(largest > 0, largest, 1.0) / LARGEST_CODE).astype(np.float32)
    # No length is above 1. Rounded up, because an overestimated length only costs time.
    tails = np.full(len(ends) - 1, (1 + _ROUNDING) / _LARGEST_LENGTH, np.float32)
    errors = np.zeros(len(ends))
    blocks = -(-count // BLOCK)
    codes = np.empty((blocks, code_bytes(components)), np.uint8)
    for first in range(0, blocks, _BLOCKS_AT_ONCE):
        part = vectors[first * BLOCK : (first + _BLOCKS_AT_ONCE) * BLOCK]
        held = -(-len(part) // BLOCK)
        rounded = np.rint(part / scales)
        wrong = np.square(part.astype(np.float64) - rounded * scales.astype(np.float64))
        squares = np.square(part.astype(np.float64))
        lines = []
        start = 0
        for number, end in enumerate(ends):
            errors[number] = max(errors[number], np.sqrt(wrong[:, :end].sum(1)).max())
            fours = -(-(end - start) // QUAD)
            table = np.full((held * BLOCK, fours * QUAD), ZERO_CODE, np.uint8)
            table[: len(part), : end - start] = rounded[:, start:end] + ZERO_CODE
            lines.append(table.reshape(held, BLOCK, fours, QUAD).transpose(0, 2, 1, 3).reshape(held, -1))
            if end < components:
                length = np.zeros(held * BLOCK)
                length[: len(part)] = np.ceil(np.sqrt(squares[:, end:].sum(1)) / tails[number])
                lines.append(np.minimum(length, _LARGEST_LENGTH).astype(np.uint8).reshape(held, BLOCK))
            start = end
        codes[first : first + held] = np.concatenate(lines, axis=1)
    return codes, scales, (errors + _ROUNDING).astype(np.float32), tails


def _groups(vectors: NDArray[np.float32], size: int) -> Groups:
    count, components = vectors.shape
    groups = -(-count // size)
    tiles = -(-groups // BLOCK)
    centres = np.zeros((tiles * BLOCK, components), np.float32)
    cosines = np.ones(tiles * BLOCK)
    for group in range(groups):
        members = vectors[group * size : (group + 1) * size]
        centre = members.mean(0, dtype=np.float64)
        length = np.linalg.norm(centre)
        if length == 0.0 or not members.any(1).all():
            # The mean or a row has no direction, so this group can never be skipped.
            cosines[group] = -1.0
            continue
        centres[group] = centre / length
        # A row may be slightly shorter than 1, but only its angle matters.
        cosines[group] = (members @ centres[group]).min() - _ROUNDING
    cosines = np.clip(cosines, -1.0, 1.0)
    sines = np.sqrt(1.0 - np.square(cosines))
    return Groups(
        np.ascontiguousarray(centres.reshape(tiles, BLOCK, components).transpose(0, 2, 1)),
        cosines.astype(np.float32).reshape(tiles, BLOCK),
        sines.astype(np.float32).reshape(tiles, BLOCK),
    )

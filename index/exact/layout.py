"""The arrays that the exact search reads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.exact.arguments import BLOCK, LARGEST_CODE, QUAD, ZERO_CODE
from index.exact.ordering import block_order

NODE = BLOCK * BLOCK
"""Rows of a node: 64 blocks."""

# After so many components a block is looked at: most cannot reach the best any more.
_STAGES = (8, 16)
_LARGEST_LENGTH = 255
_BLOCKS_AT_ONCE = 64
# What float32 rounding may add to the lengths and angles below.
_ROUNDING = 1e-6
UNIT_TOLERANCE = 1e-6
"""How far from 1 a row's length may be: what rounding to float32 leaves of it."""
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
        rows: (N,) int32, the catalogue's row of each place.
        codes: (B, W) uint8: of each block, stage by stage, four components after four, those of its 64 rows side by
            side, 128 for 0; and after each stage but the last a byte a row with the length of what is still to come.
        scales: (C,) float32, what a step of a code stands for.
        errors: (S,) float32, the most by which codes up to a stage err in length.
        tails: (S - 1,) float32, what a code of 1 stands for in the lines of lengths.
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
        """Size of all arrays."""
        own = (self.vectors, self.rows, self.codes, self.scales, self.errors, self.tails)
        return sum(array.nbytes for array in (*own, *vars(self.blocks).values(), *vars(self.nodes).values()))


def stages(components: int) -> list[int]:
    """After how many components a block is looked at; the last is all of them."""
    return [stage for stage in _STAGES if stage < components] + [components]


def code_bytes(components: int) -> int:
    """Bytes of a block's codes."""
    return BLOCK * (QUAD * -(-components // QUAD) + len(stages(components)) - 1)


def lay_out(vectors: NDArray[np.float32]) -> Layout:
    """Order, group and quantise a gallery.

    Needs the vectors once more, 8-bit codes of a quarter of that, and 12 bytes a row.

    Args:
        vectors: (N, C) float32, C-contiguous, at least one row; each of length 1, or zero and then similar to
            nothing (0). May be memory-mapped.

    Raises:
        ValueError: shape, type or a length is another.
    """
    if vectors.ndim != 2 or 0 in vectors.shape or vectors.dtype != np.float32:
        raise ValueError(f"vectors must be float32 (N, C), not {vectors.dtype} {vectors.shape}")
    row = row_of_no_unit(vectors)
    if row is not None:
        raise ValueError(f"each vector must be zero, or of length 1 up to {UNIT_TOLERANCE:g}; that of row {row} is not")
    rows = block_order(vectors)
    ordered = vectors[rows]
    codes, scales, errors, tails = _quantised(ordered)
    return Layout(ordered, rows, codes, scales, errors, tails, _groups(ordered, BLOCK), _groups(ordered, NODE))


def row_of_no_unit(vectors: NDArray[np.float32]) -> int | None:
    """The first row of (N, C) that is neither zero nor of length 1 within `UNIT_TOLERANCE`, or None."""
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        part = vectors[start : start + _ROWS_AT_ONCE].astype(np.float64)
        squares = np.vecdot(part, part)
        # Written so that NaN fails it. The square of a length near 1 is off by twice as much.
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
    # No length is above 1; rounded up, for one that is too long only costs time.
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
            # No direction, or a row that has none: such a group can never be left out.
            cosines[group] = -1.0
            continue
        centres[group] = centre / length
        # A row may be a little shorter than 1, its angle is what counts.
        cosines[group] = (members @ centres[group]).min() - _ROUNDING
    cosines = np.clip(cosines, -1.0, 1.0)
    sines = np.sqrt(1.0 - np.square(cosines))
    return Groups(
        np.ascontiguousarray(centres.reshape(tiles, BLOCK, components).transpose(0, 2, 1)),
        cosines.astype(np.float32).reshape(tiles, BLOCK),
        sines.astype(np.float32).reshape(tiles, BLOCK),
    )

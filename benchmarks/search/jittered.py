"""Additional items: jittered copies of real ones."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.search import truth
from benchmarks.search.source import Source, reduce_to_unit
from benchmarks.search.truth import unit_rows
from contracts.progress import Progress, unseen

_ROWS_AT_ONCE = 16_384
_MEASURED = 500
_HALVINGS = 12
_MOST = 2.0


def jitter_length(source: Source, rows: NDArray[np.int64], generator: np.random.Generator) -> float:
    """The length of the noise, relative to an embedding's length, that puts copies as near as real neighbours.

    With this noise the median cosine between an item and its copy after reduction equals the median cosine between an
    item and its nearest other item, both over 500 items.

    Args:
        source: of M items.
        rows: those to copy, at least 2.
        generator: for the sample and the noise.
    """
    sample = generator.choice(rows, min(_MEASURED, len(rows)), replace=False)
    vectors = source.vectors[sample]
    # The first neighbour is the item itself, or an identical one.
    similar = float(np.median(truth.nearest(source.vectors[rows], vectors, 2).similarities[:, 1]))
    full = unit_rows(source.full[sample]).astype(np.float32)
    noise = _noise(full.shape, generator)
    shortest, longest = 0.0, _MOST
    for _ in range(_HALVINGS):
        length = (shortest + longest) / 2
        moved = reduce_to_unit(source.reduction, full + np.float32(length) * noise)
        if float(np.median(np.vecdot(moved, vectors))) > similar:
            shortest = length
        else:
            longest = length
    return (shortest + longest) / 2


def fill_with_copies(
    source: Source,
    rows: NDArray[np.int64],
    length: float,
    vectors: NDArray[np.float32],
    full: NDArray[np.float32] | None,
    generator: np.random.Generator,
    progress: Progress = unseen,
) -> None:
    """Fill vectors with copies of items drawn at random, each moved by Gaussian noise before reduction.

    Args:
        source: of M items.
        rows: those to copy.
        length: of the noise, relative to an embedding's length.
        vectors: (N, C) float32, filled with the copies, reduced and of length 1.
        full: (N, 512) float32, filled with the copies before reduction, of length 1; or None.
        generator: for the choice and the noise.
        progress: called with the number of copies made.
    """
    originals = unit_rows(source.full[rows]).astype(np.float32)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        part = slice(start, min(start + _ROWS_AT_ONCE, len(vectors)))
        moved = originals[generator.integers(0, len(rows), part.stop - part.start)]
        moved += np.float32(length) * _noise(moved.shape, generator)
        vectors[part] = reduce_to_unit(source.reduction, moved)
        if full is not None:
            full[part] = unit_rows(moved)
        progress(part.stop, len(vectors))


def _noise(shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[np.float32]:
    """Gaussian noise whose rows have length 1 on average."""
    return generator.standard_normal(shape, np.float32) / np.float32(np.sqrt(shape[1]))

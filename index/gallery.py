"""Exact search by cosine over all items of a catalogue."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK_ROWS = 64
_BLOCKS_PER_HIT = 4
_RESCORED_AT_ONCE = 16_384
_UNIT_ROUNDOFF = 2.0**-24


@dataclass(frozen=True, slots=True)
class Hits:
    """Items found, most similar first; equal similarities in catalogue order.

    Attributes:
        rows: (K,) int64 rows of the catalogue.
        similarities: (K,) float32 cosines in [-1, 1], falling.
        total: how many items matched, of which these are one page.
    """

    rows: NDArray[np.int64]
    similarities: NDArray[np.float32]
    total: int


class Gallery:
    """The reduced embeddings of all items, as unit columns.

    Args:
        columns: (C, N) float32, C-contiguous; each column has length 1, or is zero and then
            similar to nothing (0). May be memory-mapped; is never written to.

    Raises:
        ValueError: shape, type or memory order is another.
    """

    def __init__(self, columns: NDArray[np.float32]) -> None:
        if columns.ndim != 2 or 0 in columns.shape or columns.dtype != np.float32:
            raise ValueError(f"columns must be float32 (C, N), not {columns.dtype} {columns.shape}")
        if not columns.flags.c_contiguous:
            raise ValueError("columns must be C-contiguous: np.ascontiguousarray makes them so")
        # A view without np.memmap's own (slow) slicing; several processes still share the pages.
        self._columns: NDArray[np.float32] = np.asarray(columns)

    def __len__(self) -> int:
        return int(self._columns.shape[1])

    @property
    def components(self) -> int:
        """Dimensions of a reduced embedding, C."""
        return int(self._columns.shape[0])

    def reduced(self, row: int) -> NDArray[np.float32]:
        """The unit vector of an item, (C,) float32; zeros for an item similar to nothing.

        Raises:
            IndexError: there is no such row.
        """
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of a gallery of {len(self)} items")
        return self._columns[:, row].copy()

    def search(
        self,
        query: NDArray[np.float32],
        *,
        limit: int,
        offset: int = 0,
        mask: NDArray[np.bool_] | None = None,
        min_similarity: float | None = None,
        exclude_row: int | None = None,
    ) -> Hits:
        """The items most similar to a query, exactly: nothing is approximated or sampled.

        One float32 product with the whole gallery finds the few rows that can be among the wanted
        ones; those are computed again in float64 and rounded once, so the answer depends neither
        on the BLAS nor on its threads, and equal pictures always have equal similarities.

        Args:
            query: (C,) reduced embedding of any length; zero is similar to nothing (0).
            limit: how many hits at most, 1 or more.
            offset: how many of the best to leave out.
            mask: (N,) bool, True where an item may be a hit; None allows all.
            min_similarity: leave out items below it, compared in float32.
            exclude_row: an item that must not be a hit.

        Raises:
            ValueError: the query is not C finite numbers, or another argument is out of range.
        """
        self.check(limit, offset, mask, min_similarity, exclude_row)
        return self.compare(query, mask=mask, exclude_row=exclude_row).best(limit, offset, min_similarity)

    def compare(
        self,
        query: NDArray[np.float32],
        *,
        mask: NDArray[np.bool_] | None = None,
        exclude_row: int | None = None,
    ) -> "Comparison":
        """A query held against all items that may be hits, for whoever has several questions.

        Args:
            query, mask, exclude_row: as for `search`.

        Raises:
            ValueError: the query is not C finite numbers, or another argument is out of range.
        """
        self.check(1, 0, mask, None, exclude_row)
        unit = self._unit(query)
        rough = unit @ self._columns
        np.clip(rough, -1.0, 1.0, out=rough)
        total = len(self)
        if mask is not None:
            np.copyto(rough, -np.inf, where=~mask)
            total = int(np.count_nonzero(mask))
        if exclude_row is not None and rough[exclude_row] != -np.inf:
            rough[exclude_row] = -np.inf
            total -= 1
        return Comparison(self._columns, unit, rough, total)

    def check(
        self,
        limit: int,
        offset: int,
        mask: NDArray[np.bool_] | None,
        min_similarity: float | None,
        exclude_row: int | None,
    ) -> None:
        """Refuse arguments that `search` would refuse.

        Raises:
            ValueError: one of them is out of range.
        """
        if limit < 1 or offset < 0:
            raise ValueError(f"limit must be 1 or more and offset 0 or more, got {limit} and {offset}")
        if mask is not None and (mask.shape != (len(self),) or mask.dtype != np.bool_):
            raise ValueError(f"mask must be bool ({len(self)},), not {mask.dtype} {mask.shape}")
        if min_similarity is not None and not np.isfinite(min_similarity):
            raise ValueError(f"min_similarity must be a finite number, got {min_similarity}")
        if exclude_row is not None and not 0 <= exclude_row < len(self):
            raise ValueError(f"exclude_row {exclude_row} of a gallery of {len(self)} items")

    def _unit(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        if query.shape != (self.components,):
            raise ValueError(f"query must have shape ({self.components},), not {query.shape}")
        # In float64 the squares of no finite float32 query under- or overflow.
        wide = query.astype(np.float64)
        length = float(np.sqrt(wide @ wide))
        if not np.isfinite(length):
            raise ValueError("query must be finite numbers; it holds NaN or infinity")
        unit: NDArray[np.float32] = (wide / (length or 1.0)).astype(np.float32)
        return unit


class Comparison:
    """One query against all items of a gallery; made by `Gallery.compare`.

    Args:
        columns: (C, N) float32 unit columns.
        unit: (C,) float32 query of length 1, or zero.
        rough: (N,) float32 products of the two, by a BLAS; -inf where an item may not be a hit.
        total: how many may be hits.

    Attributes:
        total: how many items may be hits.
    """

    def __init__(
        self, columns: NDArray[np.float32], unit: NDArray[np.float32], rough: NDArray[np.float32], total: int
    ) -> None:
        self.total = total
        self._columns = columns
        self._unit = unit
        self._rough = rough
        # A float32 dot product of two unit vectors of C dimensions errs by at most C roundoffs
        # (Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1); twice, for
        # two such products are compared, and a few more for the roundings around it.
        self._margin = 2.0 * (columns.shape[0] + 8) * _UNIT_ROUNDOFF

    def best(self, limit: int, offset: int = 0, min_similarity: float | None = None) -> Hits:
        """A page of the hits; arguments as for `Gallery.search`, which checks them."""
        floor = -1.0 if min_similarity is None else float(np.float32(min_similarity))
        total = self.total if min_similarity is None else self.count_at_least(floor)
        wanted = min(offset + limit, total)
        if offset >= total:
            return Hits(np.empty(0, np.int64), np.empty(0, np.float32), total)
        lowest = max(_kth_at_least(self._rough, wanted), -1.0, floor) - self._margin
        rows = np.flatnonzero(self._rough >= lowest)
        similarities = self._similarities(rows)
        # A stable sort keeps equal similarities in the order of their rows, which rise.
        order = np.argsort(-similarities, kind="stable")[offset:wanted]
        return Hits(rows[order], similarities[order], total)

    def count_at_least(self, similarity: float) -> int:
        """How many of the hits are at least so similar, compared in float32."""
        floor = float(np.float32(similarity))
        surely = int(np.count_nonzero(self._rough > floor + self._margin))
        perhaps = np.flatnonzero((self._rough >= floor - self._margin) & (self._rough <= floor + self._margin))
        return surely + int(np.count_nonzero(self._similarities(perhaps) >= np.float32(floor)))

    def _similarities(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines of some rows: summed in float64 in the order of the components, rounded once."""
        result = np.empty(rows.size, np.float32)
        weights = self._unit.astype(np.float64)[:, None]
        for start in range(0, rows.size, _RESCORED_AT_ONCE):
            part = slice(start, start + _RESCORED_AT_ONCE)
            products = np.take(self._columns, rows[part], axis=1) * weights
            # Accumulating has one order of addition; a sum's order depends on the array's shape.
            result[part] = np.add.accumulate(products, axis=0)[-1]
        return np.clip(result, -1.0, 1.0, out=result)


def _kth_at_least(values: NDArray[np.float32], k: int) -> float:
    """A number that at least k of the values reach, close below the k-th largest.

    The values are dealt into blocks; the k-th largest of the blocks' maxima is reached by at least
    k values. Far cheaper than a partition of all values, and never above the k-th largest.
    """
    height = max(1, min(_BLOCK_ROWS, values.size // (_BLOCKS_PER_HIT * k)))
    blocks = values.size // height
    # Row i belongs to block i modulo `blocks`: so the maxima are taken along whole vectors.
    maxima = values[: height * blocks].reshape(height, blocks).max(axis=0)
    return float(np.partition(maxima, blocks - k)[blocks - k])

"""Search in the reduced space, the best of it ordered anew by the full embeddings."""

import numpy as np
from numpy.typing import NDArray

from index.gallery import Gallery, Hits
from index.grouping import count_groups, first_of_groups
from index.selection import Selection

# A cosine that the best of any search reaches.
ALWAYS = -1.0
_STEPS = 2.0**40
# How many times more items than groups are looked at first, and how many times more each next time.
_GROUP_DEPTH = 4


class RankedSearch:
    """Search over a gallery whose best hits are ordered by the cosine of the full embeddings.

    Among the items that may be hits, the first `window` of the reduced search score the cosine of
    their full embeddings and are sorted by it, equal ones in catalogue order. All others follow in
    the order of the reduced search; they score their reduced cosine, but never more than the lowest
    score inside the window. So scores fall over the whole list, and no page depends on another.

    Where no item of the window reaches `rerank_from`, nothing is ordered anew: the full embeddings tell items of
    a kind apart, and have no say where the query resembles none of them so much.

    Args:
        gallery: the reduced embeddings, N items.
        full: (N, D) float16, C-contiguous: a row each, near length 1, or zero and then similar to
            nothing (0). May be memory-mapped; is never written to. None: no re-ranking.
        window: how many of the best are ordered anew; 0: no re-ranking.
        rerank_from: cosine of full embeddings, see above and `index.familiarity`.

    Raises:
        ValueError: shape, type, memory order or window is another.
    """

    def __init__(
        self, gallery: Gallery, full: NDArray[np.float16] | None, *, window: int, rerank_from: float = ALWAYS
    ) -> None:
        if window < 0:
            raise ValueError(f"window must be 0 or more, got {window}")
        if full is not None and (full.ndim != 2 or full.shape[0] != len(gallery) or full.dtype != np.float16):
            raise ValueError(f"full must be float16 ({len(gallery)}, D), not {full.dtype} {full.shape}")
        if full is not None and not full.flags.c_contiguous:
            raise ValueError("full must be C-contiguous: np.ascontiguousarray makes it so")
        self._gallery = gallery
        # A view without np.memmap's own (slow) indexing; several processes still share the pages.
        self._full = None if full is None or window == 0 else np.asarray(full)
        if self._full is not None:
            # Numba takes a second to import: whoever only looks at bundles never pays for it.
            from index.exact.half_cosines import half_cosines

            self._half_cosines = half_cosines
        self._window = window
        self._rerank_from = rerank_from

    def item_query(self, row: int) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """What `search` takes for an item: its reduced embedding, (C,), and its full one, (D,) or None.

        Raises:
            IndexError: there is no such row.
        """
        reduced = self._gallery.reduced(row)
        return reduced, None if self._full is None else self._full[row].astype(np.float32)

    def search(
        self,
        reduced_query: NDArray[np.float32],
        full_query: NDArray[np.float32] | None,
        *,
        limit: int,
        offset: int = 0,
        among: Selection | None = None,
        min_similarity: float | None = None,
        exclude_row: int | None = None,
    ) -> Hits:
        """The items most similar to a query; `total` and `min_similarity` go by the scores above.

        Without full embeddings, on either side, this is `Gallery.search`.

        Args:
            reduced_query: (C,) reduced embedding of any length; zero is similar to nothing (0).
            full_query: (D,) the same embedding before its reduction, of any length.
            limit, offset, among, min_similarity, exclude_row: as for `Gallery.search`.

        Raises:
            ValueError: a query has another shape or is not finite, or an argument is out of range.
        """
        self._gallery.check(limit, offset, among, min_similarity, exclude_row)
        found = self._first(reduced_query, full_query, offset + limit, among, exclude_row)
        rows, scores, total = found.rows, found.similarities, found.total
        if min_similarity is not None:
            kept = int(np.count_nonzero(scores >= np.float32(min_similarity)))
            if kept == rows.size < total:
                # Even the last of them reaches it, and there are more.
                total = self.matching(
                    reduced_query, full_query, among=among, min_similarity=min_similarity, exclude_row=exclude_row
                ).count
            else:
                total = kept
            rows, scores = rows[:kept], scores[:kept]
        page = slice(offset, offset + limit)
        return Hits(rows[page], scores[page], total)

    def matching(
        self,
        reduced_query: NDArray[np.float32],
        full_query: NDArray[np.float32] | None,
        *,
        among: Selection | None,
        min_similarity: float,
        exclude_row: int | None = None,
    ) -> Selection:
        """The items that `search` counts as its total; arguments as there.

        Raises:
            ValueError: a query has another shape or is not finite, or an argument is out of range.
        """
        self._gallery.check(1, 0, among, min_similarity, exclude_row)
        floor = np.float32(min_similarity)
        found = self._first(reduced_query, full_query, max(1, self._window), among, exclude_row)
        inside = np.sort(found.rows[found.similarities >= floor])
        if inside.size < found.rows.size:
            # The list falls, so nothing behind the window reaches it either.
            return Selection(len(self._gallery), rows=inside)
        # Behind the window the reduced cosines count; inside it all have passed, whatever theirs are.
        reached = self._gallery.at_least(reduced_query, min_similarity, among=among, exclude_row=exclude_row).as_mask()
        reached[inside] = True
        return Selection.where(reached)

    def search_groups(
        self,
        reduced_query: NDArray[np.float32],
        full_query: NDArray[np.float32] | None,
        groups: NDArray[np.int32],
        *,
        limit: int,
        offset: int = 0,
        among: Selection | None = None,
        min_similarity: float | None = None,
        exclude_row: int | None = None,
    ) -> Hits:
        """The best item of each group, in the order of `search`; `total` counts groups.

        Args:
            groups: (N,) int32, the same number for items of one group, -1 for items that are alone.
            reduced_query, full_query, limit, offset, among, min_similarity, exclude_row: as for `search`.

        Raises:
            ValueError: a query has another shape or is not finite, or an argument is out of range.
        """
        self._gallery.check(limit, offset, among, min_similarity, exclude_row)
        wanted = offset + limit
        k = _GROUP_DEPTH * wanted
        while True:
            found = self._first(reduced_query, full_query, k, among, exclude_row)
            rows, scores = found.rows, found.similarities
            if min_similarity is not None:
                rows, scores = rows[scores >= np.float32(min_similarity)], scores[scores >= np.float32(min_similarity)]
            first = first_of_groups(groups[rows])
            if first.size >= wanted or k >= found.total or rows.size < found.rows.size:
                break
            k *= _GROUP_DEPTH
        counted = among
        if min_similarity is not None:
            counted = self.matching(
                reduced_query, full_query, among=among, min_similarity=min_similarity, exclude_row=exclude_row
            )
        page = first[offset:wanted]
        return Hits(rows[page], scores[page], count_groups(groups, counted, exclude_row))

    def _first(
        self,
        reduced_query: NDArray[np.float32],
        full_query: NDArray[np.float32] | None,
        k: int,
        among: Selection | None,
        exclude_row: int | None,
    ) -> Hits:
        """At least the k first of the whole list, as far as it goes."""
        if self._full is None or full_query is None:
            return self._gallery.nearest(reduced_query, k, among=among, exclude_row=exclude_row)
        unit = _unit(full_query, self._full.shape[1])
        found = self._gallery.nearest(reduced_query, max(self._window, k), among=among, exclude_row=exclude_row)
        inside, behind = slice(0, self._window), slice(self._window, None)
        # In rising order memory is walked from front to back, and equal scores keep catalogue order.
        rows = np.sort(found.rows[inside])
        scores = self._cosines(self._full, rows, unit)
        if scores.max(initial=ALWAYS) < self._rerank_from:
            return found
        order = np.argsort(-scores, kind="stable")
        lowest = scores.min(initial=np.float32(1.0))
        return Hits(
            np.concatenate([rows[order], found.rows[behind]]),
            np.concatenate([scores[order], np.minimum(found.similarities[behind], lowest)]),
            found.total,
        )

    def _cosines(
        self, full: NDArray[np.float16], rows: NDArray[np.int64], unit: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Cosines of some rows with a unit vector, (rows,) float32: summed in float64, rounded once.

        Each row is a dot product of its own, so no row's cosine depends on which others are asked for.
        """
        cosines = np.empty(rows.size, np.float64)
        self._half_cosines(full.view(np.int16), rows, unit, cosines)
        # A sum's last digits depend on the processor; float32 hides them, except next to 0.
        return np.clip(np.rint(cosines * _STEPS) / _STEPS, -1.0, 1.0).astype(np.float32)


def _unit(query: NDArray[np.float32], dimensions: int) -> NDArray[np.float64]:
    if query.shape != (dimensions,):
        raise ValueError(f"full_query must have shape ({dimensions},), not {query.shape}")
    # In float64 the squares of no finite float32 query under- or overflow.
    wide = query.astype(np.float64)
    length = float(np.sqrt(wide @ wide))
    if not np.isfinite(length):
        raise ValueError("full_query must be finite numbers; it holds NaN or infinity")
    unit: NDArray[np.float64] = wide / (length or 1.0)
    return unit

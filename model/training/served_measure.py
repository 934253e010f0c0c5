"""How good a network is for searching: held-out queries in a gallery, searched as an index serves it.

`evaluation` knows how an index is searched, and this room does not, so the search is passed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from model.training.gain import Gain

_COMPARED_AT_ONCE = 256


class ServedMeasure(Protocol):
    """Searches as an index is served, and compares two networks."""

    def nearest(
        self,
        embeddings: NDArray[np.float32],
        queries: NDArray[np.int64],
        left_out: Sequence[NDArray[np.int64]],
        *,
        parts: tuple[int, ...],
    ) -> NDArray[np.int64]:
        """The item most similar to each query.

        Args:
            embeddings: (N, 512) float32, the gallery, which the queries are part of.
            queries: (Q,) int64 rows.
            left_out: for each query the rows that it must not find, rising.
            parts: widths of the embedding's parts, see `contracts.embedding_set.ModelIdentity`.

        Returns:
            (Q,) int64 rows; -1 where the embeddings are all equal or not finite, so that nothing can be found.
        """

    def first(
        self, gallery: NDArray[np.float32], queries: NDArray[np.float32], top: int, *, parts: tuple[int, ...]
    ) -> NDArray[np.int64]:
        """The items most similar to queries that are not among them.

        Args:
            gallery: (N, 512) float32.
            queries: (Q, 512) float32.
            top: most items for each query.
            parts: widths of the embedding's parts.

        Returns:
            (Q, top) int64 rows, the most similar first; -1 where there are no more, or nothing can be found.
        """

    def gain(self, before: NDArray[np.bool_], after: NDArray[np.bool_], groups: NDArray[np.int64]) -> Gain:
        """Compare which queries two networks answer right.

        Args:
            before, after: (Q,) bool, for the same queries; at least one.
            groups: (Q,) int64, the same number for queries that are not independent.
        """


@dataclass(frozen=True, slots=True)
class JudgedQueries:
    """The queries that can be judged: those with a value of every target and a right item in the gallery.

    An item is right if it has the query's value of every target and is no sibling of it. Finding a sibling says nothing
    about which products look alike.

    Attributes:
        labels: (N, targets) int64, the value of each item of the gallery, -1 where unknown.
        rows: (Q,) int64, the queries; may be empty.
        siblings: for each query the rows of its group, itself included, rising.
        groups: (Q,) int64, the group of each query.
    """

    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    siblings: Sequence[NDArray[np.int64]]
    groups: NDArray[np.int64]

    @classmethod
    def among(cls, labels: NDArray[np.int64], groups: NDArray[np.int64], queries: int) -> Self:
        """Choose those of the first `queries` items that can be judged.

        Args:
            labels: see above.
            groups: (N,) int64, the same number for pictures of the same item.
            queries: how many of the items are queries.
        """
        judged = np.zeros(queries, np.bool_)
        for start in range(0, queries, _COMPARED_AT_ONCE):
            part = slice(start, min(start + _COMPARED_AT_ONCE, queries))
            right = (labels[part, None] == labels).all(2) & (groups[part, None] != groups)
            judged[part] = right.any(1) & (labels[part] >= 0).all(1)
        rows = np.flatnonzero(judged)
        return cls(labels, rows, [np.flatnonzero(groups == group) for group in groups[rows].tolist()], groups[rows])

    def right(
        self, measure: ServedMeasure, embeddings: NDArray[np.float32], *, parts: tuple[int, ...]
    ) -> NDArray[np.bool_]:
        """Whether the item most similar to each query is right: (Q,) bool.

        Args:
            measure: searches.
            embeddings: (N, 512) float32, of all items.
            parts: widths of the embedding's parts.
        """
        if not len(self.rows):
            return np.zeros(0, np.bool_)
        found = measure.nearest(embeddings, self.rows, self.siblings, parts=parts)
        same: NDArray[np.bool_] = (self.labels[found] == self.labels[self.rows]).all(1)
        return same & (found >= 0)

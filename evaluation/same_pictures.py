"""Gallery items that show the same picture as a query: the same bytes, or the same picture saved again."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.evaluated_set import EvaluatedSet
from evaluation.exclusions import Exclusions
from index.reduction import unit_rows

# docs/evaluation.md, "The same picture twice", has the measurements behind the bound.
NEAR_COSINE = 0.999
# The most pictures that are taken for nearly the same as a query's, so that a network that maps many pictures to one
# point costs no more than others.
_MOST_NEAR = 50
_AXES = 16
_AXES_FROM = 4_096
_ROWS_AT_ONCE = 8_192
_DISTANCES_AT_ONCE = 1 << 24
# Of squared distances of unit rows in float32.
_ROUNDING = 1e-5


@dataclass(frozen=True, slots=True)
class SamePictures:
    """The other gallery items with the picture of a query.

    Attributes:
        rows: for each query their rows, int64, rising; never the query itself.
        nearly: (Q,) bool, whether one of them has other bytes, and an embedding that is nearly the query's.
    """

    rows: Exclusions
    nearly: NDArray[np.bool_]

    def joined(self, other: "SamePictures") -> "SamePictures":
        """What is the same, or nearly, by either of two networks."""
        rows = [np.union1d(ours, theirs) for ours, theirs in zip(self.rows, other.rows, strict=True)]
        return SamePictures(rows, self.nearly | other.nearly)


def same_pictures(gallery: EvaluatedSet, queries: EvaluatedSet) -> SamePictures:
    """For each query the other gallery items with the same digest, or a cosine of at least 0.999."""
    return GalleryPictures(gallery).same_as(queries)


class GalleryPictures:
    """The different pictures of a gallery, among which those of any queries are looked for.

    Args:
        gallery: its embeddings are copied.
    """

    def __init__(self, gallery: EvaluatedSet) -> None:
        self._rows_of: dict[bytes, list[int]] = defaultdict(list)
        for row, picture in enumerate(gallery.pictures):
            # Without digests, each item has a picture of its own.
            self._rows_of[b"%d" % row if picture is None else picture].append(row)
        self._different = list(self._rows_of.values())
        self._own_row = {item.id: row for row, item in enumerate(gallery.items)}
        self._units = _units(gallery.embeddings.embeddings, [rows[0] for rows in self._different])
        self._axes = _axes(self._units)
        # Along a few orthogonal axes two points are no farther apart than in all dimensions.
        self._projected = self._units @ self._axes

    def same_as(self, queries: EvaluatedSet) -> SamePictures:
        """For each query the other gallery items with the same digest, or a cosine of at least 0.999."""
        near = self._near(queries.embeddings.embeddings)
        found: list[NDArray[np.int64]] = []
        nearly = np.zeros(len(queries.items), np.bool_)
        for query, (item, picture) in enumerate(zip(queries.items, queries.pictures, strict=True)):
            same = set(self._rows_of.get(picture, ())) if picture is not None else set()
            alike = {row for place in near[query] for row in self._different[place]}
            itself = {self._own_row.get(item.id, -1)}
            nearly[query] = bool(alike - same - itself)
            found.append(np.array(sorted((same | alike) - itself), np.int64))
        return SamePictures(found, nearly)

    def _near(self, queries: NDArray[np.float32]) -> list[NDArray[np.int64]]:
        """For each query the different pictures whose cosine with it is at least 0.999, at most 50."""
        lengths = np.square(self._projected).sum(axis=1)
        reach = np.float32(2.0 * (1.0 - NEAR_COSINE) + _ROUNDING)
        found: list[NDArray[np.int64]] = []
        at_once = max(1, _DISTANCES_AT_ONCE // len(self._units))
        for start in range(0, len(queries), at_once):
            part = unit_rows(np.asarray(queries[start : start + at_once]))
            of_part = part @ self._axes
            distances = lengths - 2.0 * (of_part @ self._projected.T) + np.square(of_part).sum(axis=1)[:, None]
            near = np.count_nonzero(distances <= reach, axis=1)
            for row, (unit, count) in enumerate(zip(part, near.tolist(), strict=True)):
                places = _nearest(distances[row], count, reach)
                cosines = self._units[places].astype(np.float64) @ unit.astype(np.float64)
                found.append(places[cosines >= NEAR_COSINE])
        return found


def _nearest(distances: NDArray[np.float32], count: int, reach: np.float32) -> NDArray[np.int64]:
    """Positions of the `count` distances within reach; of more than 51, the 51 smallest."""
    if count > _MOST_NEAR + 1:
        return np.argpartition(distances, _MOST_NEAR)[: _MOST_NEAR + 1].astype(np.int64)
    return np.flatnonzero(distances <= reach).astype(np.int64) if count else np.empty(0, np.int64)


def _units(embeddings: NDArray[np.float32], kept: list[int]) -> NDArray[np.float32]:
    units = np.empty((len(kept), embeddings.shape[1]), np.float32)
    for start in range(0, len(kept), _ROWS_AT_ONCE):
        units[start : start + _ROWS_AT_ONCE] = unit_rows(embeddings[kept[start : start + _ROWS_AT_ONCE]])
    return units


def _axes(units: NDArray[np.float32]) -> NDArray[np.float32]:
    """Directions in which the rows differ most, orthonormal: (D, 16) float32."""
    some = units[:: max(1, len(units) // _AXES_FROM)]
    centred = some - some.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    axes: NDArray[np.float32] = vectors[:, -_AXES:].astype(np.float32)
    return axes

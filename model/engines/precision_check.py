"""Whether embeddings of a lower precision stand for those of float32.

The model version names neither engine nor precision, so an index may hold embeddings of one and be asked with those of
another. That is right only as long as they agree to within these limits.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST_MEDIAN: Final = 0.999
LEAST_COSINE: Final = 0.99
LEAST_OVERLAP: Final = 0.97
NEIGHBOURS: Final = 10


@dataclass(frozen=True, slots=True)
class PrecisionCheck:
    """How near embeddings are to those of float32.

    Attributes:
        pictures: how many were compared.
        cosine_median, cosine_minimum: of a picture's two embeddings.
        overlap: share of each picture's ten nearest others that are the same.
    """

    pictures: int
    cosine_median: float
    cosine_minimum: float
    overlap: float

    @property
    def passed(self) -> bool:
        """Whether the precision may be used."""
        return (
            self.cosine_median >= LEAST_MEDIAN and self.cosine_minimum >= LEAST_COSINE and self.overlap >= LEAST_OVERLAP
        )


def compare_precision(exact: NDArray[np.float32], fast: NDArray[np.float32]) -> PrecisionCheck:
    """Compare two embeddings of each picture.

    Args:
        exact: (N, 512) float32, N above 10, computed in float32.
        fast: (N, 512) float32 of the same pictures.
    """
    exact, fast = _unit(exact), _unit(fast)
    cosines = (exact * fast).sum(axis=1)
    shared = [
        len(np.intersect1d(one, other)) / NEIGHBOURS for one, other in zip(_nearest(exact), _nearest(fast), strict=True)
    ]
    return PrecisionCheck(len(exact), float(np.median(cosines)), float(cosines.min()), float(np.mean(shared)))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(rows, np.where(lengths > 0, lengths, 1), dtype=np.float32)
    return unit


def _nearest(unit: NDArray[np.float32]) -> NDArray[np.int64]:
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    nearest: NDArray[np.int64] = np.argpartition(-cosines, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return nearest

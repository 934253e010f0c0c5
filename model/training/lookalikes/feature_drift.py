"""How a backbone's features have moved in a training: a linear map from the old ones to the new ones."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

# Shares of the features' mean variance that the fit is held back by; the best is chosen.
_RIDGES = (0.01, 0.1, 1.0, 10.0)


@dataclass(frozen=True, slots=True, eq=False)
class FeatureDrift:
    """Old features plus a linear function of them.

    Attributes:
        mean: (D,) float64, of the old features.
        shift: (D,) float64, how far the mean has moved.
        directions: (n, D) float64, old features around their mean.
        moves: (n, D) float64; a feature moves by `directions` times it, times these.
    """

    mean: NDArray[np.float64]
    shift: NDArray[np.float64]
    directions: NDArray[np.float64]
    moves: NDArray[np.float64]

    @classmethod
    def between(cls, old: NDArray[np.float32], new: NDArray[np.float32]) -> Self:
        """Fit the map by ridge regression; how much it is held back is chosen by leaving each picture out once.

        Args:
            old, new: (n, D) float32, features of the same views before and after; n at least 1.
        """
        mean, change = old.mean(axis=0, dtype=np.float64), new.astype(np.float64) - old
        shift = change.mean(axis=0)
        directions, change = old - mean, change - shift
        values, vectors = np.linalg.eigh(directions @ directions.T)
        values = values.clip(0)
        rotated = vectors.T @ change
        best, moves = np.inf, np.zeros_like(change)
        for ridge in _RIDGES:
            inverse = 1 / (values + ridge * max(values.mean(), 1e-12))
            solved = vectors @ (inverse[:, None] * rotated)
            diagonal = np.square(vectors) @ inverse
            # What is missed for a picture that the fit has not seen, in closed form.
            missed = float(np.square(solved / diagonal[:, None]).mean())
            if missed < best:
                best, moves = missed, solved
        if best >= np.square(change).mean():
            # The features tell nothing about how they move, beyond the mean.
            moves = np.zeros_like(change)
        return cls(mean, shift, directions, moves)

    def applied(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Move old features: (N, D) float32 -> (N, D) float32."""
        moved = features + self.shift + (features - self.mean) @ self.directions.T @ self.moves
        return moved.astype(np.float32)

"""Reduction of embeddings from 512 dimensions: scaling and PCA folded into one matrix and one offset."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast, get_args

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.search_defaults import Scaling
from storage.array_archive import read_arrays

# All components in float32, and room for headers.
_LARGEST_FILE_BYTES = 4 * EMBEDDING_DIMENSIONS * (EMBEDDING_DIMENSIONS + 4) + 16 * 1024


@dataclass(frozen=True, slots=True)
class Reduction:
    """An affine map of embeddings into PCA space; build one with `index.fitting.fit_reduction`.

    Attributes:
        matrix: (512, C) float32.
        offset: (C,) float32.
        scaling: `minmax`: the scaling of each dimension to [-1, 1] is folded into matrix and offset;
            `l2`: embeddings are divided by their length first.
        explained_variance_ratio: (C,) float64, falling; its sum is the share of variance kept.
        whitened: whether each component is divided by its standard deviation, so that all have equal weight.

    Raises:
        ValueError: a shape, dtype or scaling is wrong, or a value is not finite.
    """

    matrix: NDArray[np.float32]
    offset: NDArray[np.float32]
    scaling: Scaling
    explained_variance_ratio: NDArray[np.float64]
    whitened: bool = False

    def __post_init__(self) -> None:
        components = self.offset.shape[0] if self.offset.ndim == 1 else 0
        if (
            components == 0
            or self.matrix.shape != (EMBEDDING_DIMENSIONS, components)
            or self.explained_variance_ratio.shape != (components,)
        ):
            raise ValueError(
                f"a reduction has a matrix of shape ({EMBEDDING_DIMENSIONS}, C) and an offset and variance ratios of "
                f"shape (C,); got {self.matrix.shape}, {self.offset.shape}, {self.explained_variance_ratio.shape}"
            )
        if self.matrix.dtype != np.float32 or self.offset.dtype != np.float32:
            raise ValueError(f"a reduction is float32; got {self.matrix.dtype} and {self.offset.dtype}")
        if self.explained_variance_ratio.dtype != np.float64:
            raise ValueError(f"variance ratios are float64; got {self.explained_variance_ratio.dtype}")
        if not all(np.isfinite(a).all() for a in (self.matrix, self.offset, self.explained_variance_ratio)):
            raise ValueError("a reduction must contain only finite numbers")
        if self.scaling not in get_args(Scaling):
            raise ValueError(f"scaling is one of {', '.join(get_args(Scaling))}; got {self.scaling!r}")

    @property
    def components(self) -> int:
        """Dimensions after reduction."""
        return int(self.offset.shape[0])

    def reduce(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        """Reduced embeddings, not normalised.

        Args:
            embeddings: (..., 512) float32.

        Returns:
            (..., C) float32; not finite for embeddings that are not finite.
        """
        if self.scaling == "l2":
            embeddings = unit_rows(embeddings)
        return embeddings @ self.matrix + self.offset

    def save(self, path: Path) -> None:
        """Write an uncompressed .npz file without pickled objects."""
        with path.open("wb") as stream:
            np.savez(
                stream,
                matrix=self.matrix,
                offset=self.offset,
                scaling=np.array(self.scaling),
                explained_variance_ratio=self.explained_variance_ratio,
                whitened=np.array(self.whitened),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that `save` wrote.

        Raises:
            ValueError: an array is missing or invalid.
            OSError: the file cannot be read.
        """
        arrays = read_arrays(path, most_bytes=_LARGEST_FILE_BYTES)
        try:
            whitened, scaling = arrays["whitened"], arrays["scaling"]
            if whitened.shape != () or whitened.dtype != np.bool_:
                raise ValueError(f"whitened must be true or false, not {whitened.dtype} {whitened.shape}")
            if scaling.shape != () or scaling.dtype.kind != "U":
                raise ValueError(f"scaling must be a text, not {scaling.dtype} {scaling.shape}")
            return cls(
                matrix=arrays["matrix"],
                offset=arrays["offset"],
                scaling=cast("Scaling", str(scaling)),
                explained_variance_ratio=arrays["explained_variance_ratio"],
                whitened=bool(whitened),
            )
        except KeyError as error:
            raise ValueError(f"a reduction's array is missing: {error}") from error


def unit_rows(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide each vector along the last axis by its length; a zero vector stays zero.

    Args:
        embeddings: (..., D) float32.

    Returns:
        (..., D) float32. Lengths are computed in float64, because squares of large float32 values overflow.
    """
    lengths = np.linalg.norm(embeddings.astype(np.float64), axis=-1, keepdims=True)
    lengths[lengths == 0.0] = 1.0
    units: NDArray[np.float32] = (embeddings / lengths).astype(np.float32)
    return units

"""The spaces in which embeddings can be compared."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from index.fitting import fit_reduction
from index.gallery import Gallery
from index.reduction import Scaling, unit_rows

Space = Literal["full", "reduced"]
SPACES: tuple[Space, ...] = get_args(Space)
REDUCED_COMPONENTS = 30
REDUCED_SCALING: Scaling = "minmax"


@dataclass(frozen=True, slots=True)
class Compared:
    """Gallery and queries in one space.

    Attributes:
        gallery: ready to search.
        queries: (Q, C) float32.
        explained_variance: share of variance that the reduction keeps; None in the full space.
    """

    gallery: Gallery
    queries: NDArray[np.float32]
    explained_variance: float | None


def compare(gallery: NDArray[np.float32], queries: NDArray[np.float32], space: Space) -> Compared:
    """Bring embeddings into a space; the reduction is fitted on the gallery alone, as an index is.

    Args:
        gallery: (N, 512) float32.
        queries: (Q, 512) float32.
        space: `full` compares the embeddings themselves.

    Raises:
        BundleError: the gallery's embeddings are all equal.
    """
    if space == "full":
        return Compared(Gallery(_columns(gallery)), np.asarray(queries), None)
    reduction = fit_reduction(gallery, scaling=REDUCED_SCALING, components=REDUCED_COMPONENTS, seed=0)
    return Compared(
        Gallery(_columns(reduction.reduce(gallery))),
        reduction.reduce(queries),
        float(reduction.explained_variance_ratio.sum()),
    )


def _columns(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(unit_rows(embeddings).T)

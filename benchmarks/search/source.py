"""The embeddings that a benchmark's items come from: a bundle, a folder, or synthetic ones."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.synthetic import draw_synthetic
from benchmarks.search.truth import unit_rows
from contracts.search_defaults import COMPONENTS, SCALING, WHITEN
from index.bundle import open_current
from index.fitting import fit_reduction
from index.reduction import Reduction
from storage.embeddings_folder import read_embeddings

_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class Source:
    """Embeddings before and after reduction.

    Attributes:
        name: a text for people.
        full: (M, 512) float16 or float32, of any length; may be memory-mapped.
        vectors: (M, C) float32, reduced and of length 1, or zero.
        reduction: that made `vectors` from `full`.
    """

    name: str
    full: NDArray[np.float16] | NDArray[np.float32]
    vectors: NDArray[np.float32]
    reduction: Reduction


def from_bundle(bundles: Path) -> Source:
    """The embeddings of the current bundle of a folder.

    Raises:
        BundleError: there is none, or it is damaged.
    """
    bundle = open_current(bundles)
    return Source(f"bundle {bundle.version}", bundle.full_embeddings, bundle.gallery.vectors(), bundle.reduction)


def from_embeddings(folder: Path) -> Source:
    """The embeddings of a folder, reduced with the default settings of `lookalike index build`.

    Raises:
        EmbeddingsError: the folder has none, or is damaged.
        BundleError: they cannot be reduced.
    """
    embeddings = read_embeddings(folder).embeddings
    return _reduced(f"embeddings {folder.name}", embeddings)


def synthetic(seed: int) -> Source:
    """Synthetic embeddings with some structure, for users without real ones."""
    return _reduced("synthetic embeddings", draw_synthetic(np.random.default_rng(seed)))


def reduce_to_unit(reduction: Reduction, embeddings: NDArray[np.float16] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Reduce embeddings to rows of length 1, in chunks: (M, C) float32; a zero row stays zero.

    Args:
        reduction: of C components.
        embeddings: (M, 512), of any length.
    """
    vectors = np.empty((len(embeddings), reduction.components), np.float32)
    for start in range(0, len(embeddings), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        vectors[part] = unit_rows(reduction.reduce(embeddings[part].astype(np.float32)))
    return vectors


def _reduced(name: str, embeddings: NDArray[np.float32]) -> Source:
    reduction = fit_reduction(embeddings, scaling=SCALING, components=COMPONENTS, seed=0, whiten=WHITEN)
    return Source(name, embeddings, reduce_to_unit(reduction, embeddings), reduction)

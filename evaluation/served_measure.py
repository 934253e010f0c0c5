"""The measure of a training: a search as an index serves it, with the reduction that such an index would have."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from contracts.embedding_set import ModelIdentity
from contracts.errors import BundleError
from contracts.search_defaults import COMPONENTS, RERANKED, SCALING, WHITEN
from evaluation.bootstrap import ClusterBootstrap
from evaluation.spaces import ReductionSettings, open_spaces
from model.training.gain import Gain

_AS_SERVED = ReductionSettings(SCALING, COMPONENTS, WHITEN, RERANKED)


class DefaultIndex:
    """Searches as an index with default settings is served; see `model.training.served_measure.ServedMeasure`."""

    def nearest(
        self,
        embeddings: NDArray[np.float32],
        queries: NDArray[np.int64],
        left_out: Sequence[NDArray[np.int64]],
        *,
        parts: tuple[int, ...],
    ) -> NDArray[np.int64]:
        """The item most similar to each query."""
        return _found(embeddings, embeddings[queries], left_out, 1, parts)[:, 0]

    def first(
        self, gallery: NDArray[np.float32], queries: NDArray[np.float32], top: int, *, parts: tuple[int, ...]
    ) -> NDArray[np.int64]:
        """The items most similar to queries that are not among them."""
        return _found(gallery, queries, [np.zeros(0, np.int64)] * len(queries), top, parts)

    def gain(self, before: NDArray[np.bool_], after: NDArray[np.bool_], groups: NDArray[np.int64]) -> Gain:
        """Compare two networks in pairs: each resample has the same queries for both."""
        _, numbers = np.unique(groups, return_inverse=True)
        bootstrap = ClusterBootstrap(numbers.astype(np.int64))
        difference = after.astype(np.float64) - before
        resampled = bootstrap.means(difference[:, None])[:, 0]
        estimate = bootstrap.estimate(float(difference.mean()), resampled)
        return Gain(float(before.mean()), float(after.mean()), estimate.low, estimate.high, len(groups))


def _found(
    gallery: NDArray[np.float32],
    queries: NDArray[np.float32],
    left_out: Sequence[NDArray[np.int64]],
    top: int,
    parts: tuple[int, ...],
) -> NDArray[np.int64]:
    model = ModelIdentity("in training", "", "", 0, parts)
    # For a gallery this small, more threads of linear algebra take several times as long, waiting for each other.
    with threadpool_limits(1, user_api="blas"):
        try:
            (served,) = open_spaces(gallery, queries, ["served"], _AS_SERVED, model)
        except BundleError:
            # A network in training may have collapsed, or have diverged.
            return np.full((len(queries), top), -1, np.int64)
        return served.search(np.arange(len(queries)), left_out, limit=top, progress=lambda _done: None).rows

"""The three search methods of the article: naive, K-Means and PCA.

They compare embeddings before our reduction, in float64 and with `scipy.spatial.distance.cdist`, as the article does.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler

from benchmarks.search.engine import Engine

_CLUSTERS = 50
_COMPONENTS = 30
_SEED = 0


class NaiveEngine(Engine):
    """Cosine distance to every embedding.

    Args:
        embeddings: (N, 512) float32.
    """

    def __init__(self, embeddings: NDArray[np.float32]) -> None:
        self._rows = embeddings.astype(np.float64)

    @property
    def nbytes(self) -> int:
        """The embeddings in float64."""
        return self._rows.nbytes

    def prepared(self, queries: NDArray[np.float32]) -> NDArray[np.float64]:
        """The queries in float64."""
        return queries.astype(np.float64)

    def nearest(self, query: NDArray[np.float64], k: int) -> NDArray[np.int64]:
        """See `Engine.nearest`."""
        return _best(query, self._rows, k)


class KMeansEngine(Engine):
    """Cosine distance to the embeddings in the query's cluster only; 50 clusters, or as many as there are items.

    Finds fewer than k items in a smaller cluster; the article's own code fails there.

    Args:
        embeddings: (N, 512) float32.
    """

    def __init__(self, embeddings: NDArray[np.float32]) -> None:
        self._rows = embeddings.astype(np.float64)
        self._clusters = KMeans(min(_CLUSTERS, len(embeddings)), n_init=1, random_state=_SEED).fit(self._rows)

    @property
    def nbytes(self) -> int:
        """The embeddings in float64, their clusters and the centres."""
        centres: NDArray[np.float64] = self._clusters.cluster_centers_
        labels: NDArray[np.int32] = self._clusters.labels_
        return self._rows.nbytes + labels.nbytes + centres.nbytes

    def prepared(self, queries: NDArray[np.float32]) -> NDArray[np.float64]:
        """The queries in float64."""
        return queries.astype(np.float64)

    def nearest(self, query: NDArray[np.float64], k: int) -> NDArray[np.int64]:
        """See `Engine.nearest`."""
        members = np.flatnonzero(self._clusters.labels_ == self._clusters.predict(query[None])[0])
        return members[_best(query, self._rows[members], k)]


class PcaEngine(Engine):
    """Each dimension scaled to [-1, 1], PCA to 30, then cosine distance to every row.

    Args:
        embeddings: (N, 512) float32.
    """

    def __init__(self, embeddings: NDArray[np.float32]) -> None:
        self._scaler = MinMaxScaler(feature_range=(-1, 1))
        self._pca = PCA(min(_COMPONENTS, *embeddings.shape), random_state=_SEED)
        self._rows: NDArray[np.float64] = self._pca.fit_transform(
            self._scaler.fit_transform(embeddings.astype(np.float64))
        )

    @property
    def nbytes(self) -> int:
        """The reduced embeddings in float64."""
        return self._rows.nbytes

    @property
    def own_rows(self) -> NDArray[np.float64]:
        """The reduced embeddings: (N, 30) float64, of any length."""
        return self._rows

    def prepared(self, queries: NDArray[np.float32]) -> NDArray[np.float64]:
        """The queries, scaled and reduced like the rows."""
        reduced: NDArray[np.float64] = self._pca.transform(self._scaler.transform(queries.astype(np.float64)))
        return reduced

    def nearest(self, query: NDArray[np.float64], k: int) -> NDArray[np.int64]:
        """See `Engine.nearest`."""
        return _best(query, self._rows, k)


def _best(query: NDArray[np.float64], rows: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    distances: NDArray[Any] = cdist(query[None], rows, "cosine")[0]
    count = min(k, len(rows))
    best = np.argpartition(distances, count - 1)[:count]
    return best[np.argsort(distances[best])]

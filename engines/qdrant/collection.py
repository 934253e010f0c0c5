"""A collection of Qdrant: the questions that are asked of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from engines.qdrant.conditions import Where
from engines.qdrant.faults import as_project_errors

REDUCED: Final = "reduced"
FULL: Final = "full"
_IDS_AT_ONCE: Final = 10_000
_POINTS_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Similar:
    """Points that were found, in any order.

    Attributes:
        numbers: (K,) int64.
        scores: (K,) float64, as the engine computes them in float32.
        vectors: (K, C) float32; (0, 0) unless they were asked for.
    """

    numbers: NDArray[np.int64]
    scores: NDArray[np.float64]
    vectors: NDArray[np.float32]


class Collection:
    """See the module; each method raises what `engines.qdrant.faults.as_project_errors` does.

    Args:
        client: of the server.
        name: of the collection.
        shown: the server's address, for messages.
        shards: number of shards into which the server splits it.
    """

    def __init__(self, client: QdrantClient, name: str, shown: str, *, shards: int) -> None:
        self._client = client
        self._name = name
        self._shown = shown
        self._shards = shards

    def count(self, where: Where) -> int:
        """Number of points that pass."""
        with as_project_errors(self._shown):
            return self._client.count(self._name, count_filter=where.to_filter(), exact=True).count

    def numbers(self, where: Where, most: int | None = None) -> NDArray[np.int64]:
        """The numbers of the points that pass, rising; the first ones only, if there is a limit."""
        return np.array([int(record.id) for record in self._scrolled(where, most, with_payload=False)], np.int64)

    def payloads(self, where: Where, keys: Sequence[str], most: int | None = None) -> list[tuple[int, dict[str, Any]]]:
        """The points that pass, with some keys of their payloads, by rising number; see `numbers`."""
        records = self._scrolled(where, most, with_payload=list(keys))
        return [(int(record.id), record.payload or {}) for record in records]

    def payloads_of(self, numbers: NDArray[np.int64], keys: Sequence[str]) -> dict[int, dict[str, Any]]:
        """Some keys of the payloads of some points."""
        return {
            int(record.id): record.payload or {}
            for record in self._records(numbers, with_payload=list(keys), with_vectors=False)
        }

    def vectors_of(self, numbers: NDArray[np.int64], name: str) -> dict[int, list[float]]:
        """The vectors of some points."""
        return {
            int(record.id): _named(record.vector, name)
            for record in self._records(numbers, with_payload=False, with_vectors=[name])
        }

    def facet(self, key: str, where: Where, *, most: int | None, distinct: int) -> list[tuple[str, int]]:
        """The values of a key among the points that pass, and the numbers of points with each, by (-count, value).

        Args:
            key: that is indexed.
            where: conditions.
            most: maximum number of values; None: all.
            distinct: number of values that the key has at most.
        """
        # What shards count is cut before it is added up, so the most frequent of each shard are not those of all.
        limit = distinct if most is None or self._shards > 1 else min(most, distinct)
        if limit < 1:
            return []
        with as_project_errors(self._shown):
            hits = self._client.facet(self._name, key=key, facet_filter=where.to_filter(), limit=limit, exact=True).hits
        counted = sorted(((str(hit.value), hit.count) for hit in hits if hit.count), key=lambda hit: (-hit[1], hit[0]))
        return counted[:most]

    def similar(
        self,
        unit: NDArray[np.float32],
        where: Where,
        *,
        limit: int,
        floor: float | None = None,
        with_vectors: bool,
        exact: bool,
    ) -> Similar:
        """The points that are most similar by reduced embeddings, by the engine's arithmetic.

        Args:
            unit: (C,) float32.
            where: conditions.
            limit: maximum number of points, 1 or more.
            floor: lowest similarity by the engine's arithmetic; None: any.
            with_vectors: whether to fetch their vectors.
            exact: whether every point is looked at; else the approximate index is asked.
        """
        with as_project_errors(self._shown):
            points = self._client.query_points(
                self._name,
                query=unit.tolist(),
                using=REDUCED,
                query_filter=where.to_filter(),
                search_params=_EXACTLY if exact else _APPROXIMATELY,
                limit=limit,
                score_threshold=floor,
                with_payload=False,
                with_vectors=[REDUCED] if with_vectors else False,
            ).points
        vectors = [_named(point.vector, REDUCED) for point in points] if with_vectors else []
        return Similar(
            np.array([point.id for point in points], np.int64),
            np.array([point.score for point in points], np.float64),
            np.array(vectors, np.float32).reshape(len(vectors), unit.size if with_vectors else 0),
        )

    def _scrolled(self, where: Where, most: int | None, *, with_payload: list[str] | bool) -> Iterator[models.Record]:
        asked, left, begin = where.to_filter(), most, None
        while left is None or left > 0:
            limit = _IDS_AT_ONCE if left is None else min(_IDS_AT_ONCE, left)
            with as_project_errors(self._shown):
                records, begin = self._client.scroll(
                    self._name, scroll_filter=asked, limit=limit, offset=begin, with_payload=with_payload
                )
            yield from records
            if begin is None:
                return
            left = None if left is None else left - len(records)

    def _records(
        self, numbers: NDArray[np.int64], *, with_payload: list[str] | bool, with_vectors: list[str] | bool
    ) -> Iterator[models.Record]:
        asked = np.unique(numbers).tolist()
        for begin in range(0, len(asked), _POINTS_AT_ONCE):
            with as_project_errors(self._shown):
                records = self._client.retrieve(
                    self._name,
                    asked[begin : begin + _POINTS_AT_ONCE],
                    with_payload=with_payload,
                    with_vectors=with_vectors,
                )
            yield from records


_EXACTLY: Final = models.SearchParams(exact=True, quantization=models.QuantizationSearchParams(ignore=True))
# What one byte a component may misplace, the full numbers put right among twice as many.
_APPROXIMATELY: Final = models.SearchParams(
    hnsw_ef=256, quantization=models.QuantizationSearchParams(rescore=True, oversampling=2.0)
)


def _named(vector: Any, name: str) -> list[float]:
    numbers: list[float] = vector[name]
    return numbers

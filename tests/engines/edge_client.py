"""Qdrant's own engine, in this process, behind the methods of Qdrant's client that Lookalike calls.

The client's local mode imitates the server. This is the code that a server runs for each shard; what it lacks is the
network and the cluster.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import qdrant_edge as edge
from qdrant_client import models


class EdgeClient:
    """Collections in a folder; each method is that of `qdrant_client.QdrantClient`.

    Args:
        folder: that exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: dict[str, edge.EdgeShard] = {}
        self._metadata: dict[str, dict[str, Any]] = {}
        self._aliases: dict[str, str] = {}
        self._made_as: dict[str, tuple[str, dict[str, edge.EdgeVectorParams]]] = {}

    def get_collections(self) -> Any:
        return SimpleNamespace(collections=[SimpleNamespace(name=name) for name in self._shards])

    def collection_exists(self, name: str) -> bool:
        return name in self._shards

    def get_collection(self, name: str) -> Any:
        config = SimpleNamespace(metadata=deepcopy(self._metadata[name]), params=SimpleNamespace(shard_number=1))
        return SimpleNamespace(config=config, status=models.CollectionStatus.GREEN)

    def create_collection(
        self,
        name: str,
        *,
        vectors_config: Mapping[str, models.VectorParams],
        on_disk_payload: bool,
        optimizers_config: models.OptimizersConfigDiff,
        metadata: dict[str, Any],
    ) -> None:
        folder = self._folder / str(len(self._made_as))
        folder.mkdir()
        params = {key: _vector_params(params) for key, params in vectors_config.items()}
        self._made_as[name] = str(folder), params
        assert on_disk_payload
        self._shards[name] = edge.EdgeShard.create(str(folder), _config(params, optimizers_config))
        self._metadata[name] = deepcopy(metadata)

    def update_collection(
        self,
        name: str,
        *,
        metadata: dict[str, Any] | None = None,
        optimizers_config: models.OptimizersConfigDiff | None = None,
    ) -> None:
        self._metadata[name] |= deepcopy(metadata or {})
        if optimizers_config is not None:
            self._shards[name].close()
            folder, params = self._made_as[name]
            self._shards[name] = edge.EdgeShard.load(folder, _config(params, optimizers_config))
            self._shards[name].optimize()

    def indexed_vectors(self, name: str) -> int:
        """How many vectors are in an approximate index, or in a segment that needs none."""
        return self._shards[name].info().indexed_vectors_count

    def delete_collection(self, name: str) -> None:
        shard = self._shards.pop(name, None)
        if shard is not None:
            shard.close()

    def get_aliases(self) -> Any:
        aliases = [SimpleNamespace(alias_name=alias, collection_name=name) for alias, name in self._aliases.items()]
        return SimpleNamespace(aliases=aliases)

    def update_collection_aliases(self, *, change_aliases_operations: Sequence[Any]) -> None:
        for step in change_aliases_operations:
            if isinstance(step, models.DeleteAliasOperation):
                del self._aliases[step.delete_alias.alias_name]
            else:
                self._aliases[step.create_alias.alias_name] = step.create_alias.collection_name

    def create_payload_index(self, name: str, key: str, *, field_schema: Any, wait: bool) -> None:
        assert wait
        schema = {
            models.PayloadSchemaType.KEYWORD: edge.PayloadSchemaType.Keyword,
            models.PayloadSchemaType.FLOAT: edge.PayloadSchemaType.Float,
        }[field_schema]
        self._shards[name].update(edge.UpdateOperation.create_field_index(key, schema))

    def upsert(self, name: str, points: models.Batch, *, wait: bool) -> None:
        assert wait
        assert isinstance(points.vectors, dict)
        payloads = points.payloads or []
        each = zip(points.ids, *points.vectors.values(), payloads, strict=True)
        made = [
            edge.Point(number, dict(zip(points.vectors, vectors, strict=True)), payload)
            for number, *vectors, payload in each
        ]
        self._shards[name].update(edge.UpdateOperation.upsert_points(made))

    def count(self, name: str, count_filter: models.Filter | None = None, *, exact: bool) -> Any:
        return SimpleNamespace(count=self._shards[name].count(edge.CountRequest(exact, _filter(count_filter))))

    def scroll(
        self, name: str, *, scroll_filter: models.Filter | None, limit: int, offset: Any, with_payload: Any
    ) -> tuple[Sequence[Any], Any]:
        return self._shards[name].scroll(
            edge.ScrollRequest(offset=offset, limit=limit, filter=_filter(scroll_filter), with_payload=with_payload)
        )

    def retrieve(self, name: str, ids: Sequence[int], *, with_payload: Any, with_vectors: Any) -> Sequence[Any]:
        return self._shards[name].retrieve(list(ids), with_payload=with_payload, with_vector=with_vectors)

    def facet(self, name: str, *, key: str, facet_filter: models.Filter | None, limit: int, exact: bool) -> Any:
        return self._shards[name].facet(edge.FacetRequest(key, limit, exact, _filter(facet_filter)))

    def query_points(
        self,
        name: str,
        *,
        query: list[float],
        using: str,
        query_filter: models.Filter | None,
        search_params: models.SearchParams,
        limit: int,
        score_threshold: float | None,
        with_payload: bool,
        with_vectors: Any,
    ) -> Any:
        quantization = search_params.quantization
        assert quantization is not None
        params = edge.SearchParams(
            hnsw_ef=search_params.hnsw_ef,
            exact=bool(search_params.exact),
            quantization=edge.QuantizationSearchParams(
                bool(quantization.ignore), quantization.rescore, quantization.oversampling
            ),
        )
        asked = edge.QueryRequest(
            limit,
            query=edge.Query.Nearest(query, using=using),
            filter=_filter(query_filter),
            params=params,
            score_threshold=score_threshold,
            with_payload=with_payload,
            with_vector=with_vectors,
        )
        return SimpleNamespace(points=self._shards[name].query(asked))

    def close(self) -> None:
        for name in list(self._shards):
            self.delete_collection(name)


def _config(vectors: dict[str, edge.EdgeVectorParams], optimizers: models.OptimizersConfigDiff) -> edge.EdgeConfig:
    return edge.EdgeConfig(
        vectors=dict(vectors),
        on_disk_payload=True,
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=optimizers.indexing_threshold),
        wal_enabled=False,
    )


def _vector_params(params: models.VectorParams) -> edge.EdgeVectorParams:
    assert params.distance == models.Distance.DOT
    hnsw, quantization = params.hnsw_config, params.quantization_config
    assert quantization is None or isinstance(quantization, models.ScalarQuantization)
    return edge.EdgeVectorParams(
        params.size,
        edge.Distance.Dot,
        on_disk=params.on_disk,
        datatype=edge.VectorStorageDatatype.Float16 if params.datatype == models.Datatype.FLOAT16 else None,
        quantization_config=None
        if quantization is None
        else edge.ScalarQuantizationConfig(
            edge.ScalarType.Int8, quantile=quantization.scalar.quantile, always_ram=quantization.scalar.always_ram
        ),
        hnsw_config=None if hnsw is None else edge.HnswIndexConfig(hnsw.m or 0, 100, 10_000, payload_m=hnsw.payload_m),
    )


def _filter(given: models.Filter | None) -> edge.Filter | None:
    if given is None:
        return None
    # As it is sent to a server.
    sent = models.Filter.model_validate_json(given.model_dump_json(exclude_none=True, by_alias=True))
    return _as_edge(sent)


def _as_edge(given: models.Filter) -> edge.Filter:
    assert given.min_should is None
    return edge.Filter(
        must=_conditions(given.must), should=_conditions(given.should), must_not=_conditions(given.must_not)
    )


def _conditions(given: Any) -> list[Any] | None:
    return None if given is None else [_condition(one) for one in given]


def _condition(given: Any) -> Any:
    match given:
        case models.Filter():
            return _as_edge(given)
        case models.HasIdCondition(has_id=ids):
            return edge.HasIdCondition(set(ids))
        case models.IsEmptyCondition(is_empty=field):
            return edge.IsEmptyCondition(field.key)
        case models.FieldCondition(key=key, match=models.MatchAny(any=texts)):
            return edge.FieldCondition(key, match=edge.MatchAny(list(texts)))
        case models.FieldCondition(key=key, range=models.Range(gte=low, lte=high)):
            return edge.FieldCondition(key, range=edge.RangeFloat(gte=low, lte=high))
        case _:
            raise AssertionError(f"not translated: {given!r}")

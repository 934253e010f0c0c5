"""Versions in Qdrant: loaded, interrupted, switched and removed."""

from collections.abc import Iterator

import numpy as np
import pytest

from contracts.errors import EngineError, SearchUnavailableError
from engines.engine import Shard
from engines.qdrant import loading
from engines.qdrant.conditions import Where
from engines.qdrant.engine import QdrantEngine
from index.bundle import Bundle
from tests.engines.contract.contents import Content, draw_content
from tests.engines.edge_client import EdgeClient
from tests.engines.qdrant_engines import edge_engine


@pytest.fixture(scope="module")
def content() -> Content:
    return draw_content()


@pytest.fixture(scope="module")
def bundle(content: Content) -> Bundle:
    return content.some(np.arange(0, 330, 3)).bundle()


@pytest.fixture
def engine() -> Iterator[QdrantEngine]:
    with edge_engine() as engine:
        yield engine


def test_a_version(engine: QdrantEngine, bundle: Bundle) -> None:
    seen: list[tuple[int, int]] = []
    engine.load(bundle, progress=lambda done, total, *_: seen.append((done, total)))
    assert seen == [(110, 110)]
    held = engine.versions()[0]
    assert (held.version, held.items, held.loaded, held.complete) == (bundle.version, 110, 110, True)
    assert (held.approximate, held.recall) == (False, None)
    engine.note_recall(bundle.version, 0.75)
    assert engine.versions()[0].recall == 0.75
    # It is there already, and what was measured stays.
    engine.load(bundle, progress=lambda done, total, *_: seen.append((done, total)))
    assert seen[1:] == [(110, 110)]
    assert engine.versions()[0].recall == 0.75
    engine.remove(bundle.version)
    engine.remove(bundle.version)
    assert engine.versions() == []
    with pytest.raises(EngineError, match="does not hold the version"):
        engine.open(bundle.version)


def test_an_interrupted_load_goes_on(
    engine: QdrantEngine, bundle: Bundle, monkeypatch: pytest.MonkeyPatch, content: Content
) -> None:
    monkeypatch.setattr(loading, "_AT_ONCE", 20)
    upsert, calls = EdgeClient.upsert, []

    def interrupted(self: EdgeClient, name: str, points: object, *, wait: bool) -> None:
        calls.append(points)
        if len(calls) == 4:
            raise SearchUnavailableError("gone")
        upsert(self, name, points, wait=wait)  # type: ignore[arg-type] - as it was given

    monkeypatch.setattr(EdgeClient, "upsert", interrupted)
    with pytest.raises(SearchUnavailableError):
        engine.load(bundle)
    held = engine.versions()[0]
    assert (held.items, held.loaded, held.complete) == (110, 60, False)
    with pytest.raises(EngineError, match="does not hold all of the version"):
        engine.open(bundle.version)
    for other in ({"approximate": True}, {"shard": Shard(0, 2)}):
        with pytest.raises(EngineError, match="remove it there"):
            engine.load(bundle, **other)  # type: ignore[arg-type] - one of the two
    seen: list[int] = []
    engine.load(bundle, progress=lambda done, *_: seen.append(done))
    # The last request may have been carried out in part, so it is made again.
    assert seen == [60, 80, 100, 110]
    part = engine.open(bundle.version)
    assert part.candidates((), ()).numbers().tolist() == content.numbers[::3].tolist()
    assert (
        len(part) == part.collection.count(__import__("engines.qdrant.conditions", fromlist=["Where"]).Where()) == 110
    )


def test_points_that_others_took_away(engine: QdrantEngine, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EdgeClient, "upsert", lambda *_, **__: None)
    with pytest.raises(EngineError, match="has 0 items, not 110; remove this version there"):
        engine.load(bundle)
    assert not engine.versions()[0].complete


def test_numbers_that_are_evenly_spaced_are_not_asked_for(
    engine: QdrantEngine, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    even = Content(content.items[:50], content.embeddings[:50], np.arange(50) * 2 + 7, content.kinds).bundle()
    engine.load(even)
    monkeypatch.setattr(EdgeClient, "scroll", None)
    part = engine.open(even.version)
    assert part.numbers_at(np.array([0, 49])).tolist() == [7, 105]


def test_a_shard_holds_its_own_items(engine: QdrantEngine, bundle: Bundle, content: Content) -> None:
    engine.load(bundle, shard=Shard(1, 3))
    assert engine.versions()[0].shard == Shard(1, 3)
    numbers = content.numbers[::3]
    assert engine.open(bundle.version).candidates((), ()).numbers().tolist() == numbers[numbers % 3 == 1].tolist()


def test_a_shard_without_items(engine: QdrantEngine, content: Content) -> None:
    few = content.some(np.arange(2)).bundle()
    engine.load(few, shard=Shard(1, 5))
    part = engine.open(few.version)
    assert len(part) == 0
    assert part.candidates((), ()).nearest(content.reduced[0], 3).numbers.tolist() == []
    part.warm_up()


def test_the_alias_is_switched(engine: QdrantEngine, content: Content) -> None:
    first, second = (content.some(np.arange(5)).bundle() for _ in range(2))
    client: EdgeClient = engine._asking  # type: ignore[assignment] - this one is
    for bundle in (first, second):
        engine.load(bundle)
        engine.make_current(bundle.version)
        engine.make_current(bundle.version)
        assert [(alias.alias_name, alias.collection_name) for alias in client.get_aliases().aliases] == [
            ("lookalike", f"lookalike-{bundle.version}")
        ]
    assert [held.version for held in engine.versions()] == [first.version, second.version]


def test_collections_of_others(engine: QdrantEngine, bundle: Bundle) -> None:
    engine.load(bundle)
    client: EdgeClient = engine._asking  # type: ignore[assignment] - this one is
    name = f"lookalike-{bundle.version}"
    metadata = client._metadata[name]
    client._metadata[name] = {}
    assert engine.versions() == []
    with pytest.raises(EngineError, match="that Lookalike did not make"):
        engine.load(bundle)
    with pytest.raises(EngineError, match="does not hold the version"):
        engine.open(bundle.version)
    for noted in ({**metadata["lookalike"], "layout": 2}, {"layout": 1}, {**metadata["lookalike"], "columns": [{}]}, 5):
        client._metadata[name] = {"lookalike": noted}
        with pytest.raises(EngineError, match="made by another release"):
            engine.open(bundle.version)


def test_an_approximate_index(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it finds has exact similarities; few candidates are all looked at."""
    monkeypatch.setattr("engines.qdrant.candidates.FEW", 60)
    monkeypatch.setattr(loading, "_INDEXED_FROM_KB", 1)
    with edge_engine() as engine:
        bundle = content.bundle()
        engine.load(bundle, approximate=True)
        assert engine.versions()[0].approximate
        client: EdgeClient = engine._asking  # type: ignore[assignment] - this one is
        assert client.indexed_vectors(f"lookalike-{bundle.version}") > 0
        part = engine.open(bundle.version)
        exact: list[bool] = []
        query_points = EdgeClient.query_points

        def noting(self: EdgeClient, name: str, **asked: object) -> object:
            exact.append(bool(asked["search_params"].exact))  # type: ignore[attr-defined] - of a search
            return query_points(self, name, **asked)  # type: ignore[arg-type] - as it was given

        monkeypatch.setattr(EdgeClient, "query_points", noting)
        everything = part.candidates((), ())
        found = everything.nearest(content.reduced[20], 10)
        assert exact == [False]
        truth = np.sort(content.reduced.astype(np.float64) @ content.reduced[20].astype(np.float64))[::-1][:10]
        assert np.allclose(found.similarities, truth, rtol=0, atol=1e-6)
        everything.only(found.numbers).nearest(content.reduced[20], 5)
        assert exact[1:] == [True]
        everything.at_least(content.reduced[20], 0.9, np.empty(0, np.int64))
        assert exact[2:] == [True]


@pytest.mark.parametrize(("shards", "limit"), [(1, 2), (3, 9)])
def test_facets_of_several_shards_are_cut_here(
    engine: QdrantEngine, bundle: Bundle, monkeypatch: pytest.MonkeyPatch, shards: int, limit: int
) -> None:
    """The most frequent values of each shard are not those of all."""
    engine.load(bundle)
    limits: list[object] = []
    facet = EdgeClient.facet

    def noting(self: EdgeClient, name: str, **asked: object) -> object:
        limits.append(asked["limit"])
        return facet(self, name, **asked)  # type: ignore[arg-type] - as it was given

    monkeypatch.setattr(EdgeClient, "facet", noting)
    found = engine._collection(f"lookalike-{bundle.version}", shards).facet("v5", Where(), most=2, distinct=9)
    assert len(found) == 2
    assert limits == [limit]

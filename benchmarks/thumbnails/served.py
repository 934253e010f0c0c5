"""Thumbnails as a browser gets them: over HTTP, from an API process with a catalogue of a few large pictures."""

import http.client
import os
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.served import HOST, SERVE, free_port, process, wait_for
from contracts.embedding_set import EmbeddingSet, ModelIdentity
from contracts.items import Item
from index.building import build_bundle
from pictures.thumbnail import ThumbnailFormat

# As many connections as a browser opens to one host.
_CONNECTIONS: Final = 6
_ROUNDS: Final = 30
_MODEL: Final = ModelIdentity(version="thumbnails-000000000001", network="none", source="none", input_size=224)


@dataclass(frozen=True, slots=True)
class Served:
    """Times and sizes of all pictures with one width and format.

    Attributes:
        cold_p50_ms: one after the other, none of them kept.
        page_cold_ms, page_warm_ms: all of them, over six connections.
        warm_p50_ms, warm_p99_ms: one after the other, all of them kept.
        known_p50_ms: the client has it already (304).
        page_bytes: of all together.
    """

    cold_p50_ms: float
    page_cold_ms: float
    page_warm_ms: float
    warm_p50_ms: float
    warm_p99_ms: float
    known_p50_ms: float
    page_bytes: int


def served(pictures: Sequence[bytes], width: int | None, made_as: ThumbnailFormat, folder: Path) -> Served:
    """Serve pictures and ask for their thumbnails; without a width, for the pictures themselves.

    Args:
        folder: an empty one for catalogue, bundle and thumbnails.
    """
    catalogue, bundles = folder / "catalogue", folder / "bundles"
    catalogue.mkdir(parents=True)
    items = []
    # Two of each: one half is asked for one by one, the other at once.
    for number, data in enumerate([*pictures, *pictures]):
        (catalogue / f"{number}.jpg").write_bytes(data)
        items.append(Item(str(number), f"{number}.jpg"))
    embeddings = np.random.default_rng(0).standard_normal((len(items), 512)).astype(np.float32)
    embedding_set = EmbeddingSet(items, embeddings, _MODEL, str(catalogue))
    build_bundle(embedding_set, bundles, components=8, now=datetime.now(UTC))
    port = free_port()
    environment = {**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0"}
    with process([*SERVE, str(bundles), "--only", "api", "--port", str(port)], environment):
        wait_for(f"http://{HOST}:{port}/readyz/items")
        return _asked(port, len(pictures), "" if width is None else f"?width={width}", made_as)


def _asked(port: int, count: int, query: str, made_as: ThumbnailFormat) -> Served:
    one_by_one = [f"/items/{number}/image{query}" for number in range(count)]
    at_once = [f"/items/{count + number}/image{query}" for number in range(count)]
    headers = {"Accept": f"{made_as.media_type},*/*"}
    client = _Client(port, headers)
    cold = [client.get(path) for path in one_by_one]
    page_cold = _page_ms(port, at_once, headers)
    page_warm = min(_page_ms(port, at_once, headers) for _ in range(3))
    warm = [client.get(path)[0] for _ in range(_ROUNDS) for path in one_by_one]
    known = [client.get(path, etag=found[2])[0] for path, found in zip(one_by_one, cold, strict=True)]
    return Served(
        cold_p50_ms=statistics.median(found[0] for found in cold),
        page_cold_ms=page_cold,
        page_warm_ms=page_warm,
        warm_p50_ms=statistics.median(warm),
        warm_p99_ms=float(np.percentile(warm, 99)),
        known_p50_ms=statistics.median(known),
        page_bytes=sum(found[1] for found in cold),
    )


def _page_ms(port: int, paths: Sequence[str], headers: dict[str, str]) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        list(threads.map(lambda path: _Client(port, headers).get(path), paths))
    return (time.perf_counter() - begun) * 1000.0


class _Client:
    """A connection that stays open."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=60)
        self._headers = headers

    def get(self, path: str, *, etag: str | None = None) -> tuple[float, int, str]:
        """Time in milliseconds, size in bytes and ETag of an answer."""
        begun = time.perf_counter()
        known = {} if etag is None else {"If-None-Match": etag}
        self._connection.request("GET", path, headers={**self._headers, **known})
        answer = self._connection.getresponse()
        body = answer.read()
        elapsed_ms = (time.perf_counter() - begun) * 1000.0
        if answer.status != (200 if etag is None else 304):
            raise ValueError(f"{path} was answered with {answer.status}: {body[:300]!r}")
        return elapsed_ms, len(body), answer.headers["ETag"]

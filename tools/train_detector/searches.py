"""Searches parts of photos in an index, as a worker and the API do."""

import json
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.box import Box
from contracts.embedding_engine import EmbeddingEngine
from index.part_searcher import PartSearcher
from index.query import SearchQuery
from pictures.decoding import decode

_FIELD = "articleType"
_FIRST = 10
_AT_ONCE = 16


class PhotoSearches:
    """Searches photos.

    Args:
        engine: embeds pictures.
        searcher: of an index of the same model.
    """

    def __init__(self, engine: EmbeddingEngine, searcher: PartSearcher) -> None:
        self._engine = engine
        self._searcher = searcher

    def embed(self, parts: Collection[tuple[Path, Box | None]]) -> NDArray[np.float32]:
        """The embeddings of some photos, or of boxes on them: (N, 512) float32."""
        engine = self._engine
        fitted = []
        for path, box in parts:
            decoded = decode(path.read_bytes(), box=box, target=engine.input_size, as_srgb=engine.as_srgb)
            fitted.append(engine.preprocess(decoded.pixels))
        rows = [
            engine.embed(np.stack(fitted[start : start + _AT_ONCE])).embeddings
            for start in range(0, len(fitted), _AT_ONCE)
        ]
        return np.concatenate(rows)

    def types(self, embedding: NDArray[np.float32]) -> list[str]:
        """The types of the ten most similar items."""
        page = self._searcher.find(SearchQuery(limit=_FIRST), embedding)
        return [json.loads(found.attributes).get(_FIELD, "") for found in page.items]


def share_right(types: Collection[str], right: Collection[str]) -> float:
    """The share of the first ten that fits."""
    return sum(name in right for name in types) / _FIRST

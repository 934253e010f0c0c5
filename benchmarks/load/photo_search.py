"""The whole answer to a photo inside one process: what the peers of the load benchmark run."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from api.items.views import ItemViews
from index.bundle import open_current
from index.part_searcher import PartSearcher
from index.query import SearchQuery
from model.loading import load_engine
from model.shipped_networks import source_of
from pictures.decoding import decode

BUNDLES_VARIABLE: Final = "LOOKALIKE_BENCHMARK_BUNDLES"


class PhotoSearch:
    """Our decoder, engine and search, called directly. Its methods are not for several threads at once, but `fit` is.

    Args:
        bundles: folder of index bundles.
    """

    def __init__(self, bundles: Path) -> None:
        bundle = open_current(bundles)
        self._engine = load_engine(source_of(bundle.model), device="cpu")
        self._engine.warm_up()
        self._searcher = PartSearcher.of(bundle)
        self._searcher.warm_up()
        self._views = ItemViews(root_path="", image_url_template=None)

    @classmethod
    def from_environment(cls) -> "PhotoSearch":
        """For a server that takes no arguments."""
        return cls(Path(os.environ[BUNDLES_VARIABLE]))

    def fit(self, photo: bytes) -> NDArray[np.uint8]:
        """Decode a photo and fit it into the network's input: (3, S, S) uint8."""
        engine = self._engine
        return engine.preprocess(decode(photo, box=None, target=engine.input_size, as_srgb=engine.as_srgb).pixels)

    def embed(self, fitted: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Embed fitted photos together: (B, 512)."""
        return self._engine.embed(np.stack(fitted)).embeddings

    def answer(self, embedding: NDArray[np.float32]) -> dict[str, Any]:
        """The items that look like a photo, for a JSON answer by orjson."""
        page = self._searcher.find(SearchQuery(), embedding)
        return {
            "items": self._views.hits(page.items, 1),
            "total": page.total,
        }

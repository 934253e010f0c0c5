"""A small index to query, built in a temporary folder."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from contracts.embedding_set import EMBEDDING_DIMENSIONS, EmbeddingSet, ModelIdentity
from contracts.items import Item
from index.building import build_bundle

ITEMS: Final = 80
_COLOURS: Final = ("Black", "Blue", "Navy Blue", "Red, dark", "a:b")


@contextmanager
def small_index() -> Iterator[Path]:
    """A folder of bundles with a current one; removed at the end."""
    generator = np.random.default_rng(0)
    items = [
        Item(
            f"shirts/{row}.jpg",
            f"shirts/{row}.jpg",
            {"colour": _COLOURS[row % len(_COLOURS)], "price": f"{row / 4} EUR"} | ({"size": "M|L"} if row % 3 else {}),
        )
        for row in range(ITEMS)
    ]
    embeddings = generator.standard_normal((ITEMS, EMBEDDING_DIMENSIONS)).astype(np.float32)
    with tempfile.TemporaryDirectory(prefix="lookalike-fuzz-") as folder:
        root = Path(folder) / "catalogue"
        root.mkdir()
        identity = ModelIdentity("fuzzed-0123456789ab", "fuzzed", "fuzzed", 8)
        embedding_set = EmbeddingSet(items, embeddings, identity, str(root))
        bundles = Path(folder) / "bundles"
        build_bundle(
            embedding_set, bundles, components=6, kinds={"size": "list"}, now=datetime(2026, 11, 23, tzinfo=UTC)
        )
        yield bundles

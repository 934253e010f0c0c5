"""Qdrant without a server: its client's local mode, and its own engine."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from qdrant_client import QdrantClient

from engines.qdrant.engine import QdrantEngine
from index.base_part import BasePart
from tests.engines.contract.contents import Content
from tests.engines.edge_client import EdgeClient


@contextmanager
def local_engine() -> Iterator[QdrantEngine]:
    """An engine whose collections the client itself keeps, without indexes."""
    client = QdrantClient(":memory:")
    with closing(QdrantEngine(client, client, "qdrant://local")) as engine:
        yield engine


@contextmanager
def edge_engine() -> Iterator[QdrantEngine]:
    """An engine whose collections Qdrant's own engine keeps in a folder."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="lookalike-qdrant-", dir=memory if memory.is_dir() else None) as folder:
        client: Any = EdgeClient(Path(folder))
        with closing(QdrantEngine(client, client, "qdrant://edge")) as engine:
            yield engine


@contextmanager
def in_local_mode(content: Content) -> Iterator[BasePart]:
    """A content as a version in Qdrant's local mode."""
    with local_engine() as engine:
        bundle = content.bundle()
        with warnings.catch_warnings():
            # It says once that it knows no indexes, and once that it knows no parameters of a search.
            warnings.filterwarnings("ignore", message="Payload indexes have no effect|Local mode performs exact")
            engine.load(bundle)
            part = engine.open(bundle.version)
            part.warm_up()
        yield part


@contextmanager
def in_edge(content: Content, *, approximate: bool = False) -> Iterator[BasePart]:
    """A content as a version in Qdrant's own engine."""
    with edge_engine() as engine:
        bundle = content.bundle()
        engine.load(bundle, approximate=approximate)
        yield engine.open(bundle.version)

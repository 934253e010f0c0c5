"""Embeddings in the database, by what they were made from and the network that made them."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from catalogue.rows import embedding_of, vector_of
from catalogue.tables import EMBEDDINGS
from catalogue.upserts import insert_missing

_AT_ONCE = 1_000


def known_contents(connection: Connection, contents: Collection[bytes], model: str | None) -> set[bytes]:
    """Those of some contents that have an embedding.

    Args:
        contents: 32 bytes each.
        model: version of the network; None: any.
    """
    known: set[bytes] = set()
    asked = list(contents)
    for first in range(0, len(asked), _AT_ONCE):
        part = asked[first : first + _AT_ONCE]
        statement = select(EMBEDDINGS.c.content).where(EMBEDDINGS.c.content.in_(part))
        if model is not None:
            statement = statement.where(EMBEDDINGS.c.model == model)
        known.update(bytes(content) for content in connection.execute(statement).scalars())
    return known


def read_embedding(connection: Connection, content: bytes, model: str) -> NDArray[np.float32] | None:
    """The (512,) float32 embedding of a content by a network, or None if there is none."""
    statement = select(EMBEDDINGS.c.vector).where(EMBEDDINGS.c.content == content, EMBEDDINGS.c.model == model)
    vector = connection.execute(statement).scalar()
    return None if vector is None else embedding_of(bytes(vector))


def add_embeddings(connection: Connection, embeddings: Mapping[bytes, NDArray[np.float32]], model: str) -> None:
    """Keep embeddings; those that the database has stay as they are."""
    rows = [
        {"content": content, "model": model, "vector": vector_of(embedding)}
        for content, embedding in embeddings.items()
    ]
    insert_missing(connection, EMBEDDINGS, rows)

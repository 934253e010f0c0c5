"""Embeds the drawn pictures with the network that comes with the project."""

import hashlib
from collections.abc import Mapping

import numpy as np

from model.loading import load_engine
from model.shipped_networks import SHIPPED
from pictures.decoding import decode
from sample.embeddings import embeddings_file, render_embeddings

_BATCH = 64


def embed_pictures(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The file of the embeddings of all pictures among a catalogue's files, by its path.

    Raises:
        ModelError: the network cannot be loaded.
    """
    engine = load_engine(SHIPPED, device="cpu")
    pictures = [content for name, content in sorted(files.items()) if name.endswith(".webp")]
    embeddings = []
    for start in range(0, len(pictures), _BATCH):
        decoded = [
            decode(data, box=None, target=engine.input_size, as_srgb=engine.as_srgb)
            for data in pictures[start : start + _BATCH]
        ]
        embeddings.append(engine.embed(np.stack([engine.preprocess(one.pixels) for one in decoded])).embeddings)
    digests = [hashlib.sha256(data).digest() for data in pictures]
    return {embeddings_file(engine.identity.version): render_embeddings(digests, np.concatenate(embeddings))}

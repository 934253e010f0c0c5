"""Embeddings that come with the sample catalogue, so that a first demo need not wait for them.

They are of one model version, which their file is named by, and each carries the SHA-256 of its picture. Where the
network or a picture has changed, the picture is embedded like any other. Half precision moves a cosine by less than a
millionth.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from storage.array_files import map_array

EMBEDDINGS_FOLDER = "embeddings/"
_RECORD = np.dtype([("sha256", "u1", (32,)), ("embedding", "<f2", (EMBEDDING_DIMENSIONS,))])


def embeddings_file(model_version: str) -> str:
    """Where the embeddings of a model lie below the catalogue's root."""
    return f"{EMBEDDINGS_FOLDER}{model_version}.npy"


def render_embeddings(digests: Sequence[bytes], embeddings: NDArray[np.float32]) -> bytes:
    """The file of some pictures' embeddings.

    Args:
        digests: SHA-256 of each picture's bytes, 32 bytes.
        embeddings: (N, 512) float32.
    """
    records = np.empty(len(digests), _RECORD)
    records["sha256"] = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)
    records["embedding"] = embeddings
    stream = io.BytesIO()
    np.save(stream, records, allow_pickle=False)
    return stream.getvalue()


def read_sample_embeddings(root: Path, model_version: str) -> tuple[list[bytes], NDArray[np.float32]] | None:
    """What `render_embeddings` was given, from an unpacked catalogue; None where there is none of this model.

    Raises:
        ValueError: the file was damaged after it was unpacked.
    """
    path = root / embeddings_file(model_version)
    if not path.is_file():
        return None
    records = map_array(path)
    if records.dtype != _RECORD or records.ndim != 1:
        raise ValueError(f"{path} holds {records.dtype} of shape {records.shape}")
    return [digest.tobytes() for digest in records["sha256"]], records["embedding"].astype(np.float32)

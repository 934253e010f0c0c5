"""What came of a shard, as a file: an .npz without Python objects, with a checksum over its arrays."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from model.shards.plan import MOST_REFERENCES
from storage.array_archive import parse_arrays

_KEY_BYTES: Final = 32
# Each reference with an embedding, two keys and a reason of some hundred characters.
MOST_RESULT_BYTES: Final = 1024**2 + MOST_REFERENCES * (4 * EMBEDDING_DIMENSIONS + 2 * _KEY_BYTES + 1024)
_LONGEST_DETAIL: Final = 400
_MEMBERS: Final = ("about", "embedded_keys", "embeddings", "keys")
_SHA256: Final = "sha256"


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What came of a shard.

    Attributes:
        model: version of the network that embedded.
        keys: (N, 32) uint8, the digest of each reference's picture and crop; zeros where it could not be read.
        errors: row -> code and reason, for each of those.
        embedded_keys: (E, 32) uint8, the keys that were not known, each once.
        embeddings: (E, 512) float32, theirs.
        refusal: why the worker will not embed this job at all, or None.
    """

    model: str
    keys: NDArray[np.uint8]
    errors: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    embedded_keys: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, _KEY_BYTES), np.uint8))
    embeddings: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, EMBEDDING_DIMENSIONS), np.float32))
    refusal: str | None = None


def refused(model: str, reason: str) -> ShardResult:
    """The result of a worker that will not embed a job."""
    return ShardResult(model, np.zeros((0, _KEY_BYTES), np.uint8), refusal=reason)


def all_failed(model: str, references: int, code: str, detail: str) -> ShardResult:
    """The result of a shard of which nothing could be embedded, for one reason."""
    keys = np.zeros((references, _KEY_BYTES), np.uint8)
    return ShardResult(model, keys, dict.fromkeys(range(references), (code, detail)))


def render_result(job: str, shard: int, result: ShardResult) -> bytes:
    """A result as a file."""
    about = {
        "job": job,
        "shard": shard,
        "model": result.model,
        "refusal": result.refusal,
        "errors": [[row, code, detail[:_LONGEST_DETAIL]] for row, (code, detail) in sorted(result.errors.items())],
    }
    arrays: dict[str, NDArray[Any]] = {
        "about": np.frombuffer(orjson.dumps(about), np.uint8),
        "embedded_keys": result.embedded_keys,
        "embeddings": result.embeddings,
        "keys": result.keys,
    }
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays, **{_SHA256: _checksum(arrays)})
    return file.getvalue()


def parse_result(content: bytes, job: str, shard: int, model: str, references: int) -> ShardResult:
    """Parse the file of a result.

    Args:
        content: of the file.
        job, shard, model, references: what it must be of.

    Raises:
        ValueError: it is damaged, or of something else.
    """
    arrays = parse_arrays(content, most_bytes=MOST_RESULT_BYTES)
    seal = arrays.pop(_SHA256, None)
    if sorted(arrays) != list(_MEMBERS) or seal is None or not np.array_equal(seal, _checksum(arrays)):
        raise ValueError("its content was changed or damaged")
    try:
        about = orjson.loads(arrays["about"].tobytes())
        named = (about["job"], about["shard"], about["model"])
        refusal = about["refusal"]
        errors = {int(row): (str(code), str(detail)) for row, code, detail in about["errors"]}
    except (KeyError, TypeError) as error:
        raise ValueError(f"a member is missing or of the wrong type: {error}") from error
    if named != (job, shard, model):
        raise ValueError("it is of another shard or network")
    if refusal is not None:
        return refused(model, str(refusal))
    keys, embedded, embeddings = arrays["keys"], arrays["embedded_keys"], arrays["embeddings"]
    if (
        not _is(keys, np.uint8, (references, _KEY_BYTES))
        or not _is(embedded, np.uint8, (len(embeddings), _KEY_BYTES))
        or not _is(embeddings, np.float32, (len(embeddings), EMBEDDING_DIMENSIONS))
        or sorted(errors) != np.flatnonzero(~keys.any(axis=1)).tolist()
        or not np.isfinite(embeddings).all()
    ):
        raise ValueError("its arrays do not belong together")
    return ShardResult(model, keys, errors, embedded, embeddings)


def _is(array: NDArray[Any], dtype: type[np.generic], shape: tuple[int, ...]) -> bool:
    return array.dtype == dtype and array.shape == shape


def _checksum(arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.uint8]:
    digest = hashlib.sha256()
    for name in _MEMBERS:
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return np.frombuffer(digest.digest(), np.uint8)

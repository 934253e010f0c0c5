"""The record of a picture in Redis: its embedding or the reason why it has none, always in the same number of bytes.

An embedding is stored as the largest of its magnitudes divided by 32,767, float32, and 512 multiples of that, int16. So
each number is off by at most 1/65,534 of the largest, and a record takes half the bytes of float32. A reason is its
length, uint16, and text. Both are little-endian. Because all records have one size, the space of a job's records can
be set aside when the job is accepted.
"""

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS

_STEPS: Final = 32_767
_STEP_BYTES: Final = 4
_LENGTH_BYTES: Final = 2
RECORD_BYTES: Final = _STEP_BYTES + 2 * EMBEDDING_DIMENSIONS


def pack_embedding(embedding: NDArray[np.float32]) -> bytes:
    """The record of an embedding, (512,) float32, finite."""
    largest = float(np.abs(embedding).max())
    step = np.float32(largest / _STEPS)
    if float(step) * _STEPS > largest:
        # Rounded up; the largest float32 would come back as infinity.
        step = np.nextafter(step, np.float32(0))
    multiples = np.rint(embedding.astype(np.float64) / step) if step else np.zeros(embedding.shape)
    record: bytes = step.astype("<f4").tobytes() + multiples.clip(-_STEPS, _STEPS).astype("<i2").tobytes()
    return record


def unpack_embedding(record: bytes) -> NDArray[np.float32]:
    """The embedding of a record, (512,) float32."""
    (step,) = np.frombuffer(record, "<f4", count=1)
    multiples = np.frombuffer(record, "<i2", offset=_STEP_BYTES)
    embedding: NDArray[np.float32] = np.multiply(multiples, step, dtype=np.float32)
    return embedding


def pack_reason(code: str, detail: str) -> bytes:
    """The record of a reason; a detail that is too long is cut off."""
    text = f"{code}\n{detail}".encode(errors="replace")[: RECORD_BYTES - _LENGTH_BYTES]
    return struct.pack("<H", len(text)) + text


def unpack_reason(record: bytes) -> tuple[str, str]:
    """Code and detail of a reason."""
    (length,) = struct.unpack_from("<H", record)
    code, _, detail = record[_LENGTH_BYTES : _LENGTH_BYTES + length].decode(errors="ignore").partition("\n")
    return code, detail

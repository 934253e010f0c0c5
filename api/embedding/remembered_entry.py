"""What is remembered of a photo that was answered, as bytes: its embedding and what else its answer says.

    16 bytes    seal: a hash of the photo's name and all that follows, keyed with the secret if there is one
    width, height of the photo, uint32; confidence of its category, float64; length of the category's name, uint16
    the name, UTF-8; the embedding, 512 float32
    where garments were looked for: what was found; see `remembered_garments`

All numbers are little-endian. The seal tells an entry of another photo, and one that was damaged; without the secret
nobody can make one.
"""

import hashlib
import hmac
import math
import struct
from typing import Final

import numpy as np

from api.embedding.remembered_garments import pack_garments, unpack_garments
from contracts.embedding_reply import Embedded
from contracts.embedding_set import EMBEDDING_DIMENSIONS

_SEAL_BYTES: Final = 16
_NUMBERS: Final = struct.Struct("<IIdH")
_NO_CATEGORY: Final = 0xFFFF
_LONGEST_NAME: Final = 200
_EMBEDDING_BYTES: Final = 4 * EMBEDDING_DIMENSIONS
# What fits into a size class of Redis's allocator.
MAX_ENTRY_BYTES: Final = 2544
# Its reduction would not be finite.
_LARGEST_NUMBER: Final = 1e9


def pack_entry(embedded: Embedded, name: bytes, secret: bytes) -> bytes | None:
    """The entry of an embedding, or None if names in it are too long to be remembered.

    Args:
        embedded: a worker's reply.
        name: of the photo; 32 bytes.
        secret: at most 64 bytes; may be empty.
    """
    category, confidence = ("", 0.0) if embedded.category is None else embedded.category
    text = category.encode()
    if len(text) > _LONGEST_NAME:
        return None
    length = _NO_CATEGORY if embedded.category is None else len(text)
    numbers = _NUMBERS.pack(embedded.width, embedded.height, confidence, length)
    content = numbers + text + np.ascontiguousarray(embedded.embedding, "<f4").tobytes()
    if embedded.objects is not None:
        content += pack_garments(embedded.objects, embedded.chosen_box)
    entry = seal_of(content, name, secret) + content
    return entry if len(entry) <= MAX_ENTRY_BYTES else None


def unpack_entry(entry: bytes, name: bytes, secret: bytes, *, model_version: str) -> Embedded | None:
    """The embedding that an entry holds, or None if it is not one of this photo, whatever it is.

    Args:
        entry: any bytes.
        name: of the photo.
        secret: as in `pack_entry`.
        model_version: of the network that made the embedding; part of the name.
    """
    seal, content = entry[:_SEAL_BYTES], entry[_SEAL_BYTES:]
    if len(content) < _NUMBERS.size or not hmac.compare_digest(seal, seal_of(content, name, secret)):
        return None
    width, height, confidence, length = _NUMBERS.unpack_from(content)
    text_bytes = 0 if length == _NO_CATEGORY else length
    garments_at = _NUMBERS.size + text_bytes + _EMBEDDING_BYTES
    if len(content) < garments_at:
        return None
    try:
        text = content[_NUMBERS.size : _NUMBERS.size + text_bytes].decode()
        objects, chosen_box = unpack_garments(content[garments_at:]) if len(content) > garments_at else (None, None)
    except ValueError:
        return None
    embedding = np.frombuffer(content, "<f4", EMBEDDING_DIMENSIONS, _NUMBERS.size + text_bytes).astype(np.float32)
    # Without a secret, whoever writes to Redis can seal anything.
    if not (width and height and math.isfinite(confidence) and np.abs(embedding).max() <= _LARGEST_NUMBER):
        return None
    return Embedded(
        job_id="",
        model_version=model_version,
        embedding=embedding,
        width=width,
        height=height,
        # This time it was neither decoded nor embedded.
        decode_ms=0.0,
        embed_ms=0.0,
        category=None if length == _NO_CATEGORY else (text, confidence),
        objects=objects,
        chosen_box=chosen_box,
    )


def seal_of(content: bytes, name: bytes, secret: bytes) -> bytes:
    """The seal of an entry's content; see the module."""
    return hashlib.blake2b(name + content, digest_size=_SEAL_BYTES, key=secret).digest()

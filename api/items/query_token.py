"""Query tokens: a photo's query as text, so that nobody has to keep the photo to search with it again.

    format, uint8; a hash of the model version, 8 bytes
    exponent of the embedding, int8; width and height of the photo, uint32
    1 if there is a box, else 0, uint8; the box: x1, y1, x2, y2, float64
    length of the category's name, uint8, or 255 without a category; its confidence in ten-thousandths, uint16; the
    name, UTF-8
    the numbers of the embedding, 512 int16; see `rounded_embedding`
    checksum: a hash of all that, 8 bytes

All numbers are little-endian. The text is base64url without padding (RFC 4648, section 5). A photo has one token: any
other spelling of it is refused.

The checksum notices damage and keeps nobody from making tokens: they hold nothing that could not be asked for with a
photo. So whatever a token says is checked as if it was made to do harm.
"""

import base64
import hashlib
import struct
from typing import Final

import numpy as np

from api.http.problems import ServiceProblem
from api.items.photo_query import PhotoQuery
from api.items.rounded_embedding import RoundedEmbedding
from contracts.box import Box
from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import PictureRejected
from contracts.found_garments import DECIMALS

MAX_TOKEN_CHARACTERS: Final = 1500

_FORMAT: Final = 1
_HASH_BYTES: Final = 8
_SIZE: Final = struct.Struct("<bIIB")
_BOX: Final = struct.Struct("<4d")
_CATEGORY: Final = struct.Struct("<BH")
_NO_CATEGORY: Final = 0xFF
_ONE: Final = 10**DECIMALS
_EMBEDDING_BYTES: Final = 2 * EMBEDDING_DIMENSIONS
_MAX_BYTES: Final = MAX_TOKEN_CHARACTERS * 3 // 4


def token_of(photo: PhotoQuery, *, model_version: str) -> str | None:
    """The token of a photo's query, or None if its embedding is zero, so that nothing looks like it.

    A category whose name is too long is left out: there are 71 bytes for it, or 39 beside a box.

    Args:
        photo: the query.
        model_version: of the network that made its embedding.
    """
    if photo.embedding.is_zero:
        return None
    content = _packed(photo, model_version)
    if content is None:
        content = _packed(PhotoQuery(photo.embedding, photo.width, photo.height, photo.box, None), model_version)
    return _text(content) if content is not None else None


def read_token(text: str, *, model_version: str) -> PhotoQuery:
    """The query that a token holds.

    Args:
        text: whatever a client sends.
        model_version: of the index.

    Raises:
        ServiceProblem: `invalid_parameter`: `token_of` gives no such text. `token_outdated`: it is of another model
            or of another version of this service.
    """
    content = _content(text)
    if content[: 1 + _HASH_BYTES] != _head(model_version):
        raise ServiceProblem(
            "token_outdated",
            "this token is of another model than the index that is served now; send the photo again, with POST "
            "/similar, and use the token of that answer",
        )
    try:
        photo = _unpacked(content)
    except (ValueError, struct.error, PictureRejected):
        raise _malformed("it holds what no token holds") from None
    if photo.embedding.is_zero or _packed(photo, model_version) != content:
        raise _malformed("it holds what no token holds")
    return photo


def _packed(photo: PhotoQuery, model_version: str) -> bytes | None:
    """The bytes of a token, or None if they are too many or the category cannot be written."""
    name, confidence = ("", 0.0) if photo.category is None else photo.category
    encoded, parts = name.encode(), round(confidence * _ONE)
    if len(encoded) >= _NO_CATEGORY or parts > _ONE:
        return None
    box = photo.box
    content = b"".join(
        (
            _head(model_version),
            _SIZE.pack(photo.embedding.exponent, photo.width, photo.height, box is not None),
            b"" if box is None else _BOX.pack(box.x1, box.y1, box.x2, box.y2),
            _CATEGORY.pack(_NO_CATEGORY if photo.category is None else len(encoded), parts),
            encoded,
            photo.embedding.numbers.astype("<i2").tobytes(),
        )
    )
    content += _hash(content)
    return content if len(content) <= _MAX_BYTES else None


def _unpacked(content: bytes) -> PhotoQuery:
    at = 1 + _HASH_BYTES
    exponent, width, height, has_box = _SIZE.unpack_from(content, at)
    at += _SIZE.size
    box = None
    if has_box:
        box = Box(*_BOX.unpack_from(content, at))
        at += _BOX.size
    length, parts = _CATEGORY.unpack_from(content, at)
    at += _CATEGORY.size
    category = None
    if length != _NO_CATEGORY:
        category = content[at : at + length].decode(), parts / _ONE
        at += length
    if len(content) != at + _EMBEDDING_BYTES + _HASH_BYTES or not (width and height):
        raise ValueError("its parts do not add up")
    numbers = np.frombuffer(content, "<i2", EMBEDDING_DIMENSIONS, at).astype(np.int16)
    return PhotoQuery(RoundedEmbedding(numbers, exponent), width, height, box, category)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _content(text: str) -> bytes:
    """The bytes of a token that is not damaged.

    Raises:
        ServiceProblem: `invalid_parameter`.
    """
    if len(text) > MAX_TOKEN_CHARACTERS:
        raise _malformed(f"it has {len(text):,} characters, more than {MAX_TOKEN_CHARACTERS:,}")
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise _malformed("it is no base64url") from None
    # The decoder skips what is no base64, and ignores the last bits.
    if _text(content) != text:
        raise _malformed("it is no base64url without padding, or not the usual spelling of it")
    if len(content) <= 1 + 2 * _HASH_BYTES or _hash(content[:-_HASH_BYTES]) != content[-_HASH_BYTES:]:
        raise _malformed("it is damaged or incomplete")
    return content


def _head(model_version: str) -> bytes:
    return bytes([_FORMAT]) + _hash(model_version.encode())


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_HASH_BYTES).digest()


def _malformed(why: str) -> ServiceProblem:
    # Without the token itself: it stands for somebody's photo.
    return ServiceProblem(
        "invalid_parameter",
        f"'token' is not `query.token` of an answer to POST /similar: {why}; copy all of it, or send the photo again",
    )

"""Query tokens in tests: drawn, sealed, and mutated."""

import base64
import hashlib
import random
from typing import Final

import numpy as np

from api.items.photo_query import PhotoQuery
from api.items.query_token import token_of
from api.items.rounded_embedding import RoundedEmbedding
from contracts.box import Box
from tests.api.fake_embedder import IDENTITY

BOX: Final = Box(0.1, 0.2, 0.9, 0.8)
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=%.\0é"


def photo_query(
    seed: int = 1, *, box: Box | None = None, category: tuple[str, float] | None = None, scale: float = 1.0
) -> PhotoQuery:
    embedding = (np.random.default_rng(seed).standard_normal(512) * scale).astype(np.float32)
    return PhotoQuery(RoundedEmbedding.of(embedding), 360, 480, box, category)


def drawn_token(seed: int = 1, *, model_version: str = IDENTITY.version, box: Box | None = None) -> str:
    token = token_of(photo_query(seed, box=box), model_version=model_version)
    if token is None:
        raise ValueError("no token can be made of this")
    return token


def content_of(token: str) -> bytearray:
    """The bytes of a token without its checksum."""
    return bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[:-8])


def sealed(content: bytes | bytearray) -> str:
    """A token with these bytes and the checksum that goes with them, as anybody could make one."""
    whole = content + hashlib.blake2b(content, digest_size=8).digest()
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()


def mutated(token: str, generator: random.Random) -> str:
    """A token with one change: in its text, or in its bytes with a checksum that fits."""
    change = generator.randrange(8)
    at = generator.randrange(len(token))
    if change == 0:
        return token[:at] + generator.choice(_LETTERS) + token[at + 1 :]
    if change == 1:
        return token[:at]
    if change == 2:
        return token[:at] + token[at + 1 + generator.randrange(4) :]
    if change == 3:
        return token[:at] + generator.choice(_LETTERS) * generator.randrange(1, 200) + token[at:]
    content = content_of(token)
    at = generator.randrange(len(content))
    if change == 4:
        del content[at : at + generator.randrange(1, 40)]
    elif change == 5:
        content[at:at] = generator.randbytes(generator.randrange(1, 40))
    elif change == 6:
        # Where the numbers are that decide.
        content[generator.randrange(48)] = generator.randrange(256)
    else:
        content[at] ^= 1 << generator.randrange(8)
    return sealed(content)

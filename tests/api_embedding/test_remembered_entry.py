"""What is remembered of a photo: the same to the last bit, or nothing."""

import dataclasses

import numpy as np
import pytest

from api.embedding.remembered_entry import MAX_ENTRY_BYTES, pack_entry, unpack_entry
from contracts.embedding_reply import Embedded

NAME, SECRET = bytes(range(32)), b"secret"
EMBEDDING = np.random.default_rng(0).normal(size=512).astype(np.float32)
EMBEDDED = Embedded("0" * 32, "m", EMBEDDING, width=60, height=80, decode_ms=1.0, embed_ms=2.0)


def unpacked(entry: bytes | None, name: bytes = NAME, secret: bytes = SECRET) -> Embedded | None:
    assert entry is not None
    return unpack_entry(entry, name, secret, model_version="m")


@pytest.mark.parametrize(
    "category", [None, ("Tshirts", 0.9312345678901234), ("", 0.0), ("Mützen 🧢", 1.0), ("x" * 200, 0.5)]
)
@pytest.mark.parametrize("secret", [b"", SECRET])
def test_it_comes_back_to_the_last_bit(category: tuple[str, float] | None, secret: bytes) -> None:
    entry = pack_entry(dataclasses.replace(EMBEDDED, category=category), NAME, secret)
    found = unpacked(entry, secret=secret)
    assert entry is not None
    assert len(entry) <= MAX_ENTRY_BYTES
    assert found is not None
    assert found.embedding.tobytes() == EMBEDDING.tobytes()
    assert (found.width, found.height, found.category, found.model_version) == (60, 80, category, "m")
    assert (found.decode_ms, found.embed_ms) == (0.0, 0.0)


def test_a_name_of_a_category_that_is_too_long_is_not_remembered() -> None:
    assert pack_entry(dataclasses.replace(EMBEDDED, category=("x" * 201, 0.5)), NAME, SECRET) is None


def test_no_other_bytes_are_an_entry() -> None:
    entry = pack_entry(dataclasses.replace(EMBEDDED, category=("Tshirts", 0.5)), NAME, SECRET)
    assert entry is not None
    for at in range(0, len(entry), 7):
        spoilt = bytearray(entry)
        spoilt[at] ^= 1
        assert unpacked(bytes(spoilt)) is None
        assert unpacked(entry[:at]) is None
    for other in (b"", entry + b"x", entry * 2, b'{"embedding": null}', bytes(MAX_ENTRY_BYTES), entry[16:]):
        assert unpacked(other) is None
    assert unpacked(entry, name=bytes(32)) is None
    assert unpacked(entry, secret=b"another") is None
    assert unpacked(entry, secret=b"") is None


@pytest.mark.parametrize(
    "forged",
    [
        dataclasses.replace(EMBEDDED, embedding=np.where(np.arange(512) == 7, np.nan, EMBEDDING).astype(np.float32)),
        dataclasses.replace(EMBEDDED, embedding=np.full(512, np.inf, np.float32)),
        dataclasses.replace(EMBEDDED, embedding=np.full(512, 1e30, np.float32)),
        dataclasses.replace(EMBEDDED, embedding=EMBEDDING[:511]),
        dataclasses.replace(EMBEDDED, width=0),
        dataclasses.replace(EMBEDDED, category=("Tshirts", float("nan"))),
        dataclasses.replace(EMBEDDED, category=("Tshirts", float("inf"))),
    ],
)
def test_what_is_sealed_but_can_be_no_answer_is_none(forged: Embedded) -> None:
    assert unpacked(pack_entry(forged, NAME, b""), secret=b"") is None

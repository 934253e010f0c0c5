"""What is remembered of a photo: the same to the last bit, or nothing."""

import dataclasses
import struct

import numpy as np
import pytest

from api.embedding.remembered_entry import MAX_ENTRY_BYTES, pack_entry, seal_of, unpack_entry
from api.embedding.remembered_garments import unpack_garments
from contracts.box import Box
from contracts.embedding_reply import Embedded
from contracts.garments import Garment

NAME, SECRET = bytes(range(32)), b"secret"
EMBEDDING = np.random.default_rng(0).normal(size=512).astype(np.float32)
EMBEDDED = Embedded("0" * 32, "m", EMBEDDING, width=60, height=80, decode_ms=1.0, embed_ms=2.0)
FOUND = (Garment("long-sleeved top", Box(0.1234, 0.0, 0.5, 1.0), 0.8761), Garment("bag", Box(0, 0, 0.1, 0.1), 0.3))


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


@pytest.mark.parametrize("objects", [(), FOUND, FOUND * 4])
@pytest.mark.parametrize("chosen_box", [None, FOUND[0].box])
def test_garments_come_back_too(objects: tuple[Garment, ...], chosen_box: Box | None) -> None:
    embedded = dataclasses.replace(EMBEDDED, category=("x" * 80, 0.5), objects=objects, chosen_box=chosen_box)
    entry = pack_entry(embedded, NAME, SECRET)
    found = unpacked(entry)
    assert entry is not None
    assert len(entry) <= MAX_ENTRY_BYTES
    assert found is not None
    assert (found.objects, found.chosen_box) == (objects, chosen_box)
    assert found.embedding.tobytes() == EMBEDDING.tobytes()


def test_without_garments_an_entry_is_what_older_versions_write() -> None:
    entry = pack_entry(EMBEDDED, NAME, SECRET)
    assert entry is not None
    assert len(entry) == 16 + 18 + 4 * 512
    found = unpacked(entry)
    assert found is not None
    assert (found.objects, found.chosen_box) == (None, None)


@pytest.mark.parametrize(
    "packed",
    [
        b"x",
        bytes(8) + b"x",
        bytes(8) + bytes(11),
        struct.pack("<4H", 5, 5, 5, 9),
        bytes(8) + struct.pack("<4HHB", 0, 0, 5000, 10000, 5000, 9) + b"short",
        bytes(8) + struct.pack("<4HHB", 0, 0, 5000, 20000, 5000, 1) + b"a",
        bytes(8) + struct.pack("<4HHB", 0, 0, 5000, 10000, 10001, 1) + b"a",
        bytes(8) + struct.pack("<4HHB", 0, 0, 5000, 10000, 5000, 1) + b"\xff",
        bytes(8) + (struct.pack("<4HHB", 0, 0, 5000, 10000, 5000, 1) + b"a") * 9,
    ],
)
def test_other_bytes_are_no_garments(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        unpack_garments(packed)
    entry = pack_entry(EMBEDDED, NAME, b"")
    assert entry is not None
    content = entry[16:] + packed
    assert unpacked(seal_of(content, NAME, b"") + content, secret=b"") is None


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

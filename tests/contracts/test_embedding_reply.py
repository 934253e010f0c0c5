import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from contracts.box import Box
from contracts.embedding_reply import Embedded, Rejected, parse_reply
from contracts.garments import Garment

JOB, VERSION = "0123456789abcdef" * 2, "resnet18-0123456789ab"
NUMBERS = np.linspace(-1.0, 1.0, 512).astype(np.float32)
ENCODED = base64.b64encode(NUMBERS.astype("<f4").tobytes()).decode()
# As workers have written them since there are workers, byte for byte.
EMBEDDED = (
    f'{{"job_id": "{JOB}", "model_version": "{VERSION}", "category": "Tees", "confidence": 0.25, "width": 60, '
    f'"height": 80, "decode_ms": 1.5, "embed_ms": 2.25, "embedding": "{ENCODED}", "rejected": null}}'
).encode()
REJECTED = (
    f'{{"job_id": "{JOB}", "model_version": "{VERSION}", "category": null, "confidence": null, "width": 0, '
    '"height": 0, "decode_ms": 0.0, "embed_ms": 0.0, "embedding": null, '
    '"rejected": {"code": "image_unreadable", "detail": "it is torn: \\u00e4"}}'
).encode()


def changed(reply: bytes, **members: object) -> bytes:
    return json.dumps({**json.loads(reply), **members}).encode()


def encoded(values: "np.ndarray[Any, Any]") -> str:
    return base64.b64encode(values.tobytes()).decode()


def test_an_embedding_travels_as_it_always_did() -> None:
    reply = parse_reply(EMBEDDED)
    assert isinstance(reply, Embedded)
    assert (reply.job_id, reply.model_version, reply.category) == (JOB, VERSION, ("Tees", 0.25))
    assert (reply.width, reply.height, reply.decode_ms, reply.embed_ms) == (60, 80, 1.5, 2.25)
    assert reply.embedding.dtype == np.float32
    assert (reply.embedding == NUMBERS).all()
    assert reply.to_bytes() == EMBEDDED


def test_a_rejection_travels_as_it_always_did() -> None:
    reply = parse_reply(REJECTED)
    assert reply == Rejected(JOB, VERSION, "image_unreadable", "it is torn: ä")
    assert reply.to_bytes() == REJECTED


def test_without_a_head_there_is_no_category() -> None:
    reply = parse_reply(changed(EMBEDDED, category=None, confidence=None))
    assert isinstance(reply, Embedded)
    assert reply.category is None
    assert reply.to_bytes() == changed(EMBEDDED, category=None, confidence=None)


@pytest.mark.parametrize("found", [(), (Garment("long dress", Box(0.1, 0.2, 0.5, 0.9), 0.75),) * 8])
def test_garments_travel_with_the_part_that_was_searched(found: tuple[Garment, ...]) -> None:
    whole = parse_reply(EMBEDDED)
    assert isinstance(whole, Embedded)
    assert (whole.objects, whole.chosen_box) == (None, None)
    box = found[0].box if found else None
    reply = parse_reply(replace(whole, objects=found, chosen_box=box).to_bytes())
    assert isinstance(reply, Embedded)
    assert (reply.objects, reply.chosen_box) == (found, box)


def test_the_longest_reply_is_one() -> None:
    whole = parse_reply(EMBEDDED)
    assert isinstance(whole, Embedded)
    longest = Garment("\U0001f9e2" * 64, Box(0.1234, 0.1234, 0.9876, 0.9876), 0.9999)
    reply = parse_reply(replace(whole, objects=(longest,) * 8, chosen_box=longest.box).to_bytes())
    assert isinstance(reply, Embedded)


def test_a_worker_may_fail_and_may_say_more_than_is_known_here() -> None:
    failed = parse_reply(changed(REJECTED, rejected={"code": "internal_error", "detail": "x", "more": 1}, more=2))
    assert failed == Rejected(JOB, VERSION, "internal_error", "x")


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"embedding": None}, "either an embedding or a rejection"),
        ({"rejected": {"code": "image_unreadable", "detail": "x"}}, "either an embedding or a rejection"),
        ({"embedding": 123}, "base64 text, got int"),
        ({"embedding": NUMBERS.tolist()}, "base64 text, got list"),
        ({"embedding": True}, "base64 text, got bool"),
        ({"embedding": "no base64!"}, "base64 text"),
        ({"embedding": "ä"}, "base64 text"),
        ({"embedding": "AAA"}, "base64 text"),
        ({"embedding": ""}, "512 float32 numbers, got 0 bytes"),
        ({"embedding": encoded(NUMBERS[:-1])}, "512 float32 numbers, got 2044 bytes"),
        ({"embedding": encoded(NUMBERS.astype(np.float64))}, "512 float32 numbers, got 4096 bytes"),
        ({"embedding": encoded(np.where(NUMBERS > 0.9, np.float32(np.nan), NUMBERS))}, "must be finite"),
        ({"embedding": encoded(np.where(NUMBERS > 0.9, np.float32(np.inf), NUMBERS))}, "must be finite"),
        ({"embedding": encoded(np.where(NUMBERS > 0.9, np.float32(3e38), NUMBERS))}, "at most 1e\\+09"),
        ({"job_id": None}, "job_id must be text"),
        ({"job_id": ["a"]}, "job_id must be text"),
        ({"model_version": 3}, "model_version must be text"),
        ({"category": None}, "category must be text"),
        ({"category": 5}, "category must be text"),
        ({"category": "\ud800"}, "category must be Unicode"),
        ({"model_version": "x" * 20_000}, "at most 16,384 bytes"),
        ({"confidence": None}, "confidence must be a finite number"),
        ({"confidence": "0.5"}, "confidence must be a finite number"),
        ({"confidence": float("nan")}, "confidence must be a finite number"),
        ({"width": "60"}, "width must be a whole number"),
        ({"width": 60.0}, "width must be a whole number"),
        ({"height": 0}, "height must be a whole number"),
        ({"height": True}, "height must be a whole number"),
        ({"width": 10**30}, "width must be a whole number"),
        ({"decode_ms": -1.0}, "decode_ms must be a finite number, 0 or above"),
        ({"decode_ms": None}, "decode_ms must be a finite number"),
        ({"embed_ms": float("inf")}, "embed_ms must be a finite number"),
        ({"embed_ms": 10**400}, "embed_ms must be a finite number"),
        ({"embed_ms": False}, "embed_ms must be a finite number"),
        ({"objects": 3}, "garments must be a list"),
        ({"objects": [None]}, "a garment must be an object"),
        ({"chosen_box": [0, 0, 0, 1]}, "inside the picture"),
        ({"chosen_box": "0,0,1,1"}, "a list of four numbers"),
    ],
)
def test_an_embedding_that_no_worker_sends(members: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_reply(changed(EMBEDDED, **members))


@pytest.mark.parametrize(
    ("rejected", "sentence"),
    [
        ("image_unreadable", "object with code and detail"),
        (["code", "detail"], "object with code and detail"),
        (0, "object with code and detail"),
        ({"code": "image_unreadable"}, "object with code and detail"),
        ({"code": "image_unreadable", "detail": None}, "detail must be text"),
        ({"code": None, "detail": "x"}, "code must be text"),
        ({"code": ["image_unreadable"], "detail": "x"}, "code must be text"),
        ({"code": "no_worker", "detail": "x"}, "the code of a rejection must be one of"),
    ],
)
def test_a_rejection_that_no_worker_sends(rejected: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_reply(changed(REJECTED, rejected=rejected))


@pytest.mark.parametrize("member", json.loads(EMBEDDED))
def test_no_member_may_be_missing(member: str) -> None:
    fields = json.loads(EMBEDDED)
    del fields[member]
    with pytest.raises(ValueError, match="a JSON object with the members"):
        parse_reply(json.dumps(fields).encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"\xff", b"[1]", b"null", b"3", b'"text"', b"[" * 200_000, b'{"a":' * 200_000, EMBEDDED[:-1]],
    ids=lambda data: f"{data[:8]!r}",
)
def test_other_bytes_are_no_reply(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_reply(data)

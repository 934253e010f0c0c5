"""Replies that come out of Redis."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import orjson

from contracts.box import Box
from contracts.embedding_reply import Embedded, Rejected, parse_reply
from contracts.found_garments import garment_members
from contracts.garments import Garment
from tools.fuzz.target import Check, FaultError, Target


@contextmanager
def _opened() -> Iterator[Check]:
    yield _check


def _check(data: bytes) -> None:
    try:
        reply = parse_reply(data)
    except ValueError:
        return
    if isinstance(reply, Rejected):
        orjson.dumps([reply.code, reply.detail])
        return
    # What an answer shows of it.
    orjson.dumps([reply.category, reply.width, reply.height, reply.decode_ms, reply.embed_ms])
    orjson.dumps(garment_members(reply.objects or ()))
    if not np.isfinite(reply.embedding @ np.ones((512, 4), np.float32)).all():
        raise FaultError("the embedding cannot be reduced")


def _seeds() -> Sequence[bytes]:
    embedding = np.linspace(-1, 1, 512, dtype=np.float32)
    embedded = Embedded("0" * 32, "net-0123456789ab", embedding, 60, 80, 1.5, 2.5, ("Tshirts", 0.93)).to_bytes()
    garment = Garment("dress", Box(0.1, 0.2, 0.5, 0.9), 0.75)
    found = Embedded(
        "0" * 32, "net-0123456789ab", embedding, 60, 80, 1.5, 2.5, objects=(garment,) * 2, chosen_box=garment.box
    ).to_bytes()
    plain = json.dumps({**json.loads(embedded), "embedding": None, "rejected": {"code": "queue_full", "detail": "x"}})
    rejected = Rejected("0" * 32, "net-0123456789ab", "image_unreadable", "it is truncated").to_bytes()
    return [embedded, found, rejected, plain.encode(), b"[" * 1000, b'{"a":' * 1000]


REPLIES = Target("replies", _opened, _seeds, limit_s=1.0)

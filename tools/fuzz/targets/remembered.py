"""What is remembered of photos, as it comes out of Redis; sealed, as whoever writes there could do without API keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np
import orjson

from api.embedding.remembered_entry import pack_entry, seal_of, unpack_entry
from contracts.embedding_reply import Embedded
from tools.fuzz.target import Check, FaultError, Target

_NAME: Final = bytes(32)
_SEAL_BYTES: Final = len(seal_of(b"", _NAME, b""))


@contextmanager
def _opened() -> Iterator[Check]:
    yield _check


def _check(data: bytes) -> None:
    if unpack_entry(data, _NAME, b"secret", model_version="m") is not None:
        raise FaultError("an entry without a seal is read")
    found = unpack_entry(seal_of(data, _NAME, b"") + data, _NAME, b"", model_version="m")
    if found is None:
        return
    # What an answer shows of it.
    orjson.dumps([found.category, found.width, found.height])
    if not np.isfinite(found.embedding @ np.ones((512, 4), np.float32)).all():
        raise FaultError("the embedding cannot be reduced")


def _seeds() -> Sequence[bytes]:
    embedding = np.linspace(-1, 1, 512, dtype=np.float32)
    seeds = []
    for category in (None, ("Tshirts", 0.93)):
        entry = pack_entry(Embedded("", "m", embedding, 60, 80, 0.0, 0.0, category), _NAME, b"")
        seeds += [entry[_SEAL_BYTES:]] if entry is not None else []
    return seeds


REMEMBERED = Target("remembered", _opened, _seeds, limit_s=1.0)

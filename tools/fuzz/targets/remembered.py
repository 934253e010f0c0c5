"""What is remembered of photos, as it comes out of Redis; sealed, as whoever writes there could do without API keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np
import orjson

from api.embedding.remembered_entry import pack_entry, seal_of, unpack_entry
from contracts.box import Box
from contracts.embedding_reply import Embedded
from contracts.found_garments import garment_members
from contracts.garments import Garment
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
    orjson.dumps([found.category, found.width, found.height, garment_members(found.objects or ())])
    if not np.isfinite(found.embedding @ np.ones((512, 4), np.float32)).all():
        raise FaultError("the embedding cannot be reduced")


def _seeds() -> Sequence[bytes]:
    embedding = np.linspace(-1, 1, 512, dtype=np.float32)
    seeds = []
    garment = Garment("dress", Box(0.1, 0.2, 0.5, 0.9), 0.75)
    for category, objects in ((None, None), (("Tshirts", 0.93), None), (None, (garment,) * 2)):
        embedded = Embedded("", "m", embedding, 60, 80, 0.0, 0.0, category, objects, objects and garment.box)
        entry = pack_entry(embedded, _NAME, b"")
        seeds += [entry[_SEAL_BYTES:]] if entry is not None else []
    return seeds


REMEMBERED = Target("remembered", _opened, _seeds, limit_s=1.0)

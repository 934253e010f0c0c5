"""Photos that were answered lately: the same one again needs no worker.

    same:<number>       an entry; see `remembered_entry`. Expires

Redis never holds the photo longer than it waits. What is remembered is found by a hash of its bytes, the box, whether
garments were looked for, and the model version, keyed with the API keys where there are some. That hash is not stored
either: it chooses one of a fixed number of places, where a later photo replaces an earlier one, and seals what is
there. So the memory is bounded without any accounting, in all processes together.

Whatever goes wrong is a miss: the photo is embedded as if nothing was remembered.
"""

import asyncio
import hashlib
import logging
import struct
import time
from dataclasses import dataclass
from typing import Final

import redis.asyncio
from redis.exceptions import RedisError

from api.background import Errands
from api.embedding.connections import is_of_wrong_type
from api.embedding.monitor import Monitor
from api.embedding.remembered_entry import MAX_ENTRY_BYTES, pack_entry, unpack_entry
from api.metrics import Metrics
from api.paced_log import PacedLog
from contracts.box import Box
from contracts.embedding_reply import Embedded

logger = logging.getLogger(__name__)

# What an entry takes in Redis, with its key and time.
PLACE_BYTES: Final = 2816
# Of `maxmemory`, whatever the setting says.
_LARGEST_SHARE: Final = 1 / 16
# The longest that a photo waits for a Redis that is slow.
_FIND_TIMEOUT_S: Final = 0.1
_KEEP_TIMEOUT_S: Final = 1.0
_MOST_UNWRITTEN: Final = 256
# No corner of a box begins so: it would be no number.
_DETECT: Final = b"\xff" * 8
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class RememberLimits:
    """What may be remembered.

    Attributes:
        seconds: how long.
        memory_bytes: of Redis, for all photos and processes together; at most a sixteenth of its `maxmemory`.
        secret: keys the hashes; the same in all processes; at most 64 bytes, none if empty.
    """

    seconds: int
    memory_bytes: int
    secret: bytes = b""


class RememberedPhotos:
    """Finds what is remembered, and keeps more.

    Args:
        connection: Redis.
        model_version: of the embeddings.
        limits: on what is remembered.
        monitor: has the last known state of Redis.
        errands: write the entries.
        metrics: counts what is found.
    """

    def __init__(
        self,
        connection: "redis.asyncio.Redis",
        model_version: str,
        limits: RememberLimits,
        monitor: Monitor,
        errands: Errands,
        metrics: Metrics,
    ) -> None:
        self._redis = connection
        self._version = model_version
        self._limits = limits
        self._monitor = monitor
        self._errands = errands
        self._metrics = metrics
        self._unwritten: dict[str, bytes] = {}
        self._unasked: list[tuple[str, asyncio.Future[bytes | None]]] = []
        self._not_before = float("-inf")
        self._pause_s = _FIRST_PAUSE_S
        self._odd = PacedLog(logger, pause_s=60.0)

    def name(self, picture: bytes, box: Box | None, *, detect: bool) -> bytes:
        """The name of a photo, 32 bytes; a hash of all its bytes, so call it in a thread where they are many."""
        # SHA-256 has instructions of its own in most processors.
        content = hashlib.sha256(picture).digest()
        part = b"" if box is None else struct.pack("<4d", box.x1, box.y1, box.x2, box.y2)
        # Without garments, the name that it has in APIs of older versions.
        what = content + part + (_DETECT if detect else b"") + self._version.encode()
        return hashlib.blake2b(what, digest_size=32, key=self._limits.secret).digest()

    async def find(self, name: bytes) -> Embedded | None:
        """What is remembered of a photo, or None; takes a tenth of a second at most."""
        found = await self._read(name)
        embedded = None
        if found:
            embedded = unpack_entry(found, name, self._limits.secret, model_version=self._version)
        self._metrics.observe_same_photo("failed" if found is None else "miss" if embedded is None else "hit")
        return embedded

    def keep(self, name: bytes, embedded: Embedded) -> None:
        """Remember a photo that a worker has answered, as soon as possible, if there is room."""
        memory = self._monitor.look.memory
        # Photos that wait come first: half of their share stays theirs.
        crowded = not memory.has_room_for(memory.photo_limit_bytes // 2)
        if crowded or not self._is_usable() or len(self._unwritten) >= _MOST_UNWRITTEN:
            return
        entry = pack_entry(embedded, name, self._limits.secret)
        place = self._place(name)
        if entry is None or place is None:
            return
        self._unwritten[place] = entry
        if len(self._unwritten) == 1:
            self._errands.run(self._write())

    def _place(self, name: bytes) -> str | None:
        """The key of a photo's place, or None if there is no place at all."""
        most = self._limits.memory_bytes
        if maximum := self._monitor.look.memory.max_bytes:
            most = min(most, int(maximum * _LARGEST_SHARE))
        places = most // PLACE_BYTES
        return f"same:{int.from_bytes(name[:8], 'little') % places}" if places else None

    async def _read(self, name: bytes) -> bytes | None:
        """What is in a photo's place, empty if nothing; None if it cannot be read."""
        place = self._place(name)
        if place is None or not self._is_usable():
            return None
        found: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._unasked.append((place, found))
        if len(self._unasked) == 1:
            self._errands.run(self._ask())
        return await found

    async def _ask(self) -> None:
        """Ask for all photos that came at the same time, over one connection."""
        # Those that wait for this turn of the loop join.
        await asyncio.sleep(0)
        asked, self._unasked = self._unasked, []
        answers: list[object] = [None] * len(asked)
        try:
            async with asyncio.timeout(_FIND_TIMEOUT_S), self._redis.pipeline(transaction=False) as pipeline:
                for place, _ in asked:
                    # No more of it than can be an entry, whatever the key holds.
                    pipeline.getrange(place, 0, MAX_ENTRY_BYTES)
                answers = await pipeline.execute(raise_on_error=False)
            refusals = [one for one in answers if isinstance(one, RedisError) and not is_of_wrong_type(one)]
            if refusals:
                raise refusals[0]
            self._pause_s = _FIRST_PAUSE_S
        except (RedisError, OSError) as error:
            self._rest(error)
        finally:
            for (_, found), answer in zip(asked, answers, strict=True):
                if not found.done():
                    found.set_result(_entry(answer))

    async def _write(self) -> None:
        unwritten, self._unwritten = self._unwritten, {}
        try:
            async with asyncio.timeout(_KEEP_TIMEOUT_S), self._redis.pipeline(transaction=False) as pipeline:
                for place, entry in unwritten.items():
                    pipeline.set(place, entry, ex=self._limits.seconds)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            self._rest(error)

    def _is_usable(self) -> bool:
        usable = self._monitor.look.accepts_writes and not self._errands.have_ended
        return usable and time.monotonic() >= self._not_before

    def _rest(self, error: Exception) -> None:
        """Leave Redis alone for a while, longer and longer, so that what is slow or refused costs few photos time."""
        self._not_before = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._odd.warning(f"photos are not remembered at the moment: {error!r:.200}")


def _entry(answer: object) -> bytes | None:
    """What Redis has at a place, empty if that can be no entry; None if it did not tell."""
    if isinstance(answer, bytes):
        return answer
    return b"" if is_of_wrong_type(answer) else None

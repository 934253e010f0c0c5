"""Takes the photos that nobody waits for out of Redis, at once: a worker drops a job whose photo is gone."""

import asyncio
from typing import Final

import redis.asyncio
from redis.exceptions import RedisError

from api.background import Errands
from api.embedding.monitor import Monitor
from contracts.embedding_job import photo_key

_TIMEOUT_S: Final = 1.0


class AbandonedPhotos:
    """Deletes photos, all that are given up in one moment by one command.

    Args:
        connection: Redis.
        monitor: deletes, when it next looks, what cannot be deleted now.
        errands: run the command; photos that are given up after their end are left to the monitor.
    """

    def __init__(self, connection: "redis.asyncio.Redis", monitor: Monitor, errands: Errands) -> None:
        self._redis = connection
        self._monitor = monitor
        self._errands = errands
        self._keys: list[str] = []

    def add(self, job_id: str) -> None:
        """Nobody waits for this job any more."""
        if self._errands.have_ended:
            self._monitor.forget_soon(photo_key(job_id))
            return
        self._keys.append(photo_key(job_id))
        if len(self._keys) == 1:
            self._errands.run(self._delete())

    async def _delete(self) -> None:
        keys, self._keys = self._keys, []
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._redis.unlink(*keys)
        except (RedisError, OSError):
            self._monitor.forget_soon(*keys)

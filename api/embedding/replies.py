"""The consumer of an API process's reply list."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError

from api.background import BackgroundTask
from api.embedding.connections import connect_async

logger = logging.getLogger(__name__)

_BLPOP_TIMEOUT_S = 2
# Well above the server's own timeout: only a dead connection is silent for so long.
_SILENCE_S = 8.0
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 0.5


class ReplyConsumer:
    """Takes replies off the list and passes them on, over a connection of its own.

    Args:
        redis_url: as for redis-py.
        reply_to: key of the list.
        on_reply: gets each reply's bytes.
        on_reconnected: awaited when a lost connection is back, because replies and jobs may have been
            lost with it.
    """

    def __init__(
        self,
        redis_url: str,
        reply_to: str,
        on_reply: Callable[[bytes], None],
        on_reconnected: Callable[[], Awaitable[None]],
    ) -> None:
        self._redis = connect_async(redis_url)
        self._reply_to = reply_to
        self._on_reply = on_reply
        self._on_reconnected = on_reconnected
        self._task = BackgroundTask()

    def start(self) -> None:
        """Start to consume."""
        self._task.start(self._run(), name="embedding replies")

    async def stop(self) -> None:
        """Stop the consumer and close its connection."""
        await self._task.stop()
        await self._redis.aclose()

    async def _run(self) -> None:
        lost, pause_s = False, _FIRST_PAUSE_S
        while True:
            try:
                if lost:
                    async with asyncio.timeout(_SILENCE_S):
                        await self._redis.ping()
                    logger.info("the reply connection is back")
                    lost, pause_s = False, _FIRST_PAUSE_S
                    await self._on_reconnected()
                async with asyncio.timeout(_SILENCE_S):
                    popped = await self._redis.blpop([self._reply_to], timeout=_BLPOP_TIMEOUT_S)
            except (RedisError, OSError) as error:
                if not lost:
                    logger.warning("the reply connection is lost: %r", error)
                lost = True
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                continue
            if popped is not None and isinstance(popped[1], bytes):
                self._on_reply(popped[1])

"""The consumer of an API process's reply list."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError

from api.background import BackgroundTask
from api.embedding.connections import connect_async, is_of_wrong_type
from api.metrics import Metrics

logger = logging.getLogger(__name__)

_BLPOP_TIMEOUT_S = 2
_TRY_S = 0.01
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
        metrics: counts what fails.
    """

    def __init__(
        self,
        redis_url: str,
        reply_to: str,
        on_reply: Callable[[bytes], None],
        on_reconnected: Callable[[], Awaitable[None]],
        metrics: Metrics,
    ) -> None:
        self._redis = connect_async(redis_url)
        self._reply_to = reply_to
        self._on_reply = on_reply
        self._on_reconnected = on_reconnected
        self._has_run = False
        self._task = BackgroundTask("embedding replies", self._run, metrics)

    @property
    def problem(self) -> str | None:
        """Why no replies are taken at the moment, or None."""
        return self._task.problem

    def start(self) -> None:
        """Start to consume."""
        self._task.start()

    async def stop(self) -> None:
        """Stop the consumer and close its connection."""
        await self._task.stop()
        await self._redis.aclose()

    async def _run(self) -> None:
        # After a failure of this task too, a reply may have been lost with it.
        lost, pause_s, self._has_run = self._has_run, _FIRST_PAUSE_S, True
        while True:
            try:
                async with asyncio.timeout(_SILENCE_S):
                    # PING would not do: a Redis that answers it may still refuse to pop.
                    popped = await self._redis.blpop([self._reply_to], timeout=_TRY_S if lost else _BLPOP_TIMEOUT_S)
                if popped is not None and isinstance(popped[1], bytes):
                    self._on_reply(popped[1])
                if lost:
                    logger.info("the reply connection is back")
                    lost, pause_s = False, _FIRST_PAUSE_S
                    await self._on_reconnected()
            except (RedisError, OSError) as error:
                if not lost:
                    logger.warning("the reply connection is lost: %r", error)
                lost = True
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                if is_of_wrong_type(error):
                    await self._clear()

    async def _clear(self) -> None:
        """Delete the list's key, which holds something else; the workers' copies of the replies are fetched then."""
        logger.warning("the key %s does not hold a list; it is deleted", self._reply_to)
        with contextlib.suppress(RedisError, OSError):
            async with asyncio.timeout(_SILENCE_S):
                await self._redis.unlink(self._reply_to)

"""Connections of the embedding client to Redis, with short timeouts and without automatic retries.

By default redis-py retries failed commands. Here a lost connection must be noticed at once, because a
reply or a job may have been lost with it.
"""

import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

# redis-py does not accept a connect timeout for Unix sockets, which connect without waiting.
_CONNECT_TIMEOUT_S = 0.5


def connect_async(redis_url: str) -> "redis.asyncio.Redis":
    """A client for the event loop, without timeouts: wrap its use in `asyncio.timeout`.

    With timeouts, redis-py uses `asyncio.wait_for`. That creates a task for each command, and before
    Python 3.12 it can swallow a cancellation, so that a consumer could not be stopped.
    """
    retry = AsyncRetry(NoBackoff(), 0)
    if redis_url.startswith("unix:"):
        return redis.asyncio.Redis.from_url(redis_url, socket_timeout=None, retry=retry)
    return redis.asyncio.Redis.from_url(
        redis_url, socket_timeout=None, socket_connect_timeout=_CONNECT_TIMEOUT_S, retry=retry
    )


def is_of_wrong_type(answer: object) -> bool:
    """Whether Redis refused a command because its key holds another type of value."""
    return isinstance(answer, ResponseError) and str(answer).startswith("WRONGTYPE")

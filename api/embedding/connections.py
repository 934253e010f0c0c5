"""How the embedding client talks to Redis: short limits, and no repeats behind its back.

redis-py repeats failed commands by itself; here a lost connection must be seen at once, because a
reply or a job may have been lost with it.
"""

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

# redis-py refuses a limit for connecting to a Unix socket, which does not wait.
_CONNECT_TIMEOUT_S = 0.5


def connect_async(redis_url: str) -> "redis.asyncio.Redis":
    """A client for the event loop, without time limits: wrap its use in `asyncio.timeout`.

    Given limits, redis-py sends through `asyncio.wait_for`, which costs a task for each command and
    before Python 3.12 can swallow a cancellation: a consumer could then not be stopped.
    """
    retry = AsyncRetry(NoBackoff(), 0)
    if redis_url.startswith("unix:"):
        return redis.asyncio.Redis.from_url(redis_url, socket_timeout=None, retry=retry)
    return redis.asyncio.Redis.from_url(
        redis_url, socket_timeout=None, socket_connect_timeout=_CONNECT_TIMEOUT_S, retry=retry
    )


def connect_for_threads(redis_url: str, *, timeout_s: float) -> "redis.Redis":
    """A client for threads; every command fails after `timeout_s` without an answer."""
    retry = Retry(NoBackoff(), 0)
    if redis_url.startswith("unix:"):
        return redis.Redis.from_url(redis_url, socket_timeout=timeout_s, retry=retry)
    return redis.Redis.from_url(
        redis_url, socket_timeout=timeout_s, socket_connect_timeout=_CONNECT_TIMEOUT_S, retry=retry
    )

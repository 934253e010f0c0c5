"""The Redis connection of the worker's own code; Celery has one of its own."""

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry


def connect(redis_url: str) -> "redis.Redis":
    """Create a thread-safe client that retries for about four seconds before it raises.

    That is long enough for Redis to restart, so a finished embedding is not computed again. Every command
    that the worker sends may safely arrive twice.
    """
    # Only TCP has a connect timeout; redis-py rejects the argument for a Unix socket.
    limits = {} if redis_url.startswith("unix:") else {"socket_connect_timeout": 2.0}
    return redis.Redis.from_url(
        redis_url,
        socket_timeout=5.0,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1.0), retries=8),
        **limits,
    )


def is_about_content(answer: object) -> bool:
    """Whether Redis refused a command because of what its key holds, so that sending it again would not help."""
    return isinstance(answer, ResponseError) and str(answer).startswith(("WRONGTYPE", "value is not an integer"))

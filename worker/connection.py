"""How the worker's own code, beside Celery, talks to Redis."""

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry


def connect(redis_url: str) -> "redis.Redis":
    """A client for many threads that rides out about four seconds without Redis before it raises.

    Long enough for a restart, so that a finished embedding is not computed again; every command that the
    worker sends may safely arrive twice.
    """
    # TCP alone has a time limit for connecting; redis-py refuses the argument for a Unix socket.
    limits = {} if redis_url.startswith("unix:") else {"socket_connect_timeout": 2.0}
    return redis.Redis.from_url(
        redis_url,
        socket_timeout=5.0,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1.0), retries=8),
        **limits,
    )

"""Whether a worker of a model is alive, by its heartbeat in Redis."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from contracts.embedding_job import heartbeat_key
from contracts.redis_url import address_without_password

_TIMEOUT_S = 3.0


def heartbeat_problem(model_version: str, redis_url: str) -> str | None:
    """Why no worker of a model seems to be alive, or None if one does.

    The heartbeat's key expires, so if it exists, it is recent.

    Args:
        model_version: as in a bundle's manifest.
        redis_url: `redis://`, `rediss://` or `unix://`.
    """
    # redis-py does not accept a connect timeout for Unix sockets, which connect without waiting.
    limits = {} if redis_url.startswith("unix:") else {"socket_connect_timeout": _TIMEOUT_S}
    try:
        with redis.Redis.from_url(
            redis_url, socket_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0), **limits
        ) as connection:
            alive = connection.exists(heartbeat_key(model_version))
    except (redis.RedisError, ValueError) as error:
        where = address_without_password(redis_url)
        return f"could not ask Redis at {where} (REDIS_URL) for a worker's heartbeat: {error}"
    return None if alive else f"no worker of the model {model_version} has a heartbeat"

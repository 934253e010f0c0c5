"""`python -m launch.worker_health BUNDLES`: the health check of a worker's container.

Asks Redis for the heartbeat of the current bundle's model. It fails too while Redis is away, which a
restarted worker would not mend, and while the worker of a new index has not taken over: so it is fit
for showing and alerting, and for starting things in order, not for killing workers.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from contracts.embedding_job import heartbeat_key
from contracts.errors import BundleError
from contracts.redis_url import address_without_password
from index.bundle_manifest import read_manifest
from index.current_version import current_version
from worker.settings import WorkerSettings

_TIMEOUT_S = 3.0


def worker_problem(bundles: Path, redis_url: str) -> str | None:
    """Why no worker of the current bundle's model can be counted on, or None.

    The heartbeat expires by itself, so one that is there is fresh.

    Args:
        bundles: folder of index bundles.
        redis_url: `redis://`, `rediss://` or `unix://`.

    Raises:
        BundleError: there is no current bundle, or its manifest is damaged.
    """
    version = read_manifest(bundles / current_version(bundles)).model.version
    # redis-py refuses a limit for connecting to a Unix socket, which does not wait.
    limits = {} if redis_url.startswith("unix:") else {"socket_connect_timeout": _TIMEOUT_S}
    try:
        with redis.Redis.from_url(
            redis_url, socket_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0), **limits
        ) as connection:
            alive = connection.exists(heartbeat_key(version))
    except redis.RedisError as error:
        return f"Redis at {address_without_password(redis_url)} cannot be asked for the worker's heartbeat: {error}"
    return None if alive else f"no worker of model {version} has a heartbeat; the worker's log says why"


def main(arguments: Sequence[str]) -> int:
    """Print what is found; 0 healthy, 1 not, 2 wrong usage."""
    if len(arguments) != 1:
        print("usage: python -m launch.worker_health BUNDLES", file=sys.stderr)
        return 2
    try:
        problem = worker_problem(Path(arguments[0]), WorkerSettings().redis_url)
    except BundleError as error:
        problem = str(error)
    print(problem or "ok")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m launch.worker_health BUNDLES`: the health check of a worker's container.

Asks Redis for the heartbeat of the current bundle's model. It fails too while Redis is away, which a
restarted worker would not mend, and while the worker of a new index has not taken over: so it is fit
for showing and alerting, and for starting things in order, not for killing workers.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from contracts.errors import BundleError
from index.bundle_manifest import read_manifest
from index.current_version import current_version
from launch.worker_heartbeat import heartbeat_problem
from worker.settings import WorkerSettings


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
    problem = heartbeat_problem(version, redis_url)
    return None if problem is None else f"{problem}; the worker's log says why"


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

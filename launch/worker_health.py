"""`python -m launch.worker_health BUNDLES`: the health check of a worker's container.

Asks Redis for the heartbeat of the current bundle's model. It also fails while Redis is unavailable,
which restarting the worker would not fix, and until a new index's worker has started. So use it for
display, alerts and the order of start-up, but not to kill workers.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from contracts.errors import BundleError, LaunchError
from index.bundle_manifest import read_manifest
from index.current_version import current_version
from launch.worker_heartbeat import heartbeat_problem
from worker.settings import read_settings


def worker_problem(bundles: Path, redis_url: str) -> str | None:
    """Why no worker of the current bundle's model seems to be alive, or None if one does.

    The heartbeat's key expires, so if it exists, it is recent.

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
    """Print the result; returns 0 if healthy, 1 if not, 2 for wrong usage."""
    if len(arguments) != 1:
        print("usage: python -m launch.worker_health BUNDLES", file=sys.stderr)
        return 2
    try:
        problem = worker_problem(Path(arguments[0]), read_settings().redis_url)
    except (BundleError, LaunchError) as error:
        problem = str(error)
    print(problem or "ok")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

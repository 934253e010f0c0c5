"""The worker: whether one of the bundle's network has a heartbeat."""

from redis.exceptions import RedisError

from checks.finding import Finding
from checks.redis_server import connect
from contracts.embedding_job import WORKER_VERSIONS_KEY, detector_in, heartbeat_key

_SUBJECT = "worker"


def check_worker(redis_url: str, model_version: str | None) -> Finding:
    """Ask Redis for the heartbeat, whose key expires; without a version, for those of any network."""
    try:
        with connect(redis_url) as connection:
            known = {version.decode(errors="replace") for version in connection.smembers(WORKER_VERSIONS_KEY)}
            alive = sorted(version for version in known if connection.exists(heartbeat_key(version)))
            beat = None if model_version is None else connection.get(heartbeat_key(model_version))
            if isinstance(beat, bytes):
                detector = detector_in(beat)
                finds = "finds no garments in photos" if detector is None else f"finds garments in photos by {detector}"
                return Finding(_SUBJECT, "ok", f"a worker of {model_version} is alive; it {finds}")
    except (RedisError, OSError, ValueError, TypeError) as error:
        return Finding(_SUBJECT, "note", f"Redis could not be asked for its heartbeat ({error!s:.200})", "see Redis")
    others = f"; alive is {', '.join(alive)}" if alive else ""
    if model_version is None:
        return Finding(_SUBJECT, "ok" if alive else "note", f"alive: {', '.join(alive) or 'none'}")
    return Finding(
        _SUBJECT,
        "problem",
        f"no worker of {model_version}, the network of the current bundle, has a heartbeat{others}",
        "start one with `lookalike serve BUNDLES --only worker`; its log says why one ended",
    )

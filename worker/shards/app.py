"""The worker process of extractions: Celery's thread pool with one thread, which embeds one shard after another."""

import logging
import os
import threading
import warnings
from typing import Any, Final

from celery.platforms import SecurityWarning
from celery.signals import worker_ready, worker_shutting_down

from contracts.embedding_engine import EmbeddingEngine
from contracts.errors import LaunchError
from contracts.redis_url import address_without_password
from model.shards.allowed_roots import AllowedRoots
from model.shards.work_folder import WorkFolder
from worker.app import EndingWorker, configure_logging
from worker.connection import connect
from worker.patient_consumer import PatientConsumer
from worker.settings import WorkerSettings
from worker.shards.celery_task import make_shard_app, register_shard_task
from worker.shards.embedding import ShardEmbedder
from worker.shards.jobs import ShardJobs

logger = logging.getLogger(__name__)

# It is renewed six times meanwhile, so it need not be as long as a shard takes.
LEASE_S: Final = 15.0
SHARED_SETTING: Final = "LOOKALIKE_EXTRACT_SHARED"
# Where it shares its machine with API and workers, photos of customers must come first.
_NICENESS: Final = 10


def run_shard_worker(
    settings: WorkerSettings, engine: EmbeddingEngine, *, batch_size: int, threads: int, lease_s: float = LEASE_S
) -> int:
    """Embed shards until SIGTERM, SIGHUP or Ctrl-C; the shard that is under way is given back.

    Must be called from the main thread, once per process, because Celery installs signal handlers.

    Args:
        settings: of the worker.
        engine: embeds.
        batch_size: pictures embedded together.
        threads: that read and decode pictures.
        lease_s: a shard of a worker that died is given to another after so long, seconds.

    Returns:
        The exit status for the process.

    Raises:
        LaunchError: the work folder or the folders of pictures are not named, or cannot be used.
    """
    configure_logging(settings.log_level, settings.log_format)
    # Celery warns against running as root because of pickled messages; this worker accepts only JSON.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    if not settings.extract_shared:
        raise LaunchError(
            f"{SHARED_SETTING} must name the work folder of extractions, a path or s3://BUCKET/PREFIX, as --shared of "
            "`lookalike extract --on-workers` does"
        )
    roots = AllowedRoots([part.strip() for part in settings.extract_roots.split(",") if part.strip()])
    work = WorkFolder(settings.extract_shared)
    os.nice(_NICENESS)
    version = engine.identity.version
    connection = connect(settings.redis_url)
    stopping = threading.Event()
    app = make_shard_app(settings.redis_url, version, lease_s=lease_s)
    jobs = ShardJobs(
        connection,
        work,
        roots,
        ShardEmbedder(engine, batch_size=batch_size, threads=threads),
        stopping,
        lease_s=lease_s,
        stuck_s=settings.engine_stuck_s,
    )
    register_shard_task(app, jobs, stopping)

    def on_ready(**_: Any) -> None:
        logger.info(
            "ready: takes shards of model %s, Redis at %s, work folder %s, pictures of %s",
            version,
            address_without_password(settings.redis_url),
            work,
            roots,
        )

    def on_shutting_down(**_: Any) -> None:
        stopping.set()

    worker_ready.connect(on_ready, weak=False)
    worker_shutting_down.connect(on_shutting_down, weak=False)
    engine.warm_up()
    worker = EndingWorker(
        app=app,
        pool_cls="threads",
        consumer_cls=PatientConsumer,
        # More would only wait for the engine, and a dead worker would cost more than one shard's time.
        concurrency=1,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    try:
        worker.start()
    finally:
        stopping.set()
        connection.close()
    return int(worker.exitcode or 0)

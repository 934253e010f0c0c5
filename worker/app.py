"""The worker process: Celery's thread pool, one engine thread, a heartbeat."""

import logging
import os
import signal
import sys
import warnings
from typing import Any

from celery.apps.worker import Worker
from celery.platforms import SecurityWarning
from celery.signals import setup_logging, worker_ready, worker_shutting_down

from contracts.embedding_engine import EmbeddingEngine
from contracts.log_lines import OneLineFormatter
from contracts.redis_url import address_without_password
from worker.batching import Batcher
from worker.celery_app import make_celery_app, register_embed_task
from worker.connection import connect
from worker.decoding_budget import DecodingBudget
from worker.ended_messages import EndedMessages
from worker.freed_memory import FreedMemory
from worker.heartbeat import Heartbeat
from worker.jobs import EmbedJobs
from worker.patient_consumer import PatientConsumer, silence_tries
from worker.settings import WorkerSettings
from worker.state_log import StateLog

logger = logging.getLogger(__name__)

# These log two lines for every picture, and the second a traceback for each that Redis refuses.
_TALKATIVE_LOGGERS = {"celery.worker.strategy": logging.WARNING, "celery.app.trace": logging.ERROR}


class _EndingWorker(Worker):  # type: ignore[misc]  # celery carries no types
    """Ends on SIGHUP as on SIGTERM.

    Celery's own worker replaces itself by a new process, or, on a terminal, dies at once.
    """

    def install_platform_tweaks(self, worker: Any) -> None:
        before = signal.getsignal(signal.SIGHUP)
        super().install_platform_tweaks(worker)
        # What `nohup` ignores stays ignored.
        handler = before if before is signal.SIG_IGN else signal.getsignal(signal.SIGTERM)
        signal.signal(signal.SIGHUP, handler)


def run_worker(settings: WorkerSettings, engine: EmbeddingEngine) -> int:
    """Serve embed jobs until SIGTERM, SIGHUP or Ctrl-C; jobs that have started are finished first.

    Must be called from the main thread, once per process, because Celery installs signal handlers.

    Returns:
        The exit status for the process.
    """
    configure_logging(settings.log_level)
    # Celery warns against running as root because of pickled messages; this worker accepts only JSON.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    version = engine.identity.version
    connection = connect(settings.redis_url)
    batcher = Batcher(engine, settings.batch_limit)
    queue_state = StateLog("the queue")
    heartbeat = Heartbeat(connection, version, batcher, engine_stuck_s=settings.engine_stuck_s, queue_state=queue_state)
    ended = EndedMessages()
    app = make_celery_app(
        settings.redis_url,
        version,
        visibility_timeout_s=settings.visibility_timeout_s,
        queue_state=queue_state,
        ended=ended,
    )
    freed = FreedMemory()
    budget = DecodingBudget(
        memory=settings.decode_budget_bytes,
        threads=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        # Of twice as many threads: the others are for ordinary pictures.
        max_large=settings.batch_limit,
    )
    register_embed_task(app, EmbedJobs(connection, engine, batcher, budget, freed, ended))

    def on_ready(**_: Any) -> None:
        heartbeat.start()
        logger.info(
            "ready: model %s, batches of up to %d, Redis at %s",
            version,
            settings.batch_limit,
            address_without_password(settings.redis_url),
        )

    def on_shutting_down(**_: Any) -> None:
        heartbeat.stop()

    worker_ready.connect(on_ready, weak=False)
    worker_shutting_down.connect(on_shutting_down, weak=False)
    batcher.start()
    freed.start()
    worker = _EndingWorker(
        app=app,
        pool_cls="threads",
        consumer_cls=PatientConsumer,
        # Twice a batch, so that the next batch is decoded while one computes.
        concurrency=2 * settings.batch_limit,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    try:
        worker.start()
    finally:
        heartbeat.stop()
        batcher.stop()
        connection.close()
    return int(worker.exitcode or 0)


def configure_logging(level: str) -> None:
    """Write log lines of this level and above to stderr; calling it again changes nothing."""
    # A receiver of this signal, even an empty one, keeps Celery from configuring logging itself.
    setup_logging.connect(_leave_logging_alone, weak=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLineFormatter("%(asctime)s %(levelname)-7s worker: %(message)s (%(name)s)"))
    logging.basicConfig(level=level, handlers=[handler])
    silence_tries()
    for name, least in _TALKATIVE_LOGGERS.items():
        logging.getLogger(name).setLevel(least)


def _leave_logging_alone(**_: Any) -> None:
    """Receives Celery's signal."""

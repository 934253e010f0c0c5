"""The worker process: Celery's thread pool, one engine thread, a heartbeat."""

import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import celery.apps.worker
from celery.apps.worker import Worker
from celery.platforms import SecurityWarning
from celery.signals import setup_logging, worker_ready, worker_shutting_down

from contracts.embedding_engine import EmbeddingEngine
from contracts.garments import GarmentDetector
from contracts.json_lines import log_what_nobody_catches
from contracts.log_format import LogFormat, log_formatter
from contracts.redis_url import address_without_password
from pictures.decoding_budget import DecodingBudget
from tracing.spans import trace_fields
from worker.batching import Batcher
from worker.celery_app import make_celery_app, register_embed_task
from worker.connection import connect
from worker.ended_messages import EndedMessages
from worker.freed_memory import FreedMemory
from worker.garment_finding import GarmentFinder
from worker.heartbeat import Heartbeat
from worker.hung_engine import HungEngineWatch
from worker.jobs import EmbedJobs
from worker.metrics import WorkerMetrics
from worker.metrics_server import MetricsServer
from worker.patient_consumer import PatientConsumer, silence_tries
from worker.preparing import PicturePreparer
from worker.settings import WorkerSettings
from worker.state_log import StateLog
from worker.wanted_jobs import WantedJobs
from worker.watching import Watch

logger = logging.getLogger(__name__)

# These log two lines for every picture, and the second a traceback for each that Redis refuses.
_TALKATIVE_LOGGERS = {"celery.worker.strategy": logging.WARNING, "celery.app.trace": logging.ERROR}


class EndingWorker(Worker):  # type: ignore[misc]  # celery carries no types
    """Ends on SIGHUP as on SIGTERM.

    Celery's own worker replaces itself by a new process, or, on a terminal, dies at once.
    """

    def install_platform_tweaks(self, worker: Any) -> None:
        """Take SIGHUP for SIGTERM once Celery has installed its handlers."""
        before = signal.getsignal(signal.SIGHUP)
        super().install_platform_tweaks(worker)
        # What `nohup` ignores stays ignored.
        handler = before if before is signal.SIG_IGN else signal.getsignal(signal.SIGTERM)
        signal.signal(signal.SIGHUP, handler)


def run_worker(settings: WorkerSettings, engine: EmbeddingEngine, detector: GarmentDetector | None = None) -> int:
    """Serve embed jobs until SIGTERM, SIGHUP or Ctrl-C; jobs that have started are finished first.

    Must be called from the main thread, once per process, because Celery installs signal handlers.

    Args:
        settings: of the worker.
        engine: embeds.
        detector: finds garments in photos; None if the network has none, or it is switched off.

    Returns:
        The exit status for the process.
    """
    configure_logging(settings.log_level, settings.log_format)
    # Celery warns against running as root because of pickled messages; this worker accepts only JSON.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    version = engine.identity.version
    connection = connect(settings.redis_url)
    metrics = WorkerMetrics()
    watch = Watch(metrics, version)
    batcher = Batcher(engine, settings.batch_limit, watch.batch, detector)
    queue_state = StateLog("the queue")
    heartbeat = Heartbeat(
        connection,
        version,
        batcher,
        engine_stuck_s=settings.engine_stuck_s,
        queue_state=queue_state,
        started=metrics.note_start,
        detector_version=None if detector is None else detector.version,
    )
    ended = EndedMessages()
    app = make_celery_app(
        settings.redis_url,
        version,
        visibility_timeout_s=settings.visibility_timeout_s,
        queue_state=queue_state,
        ended=ended,
    )
    freed = FreedMemory()
    wanted = WantedJobs(connection)
    budget = DecodingBudget(
        memory=settings.decode_budget_bytes,
        threads=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        # Of twice as many threads: the others are for ordinary pictures.
        max_large=settings.batch_limit,
    )
    metrics.describe(version, settings.decode_budget_bytes, lambda: budget.memory_taken)
    finder = None if detector is None else GarmentFinder(detector, batcher, watch, input_size=engine.input_size)
    preparer = PicturePreparer(engine, budget, freed, watch, finder)
    register_embed_task(app, EmbedJobs(connection, version, preparer, batcher, wanted, ended, watch))

    def on_ready(**_: Any) -> None:
        heartbeat.start()
        logger.info(
            "ready: model %s, %s, batches of up to %d, Redis at %s",
            version,
            "no garment detector" if detector is None else f"garment detector {detector.version}",
            settings.batch_limit,
            address_without_password(settings.redis_url),
        )

    def on_shutting_down(**_: Any) -> None:
        heartbeat.stop()

    worker_ready.connect(on_ready, weak=False)
    worker_shutting_down.connect(on_shutting_down, weak=False)
    hung_engine_watch = HungEngineWatch(batcher, settings.engine_stuck_s)
    batcher.start()
    hung_engine_watch.start()
    freed.start()
    wanted.start()
    worker = EndingWorker(
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
        with _observed(settings, metrics):
            worker.start()
            logger.info("stopped: the jobs that had started have ended")
    finally:
        heartbeat.stop()
        hung_engine_watch.stop()
        batcher.stop()
        wanted.stop()
        connection.close()
    return int(worker.exitcode or 0)


@contextmanager
def _observed(settings: WorkerSettings, metrics: WorkerMetrics) -> Iterator[None]:
    """Inside, metrics are served and spans recorded, as far as the settings ask for them.

    Raises:
        LaunchError: spans cannot be recorded.
    """
    with ExitStack() as stack:
        if settings.tracing:
            from tracing.exporting import start_tracing

            stack.callback(start_tracing("worker"))
        if settings.worker_metrics_port is not None:
            server = MetricsServer(metrics.registry, settings.worker_metrics_host, settings.worker_metrics_port)
            server.start()
            stack.callback(server.stop)
        yield


def configure_logging(level: str, log_format: LogFormat) -> None:
    """Write log lines of this level and above to stderr; calling it again changes nothing."""
    # A receiver of this signal, even an empty one, keeps Celery from configuring logging itself.
    setup_logging.connect(_leave_logging_alone, weak=False)
    handler = logging.StreamHandler(sys.stderr)
    text = "%(asctime)s %(levelname)-7s worker: %(message)s (%(name)s)"
    handler.setFormatter(log_formatter(log_format, "worker", text, trace_fields))
    if log_format == "json":
        log_what_nobody_catches(logger)
        # What Celery says in its signal handlers goes past logging, as text to stdout.
        celery.apps.worker.safe_say = _say_nothing
    logging.basicConfig(level=level, handlers=[handler])
    silence_tries()
    for name, least in _TALKATIVE_LOGGERS.items():
        logging.getLogger(name).setLevel(least)


def _say_nothing(*_: Any) -> None:
    """Stands for Celery's `safe_say`."""


def _leave_logging_alone(**_: Any) -> None:
    """Receives Celery's signal."""

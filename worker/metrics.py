"""Prometheus metrics of one worker process."""

from collections.abc import Callable
from typing import Final, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

from contracts.embedding_reply import ReplyCode
from contracts.errors import RejectionCode

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
# Besides embedded pictures and those that were refused for a reason with a code.
EMBEDDED: Final = "embedded"
LATE: Final = "late"
OUTCOMES: Final = (EMBEDDED, LATE, *get_args(RejectionCode), "internal_error", "queue_full")


class WorkerMetrics:
    """What a worker counts, in a registry of its own; its methods may be called from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # They would double the number of series, and nothing asks for them.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        ProcessCollector(registry=self.registry)
        self._batch_size = Histogram(
            "lookalike_worker_batch_pictures", "Pictures in a forward pass.", buckets=_SIZES, registry=self.registry
        )
        self._engine = self._seconds("lookalike_worker_engine_seconds", "Time of a forward pass.")
        self._detect = self._seconds(
            "lookalike_worker_detect_seconds", "Time of a forward pass that finds garments; none without a detector."
        )
        self._detect_failures = Counter(
            "lookalike_worker_detect_failures_total",
            "Forward passes that found no garments because the detector failed, and photos that it did not take.",
            registry=self.registry,
        )
        self._decode = self._seconds(
            "lookalike_worker_decode_seconds", "Time to decode a picture and fit it to the network's input."
        )
        self._queue_age = self._seconds(
            "lookalike_worker_queue_age_seconds", "Time from sending a job to taking it from the queue."
        )
        self._pictures = Counter(
            "lookalike_worker_pictures_total", "Pictures by what became of them.", ("outcome",), registry=self.registry
        )
        for outcome in OUTCOMES:
            self._pictures.labels(outcome)
        self._engine_failures = Counter(
            "lookalike_worker_engine_failures_total", "Forward passes that failed.", registry=self.registry
        )
        self._decoding = Gauge(
            "lookalike_worker_decoding_bytes",
            "Memory that decoding takes now, by its estimate.",
            registry=self.registry,
        )
        self._budget = Gauge(
            "lookalike_worker_decode_budget_bytes", "LOOKALIKE_DECODE_BUDGET_BYTES.", registry=self.registry
        )
        self._starts = Gauge(
            "lookalike_worker_starts",
            "Starts of workers of this model up to this one's, as Redis counts them.",
            registry=self.registry,
        )
        self._model = Info("lookalike_worker_model", "The network.", registry=self.registry)

    def _seconds(self, name: str, explanation: str) -> Histogram:
        return Histogram(name, explanation, buckets=_SECONDS, registry=self.registry)

    def describe(self, model_version: str, budget_bytes: int, decoding_bytes: Callable[[], int]) -> None:
        """Name the network, and say where the use of the decoding budget can be read."""
        self._model.info({"version": model_version})
        self._budget.set(budget_bytes)
        self._decoding.set_function(decoding_bytes)

    def observe_batch(self, pictures: int, seconds: float, *, failed: bool) -> None:
        """Record a forward pass."""
        self._batch_size.observe(pictures)
        self._engine.observe(seconds)
        if failed:
            self._engine_failures.inc()

    def observe_detection(self, seconds: float, *, failed: bool) -> None:
        """Record a forward pass that finds garments."""
        self._detect.observe(seconds)
        if failed:
            self._detect_failures.inc()

    def observe_failed_detection(self) -> None:
        """Count a photo that the detector did not take."""
        self._detect_failures.inc()

    def observe_decoding(self, seconds: float) -> None:
        """Record how long decoding took."""
        self._decode.observe(seconds)

    def observe_queue_age(self, seconds: float) -> None:
        """Record how long a job was in the queue."""
        self._queue_age.observe(seconds)

    def observe_picture(self, outcome: ReplyCode | str) -> None:
        """Count a picture; see `OUTCOMES`."""
        self._pictures.labels(outcome).inc()

    def note_start(self, number: int) -> None:
        """Record the number of this start."""
        self._starts.set(number)

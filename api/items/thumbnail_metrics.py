"""Prometheus metrics of the thumbnails of one API process."""

from collections.abc import Callable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Result = Literal["kept", "made", "shared", "refused", "abandoned"]


class ThumbnailMetrics:
    """Counters in the registry of the process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "lookalike_thumbnails_requests_total",
            "Requests for thumbnails: answered from the folder (kept), made, made for another request that waited too "
            "(shared), of missing or unreadable pictures (refused), and whose client hung up (abandoned).",
            ("result",),
            registry=registry,
        )
        for result in ("kept", "made", "shared", "refused", "abandoned"):
            self._requests.labels(result)
        self._making = Histogram(
            "lookalike_thumbnails_making_seconds",
            "Time in which a thumbnail was decoded, shrunk and encoded, once it was its turn.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
            registry=registry,
        )
        self._waiting = Gauge(
            "lookalike_thumbnails_waiting", "Thumbnails that are being made, or wait for that.", registry=registry
        )
        self._memory = Gauge(
            "lookalike_thumbnails_decoding_bytes",
            "Memory that the decoding of pictures for thumbnails is expected to take now.",
            registry=registry,
        )
        self._removed = Counter(
            "lookalike_thumbnails_removed_total", "Kept thumbnails that made room for others.", registry=registry
        )
        self._unkept = Counter(
            "lookalike_thumbnails_not_kept_total",
            "Thumbnails that could not be kept, because their folder cannot be written.",
            registry=registry,
        )

    def watch(self, waiting: Callable[[], int], memory: Callable[[], int]) -> None:
        """Show what is current when the metrics are read."""
        self._waiting.set_function(waiting)
        self._memory.set_function(memory)

    def observe(self, result: Result) -> None:
        """Count a request."""
        self._requests.labels(result).inc()

    def observe_making(self, seconds: float) -> None:
        """Record how long a thumbnail took."""
        self._making.observe(seconds)

    def observe_keeping(self, removed: int) -> None:
        """Count what was removed to keep a thumbnail."""
        self._removed.inc(removed)

    def observe_unkept(self) -> None:
        """Count a thumbnail that could not be kept."""
        self._unkept.inc()

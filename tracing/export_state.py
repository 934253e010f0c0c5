"""One log line when a collector stops taking spans, and one when it takes them again."""

import logging
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_log = logging.getLogger("lookalike.tracing")


class ExportState(SpanExporter):
    """An exporter that logs the state of another.

    Args:
        exporter: sends the spans.
        endpoint: where to, for messages.
    """

    def __init__(self, exporter: SpanExporter, endpoint: str) -> None:
        self._exporter = exporter
        self._endpoint = endpoint
        self._lost = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans."""
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            if not self._lost:
                _log.warning("the collector at %s takes no spans; they are dropped until it does", self._endpoint)
            self._lost += len(spans)
        elif self._lost:
            _log.info("the collector at %s takes spans again; %d were dropped", self._endpoint, self._lost)
            self._lost = 0
        return result

    def shutdown(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what the exporter itself holds."""
        return self._exporter.force_flush(timeout_millis)

"""Sends spans to a collector by OTLP over HTTP, as the OTEL_* variables of OpenTelemetry say.

A thread of its own sends them in batches from a bounded queue. A collector that is away, slow or refuses costs spans,
never a request.
"""

import logging
import os
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from contracts.errors import LaunchError
from tracing.spans import record_with

_log = logging.getLogger("lookalike.tracing")

# After this, spans that a collector does not take are given up, so that the process can end.
LAST_SPANS_S: Final = 2.0


def start_tracing(process: str) -> Callable[[], None]:
    """Record spans from now on.

    Args:
        process: `api` or `worker`, for the name of the service if OTEL_SERVICE_NAME gives none.

    Returns:
        What ends it: sends the spans that are left, for two seconds at most.

    Raises:
        LaunchError: OpenTelemetry is not installed, or one of its variables asks for what is not supported.
    """
    if not _is_wanted(os.environ):
        _log.info("LOOKALIKE_TRACING is on, but OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER=none switch tracing off")
        return _nothing
    endpoint = _check_endpoint(os.environ)
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from tracing.export_state import ExportState
        from tracing.recording import OpenTelemetryRecorder
    except ImportError as error:
        raise LaunchError(
            f"LOOKALIKE_TRACING is on, but OpenTelemetry is not installed ({error}); install it with "
            "`pip install 'lookalike[otel]'`, build the image with TRACING=true, or remove the setting"
        ) from None
    # It would log a line for every batch that a collector does not take, and one for every span beyond the queue.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    own = {"service.namespace": "lookalike", "service.instance.id": str(uuid.uuid4())}
    name = {} if _names_the_service(os.environ) else {"service.name": f"lookalike-{process}"}
    try:
        # What the variables say comes before what is said here, but OpenTelemetry's default name does not.
        resource = Resource(own).merge(Resource.create()).merge(Resource(name))
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(ExportState(OTLPSpanExporter(), endpoint)))
    except (ValueError, TypeError, OSError) as error:
        raise LaunchError(
            f"tracing cannot start with these OTEL_* variables: {error}; correct or remove them"
        ) from None
    record_with(OpenTelemetryRecorder(provider.get_tracer("lookalike")))
    _log.info("tracing: spans go to %s", endpoint)

    def stop() -> None:
        record_with(None)
        # A daemon: a collector that does not answer must not keep the process.
        last = threading.Thread(target=provider.shutdown, name="last spans", daemon=True)
        last.start()
        last.join(LAST_SPANS_S)

    return stop


def _is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether the variables leave tracing on.

    Raises:
        LaunchError: they ask for another exporter than OTLP over HTTP.
    """
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporter == "none":
        return False
    protocol = (
        environment.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "").strip()
        or environment.get("OTEL_EXPORTER_OTLP_PROTOCOL", "").strip()
        or "http/protobuf"
    )
    if exporter != "otlp" or protocol != "http/protobuf":
        raise LaunchError(
            f"OpenTelemetry is to export traces by {exporter!r:.40} over {protocol!r:.40}; Lookalike exports by 'otlp' "
            "over 'http/protobuf', which collectors take on port 4318: correct OTEL_TRACES_EXPORTER or "
            "OTEL_EXPORTER_OTLP_PROTOCOL"
        )
    return True


def _check_endpoint(environment: Mapping[str, str]) -> str:
    """Where the collector is, for messages: without path, user and password.

    Raises:
        LaunchError: it is no address of HTTP.
    """
    for name in ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        given = environment.get(name, "").strip()
        if not given:
            continue
        try:
            parts = urlsplit(given)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = None
        if host is None or parts.scheme not in {"http", "https"}:
            raise LaunchError(f"{name} is not a URL with http:// or https:// and a host, such as http://collector:4318")
        return f"{parts.scheme}://{host}{f':{port}' if port else ''}"
    return "http://localhost:4318"


def _names_the_service(environment: Mapping[str, str]) -> bool:
    return bool(environment.get("OTEL_SERVICE_NAME")) or "service.name=" in environment.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )


def _nothing() -> None:
    """Ends tracing that did not begin."""

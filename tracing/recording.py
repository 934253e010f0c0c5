"""Spans as OpenTelemetry records them."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)

from contracts.trace_context import TraceContext
from tracing.spans import Attributes, Kind, Span

_KINDS: Final = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}


class OpenTelemetryRecorder:
    """The `Recorder` of `tracing.spans`.

    Args:
        tracer: makes the spans, and decides which are recorded.
    """

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def child(self, name: str, kind: Kind, attributes: Attributes) -> AbstractContextManager[Span]:
        """See `tracing.spans.span`."""
        if not trace.get_current_span().get_span_context().is_valid:
            return _entered(INVALID_SPAN)
        return _entered(self._tracer.start_span(name, None, _KINDS[kind], attributes))

    def root(
        self, name: str, kind: Kind, parent: TraceContext | None, attributes: Attributes
    ) -> AbstractContextManager[Span]:
        """See `tracing.spans.root_span`."""
        around = contexts.Context() if parent is None else _around(parent, is_remote=True)
        return _entered(self._tracer.start_span(name, around, _KINDS[kind], attributes))

    def write(
        self,
        name: str,
        parent: TraceContext,
        began_ns: int,
        ended_ns: int,
        attributes: Attributes,
        links: Sequence[TraceContext],
    ) -> TraceContext:
        """See `tracing.spans.write_span`."""
        linked = [Link(_context(link, is_remote=False)) for link in links]
        around = _around(parent, is_remote=False)
        span = self._tracer.start_span(name, around, SpanKind.INTERNAL, attributes, linked, began_ns)
        span.end(ended_ns)
        return _described(span.get_span_context())

    def nothing(self) -> AbstractContextManager[None]:
        """See `tracing.spans.untraced`."""
        return _hidden()

    def current(self) -> TraceContext | None:
        """See `tracing.spans.current_trace`."""
        context = trace.get_current_span().get_span_context()
        return _described(context) if context.is_valid else None


class _OpenSpan:
    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self.ended_ns: int | None = None

    def name(self, name: str) -> None:
        self._span.update_name(name)

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def fail(self, error_type: str) -> None:
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(Status(StatusCode.ERROR))

    def end_at(self, time_ns: int) -> None:
        self.ended_ns = time_ns


@contextmanager
def _entered(span: trace.Span) -> Iterator[Span]:
    token = contexts.attach(trace.set_span_in_context(span))
    opened = _OpenSpan(span)
    try:
        yield opened
    except BaseException as error:
        # The text of an exception may quote a client.
        code = getattr(error, "code", None)
        opened.fail(code if isinstance(code, str) else type(error).__name__)
        raise
    finally:
        contexts.detach(token)
        span.end(opened.ended_ns)


@contextmanager
def _hidden() -> Iterator[None]:
    token = contexts.attach(trace.set_span_in_context(INVALID_SPAN))
    try:
        yield
    finally:
        contexts.detach(token)


def _context(trace_context: TraceContext, *, is_remote: bool) -> SpanContext:
    return SpanContext(
        int(trace_context.trace_id, 16),
        int(trace_context.span_id, 16),
        is_remote,
        TraceFlags(TraceFlags.SAMPLED if trace_context.sampled else TraceFlags.DEFAULT),
        TraceState.from_header([trace_context.state]) if trace_context.state else None,
    )


def _around(parent: TraceContext, *, is_remote: bool) -> contexts.Context:
    return trace.set_span_in_context(NonRecordingSpan(_context(parent, is_remote=is_remote)), contexts.Context())


def _described(context: SpanContext) -> TraceContext:
    return TraceContext(
        trace.format_trace_id(context.trace_id),
        trace.format_span_id(context.span_id),
        bool(context.trace_flags & TraceFlags.SAMPLED),
        context.trace_state.to_header() if context.trace_state else "",
    )

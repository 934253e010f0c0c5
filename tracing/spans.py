"""Spans, for code that does not know whether tracing is on.

Tracing is off until `record_with` is called. Then every function here does nothing, at the cost of a comparison.
OpenTelemetry is imported by `tracing.exporting` alone, which nothing imports while tracing is off.

Like logging, tracing is one for the whole process: what is on or off is a module variable, and the current span belongs
to the current thread or task.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Literal, Protocol, TypeAlias

from contracts.trace_context import TraceContext

Kind: TypeAlias = Literal["internal", "server", "producer", "consumer"]
Attributes: TypeAlias = Mapping[str, str | int | float | bool]
_NONE: Final[Attributes] = {}


class Span(Protocol):
    """A span that has begun."""

    def name(self, name: str) -> None:
        """Give it another name."""

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""

    def fail(self, error_type: str) -> None:
        """Mark it as failed, with a short code for the reason."""

    def end_at(self, time_ns: int) -> None:
        """Say when it ended, nanoseconds since 1970, if that is not when its block is left."""


class Recorder(Protocol):
    """What records spans while tracing is on; see the functions of this module."""

    def child(self, name: str, kind: Kind, attributes: Attributes) -> AbstractContextManager[Span]:
        """See `span`."""
        ...

    def root(
        self, name: str, kind: Kind, parent: TraceContext | None, attributes: Attributes
    ) -> AbstractContextManager[Span]:
        """See `root_span`."""
        ...

    def write(
        self,
        name: str,
        parent: TraceContext,
        began_ns: int,
        ended_ns: int,
        attributes: Attributes,
        links: Sequence[TraceContext],
    ) -> TraceContext:
        """See `write_span`."""
        ...

    def nothing(self) -> AbstractContextManager[None]:
        """See `untraced`."""
        ...

    def current(self) -> TraceContext | None:
        """See `current_trace`."""
        ...


class _NoSpan:
    def name(self, name: str) -> None:
        pass

    def set(self, attributes: Attributes) -> None:
        pass

    def fail(self, error_type: str) -> None:
        pass

    def end_at(self, time_ns: int) -> None:
        pass


_OFF: Final[AbstractContextManager[Span]] = nullcontext(_NoSpan())
_NOTHING: Final[AbstractContextManager[None]] = nullcontext()
_recorder: Recorder | None = None


def record_with(recorder: Recorder | None) -> None:
    """Switch tracing on for this process; None switches it off."""
    global _recorder
    _recorder = recorder


def is_tracing() -> bool:
    """Whether tracing is on."""
    return _recorder is not None


def span(name: str, kind: Kind = "internal", attributes: Attributes = _NONE) -> AbstractContextManager[Span]:
    """A child of the current span, for the length of a `with` block; nothing where there is no current span.

    An exception that leaves the block marks the span as failed. Its text is not recorded.
    """
    return _OFF if _recorder is None else _recorder.child(name, kind, attributes)


def root_span(
    name: str, kind: Kind, parent: TraceContext | None, attributes: Attributes = _NONE
) -> AbstractContextManager[Span]:
    """A span that continues a trace of another process, or begins one if there is none."""
    return _OFF if _recorder is None else _recorder.root(name, kind, parent, attributes)


def write_span(
    name: str,
    parent: TraceContext,
    *,
    began_ns: int,
    ended_ns: int,
    attributes: Attributes = _NONE,
    links: Sequence[TraceContext] = (),
) -> TraceContext | None:
    """Record what is over.

    Args:
        name: of the span.
        parent: the span that it belongs to.
        began_ns, ended_ns: nanoseconds since 1970.
        attributes: of the span.
        links: other spans that it concerns.

    Returns:
        The new span; None without tracing.
    """
    return None if _recorder is None else _recorder.write(name, parent, began_ns, ended_ns, attributes, links)


def untraced() -> AbstractContextManager[None]:
    """A block without a current span, so that `span` records nothing in it."""
    return _NOTHING if _recorder is None else _recorder.nothing()


def current_trace() -> TraceContext | None:
    """The current span."""
    return None if _recorder is None else _recorder.current()


def trace_fields() -> Mapping[str, str]:
    """The ids of the current span, for a line of the log."""
    current = current_trace()
    return {} if current is None else {"trace_id": current.trace_id, "span_id": current.span_id}

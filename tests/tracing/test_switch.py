"""Tracing is off until it is switched on, and then does what OpenTelemetry's variables say."""

import builtins
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import LaunchError
from contracts.trace_context import TraceContext
from tracing.exporting import start_tracing
from tracing.spans import current_trace, is_tracing, root_span, span, trace_fields, untraced, write_span

PARENT = TraceContext("ab" * 16, "cd" * 8, True)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")


@pytest.mark.parametrize("imported", ["worker.app, launch.worker", "api.serving"])
def test_off_what_traces_is_not_imported(imported: str) -> None:
    # By themselves, FastAPI imports OpenTelemetry's interfaces, and redis-py its metrics, where they are installed.
    unwanted = (
        "opentelemetry.sdk.trace",
        "opentelemetry.exporter",
        "tracing.exporting",
        "tracing.recording",
        "requests",
    )
    script = f"import sys, {imported}\nprint([name for name in sys.modules if name.startswith({unwanted!r})])"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert result.stdout.strip() == "[]"


def test_off_nothing_is_recorded() -> None:
    assert not is_tracing()
    with root_span("a", "server", PARENT) as root, span("b") as child, untraced():
        child.set({"a": 1})
        root.fail("x")
        assert current_trace() is None
        assert trace_fields() == {}
    assert write_span("c", PARENT, began_ns=1, ended_ns=2) is None


def test_on_spans_have_parents_and_lines_their_ids() -> None:
    stop = start_tracing("api")
    try:
        with root_span("a", "server", PARENT):
            with span("b"):
                current = current_trace()
                assert current is not None
                assert trace_fields() == {"trace_id": PARENT.trace_id, "span_id": current.span_id}
                with untraced():
                    assert current_trace() is None
                    with span("nothing"):
                        assert current_trace() is None
            written = write_span("c", PARENT, began_ns=1, ended_ns=2, links=[current])
            assert written is not None
            assert written.trace_id == PARENT.trace_id
        with root_span("unsampled", "consumer", TraceContext("ef" * 16, "cd" * 8, False, "a=1")):
            current = current_trace()
            assert current is not None
            assert (current.trace_id, current.sampled, current.state) == ("ef" * 16, False, "a=1")
    finally:
        stop()
    assert not is_tracing()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", "http/protobuf"),
        ("OTEL_TRACES_EXPORTER", "zipkin", "OTEL_TRACES_EXPORTER"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "user:secret@collector:4318", "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://[", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is not a URL"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1000000", "correct or remove"),
    ],
)
def test_what_is_not_supported_is_a_sentence(
    name: str, value: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(LaunchError, match=problem) as refused:
        start_tracing("api")
    assert "secret" not in str(refused.value)
    assert not is_tracing()


@pytest.mark.parametrize(("name", "value"), [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")])
def test_opentelemetrys_own_switches_switch_it_off(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    stop = start_tracing("api")
    assert not is_tracing()
    stop()


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("opentelemetry.exporter"):
            raise ImportError(f"No module named {name!r}")
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LaunchError, match=r"pip install 'lookalike\[otel\]'"):
        start_tracing("api")

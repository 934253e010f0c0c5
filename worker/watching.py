"""Who watches jobs and batches: counts them, gives them spans, and names them in log lines."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from contracts.delivery import Delivery
from contracts.embedding_job import EmbedJob, queue_name
from contracts.log_format import current_log_fields
from contracts.trace_context import TraceContext
from tracing.spans import root_span, span, write_span
from worker.forward_passes import PassName
from worker.metrics import WorkerMetrics

_NANOSECONDS: Final = 1_000_000_000
# As many links as OpenTelemetry keeps of a span by default.
_MOST_LINKS: Final = 128


class Watch:
    """Watches the jobs and batches of a worker; called from many threads.

    Args:
        metrics: counts.
        model_version: of the worker's engine.
    """

    def __init__(self, metrics: WorkerMetrics, model_version: str) -> None:
        self._metrics = metrics
        self._queue = queue_name(model_version)

    @contextmanager
    def job(self, job: EmbedJob, delivery: Delivery) -> Iterator[None]:
        """Around all that is done for a job in this thread.

        Only a job whose message names a span has one here: the probes of APIs have none.
        """
        token = current_log_fields.set({"request_id": job.request_id, "job_id": job.job_id})
        try:
            if delivery.trace is None:
                yield
                return
            attributes = {
                "messaging.system": "redis",
                "messaging.operation.type": "process",
                "messaging.destination.name": self._queue,
                "messaging.message.id": job.job_id,
            }
            with root_span("process embed", "consumer", delivery.trace, attributes):
                yield
        finally:
            current_log_fields.reset(token)

    def taken(self, delivery: Delivery, deadline: float) -> None:
        """A job is taken from the queue.

        Args:
            delivery: of it.
            deadline: the latest at which its picture expires in Redis, by `time.monotonic`.
        """
        now = time.time()
        age_s = delivery.age_s(now, deadline - time.monotonic())
        if age_s is None:
            return
        self._metrics.observe_queue_age(age_s)
        if delivery.trace is not None:
            ended_ns = time.time_ns()
            write_span("queue", delivery.trace, began_ns=ended_ns - int(age_s * _NANOSECONDS), ended_ns=ended_ns)

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Around the decoding of a picture whose turn it is."""
        began = time.perf_counter()
        try:
            with span("decode"):
                yield
        finally:
            self._metrics.observe_decoding(time.perf_counter() - began)

    def ended(self, outcome: str) -> None:
        """A picture is embedded, refused or late; see `worker.metrics.OUTCOMES`."""
        self._metrics.observe_picture(outcome)

    def detection_failed(self) -> None:
        """A photo could not be given to the garment detector."""
        self._metrics.observe_failed_detection()

    def batch(
        self, kind: PassName, traces: Sequence[TraceContext | None], began_ns: int, ended_ns: int, failed: bool
    ) -> None:
        """A forward pass has ended.

        Each picture has a span of it in its own trace. That of the first is linked with those of the others.

        Args:
            kind: of the pass.
            traces: the span that waits for each picture.
            began_ns, ended_ns: nanoseconds since 1970.
            failed: whether the engine failed.
        """
        seconds = max(0, ended_ns - began_ns) / _NANOSECONDS
        if kind == "detect":
            self._metrics.observe_detection(seconds, failed=failed)
        else:
            self._metrics.observe_batch(len(traces), seconds, failed=failed)
        traced = [trace for trace in traces if trace is not None]
        if not traced:
            return
        attributes = {"lookalike.batch.pictures": len(traces), "lookalike.batch.failed": failed}
        first, *others = sorted(traced, key=lambda trace: not trace.sampled)
        name = "detect" if kind == "detect" else "engine"
        times = {"began_ns": began_ns, "ended_ns": ended_ns}
        written = write_span(name, first, attributes=attributes, links=others[:_MOST_LINKS], **times)
        links = [] if written is None else [written]
        for other in others:
            write_span(name, other, attributes=attributes, links=links, **times)

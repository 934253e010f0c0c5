"""A picture that waits for its forward pass."""

import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from contracts.trace_context import TraceContext
from tracing.spans import current_trace
from worker.forward_passes import ForwardPass


class EngineFailedError(RuntimeError):
    """The engine failed on this picture, and the picture is not known to be the cause."""


class NobodyWaitsError(RuntimeError):
    """The picture was not wanted any more before its batch began."""


@dataclass(frozen=True, slots=True, eq=False)
class WaitingPicture:
    """A picture, as its kind of forward pass takes it, and what becomes of it.

    Attributes:
        kind: of the forward pass.
        picture: its input.
        alone: it must have a forward pass of its own.
        background: photos of customers come first.
        trace: the span that waits for it.
        since: when it came, by `time.monotonic`.
        result: of the forward pass.
    """

    kind: ForwardPass
    picture: Any
    alone: bool
    background: bool
    trace: TraceContext | None = field(default_factory=current_trace)
    since: float = field(default_factory=time.monotonic)
    result: "Future[Any]" = field(default_factory=Future)


def move(waiting: deque[WaitingPicture], batch: list[WaitingPicture], most: int) -> None:
    """Fill a batch with the next of its kind, up to so many; one that must be alone is not joined by any."""
    passed: list[WaitingPicture] = []
    while waiting and len(batch) < most and not (batch and (waiting[0].alone or batch[0].alone)):
        following = waiting.popleft()
        (passed if batch and following.kind is not batch[0].kind else batch).append(following)
    waiting.extendleft(reversed(passed))

"""What travels beside a job for those who watch: it changes no answer, and is passed over by older workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from contracts.trace_context import TraceContext

SENT_AT_HEADER: Final = "lookalike_sent_at"
LASTS_HEADER: Final = "lookalike_lasts_s"

# Redis tells how long a key lasts in whole seconds, rounded.
_ROUNDING_S: Final = 1.0
_LONGEST_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """How and when a job was sent.

    Attributes:
        trace: the span that sent it; None without tracing.
        sent_at: seconds since 1970, by the clock of the API's machine; None if unknown.
        lasts_s: how long its picture was to last in Redis at that moment, seconds.
    """

    trace: TraceContext | None = None
    sent_at: float | None = None
    lasts_s: float = 0.0

    def to_headers(self) -> dict[str, object]:
        """The message's headers."""
        headers = {} if self.trace is None else self.trace.to_headers()
        if self.sent_at is not None:
            headers |= {SENT_AT_HEADER: self.sent_at, LASTS_HEADER: self.lasts_s}
        return headers

    @classmethod
    def from_headers(cls, headers: Mapping[str, object]) -> Self:
        """Read a message's headers; what no API sends counts as missing."""
        sent_at, lasts_s = headers.get(SENT_AT_HEADER), headers.get(LASTS_HEADER)
        trace = TraceContext.of_message(headers)
        if isinstance(sent_at, float) and isinstance(lasts_s, float) and 0 < lasts_s <= _LONGEST_S and sent_at > 0:
            return cls(trace, sent_at, lasts_s)
        return cls(trace)

    def age_s(self, now: float, left_s: float) -> float | None:
        """How long ago the job was sent, seconds; never negative, and None if unknown.

        The clocks of two machines may differ. Redis's own clock bounds the answer: the picture's key has lasted since.
        So an error of the clocks counts for one second at most.

        Args:
            now: by this machine's clock, seconds since 1970.
            left_s: how long the picture lasts in Redis from now on at most, seconds; one less at least.
        """
        if self.sent_at is None:
            return None
        least = self.lasts_s - left_s
        return max(0.0, min(max(now - self.sent_at, least), least + _ROUNDING_S))

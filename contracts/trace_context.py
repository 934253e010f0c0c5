"""W3C trace context (traceparent and tracestate), as far as requests and messages may bring it.

Whoever can send a request or a message chooses these two texts. So whatever is malformed or longer than the
specification asks for is ignored, and only what was parsed here travels on. Baggage is not read at all.
Source: https://www.w3.org/TR/trace-context/.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"

_LONGEST_PARENT: Final = 128
_LONGEST_STATE: Final = 512
_MOST_MEMBERS: Final = 32
# A version after 00 may append fields.
_PARENT: Final = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]*)?")
_MEMBER: Final = re.compile(
    r"[a-z0-9][a-z0-9_*/-]{0,240}(@[a-z][a-z0-9_*/-]{0,13})?=[ -+\--<>-~]{0,255}[!-+\--<>-~]", re.ASCII
)


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A span that another one belongs to.

    Attributes:
        trace_id: 32 lower-case hexadecimal digits, not all 0.
        span_id: 16 of them, not all 0.
        sampled: whether the trace is recorded.
        state: a valid tracestate of at most 512 characters, or empty.
    """

    trace_id: str
    span_id: str
    sampled: bool
    state: str = ""

    @classmethod
    def parse(cls, parent: object, state: object = "") -> Self | None:
        """The context of a traceparent and a tracestate; None if the first is not valid."""
        if not isinstance(parent, str) or len(parent) > _LONGEST_PARENT:
            return None
        found = _PARENT.fullmatch(parent)
        if found is None or (found[1] == "00" and found[5]) or not found[2].strip("0") or not found[3].strip("0"):
            return None
        return cls(found[2], found[3], bool(int(found[4], 16) & 1), _checked_state(state))

    @classmethod
    def of_request(cls, headers: Iterable[tuple[bytes, bytes]]) -> Self | None:
        """The context of a request's headers, whose names are in lower case."""
        parents = [value for name, value in headers if name == b"traceparent"]
        if len(parents) != 1 or len(parents[0]) > _LONGEST_PARENT:
            return None
        states = [value for name, value in headers if name == b"tracestate"]
        state = b"," if sum(map(len, states)) > _LONGEST_STATE else b",".join(states)
        return cls.parse(parents[0].decode("latin-1"), state.decode("latin-1"))

    @classmethod
    def of_message(cls, headers: Mapping[str, object]) -> Self | None:
        """The context of a message's headers."""
        return cls.parse(headers.get(TRACEPARENT), headers.get(TRACESTATE, ""))

    def to_headers(self) -> dict[str, object]:
        """What a message carries."""
        headers: dict[str, object] = {TRACEPARENT: f"00-{self.trace_id}-{self.span_id}-{self.sampled:02x}"}
        if self.state:
            headers[TRACESTATE] = self.state
        return headers


def _checked_state(state: object) -> str:
    if not isinstance(state, str) or len(state) > _LONGEST_STATE:
        return ""
    members = [member.strip(" \t") for member in state.split(",") if member.strip(" \t")]
    keys = {member.partition("=")[0] for member in members}
    valid = len(members) <= _MOST_MEMBERS and len(keys) == len(members) and all(map(_MEMBER.fullmatch, members))
    return ",".join(members) if valid else ""

"""The id and start time of a request."""

import re
import secrets
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

SCOPE_KEY: Final = "lookalike.request"

# Of the request that the current task answers, for what knows nothing of HTTP; empty in other tasks.
current_request_id: Final[ContextVar[str]] = ContextVar("current_request_id", default="")

# Visible ASCII only, because the id goes into a header, a JSON body and the log unchanged.
_USABLE_ID = re.compile(rb"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Id and start time of one request.

    Attributes:
        request_id: the client's X-Request-Id, or a new id.
        started: `time.perf_counter()` when its head had arrived, seconds.
    """

    request_id: str
    started: float

    def elapsed_ms(self) -> float:
        """Time since the request arrived, milliseconds."""
        return (time.perf_counter() - self.started) * 1000.0


def begin_request(scope: Scope) -> RequestContext:
    """Take a request's id from X-Request-Id if that is 1 to 128 visible ASCII characters, else draw a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _USABLE_ID.fullmatch(value):
            return RequestContext(value.decode("ascii"), time.perf_counter())
    return RequestContext(secrets.token_hex(16), time.perf_counter())


def context_of(scope: Scope) -> RequestContext:
    """The context that the edge put into a request's scope."""
    context = scope[SCOPE_KEY]
    if not isinstance(context, RequestContext):
        raise TypeError(f"scope[{SCOPE_KEY!r}] holds {type(context).__name__}, not a RequestContext")
    return context

"""What a call can raise.

LookalikeError
├── Unreachable         no answer: no connection, or it was cut
├── TimedOut            no answer, or no end of it, within the time
├── UnexpectedAnswer    an answer that is not of a Lookalike service
├── ImportFailed        an import that was waited for has failed
├── JobFailed           an embedding job that was waited for has failed, or has expired
└── ApiError            an answer that says what is wrong, with status, code and request_id
    ├── BadRequest              400 and other statuses below 500
    ├── Unauthorized            401
    ├── Forbidden               403
    ├── NotFound                404
    │   ├── UnknownItem
    │   │   └── InvalidItemId   no item can have this id, so nothing was sent; also a ValueError
    │   └── UnknownJob
    ├── TokenOutdated           410
    ├── PreconditionFailed      412
    ├── ContentRefused          413, 415, 422
    ├── RateLimited             429
    ├── ServerFailed            500
    └── Unavailable             502, 503, 504
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


class LookalikeError(Exception):
    """Every error of this package."""


class Unreachable(LookalikeError):
    """There was no answer.

    Args:
        message: what happened.
        sent: whether the request may have reached the service, which may have done what it asks for.
    """

    def __init__(self, message: str, sent: bool) -> None:
        super().__init__(message, sent)
        self.sent = sent

    def __str__(self) -> str:
        return str(self.args[0])


class TimedOut(Unreachable):
    """There was no answer, or no end of it, within the time."""


class UnexpectedAnswer(LookalikeError):
    """The answer is not one of a Lookalike service."""


class ImportFailed(LookalikeError):
    """An import has failed."""


class JobFailed(LookalikeError):
    """A job has failed or has expired."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the service describes it (RFC 9457).

    Attributes:
        status: HTTP status.
        code: stable, for programs; None if the answer is not of Lookalike but, for example, of a proxy.
        title: short, the same for every error of a code.
        detail: what is wrong and what to do.
        instance: the requested path.
        request_id: of the log lines and spans of the request.
        retry_after_s: seconds to wait, if the service said so.
    """

    status: int
    code: str | None
    title: str
    detail: str
    instance: str | None = None
    request_id: str | None = None
    retry_after_s: float | None = None


class ApiError(LookalikeError):
    """The service has answered that something is wrong."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.status} {self.code or self.problem.title}: {self.detail}{request}"

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.problem.status

    @property
    def code(self) -> str | None:
        """Stable, for programs; None if the answer is not of Lookalike."""
        return self.problem.code

    @property
    def detail(self) -> str:
        """What is wrong and what to do."""
        return self.problem.detail

    @property
    def request_id(self) -> str | None:
        """What finds the request in the service's log."""
        return self.problem.request_id

    @property
    def retry_after_s(self) -> float | None:
        """Seconds to wait, if the service said so."""
        return self.problem.retry_after_s


class BadRequest(ApiError):
    """A parameter is not valid, or the method is not allowed."""


class Unauthorized(ApiError):
    """The key is missing or not valid."""


class Forbidden(ApiError):
    """The key may not do this."""


class NotFound(ApiError):
    """There is nothing by this name."""


class UnknownItem(NotFound):
    """No item has this id."""


class InvalidItemId(UnknownItem, ValueError):
    """No item can have this id; nothing was sent."""


class UnknownJob(NotFound):
    """No job has this id."""


class TokenOutdated(ApiError):
    """The token is of a network that is not served any more; send the photo again."""


class PreconditionFailed(ApiError):
    """The item is not in the state that `if_match` or `if_absent` asks for."""


class ContentRefused(ApiError):
    """The photo or feed is too large, of another kind, or cannot be read or fetched."""


class RateLimited(ApiError):
    """Too many requests."""


class ServerFailed(ApiError):
    """Something went wrong in the service."""


class Unavailable(ApiError):
    """The service, or a part of it, cannot answer now."""


BY_CODE: Final[Mapping[str | None, type[ApiError]]] = {"unknown_item": UnknownItem, "unknown_job": UnknownJob}
BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    410: TokenOutdated,
    412: PreconditionFailed,
    413: ContentRefused,
    415: ContentRefused,
    422: ContentRefused,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def api_error(problem: Problem) -> ApiError:
    """The error of the class that its code and status call for."""
    by_status = BY_STATUS.get(problem.status, BadRequest if problem.status < 500 else ServerFailed)
    return BY_CODE.get(problem.code, by_status)(problem)

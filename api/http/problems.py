"""Every error code of the HTTP contract, and the error that carries one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.errors import LookalikeError, UnknownItemError

ProblemCode = Literal[
    "invalid_parameter",
    "unauthorized",
    "forbidden",
    "unknown_item",
    "unknown_job",
    "not_found",
    "method_not_allowed",
    "token_outdated",
    "precondition_failed",
    "image_too_large",
    "import_too_large",
    "unsupported_media_type",
    "image_unreadable",
    "image_too_small",
    "invalid_box",
    "image_url_refused",
    "image_unreachable",
    "rate_limited",
    "too_many_changes",
    "internal_error",
    "queue_full",
    "queue_unavailable",
    "no_worker",
    "model_mismatch",
    "index_unavailable",
    "catalogue_unavailable",
    "inference_timeout",
]


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """What all problems of one code share.

    Attributes:
        status: HTTP status.
        title: short, the same for every occurrence (RFC 9457).
        retry_after_s: default for the Retry-After header, seconds; None: no header.
    """

    status: int
    title: str
    retry_after_s: int | None = None


PROBLEM_KINDS: Mapping[ProblemCode, ProblemKind] = {
    "invalid_parameter": ProblemKind(400, "A parameter is not valid"),
    "unauthorized": ProblemKind(401, "An API key is needed"),
    "forbidden": ProblemKind(403, "This is not allowed here"),
    "unknown_item": ProblemKind(404, "No item has this id"),
    "unknown_job": ProblemKind(404, "No job has this id"),
    "not_found": ProblemKind(404, "Nothing is here"),
    "method_not_allowed": ProblemKind(405, "This method is not allowed here"),
    "token_outdated": ProblemKind(410, "The token is of another model"),
    "precondition_failed": ProblemKind(412, "The item is not in the state that was asked for"),
    "image_too_large": ProblemKind(413, "The picture is too large"),
    "import_too_large": ProblemKind(413, "The import is too large"),
    "unsupported_media_type": ProblemKind(415, "This kind of file is not supported"),
    "image_unreadable": ProblemKind(422, "The picture cannot be read"),
    "image_too_small": ProblemKind(422, "The picture is too small"),
    "invalid_box": ProblemKind(422, "The box is not valid"),
    "image_url_refused": ProblemKind(422, "Pictures are not fetched from this address"),
    "image_unreachable": ProblemKind(422, "The picture cannot be fetched"),
    "rate_limited": ProblemKind(429, "Too many requests", retry_after_s=1),
    "too_many_changes": ProblemKind(429, "Too many changes wait for the next index", retry_after_s=5),
    "internal_error": ProblemKind(500, "Something went wrong here"),
    "queue_full": ProblemKind(503, "Too many pictures are waiting", retry_after_s=1),
    "queue_unavailable": ProblemKind(503, "The queue cannot be reached", retry_after_s=2),
    "no_worker": ProblemKind(503, "No worker is running", retry_after_s=5),
    "model_mismatch": ProblemKind(503, "The workers run another model", retry_after_s=30),
    "index_unavailable": ProblemKind(503, "The index is not available", retry_after_s=5),
    "catalogue_unavailable": ProblemKind(503, "The catalogue cannot be changed now", retry_after_s=5),
    "inference_timeout": ProblemKind(504, "The picture was not embedded in time"),
}


class ServiceProblem(LookalikeError):
    """A request that cannot be answered, with the code of the HTTP contract that says why."""

    def __init__(self, code: ProblemCode, detail: str, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.code: ProblemCode = code
        self.detail = detail
        self.retry_after_s = PROBLEM_KINDS[code].retry_after_s if retry_after_s is None else retry_after_s

    @property
    def status(self) -> int:
        """HTTP status of the code."""
        return PROBLEM_KINDS[self.code].status

    @property
    def title(self) -> str:
        """Title of all problems with this code."""
        return PROBLEM_KINDS[self.code].title


class HeadTooLarge(ServiceProblem):
    """A head that exceeds its limits. The contract's list of codes has none of its own for it, HTTP has a status."""

    def __init__(self, detail: str) -> None:
        super().__init__("invalid_parameter", detail)

    @property
    def status(self) -> int:
        """HTTP status."""
        return 431

    @property
    def title(self) -> str:
        """Title of all these problems."""
        return "The head of the request is too large"


def unknown_item(error: UnknownItemError) -> ServiceProblem:
    """The problem for an item that the index does not have."""
    return ServiceProblem("unknown_item", f"{error}; GET /items lists them")


def engine_unavailable(retry_after_s: int = 2) -> ServiceProblem:
    """The problem of a question that the search engine did not answer; what it is, no client is told."""
    return ServiceProblem("index_unavailable", "the search engine does not answer; try again", retry_after_s)

"""Responses to requests that never reach the application."""

import secrets

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from api.http.errors import PROBLEM_MEDIA_TYPE, problem_body
from api.http.problems import ServiceProblem


def refusal(problem: ServiceProblem) -> bytes:
    """A whole response, after which the connection is closed."""
    request_id = secrets.token_hex(16)
    body = problem_body(problem, "/", request_id)
    head = [
        STATUS_LINE[problem.status],
        b"content-type: " + PROBLEM_MEDIA_TYPE.encode() + b"\r\n",
        b"content-length: %d\r\n" % len(body),
        b"x-request-id: " + request_id.encode() + b"\r\n",
        b"connection: close\r\n",
    ]
    if problem.retry_after_s is not None:
        head.append(b"retry-after: %d\r\n" % problem.retry_after_s)
    return b"".join([*head, b"\r\n", body])


def malformed() -> ServiceProblem:
    """The problem of bytes that are no request."""
    return ServiceProblem("invalid_parameter", "the request is not valid HTTP/1.1; send it again, well-formed")

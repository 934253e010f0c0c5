"""Error responses as application/problem+json (RFC 9457)."""

import logging
from collections.abc import Mapping
from urllib.parse import quote

import orjson
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import ProblemCode, ServiceProblem, engine_unavailable, unknown_item
from api.http.request_context import context_of
from contracts.errors import FilterError, PictureRejected, SearchUnavailableError, UnknownItemError

PROBLEM_MEDIA_TYPE = "application/problem+json"
# Name of routes that only say why they are not there.
SWITCHED_OFF = "switched off"

_MAX_INSTANCE_CHARACTERS = 1024
_CLIENT_GONE = 499
_CODES_OF_FRAMEWORK: Mapping[int, ProblemCode] = {
    400: "invalid_parameter",
    404: "not_found",
    405: "method_not_allowed",
    413: "image_too_large",
    415: "unsupported_media_type",
}
_log = logging.getLogger("lookalike.api")


def problem_response(scope: Scope, problem: ServiceProblem, headers: Mapping[str, str] | None = None) -> Response:
    """The response for a problem, with the path and id of the request."""
    sent = dict(headers or {})
    if problem.retry_after_s is not None:
        sent["Retry-After"] = str(problem.retry_after_s)
    return Response(
        problem_body(problem, instance(scope), context_of(scope).request_id),
        status_code=problem.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=sent,
    )


def problem_body(problem: ServiceProblem, instance: str, request_id: str) -> bytes:
    """The JSON of a problem. Its type is a URI that names the code and is not meant to be fetched."""
    return orjson.dumps(
        {
            "type": f"urn:lookalike:problem:{problem.code}",
            "title": problem.title,
            "status": problem.status,
            "detail": problem.detail,
            "instance": instance,
            "code": problem.code,
            "request_id": request_id,
        }
    )


def instance(scope: Scope) -> str:
    """The requested path, as a URI reference."""
    return quote(scope["path"], safe="/-._~!$&'()*+,;=:@")[:_MAX_INSTANCE_CHARACTERS]


def add_error_handlers(app: FastAPI) -> None:
    """Answer our errors, and those that the framework raises, as problems."""
    app.add_exception_handler(ServiceProblem, _on_service_problem)
    app.add_exception_handler(PictureRejected, _on_picture_rejected)
    app.add_exception_handler(FilterError, _on_filter_error)
    app.add_exception_handler(UnknownItemError, _on_unknown_item)
    app.add_exception_handler(SearchUnavailableError, _on_search_unavailable)
    app.add_exception_handler(HTTPException, _on_http_exception)


class LastResort:
    """ASGI middleware that answers unexpected errors with 500 `internal_error`, and logs them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer it if that fails."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def observe(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, observe)
        except ClientDisconnect:
            # Nobody reads this; it only counts, under the status that proxies use for it.
            await Response(status_code=_CLIENT_GONE)(scope, receive, send)
        except Exception:  # the edge of the process: the client gets an answer, the log gets the stack
            _log.exception("%s %s failed, request %s", scope["method"], instance(scope), context_of(scope).request_id)
            if started:
                raise
            problem = ServiceProblem(
                "internal_error",
                "an unexpected error ended this request; the server's log has the reason under this request_id",
            )
            await problem_response(scope, problem)(scope, receive, send)


async def _on_service_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, ServiceProblem):
        raise error
    return problem_response(request.scope, error)


async def _on_picture_rejected(request: Request, error: Exception) -> Response:
    if not isinstance(error, PictureRejected):
        raise error
    return problem_response(request.scope, ServiceProblem(error.code, error.detail))


async def _on_filter_error(request: Request, error: Exception) -> Response:
    return problem_response(request.scope, ServiceProblem("invalid_parameter", str(error)))


async def _on_unknown_item(request: Request, error: Exception) -> Response:
    if not isinstance(error, UnknownItemError):
        raise error
    return problem_response(request.scope, unknown_item(error))


async def _on_search_unavailable(request: Request, error: Exception) -> Response:
    _log.warning("request %s: %s", context_of(request.scope).request_id, error)
    return problem_response(request.scope, engine_unavailable())


def _methods_at(request: Request) -> set[str]:
    """The methods of all routes with the request's path; the framework names only those of the first."""
    methods: set[str] = set()
    for route in request.app.router.routes:
        if route.name != SWITCHED_OFF and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return methods


async def _on_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = _CODES_OF_FRAMEWORK.get(error.status_code)
    if code is None:
        raise error
    headers = dict(error.headers or {})
    detail = error.detail
    if code == "not_found":
        detail = "nothing is served at this path; /docs lists what is"
    elif code == "method_not_allowed":
        methods = _methods_at(request)
        # GET routes answer HEAD too, which the edge translates.
        allowed = sorted(methods | ({"HEAD"} if "GET" in methods else set()))
        headers["Allow"] = ", ".join(allowed)
        detail = f"{request.scope['method']} is not served at this path; use {' or '.join(allowed)}"
    return problem_response(request.scope, ServiceProblem(code, detail), headers)

"""The route class of all our routes."""

import re
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import request_response


class DirectRoute(APIRoute):
    """Passes the request to the endpoint and returns its response unchanged.

    FastAPI only documents the route. Parameters are parsed by `api.http.query_string` and responses are
    written by orjson, so requests pay neither for dependency solving nor for response validation.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        # Starlette's `$` also matches before a final newline, and its `.` matches no newline: `%0A` would be lost.
        pattern = self.path_regex.pattern.removesuffix("$") + r"\Z"
        self.path_regex = re.compile(pattern, re.DOTALL)
        self.app = request_response(self.get_route_handler())

    def leave_out(self, last_segments: Iterable[str]) -> None:
        """Do not match paths with these last segments: they belong to other routes, whatever the method."""
        ends = "".join(f"(?<!/{re.escape(segment)})" for segment in last_segments)
        pattern = self.path_regex.pattern.removesuffix(r"\Z") + ends + r"\Z"
        self.path_regex = re.compile(pattern, re.DOTALL)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        return self.endpoint

"""The kind of route that all of ours are."""

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import request_response


class DirectRoute(APIRoute):
    """Hands the request to the endpoint and sends its answer as it is.

    FastAPI documents it; parameters are read by `api.http.query_string` and answers are written by orjson,
    so neither dependency solving nor response validation stands between request and answer.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        # Starlette's `$` also matches before a line end and its `.` at none: `%0A` would be lost.
        pattern = self.path_regex.pattern.removesuffix("$") + r"\Z"
        self.path_regex = re.compile(pattern, re.DOTALL)
        self.app = request_response(self.get_route_handler())

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        return self.endpoint

"""The declaration of a route, from which it is served and documented."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from api.http.parameters import Parameter

Values = Mapping[str, Any]
"""The values of a route's path and query parameters, by name."""

Handler = Callable[[Request, Values], Awaitable[Response]]

_PATH_PARAMETER = re.compile(r"\{([a-z_]+)(?::path)?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route: how it is served, how its parameters are parsed and how it is documented.

    Attributes:
        method: the HTTP method; wherever GET is served, HEAD is too.
        path: in Starlette's form, such as `/items/{id:path}`.
        not_last: last segments of a path that it does not take, although its pattern does: those of other routes.
        handler: answers a request, given the values of the path and query parameters.
        parameters: of the query string; all others are refused. None: the query string is ignored.
        headers: request header fields in OpenAPI's form.
        body: the request body in OpenAPI's form, or None. Its properties are the names of its fields.
        operation_id: name of the operation in generated clients.
        tag: its group in the documentation.
        summary: a few words.
        description: a few sentences; None takes the handler's docstring.
        answer: model of the JSON of a success; None if the response is not JSON.
        status: of a success.
        responses: OpenAPI's descriptions of other responses, or additions to that of a success, by status.
        problems: statuses of the errors that it may answer with.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    not_last: tuple[str, ...] = ()
    handler: Handler
    parameters: tuple[Parameter, ...] | None = ()
    headers: tuple[Mapping[str, Any], ...] = ()
    body: Mapping[str, Any] | None = None
    operation_id: str
    tag: str
    summary: str
    description: str | None = None
    answer: type[BaseModel] | None
    status: int = 200
    responses: Mapping[int | str, dict[str, Any]] = field(default_factory=dict)
    problems: tuple[int, ...]

    @property
    def title(self) -> str:
        """Method and path, for people."""
        return f"{self.method} {self.path.replace(':path', '')}"

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return tuple(_PATH_PARAMETER.findall(self.path))

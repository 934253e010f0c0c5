"""One thing that HTTP can ask, said once."""

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
    """What a route takes and answers: it is served, its parameters are read and it is documented by this.

    Attributes:
        method: the HTTP method; HEAD is answered wherever GET is.
        path: as Starlette writes it, such as `/items/{id:path}`.
        handler: answers a request, given the values of the path and query parameters.
        parameters: of the query string; all others are refused. None: the query string is not looked at.
        body: the request body as OpenAPI describes it, or None. Its properties are the names of its fields.
        operation_id: what generated clients call it.
        tag: the group that it is documented in.
        summary: in a few words.
        description: in some sentences; None takes the handler's docstring.
        answer: what the JSON of a success looks like; None where it is no JSON.
        status: of a success.
        responses: what OpenAPI should say of other responses, or of this one beyond its model, by status.
        problems: statuses of the errors it may answer with.
    """

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    parameters: tuple[Parameter, ...] | None = ()
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
        """Method and path, as people write them."""
        return f"{self.method} {self.path.replace(':path', '')}"

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return tuple(_PATH_PARAMETER.findall(self.path))

"""Adding declared routes to the application."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.names import Names, UnknownName
from api.http.query_string import QueryReader
from api.http.route import Route
from api.http.routing import DirectRoute
from api.openapi.operations import documentation


class RouteGroup(Protocol):
    """Some routes that belong together."""

    def routes(self) -> Sequence[Route]:
        """The routes, in the order in which they are tried."""
        ...


def add_routes(router: APIRouter, routes: Sequence[Route]) -> None:
    """Add routes to a router, with their documentation; they are tried in this order."""
    names = Names(routes)
    for route in routes:
        router.add_api_route(route.path, _endpoint(route, names), methods=[route.method], **documentation(route))
        added = router.routes[-1]
        if route.not_last and isinstance(added, DirectRoute):
            added.leave_out(route.not_last)


def _endpoint(route: Route, names: Names) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """The endpoint of a route: parses the parameters, calls the handler, and explains unknown names."""
    handler = route.handler
    read = _ignore if route.parameters is None else QueryReader(route.parameters).read

    async def answer(request: Request) -> Response:
        scope = request.scope
        try:
            return await handler(request, read(scope["query_string"]) | scope["path_params"])
        except UnknownName as unknown:
            raise names.refusal(route, unknown) from None

    return answer


def _ignore(_query_string: bytes) -> dict[str, Any]:
    return {}

"""What a service without a live catalogue answers to those who want to change it."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.errors import SWITCHED_OFF
from api.live.permission import switched_off

_ROUTES: Final = (
    ("/items/{id:path}", ("PUT", "PATCH", "DELETE")),
    ("/imports", ("GET", "POST")),
    ("/imports/{rest:path}", ("GET",)),
)


class SwitchedOffRoutes:
    """The routes of the live catalogue, where there is none."""

    def add_to(self, router: APIRouter) -> None:
        """Add the routes; the document does not name them."""
        for path, methods in _ROUTES:
            router.add_api_route(path, self.refuse, methods=list(methods), include_in_schema=False, name=SWITCHED_OFF)

    async def refuse(self, _request: Request) -> Response:
        """Say how to switch it on."""
        raise switched_off()

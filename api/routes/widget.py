"""`/widget.js`: the elements that a shop puts into its pages."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.problems import ServiceProblem
from api.http.static_files import StaticFile, read_static_files

WIDGET_PATH: Final = "/widget.js"
_FOLDER: Final = Path(__file__).parent.parent / "widget"
# Pages of all origins load it, and a browser asks for it again only once an hour.
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=3600",
}


class WidgetRoutes:
    """The script, which is read when the process starts. It needs no key, for it holds no data."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        files = read_static_files(folder) if folder.is_dir() else {}
        self._script: StaticFile | None = files.get(WIDGET_PATH[1:])

    def add_to(self, router: APIRouter) -> None:
        """Add the route."""
        router.add_api_route(WIDGET_PATH, self.script, methods=["GET"], include_in_schema=False)

    async def script(self, request: Request) -> Response:
        """The script; its query is for itself."""
        if self._script is None:
            raise ServiceProblem("not_found", "this installation has no widget; `make widget` builds it")
        return self._script.answer(request, _HEADERS)

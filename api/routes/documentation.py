"""The OpenAPI document and Swagger UI, served without files from other hosts."""

from importlib.util import find_spec
from pathlib import Path

import orjson
from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import Response

from api.http.api_keys import shows_details
from api.http.problems import ServiceProblem
from api.http.static_files import StaticFile, read_static_files, static_file
from api.items.open_index import OpenIndex
from api.openapi.document import TITLE, ApiDocument
from api.routes.services import Services
from index.query import ValuesQuery

_ASSETS = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")
# A cache must not give the document of those who have a key to others.
_VARY = {"Vary": "X-API-Key, Authorization"}
# Swagger UI needs an inline script and inline styles.
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; frame-ancestors 'self'"
)


class DocumentationRoutes:
    """`/openapi.json` and `/docs`.

    Args:
        services: of the application.
        document: the OpenAPI document; generated at the first request, and again for another index.
    """

    def __init__(self, services: Services, document: ApiDocument) -> None:
        self._services = services
        self._document = document
        self._root_path = services.settings.root_path
        self._file: StaticFile | None = None
        self._neutral_file: StaticFile | None = None
        self._version: str | None = None
        self._assets: dict[str, StaticFile] | None = None

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        router.add_api_route("/openapi.json", self.openapi, methods=["GET"], include_in_schema=False)
        router.add_api_route("/docs", self.page, methods=["GET"], include_in_schema=False)
        router.add_api_route("/docs/{name:path}", self.asset, methods=["GET"], include_in_schema=False)

    async def openapi(self, request: Request) -> Response:
        """The OpenAPI document; where keys are set, only those who send one see examples from the index."""
        if not shows_details(request.scope):
            if self._neutral_file is None:
                self._neutral_file = static_file(orjson.dumps(self._document.neutral()), ".json")
            return self._neutral_file.answer(request, _VARY)
        opened = self._services.served.opened
        version = None if opened is None else opened.version
        if self._file is None or version != self._version:
            try:
                document = await self._about(opened)
            except ServiceProblem:
                # Without the index it has other examples; the next request tries again.
                return static_file(orjson.dumps(self._document.about(None)), ".json").answer(request, _VARY)
            self._file, self._version = static_file(document, ".json"), version
        return self._file.answer(request, _VARY)

    async def _about(self, opened: OpenIndex | None) -> bytes:
        def describe() -> bytes:
            return orjson.dumps(self._document.about(opened))

        if opened is None:
            return describe()
        return await self._services.asking.ask(opened.searcher, ValuesQuery(""), describe)

    async def page(self, request: Request) -> Response:
        """The page of Swagger UI."""
        page = get_swagger_ui_html(
            openapi_url=f"{self._root_path}/openapi.json",
            title=TITLE,
            swagger_js_url=f"{self._root_path}/docs/swagger-ui-bundle.js",
            swagger_css_url=f"{self._root_path}/docs/swagger-ui.css",
            swagger_favicon_url=f"{self._root_path}/docs/favicon.png",
        )
        return static_file(bytes(page.body), ".html").answer(request, {"Content-Security-Policy": _POLICY})

    async def asset(self, request: Request) -> Response:
        """A file of Swagger UI."""
        name: str = request.scope["path_params"]["name"]
        if self._assets is None:
            self._assets = _swagger_files()
        file = self._assets.get(name)
        if file is None:
            raise ServiceProblem("not_found", f"the documentation has no file {name!r:.80}")
        return file.answer(request, {"Content-Security-Policy": _POLICY})


def _swagger_files() -> dict[str, StaticFile]:
    # Not imported, because only the package's files are needed.
    package = find_spec("fastapi_offline")
    if package is None or not package.submodule_search_locations:
        return {}
    return read_static_files(Path(package.submodule_search_locations[0]) / "static", _ASSETS)

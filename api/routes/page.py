"""The page at `/`, that for a shop's staff at `/admin`, and their files."""

from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.problems import ServiceProblem
from api.http.static_files import StaticFile, read_static_files
from api.routes.services import Services

PAGE_FOLDER = Path(__file__).parent.parent / "page"


class PageRoutes:
    """The pages, their style sheets and scripts; the files are read when the process starts.

    None of it needs a key, for it holds no data; what the scripts ask for does.
    """

    def __init__(self, services: Services, folder: Path = PAGE_FOLDER) -> None:
        self._files = read_static_files(folder) if folder.is_dir() else {}
        self._headers = {
            "Content-Security-Policy": _policy(services.settings.image_url_template or services.settings.public_url),
            "Referrer-Policy": "same-origin",
        }

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        router.add_api_route("/", self.index, methods=["GET"], include_in_schema=False)
        router.add_api_route("/admin", self.admin, methods=["GET"], include_in_schema=False)
        router.add_api_route("/favicon.ico", self.icon, methods=["GET"], include_in_schema=False)
        router.add_api_route("/page/{name:path}", self.asset, methods=["GET"], include_in_schema=False)

    async def index(self, request: Request) -> Response:
        """The page."""
        return self._file("index.html").answer(request, self._headers)

    async def admin(self, request: Request) -> Response:
        """The page for staff."""
        return self._file("admin.html").answer(request, self._headers)

    async def icon(self, request: Request) -> Response:
        """The icon that browsers request by default."""
        name = "favicon.ico" if "favicon.ico" in self._files else "favicon.svg"
        return self._file(name).answer(request, self._headers)

    async def asset(self, request: Request) -> Response:
        """A file of the page."""
        return self._file(request.scope["path_params"]["name"]).answer(request, self._headers)

    def _file(self, name: str) -> StaticFile:
        file = self._files.get(name)
        if file is None:
            raise ServiceProblem("not_found", f"the page has no file {name!r:.80}")
        return file


def _policy(pictures_url: str | None) -> str:
    """The policy of a page that shows pictures of this host, and of another if they have a whole URL."""
    elsewhere = ""
    if pictures_url is not None:
        parts = urlsplit(pictures_url)
        elsewhere = f" {parts.scheme}://{parts.netloc}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; manifest-src 'self'; "
        f"img-src 'self' blob:{elsewhere}; connect-src 'self'{elsewhere}; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )

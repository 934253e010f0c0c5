"""The shop's web server: two pages, three files, and the headers of a page that holds the widget."""

import gzip
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from examples.shop.pages import Choice, Pages
from examples.shop.products import Products, ProductsError

_FILES = {f"/{path.name}": path.read_bytes() for path in Path(__file__).with_name("static").iterdir() if path.is_file()}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_LAST_PAGE = 40


def content_security_policy(api: str) -> str:
    """What a page with the widget must allow, and nothing else.

    Args:
        api: origin of the API.
    """
    return (
        f"default-src 'none'; script-src 'self' {api}; connect-src {api}; img-src 'self' {api}; "
        "style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class ShopServer(ThreadingHTTPServer):
    """Serves the shop.

    Args:
        host, port: to listen on; port 0 for a free one.
        products: of the shop.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, products: Products) -> None:
        super().__init__((host, port), _Handler)
        self.offer(products)

    def offer(self, products: Products) -> None:
        """Take these products in place of the others."""
        self.pages = Pages(products)
        self.products = products
        parts = urlsplit(products.api)
        self.policy = content_security_policy(f"{parts.scheme}://{parts.netloc}")


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD."""

    server: ShopServer
    protocol_version = "HTTP/1.1"
    server_version = "ExampleShop"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        """Answer a page or a file."""
        parts = urlsplit(self.path)
        if (file := _FILES.get(parts.path)) is not None:
            self._send(HTTPStatus.OK, file, _TYPES[Path(parts.path).suffix], "public, max-age=3600")
            return
        try:
            status, page = self._page(parts.path, parse_qs(parts.query))
        except ProductsError as error:
            self.log_error("%s", error)
            status = HTTPStatus.SERVICE_UNAVAILABLE
            page = self.server.pages.message("Back in a moment", "The shop cannot reach its catalogue at the moment.")
        self._send(status, page.encode(), "text/html", "no-cache")

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def _page(self, path: str, query: dict[str, list[str]]) -> tuple[HTTPStatus, str]:
        pages = self.server.pages
        if path == "/":
            number = query.get("page", ["1"])[0]
            page = min(max(int(number), 1), _LAST_PAGE) if number.isascii() and number.isdigit() else 1
            choice = Choice(query.get("gender", [""])[0], query.get("category", [""])[0], page)
            return HTTPStatus.OK, pages.listing(choice)
        if path == "/product" and (product := self.server.products.product(query.get("id", [""])[0])):
            return HTTPStatus.OK, pages.product(product)
        return HTTPStatus.NOT_FOUND, pages.message("Not found", "There is nothing at this address.")

    def _send(self, status: HTTPStatus, content: bytes, kind: str, caching: str) -> None:
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        if packed:
            content = gzip.compress(content, mtime=0)
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", caching)
        self.send_header("Vary", "Accept-Encoding")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        # The API sees the shop's origin, and no page's address.
        self.send_header("Referrer-Policy", "strict-origin-when-cross-origin")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Only errors are worth a line."""

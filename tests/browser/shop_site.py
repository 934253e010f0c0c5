"""A shop's own site, at another origin than the API, whose pages hold the widget."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What the docs tell shops to have in their style sheet, so that nothing moves before the script is there.
ROOM = "lookalike-similar:not(:defined) { display: block; min-height: 28rem }"


@dataclass
class Site:
    """Pages by path.

    Attributes:
        origin: of all of them.
        api: the service's address, with the slash.
        key: that may stand in the pages.
    """

    origin: str
    api: str = ""
    key: str = ""
    pages: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    def page(self, body: str, *, policy: str | None = None, script: str | None = None, style: str = ROOM) -> str:
        """Put up a page with the widget's script; returns its address.

        Args:
            body: HTML.
            policy: its content security policy.
            script: address of the script; the API's own with the key if None.
            style: of the page; left out under a policy.
        """
        path = f"/{len(self.pages)}"
        script = f"{self.api}widget.js?key={self.key}" if script is None else script
        styles = "" if policy else f"<style>{style}</style>"
        self.pages[path] = (
            "<!doctype html><html lang=en><head><meta charset=utf-8><title>Shop</title>"
            f'<link rel=icon href="{self.api}favicon.ico"><meta name=viewport content="width=device-width">{styles}'
            f'<script type=module src="{script}"></script></head><body><main><h1>Shop</h1>{body}</main></body></html>',
            policy,
        )
        return f"{self.origin}{path}"

    def strict_policy(self) -> str:
        """Allows what the widget needs, and nothing else."""
        host = self.api.rstrip("/")
        return (
            f"default-src 'none'; script-src {host}; connect-src {host}; img-src {host}; base-uri 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )


@contextmanager
def serve_site() -> Iterator[Site]:
    """A site without pages, on a free port."""
    pages: dict[str, tuple[str, str | None]] = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pages.get(self.path)
            self.send_response(200 if found else 404)
            text, policy = found or ("", None)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_request(self, code: object = "-", size: object = "-") -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}", pages=pages)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

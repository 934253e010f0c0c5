"""A Hugging Face Hub of one repository's files, for the real client."""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub.constants
import pytest

_COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def fake_hub(files: Mapping[str, bytes], cache: Path) -> Iterator[list[str]]:
    """Inside, the hub has these files, by `ORGANISATION/NAME/FILE`, and its cache is in `cache`.

    Yields:
        What was downloaded so far.
    """
    downloaded: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            content = self._answer()
            if content is not None:
                downloaded.append(self.path)
                self.wfile.write(content)

        def _answer(self) -> bytes | None:
            content = files.get(self.path.lstrip("/").replace("/resolve/main/", "/"))
            if content is None:
                known = any(name.rpartition("/")[0] in self.path for name in files)
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound" if known else "RepoNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
            self.send_response(200)
            self.send_header("X-Repo-Commit", _COMMIT)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            return content

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with hub_at(f"http://127.0.0.1:{server.server_port}", cache):
            yield downloaded
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def hub_at(address: str, cache: Path) -> Iterator[None]:
    """Inside, the hub has another address, and its cache is in `cache`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(huggingface_hub.constants, "ENDPOINT", address)
        template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        patch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        patch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
        patch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        yield

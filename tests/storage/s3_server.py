"""A server on this machine that speaks as much of S3 as is needed, and can misbehave."""

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest


class S3Server(ThreadingHTTPServer):
    """Objects by `bucket/name`.

    Attributes:
        status: answered to everything, if not 0.
        hangs_s: how long it waits before it answers.
        said_more: bytes that a body has beyond what its length says to HEAD.
        after_head: called after each HEAD, such as to swap an object.
        page: names in a page of a listing.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.requests: list[str] = []
        self.status = 0
        self.hangs_s = 0.0
        self.page = 2
        self.after_head: Any = None

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: S3Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _prepared(self) -> tuple[str, dict[str, list[str]], bytes] | None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.requests.append(f"{self.command} {self.path}")
        time.sleep(self.server.hangs_s)
        if self.server.status:
            self._send(self.server.status, b"<Error><Code>Oops</Code><Message>secret-in-answer</Message></Error>")
            return None
        parts = urlsplit(self.path)
        return unquote(parts.path).lstrip("/"), parse_qs(parts.query, keep_blank_values=True), body

    def do_PUT(self) -> None:
        if asked := self._prepared():
            name, query, body = asked
            if "partNumber" in query:
                self.server.parts[query["uploadId"][0]][int(query["partNumber"][0])] = body
            else:
                self.server.objects[name] = body
            self._send(200, b"", ETag=_etag(body))

    def do_POST(self) -> None:
        if asked := self._prepared():
            name, query, _ = asked
            if "uploads" in query:
                self.server.parts[name] = {}
                xml = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
                self._send(200, xml.encode())
            else:
                parts = self.server.parts.pop(query["uploadId"][0])
                self.server.objects[name] = b"".join(parts[number] for number in sorted(parts))
                self._send(200, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def do_DELETE(self) -> None:
        if asked := self._prepared():
            self.server.objects.pop(asked[0], None)
            self._send(204, b"")

    def do_HEAD(self) -> None:
        if asked := self._prepared():
            body = self.server.objects.get(asked[0])
            if body is None:
                self._send(404, b"")
            else:
                self._send(200, body, is_head=True, ETag=_etag(body))
                if self.server.after_head is not None:
                    self.server.after_head()

    def do_GET(self) -> None:
        if not (asked := self._prepared()):
            return
        name, query, _ = asked
        if "list-type" in query:
            self._list(name.rstrip("/"), query)
            return
        body = self.server.objects.get(name)
        if body is None:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif self.headers.get("If-Match") not in {None, _etag(body)}:
            self._send(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        elif found := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            start, end = int(found[1]), min(int(found[2]), len(body) - 1)
            part = body[start : end + 1]
            self._send(206, part, ETag=_etag(body), Content_Range=f"bytes {start}-{end}/{len(body)}")
        else:
            self._send(200, body, ETag=_etag(body))

    def _list(self, bucket: str, query: dict[str, list[str]]) -> None:
        prefix = f"{bucket}/{query.get('prefix', [''])[0]}"
        names = sorted(name for name in self.server.objects if name.startswith(prefix))
        after = int(query.get("continuation-token", ["0"])[0])
        page = names[after : after + self.server.page]
        more = after + self.server.page < len(names)
        entries = "".join(
            f"<Contents><Key>{escape(name.partition('/')[2])}</Key><Size>{len(self.server.objects[name])}</Size>"
            "<LastModified>2026-11-27T10:00:00.000Z</LastModified></Contents>"
            for name in page
        )
        token = f"<NextContinuationToken>{after + self.server.page}</NextContinuationToken>" if more else ""
        xml = f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}</ListBucketResult>"
        self._send(200, xml.encode())

    def _send(self, status: int, body: bytes, *, is_head: bool = False, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Last-Modified", "Fri, 27 Nov 2026 10:00:00 GMT")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not is_head and self.command != "HEAD" and status != 204:
            self.wfile.write(body)


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """The server, and the variables that lead to it."""
    server = S3Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIASECRETNAME")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secretkeysecretkey")
        patch.setenv("AWS_REGION", "eu-central-1")
        try:
            yield server
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

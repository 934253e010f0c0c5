"""Requests as they come over the wire, to a real server, which must go on answering."""

import http.client
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from tools.fuzz.small_index import small_index
from tools.fuzz.target import Check, FaultError, Target

_ANSWER: Final = re.compile(rb"HTTP/1\.1 [1-5][0-9]{2} ")
_TIMEOUT_S: Final = 5.0
_LINES_SHOWN: Final = 150
_ENVIRONMENT: Final = {
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "LOOKALIKE_HEADER_TIMEOUT_S": "0.3",
    "LOOKALIKE_BODY_IDLE_S": "0.3",
    "LOOKALIKE_BODY_TIMEOUT_S": "1",
}


@contextmanager
def _opened() -> Iterator[Check]:
    with small_index() as bundles:
        command = [sys.executable, "-m", "lookalike", "serve", str(bundles), "--only", "api", "--port", "0"]
        environment = {**os.environ, **_ENVIRONMENT}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield _Server(process).check
            finally:
                process.kill()


class _Server:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._log: list[str] = []
        self._port = 0
        self._listens = threading.Event()
        threading.Thread(target=self._read_log, daemon=True).start()
        if not self._listens.wait(60):
            raise FaultError("the server did not start: " + "".join(self._log))

    def check(self, data: bytes) -> None:
        """Send bytes as they are; then the server must be as before."""
        answer = self._exchange(data)
        if answer and not _ANSWER.match(answer):
            raise FaultError(f"the answer begins with {answer[:60]!r}")
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", "/livez")
            if connection.getresponse().status != http.client.OK:
                raise FaultError("the server is not alive")
        finally:
            connection.close()
        if any("Traceback" in line for line in self._log):
            raise FaultError("the server logged\n" + "".join(self._log[-_LINES_SHOWN:]))

    def _exchange(self, data: bytes) -> bytes:
        received = b""
        with socket.create_connection(("127.0.0.1", self._port), timeout=_TIMEOUT_S) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while chunk := connection.recv(65_536):
                    received += chunk
            except ConnectionError:
                # Refused before it was read to its end.
                return received
            except TimeoutError:
                raise FaultError(f"neither answered nor closed within {_TIMEOUT_S:g} s") from None
        return received

    def _read_log(self) -> None:
        for line in self._process.stderr or ():
            self._log.append(line)
            found = re.search(r"at http://127\.0\.0\.1:(\d+)", line)
            if found:
                self._port = int(found[1])
                self._listens.set()


def _seeds() -> Sequence[bytes]:
    end = b"Host: shop.example\r\nConnection: close\r\n\r\n"
    body = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nGIF89a\r\n--b--\r\n'
    post = b"POST /similar?limit=3 HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    return [
        b"GET /items?limit=3&filter=price:1.. HTTP/1.1\r\nAccept: */*\r\n" + end,
        b"GET /items/shirts%2F1.jpg/similar?facets=colour HTTP/1.1\r\nX-Request-Id: abc\r\n" + end,
        b'HEAD /items/shirts/1.jpg/image HTTP/1.1\r\nIf-None-Match: "a", W/"b"\r\n' + end,
        post + b"Content-Length: %d\r\n" % len(body) + end + body,
        post + b"Transfer-Encoding: chunked\r\n" + end + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n",
        post + b"Expect: 100-continue\r\nContent-Length: %d\r\n" % len(body) + end + body,
        b"POST /embeddings HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 18\r\n"
        + end
        + b'{"item_ids":["a"]}',
        b"OPTIONS /similar HTTP/1.1\r\nOrigin: https://shop.example\r\nAccess-Control-Request-Method: POST\r\n" + end,
        b"GET /metrics HTTP/1.1\r\nX-API-Key: x\r\nAuthorization: Bearer y\r\n" + end,
        b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\n" + end,
    ]


HEADS = Target("heads", _opened, _seeds, limit_s=5.0)

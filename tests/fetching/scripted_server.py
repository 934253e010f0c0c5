"""A real server on this machine that sends exactly the bytes that a test wants, and a dialer that leads to it."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from fetching.dialing import Dialer

PUBLIC = "93.184.216.34"
Reply = Callable[[socket.socket, str], None]


def sends(*pieces: bytes) -> Reply:
    def reply(connection: socket.socket, _: str) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return reply


def answer(body: bytes = b"", *, status: str = "200 OK", headers: Sequence[str] = ()) -> Reply:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"))
    return sends(head.encode("latin-1") + b"\r\n" + body)


def redirect(location: str) -> Reply:
    return answer(status="302 Found", headers=[f"Location: {location}"])


class ScriptedServer:
    """Answers by path; remembers the requests' heads."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.requests: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.tls: ssl.SSLContext | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def dialer(self, names: Mapping[str, Sequence[str]] | None = None) -> Dialer:
        """All public addresses lead to this server; names without an entry have one public address."""

        def connect(address: str, port: int, timeout_s: float) -> socket.socket:
            self.dialled.append((address, port))
            return socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s)

        return Dialer(resolve=lambda host, _: (names or {}).get(host, [PUBLIC]), connect=connect)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            self.requests.append(head.decode("latin-1"))
            path = head.split(b" ")[1].decode("latin-1")
            self.replies[path](connection, head.decode("latin-1"))
        except OSError:
            return
        finally:
            connection.close()


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    try:
        yield server
    finally:
        server.close()

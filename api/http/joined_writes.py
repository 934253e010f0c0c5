"""Sending the head of an answer together with its body."""

import asyncio


class JoinedWrites:
    """What uvicorn writes the answers of a connection to: a head waits for what follows it, and both are sent at once.

    The transport sends each write by itself, because it must say as soon as the kernel does not take everything. Head
    and body would be two calls of the kernel, and two packets.

    Args:
        transport: of the connection.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Send, or keep the head of an answer until something follows it."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 ") and data.endswith(b"\r\n\r\n") and not data.startswith(b"HTTP/1.1 100"):
            self._head = data
            return
        self._transport.write(data)

    def flush(self) -> None:
        """Send a head that nothing follows, as that of an answer to HEAD."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def close(self) -> None:
        """Send what was kept, and close the connection."""
        self.flush()
        self._transport.close()

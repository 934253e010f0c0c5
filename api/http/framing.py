"""Limits on the parts of a request that are not its body: head, chunk sizes, trailers."""

from collections.abc import Iterable, Sized
from typing import Final

from api.http.problems import HeadTooLarge, ServiceProblem

MAX_HEAD_BYTES: Final = 32 * 1024
MAX_HEAD_FIELDS: Final = 100

# The parser is fed in steps where requests may hide: one byte of a head is kept as up to a hundred in objects.
_HEAD_STEP: Final = 1024
_CHUNKED_STEP: Final = 2048
_MAX_TRAILER_BYTES: Final = MAX_HEAD_BYTES
# Each chunk costs a call, however small it is. Clients send chunks of kilobytes.
_FREE_CHUNKS: Final = 1000
_MIN_CHUNK_BYTES: Final = 64


class RequestFraming:
    """Measures the requests of one connection while they are parsed; call its methods in the parser's callbacks."""

    def __init__(self) -> None:
        self.in_head = True
        self._bytes = 0
        self._moved_on = False
        self._body_left: int | None = 0
        self._chunks = 0
        self._chunk_bytes = 0
        self._saw_body = False

    def step(self) -> int:
        """How many bytes the parser may be fed next: at least 1."""
        if self.in_head:
            return min(_HEAD_STEP, MAX_HEAD_BYTES - self._bytes)
        return _CHUNKED_STEP if self._body_left is None else max(1, self._body_left)

    def fed(self, size: int, fields: Sized | None) -> None:
        """Count what the parser was fed.

        Args:
            size: bytes.
            fields: those of the head so far.

        Raises:
            HeadTooLarge: the head is not over yet.
            ServiceProblem: `invalid_parameter`: the body's framing is too large.
        """
        saw_body, self._saw_body = self._saw_body, False
        if self._moved_on:
            # Only the parser knows where in these bytes a head or a body ended. They are too few to matter.
            self._moved_on = False
            return
        if self.in_head:
            self._bytes += size
            if self._bytes >= MAX_HEAD_BYTES or (fields is not None and len(fields) > MAX_HEAD_FIELDS):
                raise _head_too_large()
        elif not saw_body:
            self._bytes += size
            if self._bytes > _MAX_TRAILER_BYTES:
                raise ServiceProblem(
                    "invalid_parameter",
                    f"the body's chunk sizes or trailers take over {_MAX_TRAILER_BYTES:,} bytes; send neither",
                )

    def end_head(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """The head is complete.

        Raises:
            HeadTooLarge: it has too many fields.
        """
        self._move_on(in_head=False)
        self._body_left = 0
        self._chunks = self._chunk_bytes = 0
        fields = 0
        for name, value in headers:
            fields += 1
            if name == b"content-length":
                # The parser has checked it.
                self._body_left = int(value)
            elif name == b"transfer-encoding":
                self._body_left = None
        if fields > MAX_HEAD_FIELDS:
            raise _head_too_large()

    def body(self, size: int) -> None:
        """So many bytes of the body came together.

        Raises:
            ServiceProblem: `invalid_parameter`: it comes in chunks that are too small.
        """
        self._saw_body = True
        if self._body_left is not None:
            self._body_left -= size
            return
        self._chunks += 1
        self._chunk_bytes += size
        if self._chunks > _FREE_CHUNKS + self._chunk_bytes // _MIN_CHUNK_BYTES:
            raise ServiceProblem(
                "invalid_parameter",
                f"the body comes in {self._chunks:,} chunks of {self._chunk_bytes / self._chunks:.0f} bytes; "
                "send larger chunks, or a Content-Length",
            )

    def end_request(self) -> None:
        """Body and trailers are complete; the next head may begin."""
        self._move_on(in_head=True)

    def _move_on(self, *, in_head: bool) -> None:
        self.in_head = in_head
        self._bytes = 0
        self._moved_on = True


def _head_too_large() -> HeadTooLarge:
    return HeadTooLarge(
        f"the request's line and header fields may have {MAX_HEAD_BYTES:,} bytes and {MAX_HEAD_FIELDS} fields "
        "together; send fewer or shorter ones, such as fewer cookies"
    )

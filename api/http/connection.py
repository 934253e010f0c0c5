"""uvicorn's HTTP connection, with limits on what a client may send, leave unread and keep open."""

import asyncio
import socket
import struct
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.framing import RequestFraming
from api.http.held_flow import HeldFlow
from api.http.joined_writes import JoinedWrites
from api.http.places import Place, Places
from api.http.problems import ServiceProblem
from api.http.reading_pace import ReadingPace
from api.http.refusal import malformed, refusal
from api.http.unread import UnreadAnswers

# One read. By itself, uvloop reads up to eight times as much, of each connection that has it.
_READ_BYTES: Final = 32 * 1024
# A client that is refused while it still sends can read the refusal only if the connection is not reset. So what it
# sends is discarded for this long.
LINGER_S: Final = 1.0
# A health check sends its request at once.
_HEALTH_HEAD_S: Final = 1.0
_RESET: Final = struct.pack("ii", 1, 0)
# In each period of the write deadline; 3 kB/s with the default.
_MIN_TAKEN_BYTES: Final = 32 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Limits on each connection.

    Attributes:
        header_timeout_s: how long a connection may be silent before its first request, and how long each request's
            head may take to arrive, seconds.
        write_timeout_s: how long a client may go without reading its answer, seconds.
        health_paths: raw paths that are still answered when all ordinary places are taken.
    """

    header_timeout_s: float
    write_timeout_s: float
    health_paths: frozenset[bytes]


def limited_connection(limits: ConnectionLimits, places: Places) -> type[asyncio.Protocol]:
    """The connection class to pass to uvicorn as its HTTP protocol; all its connections share the places."""

    class SharingConnection(_Connection):
        _limits = limits
        _places = places
        _unread = UnreadAnswers()
        _pace = ReadingPace()
        _input = memoryview(bytearray(_READ_BYTES))

    return SharingConnection


class _Connection(HttpToolsProtocol):
    """One connection.

    - Heads have a size, a number of fields and a deadline; see `RequestFraming`.
    - A request that comes before the previous one is answered stays unparsed.
    - A client that does not read its answer is cut.
    - Refusals are problem+json. After one, the connection is closed and nothing more is parsed.
    """

    _limits: ClassVar[ConnectionLimits]
    _places: ClassVar[Places]
    _unread: ClassVar[UnreadAnswers]
    _pace: ClassVar[ReadingPace]
    _input: ClassVar[memoryview]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._framing = RequestFraming()
        self._place: Place | None = None
        self._held = b""
        self._held_in_head = False
        self._discards = False
        self._is_cut = False
        self._head_deadline: asyncio.TimerHandle | None = None
        self._write_deadline: asyncio.TimerHandle | None = None
        self._linger: asyncio.TimerHandle | None = None
        self._paused: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = self._held_flow = HeldFlow(transport)
        self._answers = JoinedWrites(transport)
        # `pause_writing` is called as soon as the kernel does not take everything.
        transport.set_write_buffer_limits(high=0)
        try:
            self._place = self._places.take(self.client[0] if self.client else None, self.cut)
        except ServiceProblem as problem:
            self._refuse(problem)
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head_deadline, self._write_deadline, self._linger, self._paused):
            if timer is not None:
                timer.cancel()
        self._unread.remove(self)
        if self._place is not None:
            self._places.give_back(self._place)
            self._place = None
        self._held = b""
        super().connection_lost(exc)

    # Reading

    def get_buffer(self, sizehint: int) -> memoryview:
        # The event loop reads into it and calls `buffer_updated` at once, so all connections share one.
        del sizehint
        return self._input

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(self._input[:nbytes])

    def data_received(self, data: memoryview) -> None:  # type: ignore[override]
        pause_s = self._pace.pause_s(len(data), self.loop.time())
        if pause_s > 0 and self._paused is None:
            self._held_flow.hold()
            self._paused = self.loop.call_later(pause_s, self._read_on)
        if self._discards or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        if self._held:
            self._held += data
        else:
            self._feed(data)

    def _read_on(self) -> None:
        self._paused = None
        self._held_flow.release()

    def _feed(self, data: memoryview) -> None:
        while data:
            if self.pipeline:
                self._hold(bytes(data))
                return
            piece = data[: self._framing.step()]
            data = data[len(piece) :]
            try:
                self.parser.feed_data(piece)
                self._framing.fed(len(piece), self.headers)
            except httptools.HttpParserUpgrade:
                # No other protocol is served, so the request is answered as if it had not asked for one.
                return
            except httptools.HttpParserCallbackError as error:
                self._refuse(error.__context__ if isinstance(error.__context__, ServiceProblem) else malformed())
                return
            except httptools.HttpParserError:
                self._refuse(malformed())
                return
            except ServiceProblem as problem:
                self._refuse(problem)
                return

    def _hold(self, data: bytes) -> None:
        """Keep what follows a waiting request as it came: parsed, it would take a hundred times the memory."""
        self._held = data
        self._held_in_head = self._head_deadline is not None
        self._stop_awaiting_head()
        self._held_flow.hold()

    def _feed_held(self) -> None:
        if self.pipeline or self._discards or self.transport.is_closing():
            return
        held, self._held = self._held, b""
        self._unset_keepalive_if_required()
        self._held_flow.release()
        if self._held_in_head:
            self._await_head()
        self._feed(memoryview(held))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_deadline is None:
            self._await_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        # Fields that follow the body are not the head's: the application may have decided by those already.
        if self._framing.in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_awaiting_head()
        self._framing.end_head(self.headers)
        only_health = self._place is not None and self._place.only_health
        if only_health and self.url.partition(b"?")[0] not in self._limits.health_paths:
            raise self._places.refusal()
        super().on_headers_complete()
        self.cycle.transport = self._answers  # type: ignore[assignment]
        if only_health:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._framing.body(len(body))
        if self.cycle.response_started:
            # It was refused unread. `receive` still returns, so that whoever discards it sees it come.
            self.cycle.message_event.set()
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._framing.end_request()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._answers.flush()
        super().on_response_complete()
        if self._held and not self.pipeline:
            self.loop.call_soon(self._feed_held)

    # Deadlines

    def _await_head(self) -> None:
        timeout_s = self._limits.header_timeout_s
        if self._place is not None and self._place.only_health:
            timeout_s = min(timeout_s, _HEALTH_HEAD_S)
        self._head_deadline = self.loop.call_later(timeout_s, self._end_slow_head)

    def _stop_awaiting_head(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _end_slow_head(self) -> None:
        if self._place is not None and self._place.only_health:
            self._refuse(self._places.refusal())
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader(self.unsent_bytes())
        self._unread.add(self)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread.remove(self)
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None

    def _await_reader(self, unsent: int) -> None:
        self._write_deadline = self.loop.call_later(
            self._limits.write_timeout_s, partial(self._cut_if_not_reading, unsent)
        )

    def _cut_if_not_reading(self, unsent_before: int) -> None:
        unsent = self.unsent_bytes()
        if unsent_before - unsent < _MIN_TAKEN_BYTES:
            self.cut()
        else:
            self._await_reader(unsent)

    def unsent_bytes(self) -> int:
        return self.transport.get_write_buffer_size()

    def cut(self) -> None:
        self._unread.remove(self)
        if self._is_cut:
            return
        self._is_cut = True
        # With a reset, so that the kernel too forgets what the client has not read.
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    # Refusing

    def _refuse(self, problem: ServiceProblem) -> None:
        """Answer, close, and parse nothing more."""
        self._discards = True
        self._stop_awaiting_head()
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                # What is wrong comes after complete requests. Their answers come first, and end the connection.
                cycle.keep_alive = False
                return
            if cycle.response_started or self.pipeline:
                self.cut()
                return
            # The application must not wait for the rest of the body, nor answer beside the refusal.
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(refusal(problem))
        if self._place is None:
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self._linger = self.loop.call_later(LINGER_S, self.transport.abort)

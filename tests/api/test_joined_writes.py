"""Head and body of an answer leave together, and nothing is held back that nothing follows."""

import asyncio
from typing import Any, cast

from api.http.joined_writes import JoinedWrites

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class FakeTransport:
    def __init__(self) -> None:
        self.did: list[Any] = []

    def write(self, data: bytes) -> None:
        self.did.append(data)

    def close(self) -> None:
        self.did.append("close")

    def is_closing(self) -> bool:
        return "close" in self.did


def joined() -> tuple[JoinedWrites, list[Any]]:
    transport = FakeTransport()
    return JoinedWrites(cast(asyncio.Transport, transport)), transport.did


def test_a_head_waits_for_the_body() -> None:
    writes, did = joined()
    writes.write(HEAD)
    assert did == []
    writes.write(b"ok")
    assert did == [HEAD + b"ok"]
    writes.write(b"more")
    assert did == [HEAD + b"ok", b"more"]


def test_an_empty_body_sends_the_head() -> None:
    writes, did = joined()
    writes.write(HEAD)
    writes.write(b"")
    assert did == [HEAD]


def test_a_head_without_body_is_sent_when_the_answer_is_complete() -> None:
    writes, did = joined()
    writes.write(HEAD)
    writes.flush()
    writes.flush()
    assert did == [HEAD]


def test_a_head_is_sent_before_the_connection_is_closed() -> None:
    writes, did = joined()
    writes.write(HEAD)
    writes.close()
    assert did == [HEAD, "close"]
    assert writes.is_closing()


def test_a_client_that_waits_to_be_told_to_go_on_is_told_at_once() -> None:
    writes, did = joined()
    writes.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert did == [b"HTTP/1.1 100 Continue\r\n\r\n"]

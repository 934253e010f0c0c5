"""Bytes that cost a client little and could cost a server much: a real server, a real clock, its real memory."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.bundle import Bundle
from tests.api.livez_lag import MOST_S, best_of_tries_s
from tests.api.real_server import Server, running, send_all

pytestmark = [pytest.mark.services, pytest.mark.alone]

MB = 1024 * 1024
SIZE = 64 * MB
# What a try may add to the memory of the server at rest.
MOST_BYTES = 16 * MB
CHUNKED = (
    b"POST /embeddings HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


def repeated(start: bytes, unit: bytes) -> bytes:
    return start + unit * ((SIZE - len(start)) // len(unit))


HEADS = {
    "one field": (b"GET /livez HTTP/1.1\r\nHost: x\r\nX: ", b"x"),
    "field names": (b"GET /livez HTTP/1.1\r\nHost: x\r\n", b"x"),
    "fields": (b"GET /livez HTTP/1.1\r\nHost: x\r\n", b"a:\r\n"),
    "URL": (b"GET /", b"x"),
    "query": (b"GET /items?filter=", b"x"),
    "lines before": (b"", b"\r\n"),
}
BODIES = {
    "one trailer": (CHUNKED + b"1\r\na\r\n0\r\nX: ", b"x"),
    "trailers": (CHUNKED + b"1\r\na\r\n0\r\n", b"a:\r\n"),
    "chunk extension": (CHUNKED + b"1;", b"x"),
    "small chunks": (CHUNKED, b"1\r\na\r\n"),
    "no size": (CHUNKED, b"0"),
}


@pytest.fixture(scope="module")
def server(bundle: Bundle, bundles: Path) -> Iterator[Server]:
    with running(bundles) as server:
        yield server


@pytest.mark.parametrize("kind", HEADS)
def test_an_endless_head_is_431_and_costs_nothing(server: Server, kind: str) -> None:
    sent, answers = repeated(*HEADS[kind]), []
    before = server.peak_bytes()
    late_s = best_of_tries_s(server, lambda: answers.append(send_all(server, sent)))
    assert {answer[:13] for answer in answers} == {b"HTTP/1.1 431 "}
    assert json.loads(answers[0].partition(b"\r\n\r\n")[2])["status"] == 431
    assert late_s <= MOST_S
    assert server.peak_bytes() - before < MOST_BYTES


@pytest.mark.parametrize("kind", BODIES)
def test_an_endless_framing_of_a_body_is_400_and_costs_nothing(server: Server, kind: str) -> None:
    sent, answers = repeated(*BODIES[kind]), []
    before = server.peak_bytes()
    late_s = best_of_tries_s(server, lambda: answers.append(send_all(server, sent)))
    assert {answer[:13] for answer in answers} == {b"HTTP/1.1 400 "}
    assert late_s <= MOST_S
    assert server.peak_bytes() - before < MOST_BYTES

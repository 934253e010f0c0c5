"""The API as a process of its own: what only a real server and real sockets show."""

import contextlib
import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.serving import run_api
from api.settings import ApiSettings
from contracts.errors import LaunchError
from index.bundle import Bundle
from tests.api.real_server import Server, read_to_end, running
from tests.api.small_catalogue import draw, encode

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def server(bundle: Bundle, bundles: Path) -> Iterator[Server]:
    with running(bundles) as server:
        yield server


@pytest.fixture
def big_file(tmp_path: Path) -> Path:
    path = tmp_path / "big.jpg"
    with path.open("wb") as stream:
        stream.write(b"\xff\xd8\xff")
        stream.truncate(50 * 1024 * 1024)
    return path


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-H", "Transfer-Encoding: chunked"),
        ("-H", "Expect: 100-continue"),
        ("-H", "Expect:"),
        ("-H", "Expect:", "-H", "Connection: close"),
        ("-H", "Transfer-Encoding: chunked", "-H", "Expect:", "-H", "Connection: close"),
        ("--http1.0",),
    ],
)
def test_50_mb_are_refused_and_curl_sees_it(server: Server, big_file: Path, options: tuple[str, ...]) -> None:
    begun = time.monotonic()
    status, body = server.curl("/embeddings", "-F", f"image=@{big_file}", *options)
    assert (status, json.loads(body)["code"]) == (413, "image_too_large")
    assert time.monotonic() - begun < 4
    assert server.curl("/items/15010/similar")[0] == 200


def test_client_that_sends_all_before_it_reads_still_sees_the_refusal(server: Server) -> None:
    with server.connect() as connection:
        size = 30 * 1024 * 1024
        connection.sendall(
            b"POST /embeddings HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            b"Content-Length: %d\r\n\r\n" % size
        )
        for _ in range(size // (1 << 20)):
            connection.sendall(bytes(1 << 20))
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"image_too_large"' in answer


def test_body_without_a_length_is_refused_as_soon_as_it_is_too_large(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(
            b"POST /embeddings HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for _ in range(11):
            connection.sendall(b"100000\r\n" + bytes(1 << 20) + b"\r\n")
        # The last chunk never comes.
        assert read_to_end(connection).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, "not_found"),
        ("/items", 405, "method_not_allowed"),
        ("/similar?limit=0", 400, "invalid_parameter"),
    ],
)
def test_refusals_before_the_body_is_read_are_seen_too(
    server: Server, big_file: Path, path: str, status: int, code: str
) -> None:
    answered, body = server.curl(path, "-F", f"image=@{big_file}")
    assert (answered, json.loads(body)["code"]) == (status, code)


def test_photo_without_redis_is_503_and_items_go_on(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encode(draw(1), "PNG"))
    status, body = server.curl("/similar", "-F", f"image=@{path}")
    assert (status, json.loads(body)["code"]) == (503, "queue_unavailable")
    status, body = server.curl("/readyz")
    assert status == 503
    checks = json.loads(body)["checks"]
    assert checks["index"] == "ok"
    assert checks["redis"] != "ok"
    for item_path in ("/items", "/items/15010", "/items/15010/similar", "/items/15010/image", "/attributes", "/livez",
                      "/readyz/items"):  # fmt: skip
        assert server.curl(item_path, "-o", "/dev/null")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/items/../../etc/passwd",
        "/items/../../../../../../etc/passwd/image",
        "/items/%2e%2e/%2e%2e/etc/passwd/image",
        "/items/..%2f..%2fetc%2fpasswd/image",
        "/items/..",
        "/items/../similar",
        "/items/./15010",
        "/items//15010",
        "/items/15010%00",
        "/items/15010%0a",
        "/items/15010%0a/image",
        "/items/" + "a" * 10_000,
        "/items/" + "a" * 10_000 + "/similar",
    ],
)
def test_paths_are_taken_as_they_are(server: Server, path: str) -> None:
    status, body = server.curl(path, "--path-as-is")
    assert (status, json.loads(body)["code"]) == (404, "unknown_item")


@pytest.mark.parametrize(
    "path", ["/../etc/passwd", "/page/../app.py", "/page/%2e%2e/app.py", "/docs/../../x", "//items"]
)
def test_no_path_leads_to_files(server: Server, path: str) -> None:
    status, body = server.curl(path, "--path-as-is")
    assert (status, json.loads(body)["code"]) == (404, "not_found")


def test_slashes_of_ids_may_be_encoded(server: Server) -> None:
    for path in ("/items/img/Blue_Tee/img%200001.jpg", "/items/img%2FBlue_Tee%2fimg%200001.jpg"):
        status, body = server.curl(path)
        assert (status, json.loads(body)["id"]) == (200, "img/Blue_Tee/img 0001.jpg")


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /similar HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /similar HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /similar HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nBad Header\r\n\r\n",
    ],
)
def test_malformed_requests_are_problems_too(server: Server, request_head: bytes) -> None:
    head, _, body = server.exchange(request_head).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "invalid_parameter"


def head_of(size: int, fields: int) -> bytes:
    """The head of a request for /livez with so many bytes and header fields."""
    head = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + b"A: \r\n" * (fields - 3) + b"B: \r\n\r\n"
    return head.replace(b"B: ", b"B: " + b"b" * (size - len(head)))


@pytest.mark.parametrize(
    ("size", "fields", "status"),
    [(2000, 100, 200), (2000, 101, 431), (32 * 1024, 5, 200), (32 * 1024 + 1, 5, 431), (32 * 1024 + 1, 101, 431)],
)
def test_heads_have_32_kib_and_100_fields(server: Server, size: int, fields: int, status: int) -> None:
    assert len(head_of(size, fields)) == size
    head, _, body = server.exchange(head_of(size, fields)).partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    if status == 431:
        problem = json.loads(body)
        assert (problem["status"], problem["code"]) == (431, "invalid_parameter")
        assert "32,768 bytes and 100 fields" in problem["detail"]


def test_stalled_body_is_answered_in_time(server: Server) -> None:
    begun = time.monotonic()
    answer = server.exchange(
        b"POST /embeddings HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"did not arrive in time" in answer
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("sent", [b"", b"GET /livez HTT", b"GET /livez HTTP/1.1\r\nX: "])
def test_stalled_head_is_closed(server: Server, sent: bytes) -> None:
    begun = time.monotonic()
    assert server.exchange(sent) == b""
    assert time.monotonic() - begun < 5


def test_connections_beyond_the_limit_are_told_to_come_later(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(server.connect())
            # One answered request each, so that the server has seen the connection.
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        with server.connect() as one_more:
            answer = read_to_end(one_more)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after:" in answer
    assert b'"code":"queue_full"' in answer


def test_no_server_header_and_one_request_id(server: Server) -> None:
    answer = server.exchange(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-Id: abc-123\r\nConnection: close\r\n\r\n")
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nserver:" not in head
    assert head.count(b"x-request-id: abc-123") == 1


def test_taken_port_is_said(server: Server, bundles: Path) -> None:
    with pytest.raises(LaunchError, match=f"port {server.port} of 127.0.0.1 is taken"):
        run_api(ApiSettings(), bundles, "127.0.0.1", server.port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_asked_to_end_it_finishes_what_it_began(bundle: Bundle, bundles: Path, number: signal.Signals) -> None:
    with running(bundles) as server:
        with server.connect() as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            server.process.send_signal(number)
            assert server.process.wait(10) == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_packed_and_known_answers_over_one_connection(server: Server, coding: str) -> None:
    """curl unpacks by itself, and reads the next answer where the one before ends."""
    url = f"http://127.0.0.1:{server.port}/items/15011/similar?limit=24"
    ask = ["curl", "-sS", "--compressed", "-H", f"Accept-Encoding: {coding}", "-D", "-"]
    done = subprocess.run([*ask, *[url] * 3], capture_output=True, text=True, check=True)
    assert done.stdout.count(f"content-encoding: {coding}") == 3
    bodies = [line for line in done.stdout.splitlines() if line.startswith("{")]
    answers = [json.loads(re.sub(r"HTTP/1\.1 200 OK$", "", body)) for body in bodies]
    assert len({answer["request_id"] for answer in answers}) == 3
    assert answers[0]["items"] == answers[1]["items"] == answers[2]["items"]
    tags = re.findall(r"etag: (\S+)", done.stdout)
    assert tags == [tags[0]] * 3
    known = ["-H", f"If-None-Match: {tags[0]}"]
    done = subprocess.run(
        [
            *ask,
            *known,
            url,
            url,
            "--next",
            *ask[1:],
            "-I",
            "-o",
            "/dev/null",
            url,
            "--next",
            *ask[1:],
            "-w",
            "%{num_connects}",
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.findall(r"HTTP/1\.1 (\d+)", done.stdout) == ["304", "304", "200", "200"]
    assert done.stdout.endswith("}0")

"""A full queue, clients that hang up, the same photo again: a real API and Redis, a worker that takes its time."""

import contextlib
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from contracts.embedding_job import queue_name
from index.bundle import Bundle
from launch.embedded_redis import EmbeddedRedis
from tests.api.conftest import bundle, bundles, catalogue_root
from tests.api.fake_embedder import IDENTITY
from tests.api.multipart import MULTIPART_HEADERS, multipart
from tests.api.real_server import Server, read_to_end, running
from tests.api.small_catalogue import draw, encode
from tests.api_embedding.harness import WorkerProcess

__all__ = ["bundle", "bundles", "catalogue_root"]

pytestmark = [pytest.mark.services, pytest.mark.alone]

PLACES = 6
BATCH_S = 0.3
MB = 1024 * 1024
# Both sides are on this machine, which is busy with the test too.
TRIES = 5
MOST_S = 0.05


@dataclass(frozen=True)
class Service:
    api: Server
    worker: WorkerProcess
    redis: redis.Redis

    def pending(self) -> int:
        found = re.search(r"^lookalike_pending_jobs (\d+)", self.api.curl("/metrics")[1], flags=re.MULTILINE)
        assert found
        return int(found[1])

    def dropped(self) -> int:
        return sum("client has gone" in line for line in self.worker.log)


@pytest.fixture(scope="module")
def service(bundle: Bundle, bundles: Path) -> Iterator[Service]:
    with (
        EmbeddedRedis() as server,
        WorkerProcess(
            server.url, "--batch-ms", str(1000 * BATCH_S), "--batch-limit", "1", version=IDENTITY.version
        ) as worker,
        redis.Redis.from_url(server.url) as connection,
        running(bundles, REDIS_URL=server.url, LOOKALIKE_MAX_PENDING=str(PLACES)) as api,
    ):
        until(lambda: api.curl("/readyz")[0] == 200)
        yield Service(api, worker, connection)


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def head(*fields: str) -> bytes:
    lines = ["POST /similar HTTP/1.1", "Host: x", f"Content-Type: {MULTIPART_HEADERS['Content-Type']}", *fields]
    return "\r\n".join([*lines, "", ""]).encode()


def photo(seed: int) -> bytes:
    body = multipart([("image", "a.png", encode(draw(seed), "PNG"))])
    return head(f"Content-Length: {len(body)}") + body


@contextlib.contextmanager
def clients(service: Service, number: int) -> Iterator[list[socket.socket]]:
    """So many clients that have sent a photo and wait; they hang up at the end."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(service.api.connect()) for _ in range(number)]
        for seed, connection in enumerate(connections):
            connection.sendall(photo(seed))
        until(lambda: service.pending() == number)
        yield connections


def refusal(service: Service, request: bytes) -> tuple[float, bytes]:
    """How long the first bytes of the answer took, seconds, and all of it."""
    with service.api.connect() as connection:
        begun = time.perf_counter()
        connection.sendall(request)
        answer = connection.recv(65_536)
        took_s = time.perf_counter() - begun
        connection.shutdown(socket.SHUT_WR)
        return took_s, answer + read_to_end(connection)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param((f"Content-Length: {10 * MB}",), id="10 MiB"),
        pytest.param((f"Content-Length: {10 * MB}", "Expect: 100-continue"), id="100-continue"),
        pytest.param(("Transfer-Encoding: chunked",), id="chunked"),
    ],
)
def test_a_full_queue_is_told_by_the_head_alone(service: Service, fields: tuple[str, ...]) -> None:
    with service.worker.paused(), clients(service, PLACES):
        tries = [refusal(service, head(*fields)) for _ in range(TRIES)]
        for _, answer in tries:
            fields_of_answer, _, body = answer.partition(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 503 "), answer
            assert json.loads(body)["code"] == "queue_full"
            found = re.search(rb"\r\nretry-after: (\d+)\r\n", fields_of_answer)
            assert found
            assert 1 <= int(found[1]) <= 60
            assert b"\r\nconnection: close" in fields_of_answer
        assert min(took_s for took_s, _ in tries) < MOST_S
    until(lambda: service.pending() == 0)


def test_who_sends_ten_megabytes_all_the_same_can_read_the_answer(service: Service) -> None:
    body = multipart([("image", "a.png", bytes(10 * MB))])
    with service.worker.paused(), clients(service, PLACES), service.api.connect() as connection:
        connection.sendall(head(f"Content-Length: {len(body)}") + body)
        assert read_to_end(connection).startswith(b"HTTP/1.1 503 ")
    until(lambda: service.pending() == 0)


def test_a_client_that_hangs_up_cancels_its_job_wherever_that_is(service: Service) -> None:
    until(lambda: not service.redis.exists("unacked", queue_name(IDENTITY.version)))
    before = service.dropped()
    # One is embedded, others wait for the engine, the rest in Redis.
    with clients(service, PLACES):
        until(lambda: service.redis.hlen("unacked") >= 2)
    begun = time.monotonic()
    until(lambda: service.pending() == 0)
    until(lambda: not service.redis.keys("photo:*"))
    # Long before their deadline, and without being embedded.
    until(lambda: not service.redis.exists("unacked", queue_name(IDENTITY.version)))
    assert service.dropped() - before >= PLACES - 2
    assert time.monotonic() - begun < PLACES * BATCH_S
    metrics = service.api.curl("/metrics")[1]
    assert 'route="/similar",status="499"' in metrics
    assert 'status="500"' not in metrics
    with service.api.connect() as connection:
        connection.sendall(photo(1))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_hangs_up_while_it_sends_leaves_nothing(service: Service) -> None:
    with service.api.connect() as connection:
        connection.sendall(photo(1)[:-100])
        time.sleep(0.05)
    until(lambda: service.pending() == 0)
    assert not service.redis.keys("photo:*")


def test_the_same_photo_again_gets_the_same_answer_without_a_worker(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encode(draw(30), "PNG"))
    request = ("/similar?limit=5", "-F", f"image=@{path}", "-F", "box=0.1,0.1,0.9,0.9")
    answers = [service.api.curl(*request)]
    until(lambda: bool(service.redis.keys("same:*")))
    with service.worker.paused():
        answers += [service.api.curl(*request) for _ in range(2)]
        # Other parameters ask the index again, and no worker.
        status, body = service.api.curl("/similar?limit=2&offset=1&min_score=auto", *request[1:])
    assert (status, json.loads(body)["offset"]) == (200, 1)
    found = []
    for answered, text in answers:
        answer = json.loads(text)
        del answer["request_id"]
        timing_ms = answer.pop("timing_ms")
        assert (answered, set(timing_ms)) == (200, {"queue", "decode", "embed", "search", "total"})
        found.append((answer, (timing_ms["queue"], timing_ms["decode"], timing_ms["embed"]) == (0.0, 0.0, 0.0)))
    assert [answer for answer, _ in found] == [found[0][0]] * 3
    assert [was_remembered for _, was_remembered in found] == [False, True, True]
    # The hits are no photos that went through the stages.
    assert 'lookalike_same_photos_total{result="hit"} 3.0' in service.api.curl("/metrics")[1]

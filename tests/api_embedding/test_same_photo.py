"""The same photo again, through a real Redis and a real worker: no inference, and never a wrong answer."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator

import numpy as np
import pytest
import redis

from api.embedding.client import EmbeddingClient
from api.embedding.connections import connect_async
from api.embedding.remembered_entry import MAX_ENTRY_BYTES
from api.embedding.remembered_photos import PLACE_BYTES, RememberLimits
from api.metrics import Metrics
from contracts.box import Box
from contracts.embedding_reply import Embedded
from contracts.errors import PictureRejected
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, WorkerProcess, embedding_of, photo, plain, running, until
from tests.worker.fake_engine import GIVES_NAN

pytestmark = pytest.mark.services

PLACES = 40
LIMITS = RememberLimits(seconds=100, memory_bytes=PLACES * PLACE_BYTES, secret=b"secret")


@pytest.fixture(scope="module", autouse=True)
def worker(server: EmbeddedRedis) -> Iterator[WorkerProcess]:
    with WorkerProcess(server.url) as worker:
        yield worker


@pytest.fixture(autouse=True)
def _forgotten(connection: redis.Redis) -> None:
    for key in connection.keys("same:*"):
        connection.delete(key)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def client(server: EmbeddedRedis, metrics: Metrics) -> AsyncIterator[EmbeddingClient]:
    client = EmbeddingClient(server.url, model_version=VERSION, remember=LIMITS, metrics=metrics)
    async with running(client):
        await until(lambda: client.health().worker)
        yield client


async def recalled(
    client: EmbeddingClient, picture: bytes, box: Box | None = None, *, detect: bool = False
) -> Embedded | None:
    with client.admit(len(picture)) as admitted:
        admitted.note(picture, box, detect=detect)
        return await admitted.recall()


async def sent(client: EmbeddingClient, picture: bytes, box: Box | None = None, *, detect: bool = False) -> Embedded:
    """The answer to a customer's photo, as the API gets it."""
    with client.admit(len(picture)) as admitted:
        admitted.note(picture, box, detect=detect)
        return await admitted.recall() or await admitted.embed(picture, box=box, detect=detect)


async def until_remembered(connection: redis.Redis, places: int = 1) -> list[str]:
    await until(lambda: len(connection.keys("same:*")) >= places)
    return [str(key, "ascii") for key in connection.keys("same:*") if isinstance(key, bytes)]


def held(connection: redis.Redis, key: str) -> bytes:
    found = connection.get(key)
    assert isinstance(found, bytes)
    return found


def results(metrics: Metrics) -> dict[str, int]:
    lines = metrics.render(pending_jobs=0, embedding_jobs=0).decode().splitlines()
    found = (line.partition(" ") for line in lines if line.startswith("lookalike_same_photos_total"))
    return {name.split('"')[1]: int(float(value)) for name, _, value in found}


async def test_the_same_photo_again_is_answered_by_no_worker(
    client: EmbeddingClient, connection: redis.Redis, worker: WorkerProcess, metrics: Metrics
) -> None:
    first = await sent(client, photo(1))
    (place,) = await until_remembered(connection)
    assert 0 < connection.ttl(place) <= LIMITS.seconds
    with worker.paused():
        again = await sent(client, photo(1))
    assert again.embedding.tobytes() == first.embedding.tobytes()
    assert (again.width, again.height, again.category) == (first.width, first.height, first.category)
    assert (again.model_version, again.embed_ms) == (VERSION, 0.0)
    assert results(metrics) == {"hit": 1, "miss": 1, "failed": 0}
    # Nothing else than the embedding stays, and no byte of the photo.
    await until(lambda: not connection.keys("photo:*") + connection.keys("res:*"))
    assert photo(1)[-64:] not in held(connection, place)


async def test_another_box_or_model_is_another_photo(
    server: EmbeddedRedis, client: EmbeddingClient, connection: redis.Redis
) -> None:
    box = Box(0.25, 0.5, 1.0, 1.0)
    await sent(client, photo(1))
    await until_remembered(connection)
    np.testing.assert_allclose((await sent(client, photo(1), box)).embedding, embedding_of(photo(1), box), rtol=1e-5)
    await until_remembered(connection, 2)
    assert await recalled(client, photo(1)) is not None
    assert await recalled(client, photo(1), box) is not None
    assert await recalled(client, photo(1), Box(0.25, 0.5, 1.0, 0.9)) is None
    assert await recalled(client, photo(2)) is None
    for other in (
        EmbeddingClient(server.url, model_version="fake-2", remember=LIMITS),
        EmbeddingClient(server.url, model_version=VERSION, remember=RememberLimits(100, LIMITS.memory_bytes)),
        EmbeddingClient(server.url, model_version=VERSION),
    ):
        async with running(other):
            assert await _recall(other, photo(1)) is None


async def _recall(client: EmbeddingClient, picture: bytes) -> Embedded | None:
    if client._remembered is None:
        return None
    return await client._remembered.find(client._remembered.name(picture, None, detect=False))


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "short": lambda entry: entry[:-1],
    "long": lambda entry: entry + b"x",
    "huge": lambda _: bytes(5_000_000),
    "flipped": lambda entry: entry[:500] + bytes([entry[500] ^ 1]) + entry[501:],
    "text": lambda _: b'{"embedding": [1, 2, 3]}',
}


@pytest.mark.parametrize("kind", SPOILT)
async def test_a_spoilt_entry_is_a_miss(client: EmbeddingClient, connection: redis.Redis, kind: str) -> None:
    await sent(client, photo(1))
    (place,) = await until_remembered(connection)
    entry = held(connection, place)
    connection.set(place, SPOILT[kind](entry))
    np.testing.assert_allclose((await sent(client, photo(1))).embedding, embedding_of(photo(1)), rtol=1e-5)
    # And is replaced.
    await until(lambda: held(connection, place) == entry)


async def test_what_others_put_there_is_a_miss(client: EmbeddingClient, connection: redis.Redis) -> None:
    await sent(client, photo(1))
    (place,) = await until_remembered(connection)
    await sent(client, photo(2))
    (other,) = {*await until_remembered(connection, 2)} - {place}
    # An entry of another photo, and something that is no text at all.
    connection.set(place, held(connection, other))
    assert await recalled(client, photo(1)) is None
    connection.delete(place)
    connection.rpush(place, "x")
    np.testing.assert_allclose((await sent(client, photo(1))).embedding, embedding_of(photo(1)), rtol=1e-5)
    await until(lambda: connection.type(place) == b"string")
    assert await recalled(client, photo(1)) is not None


async def test_only_so_much_is_remembered(client: EmbeddingClient, connection: redis.Redis) -> None:
    await asyncio.gather(*(sent(client, photo(seed)) for seed in range(2 * PLACES)))
    await until(lambda: len(connection.keys("same:*")) > PLACES // 2)
    keys = connection.keys("same:*")
    assert len(keys) <= PLACES
    assert all(0 < connection.ttl(key) <= LIMITS.seconds for key in keys)
    assert all(connection.strlen(key) <= MAX_ENTRY_BYTES for key in keys)
    assert max(connection.memory_usage(key) or 0 for key in keys) <= PLACE_BYTES


async def test_bad_pictures_and_pictures_of_jobs_are_not_remembered(
    client: EmbeddingClient, connection: redis.Redis, metrics: Metrics
) -> None:
    with pytest.raises(PictureRejected):
        await sent(client, plain(GIVES_NAN))
    await client.embed(photo(1))
    assert await recalled(client, photo(1)) is None
    assert not connection.keys("same:*")
    assert results(metrics) == {"hit": 0, "miss": 2, "failed": 0}


async def test_photos_that_wait_come_first(client: EmbeddingClient, connection: redis.Redis) -> None:
    maximum = connection.config_get("maxmemory")["maxmemory"] or 0
    # Over a quarter of this is in use.
    crowded = 3 * int(connection.info("memory")["used_memory"])
    connection.config_set("maxmemory", crowded)
    try:
        await until(lambda: client.health().memory.max_bytes == crowded)
        await sent(client, photo(1))
        assert client._remembered is not None
        assert not client._remembered._unwritten
        assert await recalled(client, photo(1)) is None
    finally:
        connection.config_set("maxmemory", maximum)


async def test_a_redis_that_hangs_costs_a_tenth_of_a_second_once(client: EmbeddingClient, metrics: Metrics) -> None:
    remembered = client._remembered
    assert remembered is not None
    with socket.create_server(("127.0.0.1", 0)) as silent:
        remembered._redis = connect_async(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        begun = time.perf_counter()
        assert await recalled(client, photo(1)) is None
        assert 0.1 <= time.perf_counter() - begun < 0.5
        begun = time.perf_counter()
        for _ in range(20):
            assert await recalled(client, photo(1)) is None
        assert time.perf_counter() - begun < 0.1
        assert results(metrics) == {"hit": 0, "miss": 0, "failed": 21}
        await remembered._redis.aclose()

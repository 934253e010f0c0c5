from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from api.embedding.client import EmbeddingClient
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, running


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture
def connection(server: EmbeddedRedis) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.url) as connection:
        yield connection


@pytest.fixture
async def client(server: EmbeddedRedis) -> AsyncIterator[EmbeddingClient]:
    async with running(EmbeddingClient(server.url, model_version=VERSION)) as client:
        yield client

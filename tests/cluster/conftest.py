import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.api.promotable import Promotable, make_promotable
from tests.cluster.hosts import Host, Network, network
from tests.cluster.services import Answer, Client, adopt, api, object_server, postgresql_server, redis_server, worker

MODEL = "fake-1"
TIMEOUT_S = 4.0


@pytest.fixture(scope="session")
def hosts() -> Iterator[Network]:
    with network() as made:
        yield made


@pytest.fixture(scope="session")
def promotable(tmp_path_factory: pytest.TempPathFactory) -> Promotable:
    folder = tmp_path_factory.mktemp("cluster")
    made = make_promotable(folder / "pictures", folder / "bundles", model=MODEL)
    made.promote(made.first)
    return made


@dataclass(frozen=True)
class Service:
    """A service with a live catalogue.

    Attributes:
        client: of its API.
        redis: the host of its Redis.
        workers: the hosts of its workers, each of which takes one photo at a time.
        database: the host of its PostgreSQL.
        objects: the host of the object store with its pictures.
        database_url: the address of that PostgreSQL.
    """

    client: Client
    redis: Host
    workers: list[Host]
    database: Host
    objects: Host
    database_url: str


@pytest.fixture(scope="session")
def service(hosts: Network, promotable: Promotable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with ExitStack() as stack:
        names = ("redis", "worker1", "worker2", "database", "objects", "api", "client")
        redis_host, *workers, database, objects, api_host, client = (hosts.add(name) for name in names)
        variables = stack.enter_context(object_server(objects))
        url = stack.enter_context(redis_server(redis_host))
        database_url = stack.enter_context(postgresql_server(database))
        adopt(api_host, database_url, promotable.folder)
        for host in workers:
            options = ("--batch-limit", "1", "--batch-ms", "150")
            stack.enter_context(worker(host, url, *options, model=MODEL))
        settings = {
            "REDIS_URL": url,
            "LOOKALIKE_REQUEST_TIMEOUT_S": str(TIMEOUT_S),
            "LOOKALIKE_DATABASE_URL": database_url,
            "LOOKALIKE_PICTURE_STORE": "s3://shop/pictures",
        }
        asking = stack.enter_context(api(api_host, client, promotable.folder, **settings, **variables))
        yield Service(asking, redis_host, workers, database, objects, database_url)


@pytest.fixture
def photo(tmp_path: Path) -> Callable[[], Path]:
    """Makes photos, each of which is new."""

    def make() -> Path:
        pixels = np.frombuffer(secrets.token_bytes(192), np.uint8).reshape(8, 8, 3)
        path = tmp_path / f"{secrets.token_hex(4)}.png"
        Image.fromarray(pixels).resize((60, 80)).save(path)
        return path

    return make


def is_problem(answer: Answer, *codes: str) -> bool:
    """Whether an answer is a 503 of one of these codes that says when to come again."""
    return answer.status == 503 and answer.json()["code"] in codes and int(answer.headers["retry-after"]) > 0

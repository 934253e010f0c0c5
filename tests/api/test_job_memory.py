"""Large and hostile jobs, sent to a real service with a small Redis: none may push photos out, and none may hang."""

import concurrent.futures
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.openapi.schemas import Job
from index.bundle import Bundle
from launch.embedded_redis import EmbeddedRedis
from tests.api.fake_embedder import IDENTITY
from tests.api.real_server import running
from tests.api.small_catalogue import draw, encode
from tests.api_embedding.harness import WorkerProcess

# Alone, because a busy machine makes Redis late, which photos are refused for.
pytestmark = [pytest.mark.services, pytest.mark.alone]

# What 24 MB are to 10,000 pictures; those are embedded in `test_job_reservations`, without a worker. Not less: an empty
# Redis with its clients takes 2 MB, which count as photos.
REDIS_MB = 8
PICTURES = 3_400
UNKNOWN_IDS = 10_000
KNOWN = [str(15_000 + number) for number in range(4, 48)]
PHOTO = encode(draw(1), "PNG")


@pytest.fixture
def service(bundle: Bundle, bundles: Path) -> Iterator[httpx2.Client]:
    with (
        EmbeddedRedis(maxmemory_mb=REDIS_MB) as server,
        WorkerProcess(server.url, version=IDENTITY.version),
        running(
            bundles,
            REDIS_URL=server.url,
            LOOKALIKE_BODY_IDLE_S="20",
            LOOKALIKE_JOB_PICTURES_IN_FLIGHT="64",
        ) as api,
        httpx2.Client(base_url=f"http://127.0.0.1:{api.port}", timeout=60) as client,
    ):
        give_up = time.monotonic() + 20
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < give_up
            time.sleep(0.05)
        yield client


def photo_refusal(client: httpx2.Client) -> str:
    """Return why a photo is refused, and nothing where it is answered."""
    answer = client.post("/similar", files={"image": PHOTO})
    return "" if answer.status_code == 200 else answer.text


def start(client: httpx2.Client, item_ids: list[str]) -> httpx2.Response:
    return client.post("/embeddings", json={"item_ids": item_ids})


def finished(client: httpx2.Client, job_id: str) -> dict[str, Any]:
    give_up = time.monotonic() + 120
    while True:
        job: dict[str, Any] = client.get(f"/jobs/{job_id}?limit=1").json()
        if job["status"] not in {"queued", "running"}:
            return job
        assert time.monotonic() < give_up, job
        time.sleep(0.1)


def test_neither_large_jobs_nor_long_ids_push_photos_out(service: httpx2.Client) -> None:
    wanted = (KNOWN * PICTURES)[:PICTURES]
    accepted = start(service, wanted)
    assert accepted.status_code == 202, accepted.text
    unknown = [[f"{request}-{number}-".ljust(1000, "x") for number in range(UNKNOWN_IDS)] for request in range(6)]
    with concurrent.futures.ThreadPoolExecutor(4) as senders:
        answers = [senders.submit(start, service, item_ids) for item_ids in unknown]
        while not all(answer.done() for answer in answers):
            assert photo_refusal(service) == ""
    for answer in (future.result() for future in answers):
        assert answer.status_code in {202, 503}, answer.text
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["code"] == "queue_full"
            continue
        hostile = finished(service, answer.json()["job_id"])
        assert (hostile["status"], hostile["done"]) == ("failed", UNKNOWN_IDS)
        page = service.get(f"/jobs/{hostile['job_id']}?limit=1")
        assert len(page.content) < 1000
        assert page.json()["errors"][0]["code"] == "unknown_item"
    assert photo_refusal(service) == ""
    ready = service.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["redis"]) == (200, "ok")
    # Another one of this size does not fit before the first has expired.
    refused = start(service, wanted)
    assert (refused.status_code, refused.json()["code"]) == (503, "queue_full")
    assert "for jobs are reserved" in refused.json()["detail"]
    assert 3000 < int(refused.headers["retry-after"]) <= 3700
    job = finished(service, accepted.json()["job_id"])
    assert (job["status"], job["done"], job["total"], job["errors"]) == ("succeeded", PICTURES, PICTURES, [])
    last = service.get(f"/jobs/{job['job_id']}?limit=1&offset={PICTURES - 1}").json()
    Job.model_validate(last)
    assert (last["results"][0]["index"], last["results"][0]["item_id"]) == (PICTURES - 1, wanted[-1])
    assert photo_refusal(service) == ""

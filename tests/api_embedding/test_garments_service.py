"""Garments found in photos: real HTTP, a real Redis and a real worker with a detector of rectangles."""

import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import numpy as np
import pytest
import redis
from PIL import Image, ImageDraw

from api.embedding.client import EmbeddingClient
from api.embedding.remembered_photos import RememberLimits
from contracts.box import Box
from contracts.embedding_job import detector_in, heartbeat_key
from index.bundle import open_current
from launch.embedded_redis import EmbeddedRedis
from tests.api.promotable import make_promotable
from tests.api_embedding.harness import VERSION, WorkerProcess, embedding_of
from tests.browser.shop import serve
from tests.worker.fake_detector import COLOURS, HANGS, RAISES

pytestmark = pytest.mark.services


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _street(shade: int = 235) -> bytes:
    image = Image.new("RGB", (48, 60), (shade, shade, shade))
    ImageDraw.Draw(image).rectangle((12, 6, 29, 53), COLOURS["dress"])
    ImageDraw.Draw(image).rectangle((33, 24, 41, 35), COLOURS["bag"])
    return _png(image)


@pytest.fixture(scope="module")
def worker(server: EmbeddedRedis) -> Iterator[WorkerProcess]:
    with WorkerProcess(server.url, "--detector", "--stuck-s", "1", "--visibility-timeout-s", "1") as worker:
        yield worker


@pytest.fixture(scope="module")
def shop(
    server: EmbeddedRedis, worker: WorkerProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    root = tmp_path_factory.mktemp("shop")
    built = make_promotable(root / "pictures", root / "bundles", model=VERSION, other_model="fake-2")
    built.promote(built.first)
    embedder = EmbeddingClient(
        server.url, model_version=VERSION, timeout_s=60.0, remember=RememberLimits(seconds=60, memory_bytes=1_000_000)
    )
    with (
        serve(open_current(built.folder), embedder, redis_url=server.url) as address,
        httpx2.Client(base_url=address, timeout=60) as client,
    ):
        deadline = time.monotonic() + 30
        while client.get("readyz").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield client


def _ask(shop: httpx2.Client, photo: bytes, **fields: str) -> dict[str, Any]:
    response = shop.post("similar", files={"image": photo}, data=fields)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_the_garment_that_is_found_is_what_its_box_searches(
    shop: httpx2.Client, worker: WorkerProcess, connection: redis.Redis
) -> None:
    assert any("garment detector rectangles-1" in line for line in worker.log)
    heartbeat = connection.get(heartbeat_key(VERSION))
    assert isinstance(heartbeat, bytes)
    # What `lookalike check` reads.
    assert detector_in(heartbeat) == "rectangles-1"
    found = _ask(shop, _street())
    assert [one["type"] for one in found["query"]["objects"]] == ["dress", "bag"]
    box = found["query"]["box"]
    assert box == found["query"]["objects"][0]["box"]
    assert box == pytest.approx([12 / 48, 6 / 60, 30 / 48, 54 / 60], abs=0.02)
    alone = _ask(shop, _street(), box=",".join(map(str, box)), detect="false")
    assert (alone["query"]["objects"], alone["query"]["box"]) == (None, box)
    assert alone["items"] == found["items"]
    whole = _ask(shop, _street(), detect="false")
    assert (whole["query"]["objects"], whole["query"]["box"]) == (None, None)
    assert whole["items"] != found["items"]
    other = _ask(shop, _street(), box="0.6,0.3,0.9,0.7")
    assert (other["query"]["objects"], other["query"]["box"]) == (found["query"]["objects"], [0.6, 0.3, 0.9, 0.7])


def test_the_same_photo_again_says_the_same_of_its_garments(shop: httpx2.Client) -> None:
    photo = _street(220)
    first = _ask(shop, photo)
    again, deadline = _ask(shop, photo), time.monotonic() + 10
    # It is remembered a moment after its answer; then nothing is decoded.
    while again["timing_ms"]["decode"] > 0:
        assert time.monotonic() < deadline
        again = _ask(shop, photo)
    assert (again["query"], again["items"]) == (first["query"], first["items"])
    # What was not looked for is not in memory, either.
    assert _ask(shop, photo, detect="false")["query"]["objects"] is None


def test_a_detector_that_fails_costs_no_answer(shop: httpx2.Client) -> None:
    answer = _ask(shop, _png(Image.new("RGB", (40, 40), RAISES)))
    assert (answer["query"]["objects"], answer["query"]["box"]) == (None, None)
    assert answer["items"]


def test_pictures_of_jobs_are_embedded_whole(shop: httpx2.Client) -> None:
    started = shop.post("embeddings", files={"image": _street()})
    job = shop.get(started.headers["location"]).json()
    while job["status"] in {"queued", "running"}:
        time.sleep(0.02)
        job = shop.get(started.headers["location"]).json()
    (result,) = job["results"]
    # Jobs keep half of the digits.
    np.testing.assert_allclose(result["embedding"], embedding_of(_street()), atol=0.01)
    assert not np.allclose(result["embedding"], embedding_of(_street(), Box(0.25, 0.1, 0.625, 0.9)), atol=0.1)


def test_after_a_detector_that_hangs_the_photo_is_answered_without_it(
    shop: httpx2.Client, worker: WorkerProcess
) -> None:
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(_ask, shop, _png(Image.new("RGB", (40, 40), HANGS)))
        assert worker.process.wait(30) == 70
        worker.restart()
        answer = asked.result(60)
    assert answer["query"]["objects"] is None
    assert answer["items"]

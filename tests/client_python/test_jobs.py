"""Both clients run embedding jobs in a real service with a real Valkey."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.bundle import Bundle
from launch.embedded_redis import EmbeddedRedis
from lookalike_client import JobFailed, NotFound, UnknownJob
from tests.browser.shop import DrawnEmbedder, build_shop, serve
from tests.client_python.asking import Ask

pytestmark = pytest.mark.services
OPTIONS: dict[str, Any] = {"client": {}}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    bundle: Bundle = build_shop(tmp_path_factory.mktemp("shop"))
    with EmbeddedRedis() as valkey, serve(bundle, DrawnEmbedder(), redis_url=valkey.url) as running:
        yield running


def test_items_are_embedded(ask: Ask, address: str) -> None:
    wanted = [f"new arrivals/{number}" for number in range(12)]
    started = ask(address, "start_item_embeddings", [*wanted, "nothing"], **OPTIONS)
    ended = ask(address, "wait_for_job", started.job_id, deadline_s=30.0, **OPTIONS)
    assert (ended.status, ended.done, ended.total, ended.finished) == ("succeeded", 13, 13, True)
    results = ask(address, "iter_embeddings", started.job_id, page_size=5, **OPTIONS)
    assert [result.item_id for result in results] == wanted
    assert {len(result.embedding) for result in results} == {512}
    (error,) = ask(address, "iter_job_errors", started.job_id, **OPTIONS)
    assert (error.index, error.item_id, error.code) == (12, "nothing", "unknown_item")


def test_photos_are_embedded(ask: Ask, address: str, photo: Path) -> None:
    started = ask(address, "start_photo_embeddings", [photo, photo.read_bytes()], **OPTIONS)
    ask(address, "wait_for_job", started.job_id, **OPTIONS)
    first, second = ask(address, "job", started.job_id, limit=2, **OPTIONS).results
    assert first.embedding == second.embedding
    with pytest.raises(ValueError, match="not their URLs"):
        ask(address, "start_photo_embeddings", ["https://shop.example/a.jpg"], **OPTIONS)


def test_jobs_that_fail_or_do_not_exist(ask: Ask, address: str) -> None:
    started = ask(address, "start_photo_embeddings", [b"no picture"], **OPTIONS)
    with pytest.raises(JobFailed, match=f"job {started.job_id} has failed: "):
        ask(address, "wait_for_job", started.job_id, **OPTIONS)
    for job_id in ("0" * 32, "a/b", "..x"):
        with pytest.raises(UnknownJob if job_id[0] == "0" else NotFound):
            ask(address, "job", job_id, **OPTIONS)
    with pytest.raises(ValueError, match="not an id"):
        ask(address, "job", "..", **OPTIONS)

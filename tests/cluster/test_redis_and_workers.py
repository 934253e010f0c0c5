"""A worker, or Redis, that cannot be reached any more."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import pytest

from tests.cluster.conftest import TIMEOUT_S, Service, is_problem
from tests.cluster.services import Answer

pytestmark = pytest.mark.services

Photo = Callable[[], Path]


def similar(service: Service, photo: Photo, *, timeout_s: float = 30.0) -> Answer:
    return service.client.similar(photo(), timeout_s=timeout_s)


def test_all_hosts_together_answer(service: Service, photo: Photo) -> None:
    answer = similar(service, photo)
    assert answer.status == 200, answer
    assert answer.json()["items"]


def test_a_worker_is_cut_off_in_the_middle_of_a_photo(service: Service, photo: Photo) -> None:
    with ThreadPoolExecutor(8) as clients:
        asked = [clients.submit(similar, service, photo) for _ in range(8)]
        # The first is answered, so both workers have one now.
        next(as_completed(asked))
        with service.workers[0].cut_off():
            answers = [each.result() for each in asked]
            assert service.client.ask("/items").status == 200
    assert {answer.status for answer in answers} <= {200, 504}
    # It had two in work and one that waited; those after them are the other worker's.
    assert [answer.status for answer in answers].count(200) >= 5
    assert all(answer.took_s < TIMEOUT_S + 1.5 for answer in answers)
    assert similar(service, photo).status == 200


def test_redis_is_cut_off(service: Service, photo: Photo) -> None:
    assert similar(service, photo).status == 200
    with service.redis.cut_off():
        first = similar(service, photo)
        assert first.status in {503, 504}, first
        assert first.took_s < TIMEOUT_S + 1.5
        later = service.client.until(
            "/similar", lambda answer: is_problem(answer, "queue_unavailable"), "-F", f"image=@{photo()}"
        )
        assert later.took_s < TIMEOUT_S + 1.5
        for path in ("/items", "/items/common-1", "/items/common-1/similar", "/livez"):
            assert service.client.ask(path, timeout_s=1).status == 200
    started = time.monotonic()
    service.client.until("/similar", lambda answer: answer.status == 200, "-F", f"image=@{photo()}")
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("disturbance", [{"delay_s": 0.3}, {"loss": 0.15}], ids=["late", "lossy"])
def test_a_slow_link_to_redis_makes_answers_late_but_right(
    service: Service, photo: Photo, disturbance: dict[str, float]
) -> None:
    asked = photo()
    right = service.client.similar(asked).json()["items"]
    with service.redis.slow(**disturbance):
        answer = service.client.until("/similar", lambda answer: answer.status == 200, "-F", f"image=@{asked}")
        assert answer.json()["items"] == right
        assert service.client.ask("/items", timeout_s=1).status == 200


def test_a_link_to_redis_slower_than_any_answer_may_be(service: Service, photo: Photo) -> None:
    with service.redis.slow(delay_s=5.0):
        answer = similar(service, photo)
        assert answer.status in {503, 504}
        assert answer.took_s < TIMEOUT_S + 1.5
        assert service.client.ask("/items", timeout_s=1).status == 200
    service.client.until("/similar", lambda answer: answer.status == 200, "-F", f"image=@{photo()}")

"""The object store with the pictures of changed items cannot be reached any more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster.conftest import Service, is_problem

pytestmark = pytest.mark.services


def test_the_object_store_is_cut_off(service: Service, photo: Callable[[], Path]) -> None:
    picture = ("-X", "PUT", "-F", f"image=@{photo()}", "-F", 'item={"title": "New"}')
    assert service.client.ask("/items/new", *picture).status in {200, 201}
    assert service.client.ask("/items/new/image").status == 200
    another = ("-X", "PUT", "-F", f"image=@{photo()}", "-F", "item={}")
    with service.objects.cut_off():
        with ThreadPoolExecutor() as clients:
            asked = [clients.submit(service.client.ask, "/items/new/image")]
            asked.append(clients.submit(service.client.ask, "/items/other", *another))
            for path in ("/items", "/items/new", "/items/new/similar"):
                assert service.client.ask(path, timeout_s=1).status == 200
        for answer in (each.result() for each in asked):
            assert is_problem(answer, "catalogue_unavailable"), answer
            assert answer.took_s < 12
        assert service.client.ask("/items/other").status == 404
        # What needs no picture of it goes on.
        assert service.client.similar(photo()).status == 200
    service.client.until("/items/new/image", lambda answer: answer.status == 200)
    assert service.client.ask("/items/other", *another).status == 201

"""The database of the live catalogue cannot be reached any more, or only by a slow link."""

import pytest

from tests.cluster.conftest import Service, is_problem
from tests.cluster.services import Answer

pytestmark = pytest.mark.services

# A change must be refused by then.
DEADLINE_S = 12.0


def change(service: Service, title: str) -> Answer:
    merge = ("-X", "PATCH", "-H", "Content-Type: application/merge-patch+json", "-d", f'{{"title": "{title}"}}')
    return service.client.ask("/items/common-1", *merge)


def title_of(answer: Answer) -> object:
    return answer.json()["attributes"].get("title")


def test_changes_are_made_and_seen(service: Service) -> None:
    assert change(service, "first").status == 200
    assert title_of(service.client.ask("/items/common-1")) == "first"


def test_the_database_is_cut_off(service: Service) -> None:
    assert change(service, "before").status == 200
    with service.database.cut_off():
        refused = change(service, "lost")
        assert is_problem(refused, "catalogue_unavailable"), refused
        assert refused.took_s < DEADLINE_S
        for path in ("/items", "/items/common-1", "/items/common-1/similar"):
            assert service.client.ask(path, timeout_s=1).status == 200
        assert title_of(service.client.ask("/items/common-1")) == "before"
        known = service.client.until("/readyz", lambda answer: answer.json()["checks"]["catalogue"] != "ok")
        assert known.status == 200
        # Now that it is known, nobody waits.
        assert change(service, "lost").took_s < 1
    service.client.until("/readyz", lambda answer: answer.json()["checks"]["catalogue"] == "ok")
    assert change(service, "after").status == 200
    assert title_of(service.client.ask("/items/common-1")) == "after"

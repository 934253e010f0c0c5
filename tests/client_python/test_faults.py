"""Both clients against servers that fail: what is tried again, what is not, and when they give up."""

import socket
import time
from typing import Any

import pytest

from lookalike_client import (
    ApiError,
    LookalikeError,
    RateLimited,
    Retries,
    TimedOut,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from tests.client_python.asking import Ask
from tests.client_python.faulty_service import cuts, drips, faulty_service, half_an_answer, hangs, problem, says

QUICK: dict[str, Any] = {"retries": Retries(first_wait_s=0.001, longest_wait_s=0.002)}
ITEM = says(200, {"id": "1", "image_url": "/items/1/image", "attributes": {}, "new_member": [1]})
CHANGED = says(
    200,
    {
        "request_id": "r",
        "item": {"id": "1", "image_url": "/items/1/image", "attributes": {}},
        "version": 3,
        "sequence": 4,
        "changed": True,
    },
)
JOB = says(202, {"job_id": "j", "status": "queued", "done": 0, "total": 1, "results": [], "errors": []})
GONE = says(204)


@pytest.mark.parametrize(
    "fault",
    [cuts, half_an_answer, problem(503, "no_worker", "Retry-After: 0"), problem(429, "rate_limited"), says(502, "?")],
    ids=["cut", "half an answer", "503", "429", "502 of a proxy"],
)
def test_what_is_safe_is_tried_again(ask: Ask, fault: Any) -> None:
    with faulty_service(fault, fault, ITEM) as service:
        assert ask(service.url, "item", "1", client=QUICK).id == "1"
        assert [asked.line for asked in service.asked] == ["GET /items/1 HTTP/1.1"] * 3


def test_a_photo_is_sent_again_as_it_was(ask: Ask) -> None:
    empty = {
        "request_id": "r",
        "query": {"item_id": None},
        "index": {"version": "v", "model": "m", "items": 0},
        "items": [],
        "total": 0,
        "limit": 12,
        "offset": 0,
        "timing_ms": {},
    }
    with faulty_service(cuts, says(200, empty)) as service:
        assert ask(service.url, "similar_to_photo", b"a photo", client=QUICK).items == ()
        assert len(service.asked) == 2
        assert all(b"a photo" in asked.body for asked in service.asked)


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "invalid_parameter"), (401, "unauthorized"), (500, "internal_error"), (504, "inference_timeout")],
)
def test_what_another_try_does_not_help_is_not_tried_again(ask: Ask, status: int, code: str) -> None:
    with faulty_service(problem(status, code)) as service:
        with pytest.raises(ApiError) as raised:
            ask(service.url, "similar_to_photo", b"a photo", client=QUICK)
        assert (raised.value.status, raised.value.code, raised.value.request_id) == (status, code, "r-1")
        assert str(raised.value) == f"{status} {code}: try again (request r-1)"
        assert len(service.asked) == 1


def test_it_gives_up_after_as_many_tries_as_it_may(ask: Ask) -> None:
    with faulty_service(*[problem(503, "queue_full")] * 3) as service:
        with pytest.raises(Unavailable):
            ask(service.url, "item", "1", client={"retries": Retries(most=2, first_wait_s=0.001, longest_wait_s=0.001)})
        assert len(service.asked) == 3


def test_retry_after_is_kept(ask: Ask) -> None:
    with faulty_service(problem(503, "queue_full", "Retry-After: 1"), ITEM) as service:
        begun = time.monotonic()
        ask(service.url, "item", "1", client=QUICK)
        assert time.monotonic() - begun >= 1.0


def test_a_wait_beyond_the_deadline_is_not_begun(ask: Ask) -> None:
    with faulty_service(problem(429, "rate_limited", "Retry-After: 30")) as service:
        begun = time.monotonic()
        with pytest.raises(RateLimited) as raised:
            ask(service.url, "item", "1", client={"deadline_s": 5.0})
        assert raised.value.retry_after_s == 30
        assert time.monotonic() - begun < 4.0


@pytest.mark.parametrize("fault", [hangs, drips], ids=["hangs", "drips"])
def test_a_call_ends_with_its_deadline(ask: Ask, fault: Any) -> None:
    with faulty_service(fault, fault) as service:
        begun = time.monotonic()
        with pytest.raises(TimedOut):
            ask(service.url, "item", "1", client={"timeout_s": 10.0, "deadline_s": 0.3})
        assert time.monotonic() - begun < 3.0
        assert len(service.asked) == 1


def test_a_try_that_hangs_is_given_up_for_another_one(ask: Ask) -> None:
    with faulty_service(hangs, ITEM) as service:
        assert ask(service.url, "item", "1", client={**QUICK, "timeout_s": 0.3}).id == "1"


def test_nobody_listens(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable, match="cannot be reached") as raised:
        ask(f"http://127.0.0.1:{port}", "item", "1", client=QUICK)
    assert not raised.value.sent


def test_a_job_is_not_started_twice(ask: Ask) -> None:
    with faulty_service(cuts, JOB) as service:
        with pytest.raises(Unreachable) as raised:
            ask(service.url, "start_item_embeddings", ["1"], client=QUICK)
        assert raised.value.sent
        assert len(service.asked) == 1


def test_a_job_that_was_refused_is_started_later(ask: Ask) -> None:
    with faulty_service(problem(503, "queue_full", "Retry-After: 0"), JOB) as service:
        assert ask(service.url, "start_item_embeddings", ["1"], client=QUICK).job_id == "j"
        assert len(service.asked) == 2


def test_a_change_without_a_condition_is_sent_again(ask: Ask) -> None:
    with faulty_service(cuts, CHANGED) as service:
        assert ask(service.url, "patch_item", "1", {"price": 3}, client=QUICK).etag == '"3"'
        assert len(service.asked) == 2


@pytest.mark.parametrize(
    ("method", "arguments", "named"),
    [
        ("patch_item", ["1", {"price": 3}], {"if_match": '"2"'}),
        ("delete_item", ["1"], {"if_match": '"2"'}),
        ("upsert_item", ["1", b"picture", {}], {"if_absent": True}),
    ],
)
def test_a_change_with_a_condition_is_not(ask: Ask, method: str, arguments: list[Any], named: dict[str, Any]) -> None:
    """The lost try may have been carried out, and then the condition would not hold any more."""
    with faulty_service(cuts, problem(412, "precondition_failed")) as service:
        with pytest.raises(Unreachable):
            ask(service.url, method, *arguments, client=QUICK, **named)
        assert len(service.asked) == 1


def test_an_item_that_a_lost_try_has_deleted_is_deleted(ask: Ask) -> None:
    with faulty_service(cuts, problem(404, "unknown_item")) as service:
        assert ask(service.url, "delete_item", "1", client=QUICK) is None
        assert len(service.asked) == 2


def test_an_item_that_was_never_there_is_not(ask: Ask) -> None:
    with faulty_service(problem(503, "queue_full", "Retry-After: 0"), problem(404, "unknown_item")) as service:
        with pytest.raises(ApiError):
            ask(service.url, "delete_item", "1", client=QUICK)
        assert len(service.asked) == 2
    with faulty_service(problem(404, "unknown_item")) as service:
        assert ask(service.url, "delete_item", "1", missing_ok=True, client=QUICK) is None


def test_an_import_that_is_sent_again_is_the_same_import(ask: Ask, tmp_path: Any) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_bytes(b"id,image\n" + b"x,y\n" * 200_000)
    record = {
        "import_id": "i", "status": "queued", "mode": "upsert", "format": "csv", "rows": 0, "created": 0, "replaced": 0,
        "unchanged": 0, "deleted": 0, "failed": 0, "sequence": None, "visible": True, "detail": None,
        "created_at": "", "updated_at": "",
    }  # fmt: skip
    with faulty_service(cuts, says(202, record)) as service:
        assert ask(service.url, "start_import", feed, client=QUICK).import_id == "i"
        first, second = service.asked
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
        assert first.body == second.body == feed.read_bytes()
        assert first.headers["content-type"] == "text/csv"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (says(200, None), "is not the JSON"),
        (says(200, ["list"]), "must be an object"),
        (says(200, {"id": "1"}), "has no 'attributes'"),
        (says(200, {"id": 1, "image_url": "", "attributes": {}}), "the answer: id must be str, not int"),
        (says(302, None, "Location: https://elsewhere.example/"), "redirects to https://elsewhere.example/"),
    ],
    ids=["empty", "list", "missing member", "other type", "redirect"],
)
def test_an_answer_of_something_else(ask: Ask, answer: Any, said: str) -> None:
    with faulty_service(answer) as service:
        with pytest.raises(UnexpectedAnswer, match=said):
            ask(service.url, "item", "1", client=QUICK)
        assert len(service.asked) == 1


def test_an_error_page_of_a_proxy_has_no_code(ask: Ask) -> None:
    with faulty_service(says(404, "<html>", kind="text/html")) as service:
        with pytest.raises(ApiError, match="check the base URL") as raised:
            ask(service.url, "item", "1", client=QUICK)
        assert (raised.value.status, raised.value.code) == (404, None)


def test_waiting_goes_on_while_the_service_is_away(ask: Ask) -> None:
    done = says(200, {"job_id": "j", "status": "succeeded", "done": 1, "total": 1, "results": [], "errors": []})
    with faulty_service(JOB, cuts, cuts, problem(503, "index_unavailable"), done) as service:
        client = {"retries": Retries(most=0)}
        assert ask(service.url, "wait_for_job", "j", client=client).status == "succeeded"
        assert len(service.asked) == 5


@pytest.mark.parametrize(("fault", "error"), [(JOB, TimedOut), (cuts, Unreachable)])
def test_waiting_has_an_end(ask: Ask, fault: Any, error: type[LookalikeError]) -> None:
    with faulty_service(*[fault] * 20) as service, pytest.raises(error):
        ask(service.url, "wait_for_job", "j", deadline_s=0.3, client={"retries": Retries(most=0)})

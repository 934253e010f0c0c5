"""When a call is tried again, without a socket."""

import pickle
import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lookalike_client import ApiError, LookalikeError, Problem, RateLimited, Retries, TimedOut, Unavailable, Unreachable
from lookalike_client.answers import Answer, check
from lookalike_client.call import Call, Repeat
from lookalike_client.errors import api_error
from lookalike_client.retrying import Attempts, Deadline


def attempts(repeat: Repeat = Repeat.ALWAYS, *, most: int = 50, within_s: float = 1e6) -> Attempts:
    call = Call("GET", "/", lambda answer: answer, repeat=repeat)
    return Attempts(call, Retries(most=most), Deadline(within_s), random.Random(7))


def failure(status: int, code: str | None, retry_after_s: float | None = None) -> ApiError:
    return api_error(Problem(status, code, "", "", retry_after_s=retry_after_s))


def test_waits_grow_and_are_drawn_at_random() -> None:
    trial = attempts()
    waits = [trial.wait_s(failure(503, "no_worker")) for _ in range(40)]
    assert all(wait <= 0.25 * 2**number for number, wait in enumerate(waits))
    assert max(waits) <= 8.0
    assert max(waits[10:]) > 6.0
    assert len(set(waits)) == 40


def test_retry_after_is_a_lower_bound_that_spreads_those_who_wait() -> None:
    waits = [attempts().wait_s(failure(429, "rate_limited", 10.0)) for _ in range(3)]
    assert waits == [waits[0]] * 3
    assert 10.0 <= waits[0] <= 12.5


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (failure(429, "rate_limited"), True),
        (failure(503, "queue_full"), True),
        (failure(503, "catalogue_unavailable"), False),
        (failure(503, None), False),
        (failure(502, None), False),
        (Unreachable("no connection", False), True),
        (TimedOut("too long", True), False),
        (failure(500, "internal_error"), False),
        (failure(412, "precondition_failed"), False),
    ],
    ids=repr,
)
def test_what_may_not_happen_twice_is_only_tried_again_if_it_has_not_begun(error: LookalikeError, again: bool) -> None:
    if again:
        attempts(Repeat.IF_REFUSED).wait_s(error)
    else:
        with pytest.raises(type(error)):
            attempts(Repeat.IF_REFUSED).wait_s(error)


def test_nothing_is_tried_once_the_time_is_over() -> None:
    with pytest.raises(Unavailable):
        attempts(within_s=0.0).wait_s(failure(503, "queue_full", 0.0))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0.0), (" 12 ", 12.0), ("999999999", 86400.0), ("-1", None), ("1.5", None), ("soon", None), ("\u0664", None),
     ("9" * 5000, None)],
)  # fmt: skip
def test_retry_after(header: str, seconds: float | None) -> None:
    with pytest.raises(RateLimited) as raised:
        check(Answer(429, {"retry-after": header}, b""))
    assert raised.value.retry_after_s == seconds


def test_retry_after_as_a_date() -> None:
    for moment, lowest, highest in ((timedelta(seconds=90), 80.0, 90.0), (-timedelta(days=3), 0.0, 0.0)):
        header = format_datetime(datetime.now(UTC) + moment, usegmt=True)
        with pytest.raises(RateLimited) as raised:
            check(Answer(429, {"retry-after": header}, b""))
        assert raised.value.retry_after_s is not None
        assert lowest <= raised.value.retry_after_s <= highest


@pytest.mark.parametrize("values", [{"most": -1}, {"first_wait_s": 0.0}, {"first_wait_s": 9.0}])
def test_retries_that_make_no_sense(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Retries"):
        Retries(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [failure(404, "unknown_item"), TimedOut("too long", True), LookalikeError("x")])
def test_errors_travel_between_processes(error: LookalikeError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


def test_problems_of_damaged_answers() -> None:
    for body in (b"", b"[]", b"{}", b'{"code": 7}', b'{"code": null, "detail": "x"}'):
        kind = "application/problem+json" if body else "text/html"
        with pytest.raises(Unavailable) as raised:
            check(Answer(503, {"content-type": kind, "x-request-id": "r-9"}, body))
        assert (raised.value.code, raised.value.request_id) == (None, "r-9")

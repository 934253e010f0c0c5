import pytest

from contracts.delivery import LASTS_HEADER, SENT_AT_HEADER, Delivery
from contracts.trace_context import TraceContext

TRACE = TraceContext("ab" * 16, "cd" * 8, True)


def test_it_is_read_as_it_was_written() -> None:
    for delivery in (Delivery(), Delivery(TRACE), Delivery(TRACE, 1_700_000_000.25, 9.5), Delivery(None, 1.0, 1.0)):
        assert Delivery.from_headers(delivery.to_headers()) == delivery


@pytest.mark.parametrize("bad", [None, "1", 5, True, float("nan"), float("inf"), -1.0, 1e9, [1.0]])
def test_times_that_no_api_sends_count_as_missing(bad: object) -> None:
    assert Delivery.from_headers({SENT_AT_HEADER: 1.0, LASTS_HEADER: bad}) == Delivery()


def test_on_one_machine_the_age_is_exact() -> None:
    # Redis rounds: the picture lasts 9.48 to 10 seconds more, says its key.
    assert Delivery(None, 1000.0, 10.0).age_s(1000.02, 10.0) == pytest.approx(0.02)
    assert Delivery(None, 1000.0, 10.0).age_s(1003.0, 7.4) == pytest.approx(3.0)


@pytest.mark.parametrize("skew_s", [-7200.0, -3.0, 3.0, 7200.0])
def test_clocks_that_differ_cost_a_second_at_most_and_no_age_is_negative(skew_s: float) -> None:
    delivery = Delivery(None, 1000.0, 10.0)
    for true_age_s in (0.0, 0.3, 4.0):
        age_s = delivery.age_s(1000.0 + true_age_s + skew_s, 10.0 - true_age_s + 0.5)
        assert age_s is not None
        assert age_s >= 0
        assert abs(age_s - true_age_s) <= 1.0


def test_an_older_api_does_not_say_when() -> None:
    assert Delivery(TRACE).age_s(1000.0, 5.0) is None
    # A key that does not expire.
    assert Delivery(None, 1000.0, 10.0).age_s(1000.0, float("inf")) == 0.0

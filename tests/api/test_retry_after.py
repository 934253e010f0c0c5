"""What a client that is refused is told to wait: what waits now, divided by how fast it has been answered lately."""

import pytest

from api.embedding.admission import Admission, AdmissionLimits
from api.embedding.answer_rate import AnswerRate
from api.embedding.monitor import Look
from api.http.problems import ServiceProblem
from contracts.errors import PictureRejected


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rate(clock: Clock) -> AnswerRate:
    return AnswerRate(clock)


def answer(rate: AnswerRate, clock: Clock, *, per_s: float, seconds: float) -> None:
    for _ in range(round(per_s * seconds)):
        clock.now_s += 1 / per_s
        rate.answered()


def test_it_is_what_waits_divided_by_the_rate(rate: AnswerRate, clock: Clock) -> None:
    rate.waiting(128)
    answer(rate, clock, per_s=10, seconds=10)
    assert rate.wait_s(otherwise_s=10) == 13


def test_the_last_seconds_count(rate: AnswerRate, clock: Clock) -> None:
    rate.waiting(128)
    answer(rate, clock, per_s=100, seconds=20)
    assert rate.wait_s(otherwise_s=10) == 2
    answer(rate, clock, per_s=5, seconds=30)
    assert 20 <= rate.wait_s(otherwise_s=10) <= 27


def test_a_quiet_service_is_no_slow_one(rate: AnswerRate, clock: Clock) -> None:
    for _ in range(30):
        clock.now_s += 1
        rate.waiting(1)
        clock.now_s += 0.01
        rate.answered()
        rate.waiting(0)
    rate.waiting(200)
    assert rate.wait_s(otherwise_s=10) <= 3


def test_without_an_answer_lately_it_is_what_is_given(rate: AnswerRate, clock: Clock) -> None:
    rate.waiting(128)
    assert rate.wait_s(otherwise_s=9.5) == 10
    assert rate.wait_s(otherwise_s=120) == 60
    rate.answered()
    clock.now_s += 10_000
    assert rate.wait_s(otherwise_s=9.5) == 10


def test_it_is_a_second_to_a_minute(rate: AnswerRate, clock: Clock) -> None:
    rate.waiting(1)
    answer(rate, clock, per_s=100, seconds=1)
    assert rate.wait_s(otherwise_s=10) == 1
    rate.waiting(10_000)
    assert rate.wait_s(otherwise_s=10) == 60


def test_a_full_queue_says_when_it_will_not_be_full() -> None:
    admission = Admission(AdmissionLimits(max_pending_jobs=1), "model", timeout_s=7)
    look = Look(None, worker=True)
    with admission.place(1, look):
        with pytest.raises(ServiceProblem) as refused:
            admission.check(1, look)
        assert (refused.value.code, refused.value.retry_after_s) == ("queue_full", 7)
        with admission.counting():
            pass
        with pytest.raises(ServiceProblem) as refused:
            admission.check(0, look)
        assert refused.value.retry_after_s == 1
        # What a worker turns away was no answer, and neither was what came too late.
        for code in ("queue_full", "inference_timeout"):
            with pytest.raises(ServiceProblem), admission.counting():
                raise ServiceProblem(code, "")
        with pytest.raises(PictureRejected), admission.counting():
            raise PictureRejected("image_unreadable", "")
    admission.check(1, look)

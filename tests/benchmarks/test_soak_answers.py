import dataclasses

import pytest

from benchmarks.soak.requests import Answer, Verdict, judge

RECORDED = Answer(200, ("a", "b", "c", "d"), (0.99, 0.95, 0.9495, 0.80))


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (RECORDED, "right"),
        (dataclasses.replace(RECORDED, scores=(0.9905, 0.9495, 0.949, 0.801)), "right"),
        (dataclasses.replace(RECORDED, ids=("a", "c", "b", "d")), "right"),
        (dataclasses.replace(RECORDED, ids=("a", "b", "c", "e")), "right"),  # what came next may be as near as d
        (dataclasses.replace(RECORDED, ids=("b", "a", "c", "d")), "wrong"),
        (dataclasses.replace(RECORDED, ids=("x", "b", "c", "d")), "wrong"),
        (dataclasses.replace(RECORDED, scores=(0.9, 0.95, 0.9495, 0.80)), "wrong"),
        (Answer(200, ("a",), (0.99,)), "wrong"),
        (Answer(500), "wrong"),
        (Answer(422), "wrong"),
        (Answer(503), "refused"),
        (Answer(504), "refused"),
        (Answer(0), "unanswered"),
    ],
)
def test_what_agrees_with_the_recorded_answer(answer: Answer, verdict: Verdict) -> None:
    assert judge(answer, RECORDED) == verdict


def test_a_bad_picture_must_be_refused_as_before() -> None:
    assert judge(Answer(422), Answer(422)) == "right"
    assert judge(Answer(200), Answer(422)) == "wrong"
    assert judge(Answer(415), Answer(422)) == "wrong"

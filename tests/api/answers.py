"""Reading answers in tests."""

from typing import Any

import httpx2

from api.http.problems import PROBLEM_KINDS, ProblemCode
from api.openapi.schemas import Problem


def problem_of(response: httpx2.Response, code: ProblemCode) -> Problem:
    """The problem that an answer must be, in every detail that all problems share."""
    assert response.status_code == PROBLEM_KINDS[code].status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate_json(response.content)
    assert problem.code == code, problem
    assert problem.status == response.status_code
    assert problem.title == PROBLEM_KINDS[code].title
    assert problem.request_id == response.headers["x-request-id"]
    assert problem.instance.startswith("/")
    assert problem.detail
    assert ("retry-after" in response.headers) == (PROBLEM_KINDS[code].retry_after_s is not None)
    return problem


def ids(answer: dict[str, Any]) -> list[str]:
    """The ids of an answer's items."""
    return [item["id"] for item in answer["items"]]

import re
from typing import get_args

import pytest

from api.http.problems import PROBLEM_KINDS, ProblemCode, ServiceProblem
from contracts.errors import RejectionCode


def test_every_code_of_the_contract_has_its_status() -> None:
    statuses: dict[int, set[str]] = {}
    for code, kind in PROBLEM_KINDS.items():
        statuses.setdefault(kind.status, set()).add(code)
    assert statuses == {
        400: {"invalid_parameter"},
        401: {"unauthorized"},
        403: {"forbidden"},
        404: {"unknown_item", "unknown_job", "not_found"},
        405: {"method_not_allowed"},
        410: {"token_outdated"},
        412: {"precondition_failed"},
        413: {"image_too_large", "import_too_large"},
        415: {"unsupported_media_type"},
        422: {"image_unreadable", "image_too_small", "invalid_box", "image_url_refused", "image_unreachable"},
        429: {"rate_limited", "too_many_changes"},
        500: {"internal_error"},
        503: {
            "queue_full",
            "queue_unavailable",
            "no_worker",
            "model_mismatch",
            "index_unavailable",
            "catalogue_unavailable",
        },
        504: {"inference_timeout"},
    }


def test_the_type_and_the_table_agree_and_hold_every_rejection() -> None:
    assert set(get_args(ProblemCode)) == set(PROBLEM_KINDS)
    assert set(get_args(RejectionCode)) <= set(PROBLEM_KINDS)


@pytest.mark.parametrize(("code", "kind"), PROBLEM_KINDS.items())
def test_retry_after_is_there_where_trying_again_helps(code: ProblemCode, kind: object) -> None:
    problem = ServiceProblem(code, "what happened")
    assert (problem.retry_after_s is not None) == (problem.status in {429, 503})
    assert re.match("[A-Z]", problem.title)
    assert ServiceProblem(code, "", retry_after_s=9).retry_after_s == 9

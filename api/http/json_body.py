"""JSON bodies, parsed within bounds."""

import json
from collections.abc import Sequence

import orjson

from api.http.problems import ServiceProblem


def parse_json(body: bytearray, *, max_marks: int) -> object:
    """The value of a JSON body, in which no object has a name twice: parsers differ in which of the two they take.

    What parsing costs depends on the number of values, of which 10 MiB hold millions. Nothing else runs meanwhile, not
    even in other threads, so they are counted first.

    Args:
        body: the whole body.
        max_marks: most commas and opening brackets, including those inside strings.

    Raises:
        ServiceProblem: `invalid_parameter`.
    """
    marks = sum(body.count(mark) for mark in (b",", b"[", b"{"))
    if marks > max_marks:
        raise ServiceProblem(
            "invalid_parameter",
            f"the JSON body has {marks:,} commas and brackets; at most {max_marks:,} are accepted, so send less",
        )
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ServiceProblem("invalid_parameter", f"the body is not valid JSON: {error}") from None
    try:
        json.loads(body, object_pairs_hook=_refuse_repeated)
    except RecursionError:
        raise ServiceProblem("invalid_parameter", "the JSON body is nested too deeply") from None
    return value


def _refuse_repeated(members: Sequence[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for name, _ in members:
        if name in seen:
            raise ServiceProblem("invalid_parameter", f"{name!r:.80} is given more than once in the JSON body")
        seen.add(name)

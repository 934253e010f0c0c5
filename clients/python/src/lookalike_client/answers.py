"""Answers as they come, and what is wrong with them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from lookalike_client.errors import Problem, UnexpectedAnswer, api_error

_LONGEST_TEXT: Final = 2000
_LONGEST_WAIT_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer.

    Attributes:
        status: HTTP status.
        headers: by their names in small letters.
        body: decompressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The body as JSON.

        Raises:
            UnexpectedAnswer: it is none.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            kind = self.headers.get("content-type", "no type")
            raise UnexpectedAnswer(
                f"the answer (status {self.status}, {kind:.80}) is not the JSON of a Lookalike service; "
                "check the base URL and what stands before the service"
            ) from None


def check(answer: Answer) -> Answer:
    """Return an answer that has succeeded.

    Raises:
        ApiError: it describes a problem.
        UnexpectedAnswer: it is a redirect, which is not followed because it would take the key elsewhere.
    """
    if answer.status >= 400:
        raise api_error(_problem(answer))
    if answer.status >= 300:
        where = answer.headers.get("location", "nowhere")
        raise UnexpectedAnswer(
            f"the service redirects to {where:.200} (status {answer.status}); make that its base URL if it is right"
        )
    return answer


def _problem(answer: Answer) -> Problem:
    members: object = None
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        members = answer.json()
    request_id, retry_after_s = answer.headers.get("x-request-id"), _retry_after_s(answer.headers.get("retry-after"))
    code = _text(members, "code") if isinstance(members, dict) else None
    if not isinstance(members, dict) or code is None:
        detail = (
            f"an answer of status {answer.status} that is not of a Lookalike service, perhaps of a proxy before it; "
            "check the base URL and whether the service runs"
        )
        return Problem(answer.status, None, "not an answer of Lookalike", detail, None, request_id, retry_after_s)
    return Problem(
        answer.status,
        code,
        _text(members, "title") or code,
        _text(members, "detail") or "",
        _text(members, "instance"),
        _text(members, "request_id") or request_id,
        retry_after_s,
    )


def _text(members: dict[object, object], name: str) -> str | None:
    value = members.get(name)
    return value[:_LONGEST_TEXT] if isinstance(value, str) else None


def _retry_after_s(value: str | None) -> float | None:
    """Seconds of a Retry-After header, which holds a number of them or a date."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value.strip(), re.ASCII):
        return min(float(value), _LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    wait_s = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(0.0, wait_s), _LONGEST_WAIT_S)

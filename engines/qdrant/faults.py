"""What goes wrong between here and Qdrant, as errors of the project, never with an API key."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from contracts.errors import EngineError, SearchUnavailableError

_LONGEST = 200


@contextmanager
def as_project_errors(shown: str) -> Iterator[None]:
    """Turn what the client raises in the block into errors of the project.

    Args:
        shown: the address, for messages.

    Raises:
        SearchUnavailableError: a later try may succeed.
        EngineError: none will.
    """
    try:
        yield
    except ResponseHandlingException as error:
        raise SearchUnavailableError(f"the search engine {shown} {_unanswered(error.source)}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SearchUnavailableError(f"the search engine {shown} {_unanswered(error)}") from None
    except ResourceExhaustedResponse:
        raise SearchUnavailableError(
            f"the search engine {shown} has more requests than it allows; try again later"
        ) from None
    except UnexpectedResponse as error:
        raise _refused(shown, error) from None


def _unanswered(source: Exception) -> str:
    if isinstance(source, httpx.TimeoutException):
        return "did not answer in time; try again, or raise LOOKALIKE_SEARCH_TIMEOUT_S"
    if isinstance(source, httpx.HTTPError):
        return (
            f"cannot be reached ({str(source)[:_LONGEST] or type(source).__name__}); start it, or correct its address"
        )
    return f"answered what is no answer of Qdrant ({type(source).__name__}); correct its address"


def _refused(shown: str, error: UnexpectedResponse) -> EngineError | SearchUnavailableError:
    status = error.status_code or 0
    if status in {401, 403}:
        return EngineError(
            f"the search engine {shown} refuses the API key; put the right one into its address, qdrant+https://:KEY@host"
        )
    if status == 404:
        return SearchUnavailableError(
            f"the search engine {shown} no longer holds this version; load it again with `lookalike index load`"
        )
    said = _said(error)
    if status == 409:
        return EngineError(f"another process is loading into the search engine {shown} ({said}); wait for it")
    if 400 <= status < 500 and status not in {408, 429}:
        return EngineError(f"the search engine {shown} refuses this ({status}: {said}); use Qdrant 1.16 or later")
    return SearchUnavailableError(f"the search engine {shown} cannot answer now ({status}: {said}); try again")


def _said(error: UnexpectedResponse) -> str:
    """What the server said, in one line."""
    try:
        status = error.structured()["status"]
        said = status["error"]
    except (ValueError, KeyError, TypeError):
        said = error.reason_phrase
    return " ".join(str(said).split())[:_LONGEST]

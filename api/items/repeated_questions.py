"""Answering a question again that was answered lately."""

from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.finished_answer import FinishedAnswer, head_of
from api.http.query_string import MAX_PARAMETERS
from api.http.request_context import context_of
from api.items.open_index import OpenIndex
from api.items.served_index import ServedIndex
from api.metrics import Metrics

_KEY: Final = "lookalike.question"
_PATHS: Final = "/similar"


class RepeatedQuestions:
    """ASGI middleware that answers a search by item or token from memory, if the same index has answered it lately.

    It stands behind all that decides whether a request is answered at all. Only the searches are remembered: what the
    other routes look up costs less than looking for a remembered answer saves.

    Args:
        app: answers all other requests, and calls `remember` with what may be repeated.
        served: the index whose answers are repeated.
        metrics: counts.
    """

    def __init__(self, app: ASGIApp, *, served: ServedIndex, metrics: Metrics) -> None:
        self._app = app
        self._served = served
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        index = self._served.opened
        if index is None or scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].endswith(_PATHS):
            await self._app(scope, receive, send)
            return
        key = (scope["path"], _in_one_form(scope["query_string"]))
        found = index.answers.get(key)
        self._metrics.observe_repetition(found is not None)
        if found is None:
            scope[_KEY] = key
            await self._app(scope, receive, send)
            return
        scope["route"] = found.route
        context = context_of(scope)
        # Nothing was searched for this request.
        timing_ms = {"search": 0.0, "total": round(context.elapsed_ms(), 2)}
        body = found.answer.body(context.request_id, timing_ms)
        await send(head_of(body))
        await send({"type": "http.response.body", "body": body})


def remember(scope: Scope, index: OpenIndex, answer: FinishedAnswer) -> None:
    """Remember an answer for those who ask the same.

    Args:
        scope: of the request that was answered.
        index: the one that the answer is from.
        answer: a success.
    """
    key = scope.get(_KEY)
    if key is not None:
        index.answers.put(key, answer, scope["route"])


def _in_one_form(query_string: bytes) -> bytes:
    """A query string that is the same for the same parameters, in whatever order and encoding they come.

    The values of one parameter stay in their order.
    """
    if not query_string:
        return query_string
    try:
        pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return query_string
    return urlencode(sorted(pairs, key=lambda pair: pair[0])).encode("ascii")

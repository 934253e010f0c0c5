"""Answering a question again that was answered lately."""

from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.accepted_codings import Coding, accepted_codings
from api.http.cache_rules import CacheRules
from api.http.conditional import known_as, named_tags
from api.http.entity_tag import tag_in
from api.http.finished_answer import FinishedAnswer, head_of
from api.http.packing import Packing
from api.http.query_string import MAX_PARAMETERS
from api.http.request_context import RequestContext, context_of
from api.http.text_coding import packed
from api.items.open_index import OpenIndex
from api.items.remembered_answers import Key, Remembered
from api.items.served_index import ServedIndex
from api.metrics import Metrics

_KEY: Final = "lookalike.question"
_PATHS: Final = "/similar"


class RepeatedQuestions:
    """ASGI middleware that answers a search by item or token from memory, if the same index has answered it lately.

    It stands behind all that decides whether a request is answered at all. Only the searches are remembered: what the
    other routes look up costs less than looking for a remembered answer saves.

    A client that knows the answer gets a 304. One that accepts a coding gets the answer packed; what is the same for
    everyone in it is packed only once.

    Args:
        app: answers all other requests, and calls `remember` with what may be repeated.
        served: the index whose answers are repeated.
        rules: for those who keep answers.
        metrics: counts.
    """

    def __init__(self, app: ASGIApp, *, served: ServedIndex, rules: CacheRules, metrics: Metrics) -> None:
        self._app = app
        self._served = served
        self._fields = rules.raw
        self._metrics = metrics
        self._packing = Packing()

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
        named = named_tags(scope)
        known = known_as(scope, named, found.etag) if named else None
        if known is not None:
            fields = [(b"etag", known.encode("latin-1")), *self._fields]
            await send({"type": "http.response.start", "status": 304, "headers": fields})
            await send({"type": "http.response.body", "body": b""})
            return
        coding = accepted_codings(scope).for_text(len(found.answer.members))
        if coding is not None:
            await self._send_coded(scope, send, key, found, coding)
            return
        context = context_of(scope)
        body = found.answer.body(context.request_id, _timing_ms(context))
        await send(head_of(body, (b"etag", found.etag.encode("latin-1")), *self._fields))
        await send({"type": "http.response.body", "body": body})

    async def _send_coded(self, scope: Scope, send: Send, key: Key, found: Remembered, coding: Coding) -> None:
        piece = found.pieces.get(coding)
        if piece is None:
            piece = await self._packing.run(packed, found.answer.members, coding)
            index = self._served.opened
            if index is not None:
                index.answers.put_piece(key, coding, piece)
        context = context_of(scope)
        body = found.answer.coded_body(context.request_id, _timing_ms(context), piece, coding)
        etag = (b"etag", tag_in(found.etag, coding).encode("latin-1"))
        await send(head_of(body, etag, *self._fields, (b"content-encoding", coding.encode("ascii"))))
        await send({"type": "http.response.body", "body": body})


def remember(scope: Scope, index: OpenIndex, answer: FinishedAnswer, etag: str) -> None:
    """Remember an answer for those who ask the same.

    Args:
        scope: of the request that was answered.
        index: the one that the answer is from.
        answer: a success.
        etag: of the answer.
    """
    key = scope.get(_KEY)
    if key is not None:
        index.answers.put(key, answer, etag, scope["route"])


def _timing_ms(context: RequestContext) -> dict[str, float]:
    # Nothing was searched for this request.
    return {"search": 0.0, "total": round(context.elapsed_ms(), 2)}


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

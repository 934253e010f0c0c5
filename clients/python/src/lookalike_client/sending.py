"""Sends calls and waits for their answers."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import httpx2

from lookalike_client.answers import Answer, check
from lookalike_client.call import Call
from lookalike_client.errors import LookalikeError, RateLimited, Unavailable, Unreachable
from lookalike_client.feeds import FeedFile
from lookalike_client.pages import Entry, Page, Pages
from lookalike_client.polling import Polling
from lookalike_client.retrying import Deadline, timed_out
from lookalike_client.service import MOST_ANSWER_BYTES, Service, failure_of, too_large

_Result = TypeVar("_Result")


class Sender:
    """Sends calls; safe to share between threads.

    Args:
        service: where to.
        http: connections of the caller's own, which stay open; None: new ones.
    """

    def __init__(self, service: Service, http: httpx2.Client | None) -> None:
        self._service = service
        self._http = httpx2.Client() if http is None else http
        self._owned = http is None

    def close(self) -> None:
        """Close the connections, unless they are the caller's."""
        if self._owned:
            self._http.close()

    def send(self, call: Call[_Result], *, deadline_s: float | None = None) -> _Result:
        """Send a call, several times if that is safe and helps.

        Raises:
            LookalikeError: what the last try failed with.
        """
        attempts = self._service.attempts(call, deadline_s)
        while True:
            try:
                return call.read(self._try(call, attempts.deadline))
            except LookalikeError as failure:
                if attempts.is_done(failure):
                    return call.read(Answer(204, {}, b""))
                wait_s = attempts.wait_s(failure)
            time.sleep(wait_s)

    def poll(self, call: Call[_Result], ended: Callable[[_Result], bool], within_s: float) -> _Result:
        """Send a call until its result has ended; a service that is away for a while is waited for.

        Raises:
            TimedOut: it has not.
            LookalikeError: what the last try failed with, or `ended` raised.
        """
        polling = Polling(within_s)
        while True:
            failure: LookalikeError | None = None
            try:
                result = self.send(call, deadline_s=min(self._service.deadline_s, polling.left_s()))
                if ended(result):
                    return result
            except (RateLimited, Unavailable, Unreachable) as away:
                failure = away
            time.sleep(polling.wait_s(failure))

    def walk(self, pages: Pages[Page, Entry]) -> Iterator[Entry]:
        """The entries of all pages; each page is asked for when it is needed."""
        call: Call[Page] | None = pages.first
        while call is not None:
            page = self.send(call)
            yield from pages.entries(page)
            call = pages.following(page)

    def _try(self, call: Call[_Result], deadline: Deadline) -> Answer:
        within_s = min(self._service.timeout_s, max(deadline.left_s(), 0.001))
        request = self._service.request(call, within_s)
        if isinstance(call.body, FeedFile):
            request["content"] = call.body.pieces()
        try:
            response = self._http.send(self._http.build_request(**request), stream=True, follow_redirects=False)
            try:
                return check(Answer(response.status_code, dict(response.headers), _body(response, deadline)))
            finally:
                response.close()
        except httpx2.RequestError as error:
            raise failure_of(error, within_s) from error


def _body(response: httpx2.Response, deadline: Deadline) -> bytes:
    """The whole body, unless it comes too slowly or has no end."""
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MOST_ANSWER_BYTES:
            raise too_large()
        if not deadline.left_s():
            raise timed_out(deadline.within_s, sent=True)
    return bytes(body)

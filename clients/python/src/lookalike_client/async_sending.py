"""Sends calls and waits for their answers, beside others in an event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import closing
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


class AsyncSender:
    """Sends calls of one event loop.

    Args:
        service: where to.
        http: connections of the caller's own, which stay open; None: new ones.
    """

    def __init__(self, service: Service, http: httpx2.AsyncClient | None) -> None:
        self._service = service
        self._http = httpx2.AsyncClient() if http is None else http
        self._owned = http is None

    async def close(self) -> None:
        """Close the connections, unless they are the caller's."""
        if self._owned:
            await self._http.aclose()

    async def send(self, call: Call[_Result], *, deadline_s: float | None = None) -> _Result:
        """Send a call, several times if that is safe and helps.

        Raises:
            LookalikeError: what the last try failed with.
        """
        attempts = self._service.attempts(call, deadline_s)
        while True:
            try:
                return call.read(await self._try(call, attempts.deadline))
            except LookalikeError as failure:
                if attempts.is_done(failure):
                    return call.read(Answer(204, {}, b""))
                wait_s = attempts.wait_s(failure)
            await asyncio.sleep(wait_s)

    async def poll(self, call: Call[_Result], ended: Callable[[_Result], bool], within_s: float) -> _Result:
        """Send a call until its result has ended; a service that is away for a while is waited for.

        Raises:
            TimedOut: it has not.
            LookalikeError: what the last try failed with, or `ended` raised.
        """
        polling = Polling(within_s)
        while True:
            failure: LookalikeError | None = None
            try:
                result = await self.send(call, deadline_s=min(self._service.deadline_s, polling.left_s()))
                if ended(result):
                    return result
            except (RateLimited, Unavailable, Unreachable) as away:
                failure = away
            await asyncio.sleep(polling.wait_s(failure))

    async def walk(self, pages: Pages[Page, Entry]) -> AsyncIterator[Entry]:
        """The entries of all pages; each page is asked for when it is needed."""
        call: Call[Page] | None = pages.first
        while call is not None:
            page = await self.send(call)
            for entry in pages.entries(page):
                yield entry
            call = pages.following(page)

    async def _try(self, call: Call[_Result], deadline: Deadline) -> Answer:
        within_s = min(self._service.timeout_s, max(deadline.left_s(), 0.001))
        request = self._service.request(call, within_s)
        if isinstance(call.body, FeedFile):
            request["content"] = _pieces(call.body)
        try:
            async with asyncio.timeout(deadline.left_s()):
                response = await self._http.send(
                    self._http.build_request(**request), stream=True, follow_redirects=False
                )
                try:
                    return check(Answer(response.status_code, dict(response.headers), await _body(response)))
                finally:
                    await response.aclose()
        except TimeoutError:
            raise timed_out(deadline.within_s, sent=True) from None
        except httpx2.RequestError as error:
            raise failure_of(error, within_s) from error


async def _body(response: httpx2.Response) -> bytes:
    """The whole body, unless it has no end."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MOST_ANSWER_BYTES:
            raise too_large()
    return bytes(body)


async def _pieces(feed: FeedFile) -> AsyncIterator[bytes]:
    """A feed, read in threads."""
    with closing(feed.pieces()) as pieces:
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece

"""Asks with either client, so that one test is of both."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Protocol

import httpx2

from lookalike_client import AsyncClient, Client

# No service of the tests speaks TLS, and reading the certificates takes longer than most tests.
_http = partial(httpx2.Client, verify=False)
_async_http = partial(httpx2.AsyncClient, verify=False)


class Ask(Protocol):
    """Calls a method of a client by its name, and collects what it yields."""

    def __call__(self, url: str, method: str, *arguments: object, client: dict[str, Any], **named: object) -> Any: ...


def ask_in_thread(url: str, method: str, *arguments: object, client: dict[str, Any], **named: object) -> Any:
    with _http() as http, Client(url, http=http, **client) as connected:
        result = getattr(connected, method)(*arguments, **named)
        return list(result) if isinstance(result, Iterator) else result


def ask_in_loop(url: str, method: str, *arguments: object, client: dict[str, Any], **named: object) -> Any:
    async def ask() -> Any:
        async with _async_http() as http, AsyncClient(url, http=http, **client) as connected:
            result = getattr(connected, method)(*arguments, **named)
            return [each async for each in result] if isinstance(result, AsyncIterator) else await result

    return asyncio.run(ask())

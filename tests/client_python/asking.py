"""Asks with either client, so that one test is of both."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

from lookalike_client import AsyncClient, Client


class Ask(Protocol):
    """Calls a method of a client by its name, and collects what it yields."""

    def __call__(self, url: str, method: str, *arguments: object, client: dict[str, Any], **named: object) -> Any: ...


def ask_in_thread(url: str, method: str, *arguments: object, client: dict[str, Any], **named: object) -> Any:
    with Client(url, **client) as connected:
        result = getattr(connected, method)(*arguments, **named)
        return list(result) if isinstance(result, Iterator) else result


def ask_in_loop(url: str, method: str, *arguments: object, client: dict[str, Any], **named: object) -> Any:
    async def ask() -> Any:
        async with AsyncClient(url, **client) as connected:
            result = getattr(connected, method)(*arguments, **named)
            return [each async for each in result] if isinstance(result, AsyncIterator) else await result

    return asyncio.run(ask())

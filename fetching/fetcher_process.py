"""Fetching in a process that has no secrets: neither settings nor Redis nor the database, should it be taken over."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from contracts.errors import UnreachableError, UrlRefusedError
from fetching.fetching import Fetched, NotModified
from fetching.messages import (
    HEAD,
    Cancellation,
    Failed,
    FetchAnswer,
    FetchRequest,
    answer_of,
    lengths_of,
    request_message,
    rules_message,
)
from fetching.rules import UrlRules
from fetching.validators import Validators

_COMMAND: Final = (sys.executable, "-s", "-P", "-m", "fetching.child")
# Certificates of a company's own, and where libraries are found; nothing else of the environment is passed on.
_PASSED_ON: Final = ("LD_LIBRARY_PATH", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TZ")
_MOST_AT_ONCE: Final = 16
# How much longer than a fetch its process may take to answer.
_GRACE_S: Final = 2.0
_NOT_NOW: Final = "the address cannot be fetched now, because the process that fetches has ended; try again"


class FetcherProcess:
    """A process that fetches, started when it is first needed and again when it has died.

    Belongs to one event loop.
    """

    def __init__(self, rules: UrlRules, *, command: Sequence[str] = _COMMAND) -> None:
        self._rules = rules
        self._command = command
        self._at_once = asyncio.Semaphore(_MOST_AT_ONCE)
        self._starting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[FetchAnswer]] = {}
        self._last_number = 0

    async def fetch(
        self, url: str, *, most_bytes: int, timeout_s: float, known: Validators | None = None
    ) -> Fetched | NotModified:
        """Fetch a picture; the fetch ends at once if the caller is cancelled.

        Args:
            url, most_bytes, timeout_s, known: as `fetching.fetching.fetch`. The time includes waiting for others.

        Raises:
            UrlRefusedError, UnreachableError: as `fetching.fetching.fetch`.
        """
        # Refused here already, so that bad URLs cost no process.
        self._rules.check(url)
        try:
            async with asyncio.timeout(timeout_s + _GRACE_S), self._at_once:
                answer = await self._asked(url, most_bytes, timeout_s, known)
        except TimeoutError:
            raise UnreachableError(_NOT_NOW) from None
        if isinstance(answer, Failed):
            raise (UrlRefusedError if answer.is_refused else UnreachableError)(answer.words)
        return answer

    async def close(self) -> None:
        """End the process; whoever waits for it gets an UnreachableError."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
        if self._reader is not None:
            await self._reader

    async def _asked(self, url: str, most_bytes: int, timeout_s: float, known: Validators | None) -> FetchAnswer:
        process = await self._running()
        self._last_number += 1
        number = self._last_number
        answer: asyncio.Future[FetchAnswer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await _send(process, request_message(FetchRequest(number, url, most_bytes, timeout_s, known)))
            return await answer
        except OSError:
            raise UnreachableError(_NOT_NOW) from None
        finally:
            self._waiting.pop(number, None)
            if answer.cancelled() or not answer.done():
                self._cancel(process, number)

    def _cancel(self, process: asyncio.subprocess.Process, number: int) -> None:
        if process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(request_message(Cancellation(number)))

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is not None:
                return self._process
            if self._reader is not None:
                # Of one that died.
                await self._reader
            environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
            environment["PYTHONPATH"] = str(Path(__file__).parents[1])
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    env=environment,
                    cwd="/",
                )
                self._process, self._reader = process, asyncio.create_task(self._read(process))
                await _send(process, rules_message(self._rules))
            except OSError:
                raise UnreachableError(_NOT_NOW) from None
            return process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hand out answers until the process ends; then whoever still waits gets none."""
        try:
            while process.stdout is not None:
                json_bytes, data_bytes = lengths_of(await process.stdout.readexactly(HEAD.size))
                members = json.loads(await process.stdout.readexactly(json_bytes))
                number, answer = answer_of(members, await process.stdout.readexactly(data_bytes))
                waiting = self._waiting.get(number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        except (asyncio.IncompleteReadError, ValueError, TypeError, KeyError, OSError):
            # It died, or somebody else speaks in its place.
            with suppress(ProcessLookupError):
                process.kill()
        finally:
            # Before anybody is told, so that the next call starts another one.
            if self._process is process:
                self._process = None
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_result(Failed(is_refused=False, words=_NOT_NOW))
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()


async def _send(process: asyncio.subprocess.Process, data: bytes) -> None:
    if process.stdin is None or process.stdin.is_closing():
        raise BrokenPipeError
    process.stdin.write(data)
    await process.stdin.drain()

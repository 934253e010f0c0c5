"""Keeps the feeds that requests send until the importer has read them."""

import asyncio
import errno
import hashlib
import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.http.problems import ServiceProblem
from storage.durable_files import UNFINISHED_PREFIX, flush_folder
from storage.import_spool import SPOOLED

_log = logging.getLogger("lookalike.api")

# Feeds under way to one process, and all that may lie in the folder, in feeds of the largest size.
_AT_ONCE: Final = 4
_MOST_FEEDS: Final = 4
_WRITTEN_AT_ONCE: Final = 1024 * 1024
# Who sends more slowly than this for long holds a place that others need.
_SLOWEST_BYTES_PER_S: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class SpooledFeed:
    """A feed that is on the disk.

    Attributes:
        source: what the import says its feed is.
        path: of the file.
        sha256: of its bytes.
    """

    source: str
    path: Path
    sha256: bytes

    def discard(self) -> None:
        """Delete it: no import needs it."""
        self.path.unlink(missing_ok=True)


class Spool:
    """A folder of feeds.

    A body goes into a file as it comes, never into memory as a whole. The file's name is made up here. It gets that
    name when all of it is on the disk, so the importer never sees half a feed.

    Args:
        folder: of the feeds; made when the first one comes.
        most_bytes: size of the largest feed, bytes.
        idle_s: longest pause within a body, seconds.
    """

    def __init__(self, folder: Path, *, most_bytes: int, idle_s: float) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._idle_s = idle_s
        self._under_way = 0

    def check_size(self, request: Request) -> None:
        """Refuse a feed that is announced as too large, before it is read.

        Raises:
            ServiceProblem: `import_too_large`.
        """
        announced = request.headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:18]) > self._most_bytes:
            raise self._too_large()

    async def take(self, request: Request) -> SpooledFeed:
        """Write a request's body into a file.

        Raises:
            ServiceProblem: `import_too_large`, `rate_limited`, `invalid_parameter` or `catalogue_unavailable`.
        """
        self.check_size(request)
        async with self._place():
            try:
                return await self._take(request)
            except OSError as error:
                raise _unwritable(error) from error

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._under_way >= _AT_ONCE:
            raise ServiceProblem(
                "rate_limited", f"{self._under_way} feeds are being sent to this process; try again", 10
            )
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def _take(self, request: Request) -> SpooledFeed:
        name = f"{secrets.token_hex(16)}.feed"
        unfinished = self._folder / f"{UNFINISHED_PREFIX}{name}"
        room = await asyncio.to_thread(self._make_room)
        digest = hashlib.sha256()
        descriptor = await asyncio.to_thread(os.open, unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            size = 0
            async for piece in self._pieces(request):
                size += len(piece)
                if size > self._most_bytes:
                    raise self._too_large()
                if size > room:
                    raise _full(room)
                await asyncio.to_thread(_write, descriptor, piece, digest)
            if not size:
                raise ServiceProblem("invalid_parameter", "the body is empty; send the feed as the body")
            await asyncio.to_thread(self._finish, descriptor, unfinished, name)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise
        finally:
            os.close(descriptor)
        return SpooledFeed(f"{SPOOLED}{name}", self._folder / name, digest.digest())

    async def _pieces(self, request: Request) -> AsyncIterator[bytes]:
        """The body in pieces of about a megabyte."""
        loop = asyncio.get_running_loop()
        begun, came, piece = loop.time(), 0, bytearray()
        stream = request.stream()
        try:
            while True:
                slowest = begun + self._idle_s + came / _SLOWEST_BYTES_PER_S + 30.0
                async with asyncio.timeout_at(min(loop.time() + self._idle_s, slowest)):
                    chunk = await anext(stream, None)
                if chunk is None:
                    break
                came += len(chunk)
                piece += chunk
                if len(piece) >= _WRITTEN_AT_ONCE:
                    yield bytes(piece)
                    piece.clear()
        except ClientDisconnect:
            raise ServiceProblem("invalid_parameter", "the connection ended before the body did") from None
        except TimeoutError:
            raise ServiceProblem(
                "invalid_parameter",
                f"the body did not arrive in time: {came:,} bytes came, then nothing for {self._idle_s:g} s or too "
                "little; send it again over a faster connection",
            ) from None
        finally:
            await stream.aclose()
        if piece:
            yield bytes(piece)

    def _make_room(self) -> int:
        """Make the folder; returns how many bytes may still go into it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with os.scandir(self._folder) as entries:
            used = sum(entry.stat().st_size for entry in entries if entry.is_file(follow_symlinks=False))
        room = _MOST_FEEDS * self._most_bytes - used
        if room <= 0:
            raise _full(used)
        return room

    def _finish(self, descriptor: int, unfinished: Path, name: str) -> None:
        os.fsync(descriptor)
        unfinished.rename(self._folder / name)
        flush_folder(self._folder)

    def _too_large(self) -> ServiceProblem:
        return ServiceProblem(
            "import_too_large",
            f"the feed has over {self._most_bytes:,} bytes (LOOKALIKE_MAX_IMPORT_BYTES); send it in parts with "
            "mode=upsert, or import it with `lookalike import`",
        )


def _write(descriptor: int, piece: bytes, digest: "hashlib._Hash") -> None:
    digest.update(piece)
    left = memoryview(piece)
    while left:
        left = left[os.write(descriptor, left) :]


def _full(size: int) -> ServiceProblem:
    return ServiceProblem(
        "catalogue_unavailable", f"the feeds that wait to be imported take {size:,} bytes already; try again later", 60
    )


def _unwritable(error: OSError) -> ServiceProblem:
    _log.warning("a feed cannot be stored: %s", error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ServiceProblem(
            "catalogue_unavailable", "the disk for feeds is full; nothing was imported, try again later", 60
        )
    return ServiceProblem(
        "catalogue_unavailable", f"the feed cannot be stored ({error.strerror or type(error).__name__}); try again", 30
    )

"""Static files, read into memory once; a path in a request never reaches the file system."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.http.accepted_codings import Coding, accepted_codings
from api.http.compression import is_text
from api.http.conditional import KnownTags
from api.http.entity_tag import tag_in, tag_of
from api.http.packing import Packing
from api.http.text_coding import coded

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True, eq=False)
class StaticFile:
    """A file in memory.

    Attributes:
        content: its bytes.
        media_type: by its suffix.
        etag: strong, from its content, with its quotes.
    """

    content: bytes
    media_type: str
    etag: str
    _forms: dict[Coding, bytes] = field(default_factory=dict)
    _packing: Packing = field(default_factory=Packing)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The file, or 304 if the client has it. Browsers must ask each time, because the file may have changed."""
        sent = {"ETag": self.etag, "Cache-Control": "no-cache", **headers}
        if is_text(self.media_type):
            sent["Vary"] = ", ".join(filter(None, (sent.get("Vary"), "Accept-Encoding")))
        if self.etag in KnownTags(request):
            return Response(status_code=304, headers=sent)
        return _FileResponse(self, {**sent, "Content-Type": self.media_type})

    async def coded(self, coding: Coding) -> bytes:
        """The content in a coding, which is made once."""
        async with self._turn:
            if coding not in self._forms:
                self._forms[coding] = await self._packing.run(coded, self.content, coding)
            return self._forms[coding]


class _FileResponse(Response):
    """A file in the coding that the client likes best."""

    def __init__(self, file: StaticFile, headers: Mapping[str, str]) -> None:
        super().__init__(file.content, headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self._file
        coding = accepted_codings(scope).for_text(len(file.content)) if is_text(file.media_type) else None
        if coding is not None:
            self.body = await file.coded(coding)
            self.headers["Content-Length"] = str(len(self.body))
            self.headers["Content-Encoding"] = coding
            self.headers["ETag"] = tag_in(file.etag, coding)
        await super().__call__(scope, receive, send)


def static_file(content: bytes, suffix: str) -> StaticFile:
    """Make a file from its content.

    Raises:
        KeyError: the suffix is not in `MEDIA_TYPES`.
    """
    return StaticFile(content, MEDIA_TYPES[suffix], tag_of(content))


def read_static_files(folder: Path, names: Iterable[str] | None = None) -> dict[str, StaticFile]:
    """The files of a folder by name: the given ones, or all with a suffix in `MEDIA_TYPES`.

    Raises:
        OSError: a file cannot be read.
        KeyError: the suffix of a given name is not in `MEDIA_TYPES`.
    """
    if names is None:
        names = [path.name for path in folder.iterdir() if path.is_file() and path.suffix in MEDIA_TYPES]
    return {name: static_file((folder / name).read_bytes(), Path(name).suffix) for name in sorted(names)}

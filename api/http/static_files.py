"""Static files, read into memory once; a path in a request never reaches the file system."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.http.conditional import KnownTags

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


@dataclass(frozen=True, slots=True)
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

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The file, or 304 if the client has it. Browsers must ask each time, because the file may have changed."""
        sent = {"ETag": self.etag, "Cache-Control": "no-cache", **headers}
        if self.etag in KnownTags(request):
            return Response(status_code=304, headers=sent)
        return Response(self.content, headers={**sent, "Content-Type": self.media_type})


def static_file(content: bytes, suffix: str) -> StaticFile:
    """Make a file from its content.

    Raises:
        KeyError: the suffix is not in `MEDIA_TYPES`.
    """
    return StaticFile(content, MEDIA_TYPES[suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def read_static_files(folder: Path, names: Iterable[str] | None = None) -> dict[str, StaticFile]:
    """The files of a folder by name: the given ones, or all with a suffix in `MEDIA_TYPES`.

    Raises:
        OSError: a file cannot be read.
        KeyError: the suffix of a given name is not in `MEDIA_TYPES`.
    """
    if names is None:
        names = [path.name for path in folder.iterdir() if path.is_file() and path.suffix in MEDIA_TYPES]
    return {name: static_file((folder / name).read_bytes(), Path(name).suffix) for name in sorted(names)}

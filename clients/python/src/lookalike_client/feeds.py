"""The feed of an import: a file, bytes, an open file, or a URL that the service fetches."""

import io
import os
from collections.abc import Generator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

Feed = str | os.PathLike[str] | bytes | BinaryIO
"""As for a photo, a `str` is always a URL."""

TYPES: Final = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "google-xml": "application/xml",
    "google-tsv": "text/tab-separated-values",
    "shopify-csv": "text/csv",
}
_FORMATS: Final = {
    ".csv": "csv",
    ".jsonl": "ndjson",
    ".ndjson": "ndjson",
    ".tsv": "google-tsv",
    ".txt": "google-tsv",
    ".xml": "google-xml",
}
_PIECE_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A feed that is read while it is sent, again for each try.

    Attributes:
        source: a path, or a file that can be wound back.
        start: where the feed begins in it.
        size: of the feed, bytes.
        media_type: to be sent as Content-Type.
    """

    source: Path | BinaryIO
    start: int
    size: int
    media_type: str

    def pieces(self) -> Generator[bytes]:
        """The feed, piece by piece."""
        with self.source.open("rb") if isinstance(self.source, Path) else nullcontext(self.source) as file:
            file.seek(self.start)
            left = self.size
            while left and (piece := file.read(min(_PIECE_BYTES, left))):
                left -= len(piece)
                yield piece


def open_feed(feed: os.PathLike[str] | bytes | BinaryIO, feed_format: str | None) -> FeedFile:
    """Find out how large a feed is and of what type.

    Args:
        feed: a file, bytes or an open file.
        feed_format: one of `TYPES`; None: from the name of the file.

    Raises:
        ValueError: its format is not known.
        OSError: the file cannot be read.
    """
    if isinstance(feed, os.PathLike):
        path = Path(feed)
        return FeedFile(path, 0, path.stat().st_size, _media_type(path.name, feed_format))
    if isinstance(feed, bytes | bytearray | memoryview):
        return FeedFile(io.BytesIO(feed), 0, len(feed), _media_type("", feed_format))
    media_type = _media_type(str(getattr(feed, "name", "")), feed_format)
    if not feed.seekable():
        data = feed.read()
        return FeedFile(io.BytesIO(data), 0, len(data), media_type)
    start = feed.tell()
    return FeedFile(feed, start, feed.seek(0, os.SEEK_END) - start, media_type)


def _media_type(name: str, feed_format: str | None) -> str:
    chosen = feed_format or _FORMATS.get(Path(name).suffix.lower())
    if chosen not in TYPES:
        raise ValueError(
            f"the format of the feed {name!r:.100} is not known; pass feed_format=, one of {', '.join(TYPES)}"
        )
    return TYPES[chosen]

"""Opens product feeds of any format."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from contracts.errors import FeedError
from feeds.formats import FEED_FORMATS, FeedFormat
from feeds.google_feed import read_google_xml
from feeds.head import Head, read_head
from feeds.limits import MAX_ROWS
from feeds.mapping import checked_mapping
from feeds.ndjson_feed import read_ndjson
from feeds.options import ReadingOptions
from feeds.rows import BadRow, FeedRow
from feeds.shopify_feed import read_shopify_csv
from feeds.table_feed import read_csv_feed, read_google_tsv
from feeds.text import unreadable

Rows: TypeAlias = Iterator[FeedRow | BadRow]

_READERS: Final[Mapping[FeedFormat, Callable[[ReadingOptions, Head], Rows]]] = {
    "csv": read_csv_feed,
    "ndjson": read_ndjson,
    "google-xml": read_google_xml,
    "google-tsv": read_google_tsv,
    "shopify-csv": read_shopify_csv,
}


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, of which the beginning was read.

    Attributes:
        head: its format, and what else its beginning tells.
        options: how it is read.
    """

    head: Head
    options: ReadingOptions

    @property
    def format(self) -> FeedFormat:
        """One of `FEED_FORMATS`."""
        return self.head.format

    def rows(self, start: int = 0) -> Rows:
        """The rows in the order of the file, as a stream; memory does not grow with it, except for ids.

        Args:
            start: number of rows to leave out, good or bad, such as were used already. They are read all the same, so
                that an id which they have is known.

        Raises:
            FeedError: the rest cannot be read, or was cut off. So whoever gets no error has had all rows that there
                are.
        """
        return islice(self._all(), start, None)

    def _all(self) -> Generator[FeedRow | BadRow, None, None]:
        path = self.options.path
        count = 0
        try:
            for row in _READERS[self.format](self.options, self.head):
                count += 1
                if count > MAX_ROWS:
                    raise FeedError(f"{path} has over {MAX_ROWS:,} rows; split it")
                yield row
        except OSError as error:
            raise unreadable(path, error) from None
        except UnicodeDecodeError as error:
            raise FeedError(
                f"{path} is not in the encoding that its byte order mark says ({error.reason}), or was cut off; save "
                "it as UTF-8, or fetch it again"
            ) from None
        if not count:
            raise FeedError(f"{path} has no items; a feed needs at least one")


def open_feed(
    path: Path,
    *,
    format: str | None = None,  # noqa: A002 - named as the option of the command line
    mapping: Mapping[str, str | None] | None = None,
    needs_picture: bool = True,
) -> Feed:
    """Open a feed, and read its first row.

    Args:
        path: of the file: UTF-8 or UTF-16 with a byte order mark; gzip is unpacked.
        format: one of `FEED_FORMATS`; by default recognised from the content.
        mapping: column -> `id`, `image` or the name of an attribute; None leaves a column out.
        needs_picture: whether a row without a picture is bad; where only ids count, False.

    Raises:
        FeedError: it is no feed, has no row, is of another format, or the mapping does not fit; says where, and how to
            correct it.
    """
    known = next((each for each in FEED_FORMATS if each == format), None)
    if format is not None and known is None:
        raise FeedError(f"the format {format!r:.60} is unknown; there are {', '.join(FEED_FORMATS)}")
    options = ReadingOptions(path, checked_mapping(mapping or {}), needs_picture=needs_picture)
    try:
        head = read_head(path, known, options.mapping, needs_picture=needs_picture)
    except OSError as error:
        raise unreadable(path, error) from None
    except UnicodeDecodeError:
        raise FeedError(f"{path} is not in the encoding that its byte order mark says; save it as UTF-8") from None
    feed = Feed(head, options)
    with closing(feed._all()) as rows:
        next(rows)
    return feed

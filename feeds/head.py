"""Recognises the format of a feed from its first characters."""

import csv
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.errors import FeedError
from contracts.text_form import one_form
from feeds.formats import FeedFormat
from feeds.google_names import google_name
from feeds.names import ID, IMAGE, IMAGE_NAMES, Mapped, listed
from feeds.text import open_text

_HEAD_CHARACTERS: Final = 2**16
# Which separator a spreadsheet writes depends on its locale.
_DELIMITERS: Final = (",", ";", "\t")
# The first line by which Excel tells itself the separator.
_SEPARATOR_LINE: Final = re.compile(r'"?sep=([^"\r\n])"?[ \t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_FIRST_LINE: Final = re.compile(r"[\r\n]*([^\r\n]*)")
_WEB_PAGE: Final = re.compile(r"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_WANTED: Final = (
    "a CSV file with the columns id and image, JSON objects one a line, a Google Merchant feed (XML or TSV), or "
    "a Shopify product export"
)
_SHOPIFY: Final = frozenset({"handle", "title"})
_OF_SHOPIFY: Final = frozenset({"image src", "variant sku", "variant price", "option1 value"})


@dataclass(frozen=True, slots=True)
class Head:
    """What the beginning of a feed tells.

    Attributes:
        format: of the feed.
        delimiter: between values, if it is delimited.
        has_separator_line: whether the first line only names the delimiter.
    """

    format: FeedFormat
    delimiter: str = ","
    has_separator_line: bool = False


def read_head(path: Path, given: FeedFormat | None, mapping: Mapped, *, needs_picture: bool) -> Head:
    """Recognise a feed.

    Args:
        path: of the feed.
        given: the format, if it need not be recognised.
        mapping: of its columns.
        needs_picture: whether there must be a column of pictures.

    Raises:
        FeedError: it cannot be read, is empty or of no format that is known.
    """
    with open_text(path) as stream:
        head = stream.read(_HEAD_CHARACTERS)
    told = _SEPARATOR_LINE.match(head)
    text = head[told.end() :] if told else head
    # Line breaks before a header count as lines, and what follows is found all the same.
    begin = text.lstrip()
    if not begin:
        raise FeedError(f"{path} is empty; it must be {_WANTED}")
    needed = frozenset({ID, IMAGE} if needs_picture else {ID})
    if given is None and begin.startswith("<"):
        if _WEB_PAGE.match(begin):
            raise FeedError(f"{path} is a web page, such as a shop answers with when a feed is missing; check its URL")
        return Head("google-xml")
    if given is None and begin.startswith("{"):
        return Head("ndjson")
    if begin.startswith("[") and given in {None, "ndjson"}:
        raise FeedError(f"{path} is one JSON array; write one JSON object on each line instead")
    if given in {"google-xml", "ndjson"}:
        return Head(given)
    delimiters = (told.group(1),) if told else _DELIMITERS
    for delimiter in delimiters:
        header = _header(begin, delimiter)
        for known in _formats(header, delimiter, mapping, needed):
            if given in {None, known}:
                return Head(known, delimiter, told is not None)
    if given is not None:
        # Reading the header says what it lacks.
        best = max(delimiters, key=lambda delimiter: len(_header(begin, delimiter)))
        return Head(given, "\t" if given == "google-tsv" and not told else best, told is not None)
    best = max(delimiters, key=lambda delimiter: len(_header(begin, delimiter)))
    raise FeedError(
        f"{path} is none of the feeds that are known: its first line names the columns {listed(_header(begin, best))}; "
        f"it must be {_WANTED}. Other names need a mapping"
    )


def _formats(header: list[str], delimiter: str, mapping: Mapped, needed: AbstractSet[str]) -> list[FeedFormat]:
    found: list[FeedFormat] = []
    folded = {name.casefold() for name in header}
    if folded >= _SHOPIFY and folded & _OF_SHOPIFY:
        found.append("shopify-csv")
    of = {one_form(name).casefold(): target for name, target in mapping.items()}
    mapped = {of[name] for name in folded if name in of}
    google = {google_name(name) for name in header if name.casefold() not in of}
    if delimiter == "\t" and _has(mapped | (google & {ID, "image_link"}), needed):
        found.append("google-tsv")
    plain = {name.replace(" ", "_") for name in folded if name not in of}
    if _has(mapped | plain, needed):
        found.append("csv")
    # A plain table whose columns happen to be known to Google as well.
    if "google-tsv" in found and IMAGE in plain:
        found.reverse()
    return found


def _has(names: AbstractSet[str | None], needed: AbstractSet[str]) -> bool:
    pictured = names | {IMAGE} if any(name in names for name in IMAGE_NAMES) else names
    return pictured >= needed


def _header(text: str, delimiter: str) -> list[str]:
    line = _FIRST_LINE.match(text)
    try:
        return [one_form(name) for name in next(csv.reader([line.group(1) if line else ""], delimiter=delimiter), [])]
    except csv.Error:
        return []

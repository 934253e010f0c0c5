"""Collects the items of a Google Merchant feed from the events of an XML parser."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from contracts.errors import FeedError
from feeds.limits import MAX_COLUMNS, MAX_DEPTH, MAX_ROW_CHARACTERS

_GOOGLE: Final = frozenset({"http://base.google.com/ns/1.0", "http://base.google.com/cns/1.0"})
_ATOM: Final = frozenset({"http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"})
_XINCLUDE: Final = frozenset({"http://www.w3.org/2001/XInclude", "http://www.w3.org/2003/XInclude"})
# What RSS itself says about an entry and not about a product.
_OF_RSS: Final = frozenset({"guid", "pubDate", "comments", "enclosure", "source", "author"})
_FROM_ATOM: Final = {"title": "title", "summary": "description", "content": "description", "link": "link"}


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item as it was written.

    Attributes:
        number: counted from 1.
        google, plain: local name of an element -> its texts in order, of Google's namespace and of the feed itself.
        problem: why it cannot be used, or None.
    """

    number: int
    google: Mapping[str, list[str]]
    plain: Mapping[str, list[str]]
    problem: str | None


class GoogleItems:
    """Takes a parser's events. Names are `namespace name`, or the name alone where there is no namespace.

    Args:
        path: of the feed, for messages.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: list[RawItem] = []
        self._number = 0
        self._open: list[str] = []
        # Number of open elements with the item's own; 0 outside an item.
        self._item_depth = 0
        self._begin_item(0)

    def take(self) -> list[RawItem]:
        """The items that have ended since the last call."""
        done, self._done = self._done, []
        return done

    def refuse_doctype(self, *_: object) -> NoReturn:
        """A document type may define entities that grow without bounds or name other files."""
        raise FeedError(f"{self._path} holds a document type (<!DOCTYPE ...>), which is not read; remove it")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins.

        Raises:
            FeedError: it is the root of something else than a feed, is nested too deeply, or includes another file.
        """
        depth = len(self._open)
        if depth >= MAX_DEPTH:
            raise FeedError(f"{self._path}: elements are nested over {MAX_DEPTH} deep; this is no product feed")
        self._open.append(name)
        if not self._item_depth:
            self._start_outside(name, depth)
        elif depth == self._item_depth:
            self._texts.clear()
            self._is_nested = False
            if name.endswith(" link") and "href" in attributes:
                self.text(attributes["href"])
        elif _split(name)[0] in _GOOGLE:
            self._is_nested = True

    def text(self, data: str) -> None:
        """A piece of text."""
        if self._item_depth and len(self._open) > self._item_depth:
            self._characters += len(data)
            if self._characters <= MAX_ROW_CHARACTERS:
                self._texts.append(data)

    def end(self, name: str) -> None:
        """An element ends."""
        self._open.pop()
        depth = len(self._open)
        if not self._item_depth or depth > self._item_depth:
            return
        if depth == self._item_depth:
            self._keep(name)
            return
        problem = None
        if self._characters > MAX_ROW_CHARACTERS or self._values > MAX_COLUMNS:
            problem = f"has over {MAX_ROW_CHARACTERS:,} characters or {MAX_COLUMNS:,} elements; shorten it"
        self._done.append(RawItem(self._number, self._google, self._plain, problem))
        self._begin_item(0)

    def _start_outside(self, name: str, depth: int) -> None:
        namespace, local = _split(name)
        if namespace in _XINCLUDE:
            raise FeedError(f"{self._path} includes another file by XInclude, which is not read; put its items here")
        if depth == 0 and (local, namespace) not in {("rss", ""), *(("feed", atom) for atom in _ATOM)}:
            raise FeedError(
                f"{self._path} has the root element <{local:.60}>; a Google Merchant feed begins with <rss> (RSS 2.0), "
                "or <feed> of Atom"
            )
        if (local == "item" and not namespace) or (local == "entry" and namespace in _ATOM and depth == 1):
            self._number += 1
            self._begin_item(depth + 1)

    def _begin_item(self, depth: int) -> None:
        self._item_depth = depth
        self._google: dict[str, list[str]] = {}
        self._plain: dict[str, list[str]] = {}
        self._texts: list[str] = []
        self._characters = 0
        self._values = 0
        self._is_nested = False

    def _keep(self, name: str) -> None:
        self._values += 1
        # Such as the country and price of `g:shipping`.
        if self._is_nested or self._values > MAX_COLUMNS:
            return
        namespace, _, local = name.rpartition(" ")
        if namespace in _GOOGLE:
            kept = self._google
        elif not namespace and local not in _OF_RSS:
            kept = self._plain
        elif namespace in _ATOM and local in _FROM_ATOM:
            kept, local = self._plain, _FROM_ATOM[local]
        else:
            return
        text = "".join(self._texts)
        if text and not text.isspace():
            kept.setdefault(local, []).append(text)


def _split(name: str) -> tuple[str, str]:
    namespace, _, local = name.rpartition(" ")
    return namespace, local

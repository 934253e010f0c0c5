"""The answers that an index has given lately, kept within a limit."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from api.http.accepted_codings import Coding
from api.http.finished_answer import FinishedAnswer

Key = tuple[str, bytes]
"""Path and query string of a question."""

# What an entry takes besides its texts: objects, and places in dictionaries.
_ENTRY_BYTES: Final = 1024
# Of the memory: for answers that were asked for once. The rest is for those that were asked for again.
_FIRST_SIGHT_SHARE: Final = 0.2
# One answer may take this share of the memory for first sights.
_LARGEST_SHARE: Final = 1 / 16


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer with what else a repetition needs.

    Attributes:
        answer: without what differs between requests.
        etag: of the answer.
        route: the one that was asked, in the form of an ASGI scope.
        size: memory that this entry takes, bytes.
        pieces: the answer packed for `FinishedAnswer.coded_body`, by coding.
    """

    answer: FinishedAnswer
    etag: str
    route: object
    size: int
    pieces: Mapping[Coding, bytes] = field(default_factory=dict)


class RememberedAnswers:
    """A segmented LRU cache with a limit in bytes.

    A new answer comes into a small segment. Only when it is asked for again, it moves to the large one. So a crawler
    that asks for everything once displaces what others asked for once, but nothing that was asked for twice. As every
    entry counts at least 1 KiB, their number is limited too.

    An index has its own, which goes with it: an answer can neither outlive its index nor come from another one. All
    methods may be called from any thread.

    Args:
        most_bytes: memory for all entries; 0 remembers nothing.

    Attributes:
        most_bytes: as it was given.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._new = _Segment(int(most_bytes * _FIRST_SIGHT_SHARE))
        self._asked_again = _Segment(most_bytes - self._new.most_bytes)
        self._largest = int(self._new.most_bytes * _LARGEST_SHARE)
        self._lock = threading.Lock()

    @property
    def used_bytes(self) -> int:
        """Memory that all entries take."""
        return self._new.used_bytes + self._asked_again.used_bytes

    def __len__(self) -> int:
        return len(self._new.entries) + len(self._asked_again.entries)

    def get(self, key: Key) -> Remembered | None:
        """The answer to a question, if it is remembered."""
        with self._lock:
            found = self._asked_again.entries.get(key)
            if found is not None:
                self._asked_again.entries.move_to_end(key)
                return found
            found = self._new.take(key)
            if found is not None:
                self._put_asked_again(key, found)
            return found

    def put(self, key: Key, answer: FinishedAnswer, etag: str, route: object) -> None:
        """Remember an answer, unless it is large."""
        size = len(key[0]) + len(key[1]) + len(answer.members) + _ENTRY_BYTES
        if size > self._largest:
            return
        with self._lock:
            if key not in self._asked_again.entries:
                self._new.put(key, Remembered(answer, etag, route, size))

    def put_piece(self, key: Key, coding: Coding, piece: bytes) -> None:
        """Remember the packed form of an answer that was asked for again, if that is still remembered."""
        with self._lock:
            found = self._asked_again.entries.get(key)
            if found is not None and coding not in found.pieces:
                pieces = {**found.pieces, coding: piece}
                self._put_asked_again(key, replace(found, pieces=pieces, size=found.size + len(piece)))

    def _put_asked_again(self, key: Key, entry: Remembered) -> None:
        # What the large segment has no room for gets another chance in the small one.
        for displaced_key, displaced in self._asked_again.put(key, entry):
            self._new.put(displaced_key, displaced)


class _Segment:
    """Entries in the order of their last use."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.used_bytes = 0
        self.entries: OrderedDict[Key, Remembered] = OrderedDict()

    def take(self, key: Key) -> Remembered | None:
        """Remove and return an entry."""
        found = self.entries.pop(key, None)
        if found is not None:
            self.used_bytes -= found.size
        return found

    def put(self, key: Key, entry: Remembered) -> list[tuple[Key, Remembered]]:
        """Add an entry; returns those that had to leave for it."""
        self.take(key)
        self.entries[key] = entry
        self.used_bytes += entry.size
        displaced = []
        while self.used_bytes > self.most_bytes:
            displaced.append(self.entries.popitem(last=False))
            self.used_bytes -= displaced[-1][1].size
        return displaced

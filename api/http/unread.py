"""Answers that clients have asked for but do not read."""

from typing import Final, Protocol

# Enough for a dozen of the largest pictures. The kernel holds what ordinary clients have not read yet.
MAX_UNREAD_BYTES: Final = 128 * 1024 * 1024


class Writer(Protocol):
    """A connection with something left to write."""

    def unsent_bytes(self) -> int:
        """How much is left."""
        ...

    def cut(self) -> None:
        """End the connection at once."""
        ...


class UnreadAnswers:
    """The connections of a process that have answers left to write, and a limit on these answers' size.

    A request of a hundred bytes asks for a picture of megabytes. If many clients do not read what they asked for, the
    one that has been waited for longest is cut.
    """

    def __init__(self, most_bytes: int = MAX_UNREAD_BYTES) -> None:
        self._most_bytes = most_bytes
        self._waiting: dict[Writer, None] = {}

    def add(self, writer: Writer) -> None:
        """A connection could not write everything at once."""
        self._waiting[writer] = None
        unsent = sum(each.unsent_bytes() for each in self._waiting)
        while unsent > self._most_bytes and len(self._waiting) > 1:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            unsent -= oldest.unsent_bytes()
            oldest.cut()

    def remove(self, writer: Writer) -> None:
        """A connection has written everything, or is lost."""
        self._waiting.pop(writer, None)

"""Splits delimited text into rows, as a stream; goes on after a row with broken quoting."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from contracts.errors import FeedError
from feeds.limits import MAX_ROW_CHARACTERS
from feeds.rows import RowCode

# A quote left open takes in the rows after it, which are then read again. In the files of people this happens once or
# twice; a file that is made of it must not take for ever.
_MOST_READ_AGAIN: Final = 4
_FREE: Final = 32 * MAX_ROW_CHARACTERS


@dataclass(frozen=True, slots=True)
class Record:
    """A row of delimited text.

    Attributes:
        line: where it starts, counted from 1.
        fields: its values; if it is broken, its first line.
        ended: whether a line break follows, or else the file ends here.
        code, problem: what is wrong with it, or None.
    """

    line: int
    fields: list[str]
    ended: bool
    code: RowCode | None = None
    problem: str | None = None


def split_records(path: Path, stream: TextIOWrapper, delimiter: str, *, line: int = 1) -> Iterator[Record]:
    """The rows of delimited text without blank lines. After broken quoting, reading goes on with the next line.

    Args:
        path: of the file, for messages.
        stream: the text; line breaks as they are.
        delimiter: between values.
        line: number of the first line.

    Raises:
        FeedError: so many rows are broken that reading on would take too long.
    """
    # The limit belongs to the whole process, so it is only ever raised: another file may be read at the same time.
    # What bounds a row is `_Lines`.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW_CHARACTERS + 1))
    lines = _Lines(stream)
    while True:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            for fields in reader:
                if fields:
                    yield Record(line, fields, _ends(lines.taken[-1]))
                line += len(lines.taken)
                lines.begin_row()
        except csv.Error as error:
            code: RowCode = "broken_row"
            problem = f"cannot be read: {error}; is a double quote left open?"
        except _TooLongError:
            code = "row_too_long"
            problem = f"has over {MAX_ROW_CHARACTERS:,} characters; shorten it. Is a double quote left open?"
        else:
            return
        ended, first = lines.give_back()
        if lines.read_again > _MOST_READ_AGAIN * lines.read + _FREE:
            raise FeedError(f"{path}, line {line}: the row {problem} There are many of these; write the file again")
        yield Record(line, [first], ended, code, problem)
        line += 1


class _TooLongError(Exception):
    """A row goes on for too long."""


class _Lines:
    """The lines of a text, of which those of the current row can be given back.

    Attributes:
        taken: the lines of the current row so far.
        read, read_again: characters read from the text, and given back.
    """

    def __init__(self, stream: TextIOWrapper) -> None:
        self._readline = stream.readline
        self._given_back: deque[str] = deque()
        self._characters = 0
        self.taken: list[str] = []
        self.read = 0
        self.read_again = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._given_back:
            line = self._given_back.popleft()
        else:
            line = self._readline(MAX_ROW_CHARACTERS + 1)
            self.read += len(line)
        if not line:
            raise StopIteration
        self.taken.append(line)
        self._characters += len(line)
        if self._characters > MAX_ROW_CHARACTERS:
            raise _TooLongError
        return line

    def begin_row(self) -> None:
        """Forget the lines of the row that was read."""
        self.taken = []
        self._characters = 0

    def give_back(self) -> tuple[bool, str]:
        """Give back all lines of the row but the first; whether that one has an end, and its beginning."""
        first, rest = self.taken[0], self.taken[1:]
        self._given_back.extendleft(reversed(rest))
        self.read_again += sum(map(len, rest))
        self.begin_row()
        last = first
        # Of a line that is too long only a piece was read, and nothing after it.
        while len(last) > MAX_ROW_CHARACTERS and not _ends(last):
            last = self._readline(MAX_ROW_CHARACTERS + 1)
            self.read += len(last)
        return _ends(last), first[:200].rstrip("\r\n")


def _ends(line: str) -> bool:
    return line.endswith(("\n", "\r"))

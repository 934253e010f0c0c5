"""Splits the text of a CSV file into rows, and goes on after one with broken quoting."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.catalogue.located import located

# A quote left open may run to the end of the file before that shows, and the rows after it are then read again.
# In the files of people this happens once or twice.
_MOST_READ_AGAIN: Final = 4
_FREE: Final = 2**20


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a CSV file.

    Attributes:
        line: where it starts, counted from 1.
        fields: its values; of a row with broken quoting, the line as it is.
        problem: what is wrong with its quoting, or None.
        characters: its length.
    """

    line: int
    fields: list[str]
    problem: str | None
    characters: int


def split_rows(path: Path, text: str, delimiter: str, *, begin: int = 0) -> Iterator[Row]:
    """The rows of a CSV file without blank lines. After broken quoting, reading goes on with the next line.

    Args:
        path: of the file, for messages.
        text: its content.
        delimiter: between values.
        begin: where the first row starts: 0, or the end of the first line.

    Raises:
        CatalogueError: so many rows are broken that reading on would take too long.
    """
    # The limit has nothing to protect here: the whole text is in memory already. It belongs to the whole process, so it
    # is only ever raised: another file may be read at the same time.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    stream = io.StringIO(text, newline="")
    stream.seek(begin)
    line = 2 if begin else 1
    left = _MOST_READ_AGAIN * len(text) + _FREE
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    while True:
        started, start = line + reader.line_num, stream.tell()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            left -= stream.tell() - start
            problem = f"the row cannot be read: {error}; is a double quote left open?"
            if left < 0:
                raise located(path, started, f"{problem} There are many of these; write the file again") from None
            stream.seek(start)
            broken = stream.readline()
            yield Row(started, [broken.rstrip("\r\n")], problem, len(broken))
            line = started + 1
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            continue
        if fields:
            yield Row(started, fields, None, stream.tell() - start)

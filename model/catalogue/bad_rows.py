"""The rows and files of a catalogue that cannot be used: listed one by one, and counted."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contracts.errors import CatalogueError
from model.tolerance import Tolerance
from storage.durable_files import replace_file

BAD_ROWS_REPORT: Final = "bad_rows.csv"
_EMPTY: Final = "the row is empty; remove it"
_SHOWN: Final = 3
_LONGEST_VALUE: Final = 200


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row or file that was skipped.

    Attributes:
        file: the list that holds the row, or the folder that holds the file; in an object store, its URL.
        row: line where the row starts, counted from 1 as editors do; None for a file that no list names.
        value: what is wrong, such as a cell or a file name; bytes that are no text are escaped.
        reason: why it was skipped, and what to do about it.
    """

    file: Path | str
    row: int | None
    value: str
    reason: str

    @property
    def is_empty(self) -> bool:
        """Whether it is a row without any value, which is listed and counts for nothing."""
        return self.reason == _EMPTY

    def __str__(self) -> str:
        place = f"{self.file}, line {self.row}" if self.row is not None else str(self.file)
        return f"{place}: {self.value!r:.120} {self.reason}"


class TooManyBadRows(CatalogueError):
    """More rows are bad than may be.

    Attributes:
        bad_rows: all that were found.
    """

    def __init__(self, message: str, bad_rows: Sequence[BadRow]) -> None:
        super().__init__(message)
        self.bad_rows = tuple(bad_rows)


@dataclass(slots=True)
class BadRows:
    """Collects the bad rows of a catalogue while it is read.

    Attributes:
        tolerance: how many there may be.
        found: so far, in the order of reading.
        failed: how many of them are more than empty rows.
    """

    tolerance: Tolerance
    found: list[BadRow] = field(default_factory=list)
    failed: int = 0

    def add(self, file: Path | str, row: int | None, value: str, reason: str) -> None:
        """Note a bad row.

        Raises:
            TooManyBadRows: the tolerance is strict.
        """
        self.found.append(BadRow(file, row, _text(value), _text(reason)))
        self.failed += 1
        if self.tolerance.strict:
            raise TooManyBadRows(f"{self.found[-1]}; --strict stops at the first", self.found)

    def add_empty(self, file: Path, row: int) -> None:
        """Note a row without any value."""
        self.found.append(BadRow(file, row, "", _EMPTY))

    def check(self, file: Path | str, good: int, *, earlier: int = 0, may_be_none: bool = False) -> None:
        """Refuse a list or folder that is mostly bad.

        Args:
            file: the list or folder.
            good: number of its rows or files that can be used.
            earlier: number of failed ones that are of another list.
            may_be_none: nothing need be left.

        Raises:
            TooManyBadRows: nothing is left, or more failed than the tolerance allows.
        """
        failed = self.failed - earlier
        if good == 0 and failed and not may_be_none:
            raise self._refusal(f"{file}: none of its {failed:,} rows can be used", "")
        rows = good + failed
        if self.tolerance.exceeded(failed, rows):
            raise self._refusal(
                f"{file}: {failed:,} of {rows:,} rows failed, over {self.tolerance.max_failed:.0%}",
                "; correct them, or raise --max-failed",
            )

    def _refusal(self, what: str, fix: str) -> TooManyBadRows:
        shown = [bad for bad in self.found if not bad.is_empty][:_SHOWN]
        more = self.failed - len(shown)
        listed = "; ".join(map(str, shown)) + (f"; and {more:,} more" if more else "")
        return TooManyBadRows(f"{what}{fix}. The first: {listed}", self.found)


def write_bad_rows(folder: Path, bad_rows: Sequence[BadRow]) -> None:
    """Write the report, by file and row; without any bad row, remove an older report.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / BAD_ROWS_REPORT
    if not bad_rows:
        path.unlink(missing_ok=True)
        return
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file", "row", "value", "reason"))
    in_order = sorted(bad_rows, key=lambda bad: (str(bad.file), bad.row or 0))
    writer.writerows((_text(str(bad.file)), bad.row, bad.value, bad.reason) for bad in in_order)
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(path, text.getvalue().encode())


def _text(value: str) -> str:
    """A value that can be printed and written: bytes that are no text, and NUL, are escaped."""
    shown = value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "..."
    if not shown.isascii():
        shown = shown.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return shown.replace("\0", "\\x00")

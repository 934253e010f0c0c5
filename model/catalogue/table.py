"""Reads a CSV file into a header and rows with their line numbers."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import CatalogueError
from model.catalogue.located import located, read_text

# Which separator a spreadsheet writes depends on its locale.
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file.

    Attributes:
        path: the file.
        columns: names in the header, unique.
        rows: at least one; the line where each starts, and a field for each column.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[tuple[int, list[str]]]


def read_table(path: Path, required: Sequence[str]) -> Table:
    """Read a CSV file: UTF-8, with or without a byte order mark, separated by comma, semicolon or tab.

    The separator is the first with which the header has all required columns. Blank lines are skipped.

    Raises:
        CatalogueError: the file is not UTF-8, has no rows, lacks a required column, has a column without a name or
            two of the same name, has a row with too many or too few fields, or has broken quoting.
    """
    text = read_text(path)
    if not text.strip():
        raise CatalogueError(
            f"{path} is empty; it needs a header with the columns {_listed(required)} and a row for each item"
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, required), strict=True)
    columns: tuple[str, ...] | None = None
    rows = []
    start = 1
    try:
        for fields in reader:
            line, start = start, reader.line_num + 1
            if not fields:
                continue
            if columns is None:
                columns = _header(path, line, fields, required)
            elif len(fields) != len(columns):
                raise located(
                    path,
                    line,
                    f"has {len(fields)} fields, but the header has {len(columns)}; "
                    "put values that contain the separator or a line break in double quotes",
                )
            else:
                rows.append((line, fields))
    except csv.Error as error:
        raise located(
            path, start, f"the row that starts here cannot be read: {error}; is a double quote left open?"
        ) from None
    if columns is None or not rows:
        raise CatalogueError(f"{path} has a header but no rows; add a row for each item")
    return Table(path, columns, rows)


def _header(path: Path, line: int, fields: list[str], required: Sequence[str]) -> tuple[str, ...]:
    columns = tuple(name.strip() for name in fields)
    missing = [name for name in required if name not in columns]
    if missing:
        raise located(
            path,
            line,
            f"the header has no column {_listed(missing)}, only {_listed(columns)}; "
            f"the first line must name the columns, {_listed(required)} among them, in lower case",
        )
    for position, name in enumerate(columns, start=1):
        if not name:
            raise located(path, line, f"column {position} has no name; name it or remove it")
        if columns.index(name) != position - 1:
            raise located(path, line, f"column {name!r} is there twice; rename or remove one")
    return columns


def _delimiter(text: str, required: Sequence[str]) -> str:
    first_line = text.lstrip("\r\n").split("\n", 1)[0]
    for delimiter in _DELIMITERS:
        try:
            names = {name.strip() for name in next(csv.reader([first_line], delimiter=delimiter))}
        except csv.Error:
            continue
        if names.issuperset(required):
            return delimiter
    return _DELIMITERS[0]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name:.40}'" for name in names[:20]) + (" ..." if len(names) > 20 else "")

"""Reads a CSV file into a header and rows with their line numbers; rows that cannot be read are listed."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.errors import CatalogueError
from contracts.text_form import one_form
from model.catalogue.bad_rows import BadRows
from model.catalogue.located import located, not_utf8, read_text
from model.catalogue.table_rows import Row, split_rows

# Which separator a spreadsheet writes depends on its locale.
_DELIMITERS: Final = (",", ";", "\t")
# The first line by which Excel tells itself the separator.
_SEPARATOR_LINE: Final = re.compile(r'"?sep=([^"\r\n])"?[ \t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_FIRST_LINE: Final = re.compile(r"[\r\n]*([^\r\n]*)")
# A description has a few thousand. A longer cell is a picture or a whole page, which no answer should carry.
MAX_CELL_CHARACTERS: Final = 2**20
# NUL, and what stands for a byte that is no UTF-8.
_UNREADABLE: Final = re.compile("[\0\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file.

    Attributes:
        path: the file.
        columns: names in the header, unique, in one form; a required column has the name that was asked for.
        rows: the line where each starts, and a field for each column.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[tuple[int, list[str]]]


def read_table(path: Path, required: Sequence[str], bad: BadRows) -> Table:
    """Read a CSV file: UTF-8, with or without a byte order mark, separated by comma, semicolon or tab.

    The separator is that of a first line `sep=;`, or else the first with which the header has all required columns,
    whose names may be in any case. A first column without a name, such as pandas writes, and other nameless columns
    without any value are passed over. Blank lines are skipped.

    Args:
        path: the file.
        required: names of columns, lower case.
        bad: takes the rows that have too many or too few fields, broken quoting, bytes that are no UTF-8, NUL or a
            cell of over `MAX_CELL_CHARACTERS`, and those without any value.

    Raises:
        CatalogueError: the file cannot be read, has no rows, lacks a required column, has a column without a name
            or two of the same name.
        TooManyBadRows: the tolerance of `bad` is strict, and a row is bad.
    """
    text = read_text(path, lenient=True)
    if not text.strip():
        raise CatalogueError(
            f"{path} is empty; it needs a header with the columns {_listed(required)} and a row for each item"
        )
    told = _SEPARATOR_LINE.match(text)
    begin = told.end() if told else 0
    rows = split_rows(path, text, told.group(1) if told else _delimiter(text, required), begin=begin)
    first = next(rows, None)
    if first is None:
        raise CatalogueError(f"{path} has no header; it needs the columns {_listed(required)}")
    names = _header(path, first, required)
    clean = _UNREADABLE.search(text) is None
    good: list[tuple[int, list[str]]] = []
    for row in rows:
        if row.problem is None and not any(map(str.strip, row.fields)):
            bad.add_empty(path, row.line)
            continue
        wrong = _problem(row, names, clean=clean)
        if wrong is None:
            good.append((row.line, row.fields))
        else:
            bad.add(path, row.line, *wrong)
    if not good and not bad.failed:
        raise CatalogueError(f"{path} has a header but no rows; add a row for each item")
    return _without_nameless(path, first.line, names, good)


def _problem(row: Row, names: Sequence[str], *, clean: bool) -> tuple[str, str] | None:
    """The value that is wrong in a row, and why; None if the row can be used."""
    if row.problem is not None:
        return row.fields[0], row.problem
    if not clean:
        value = next(filter(_UNREADABLE.search, row.fields), None)
        if value is not None:
            found = _UNREADABLE.search(value)
            byte = ord(found.group()) & 0xFF if found else 0
            return value, not_utf8(byte) if byte else "contains a NUL byte; save the file as UTF-8 text"
    if len(row.fields) != len(names):
        return ",".join(row.fields), (
            f"has {len(row.fields)} fields, but the header has {len(names)}; "
            "put values that contain the separator or a line break in double quotes"
        )
    if row.characters > MAX_CELL_CHARACTERS:
        for name, value in zip(names, row.fields, strict=True):
            if len(value) > MAX_CELL_CHARACTERS:
                return value, (
                    f"is the value of column {name!r:.60} and has {len(value):,} characters, over "
                    f"{MAX_CELL_CHARACTERS:,}; shorten it or leave the column out"
                )
    return None


def _header(path: Path, row: Row, required: Sequence[str]) -> list[str]:
    if row.problem is not None:
        raise located(path, row.line, row.problem)
    unreadable = _UNREADABLE.search("".join(row.fields))
    if unreadable is not None:
        byte = ord(unreadable.group()) & 0xFF
        raise located(path, row.line, not_utf8(byte) if byte else "contains a NUL byte; save the file as UTF-8 text")
    columns = [one_form(name) for name in row.fields]
    for name in required:
        if name not in columns and (spelled := [each for each in columns if each.casefold() == name]):
            if len(spelled) > 1:
                raise located(path, row.line, f"columns {_listed(spelled)} are both {name!r}; rename or remove one")
            columns[columns.index(spelled[0])] = name
    missing = [name for name in required if name not in columns]
    if missing:
        raise located(
            path,
            row.line,
            f"the header has no column {_listed(missing)}, only {_listed(columns)}; "
            f"the first line must name the columns, {_listed(required)} among them",
        )
    for position, name in enumerate(columns):
        if name and columns.index(name) != position:
            raise located(path, row.line, f"column {name!r} appears twice; rename or remove one")
    return columns


def _without_nameless(path: Path, line: int, names: list[str], rows: list[tuple[int, list[str]]]) -> Table:
    """The table without columns that have no name: the first, which numbers the rows, and empty ones.

    Raises:
        CatalogueError: another one has values.
    """
    kept = [position for position, name in enumerate(names) if name]
    if len(kept) == len(names):
        return Table(path, tuple(names), rows)
    for position, name in enumerate(names):
        if position and not name and any(fields[position].strip() for _, fields in rows):
            raise located(path, line, f"column {position + 1} has no name; name it or remove it")
    columns = tuple(names[position] for position in kept)
    return Table(path, columns, [(at, [fields[position] for position in kept]) for at, fields in rows])


def _delimiter(text: str, required: Sequence[str]) -> str:
    first_line = _FIRST_LINE.match(text)
    header = first_line.group(1) if first_line else ""
    for delimiter in _DELIMITERS:
        try:
            names = {one_form(name).casefold() for name in next(csv.reader([header], delimiter=delimiter))}
        except csv.Error:
            continue
        if names.issuperset(required):
            return delimiter
    return _DELIMITERS[0]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name:.40}'" for name in names[:20]) + (" ..." if len(names) > 20 else "")

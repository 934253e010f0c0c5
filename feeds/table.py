"""Reads a delimited feed as a header and records, each of which can be used or says why not."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from contracts.errors import FeedError
from feeds.checking import not_utf8
from feeds.delimited import Record, split_records
from feeds.head import Head
from feeds.options import ReadingOptions
from feeds.text import open_text

# What stands for a byte that is no UTF-8, see `feeds.text`.
_STRAY: Final = re.compile("[\udc80-\udcff]")


def read_table(options: ReadingOptions, head: Head) -> Iterator[Record]:
    """The header, and then the records that hold a value, as a stream.

    Those without a problem have as many fields as the header, all of them text.

    Raises:
        FeedError: the header cannot be read, or the file ends in the middle of a row: what was cut off is unknown.
    """
    with open_text(options.path) as stream:
        if head.has_separator_line:
            stream.readline()
        records = split_records(options.path, stream, head.delimiter, line=1 + head.has_separator_line)
        header = next(records, None)
        if header is None:
            raise FeedError(f"{options.path} has no header; its first line must name the columns")
        checked = _checked(header, len(header.fields))
        if checked.problem is not None:
            raise FeedError(f"{options.path}, line {header.line}: the header {checked.problem}")
        yield header
        columns = len(header.fields)
        for record in records:
            if record.problem is None and not any(map(str.strip, record.fields)):
                continue
            checked = _checked(record, columns)
            if checked.problem is not None and not record.ended and checked.code != "not_utf8":
                raise FeedError(
                    f"{options.path} ends in the middle of line {record.line}, so it was cut off; fetch it again, or "
                    "remove the line"
                )
            yield checked


def _checked(record: Record, columns: int) -> Record:
    if record.problem is not None:
        return record
    text = "".join(record.fields)
    if not text.isascii():
        stray = _STRAY.search(text)
        if stray is not None:
            return replace(record, code="not_utf8", problem=not_utf8(ord(stray.group()) & 0xFF))
    if "\0" in text:
        return replace(record, code="not_utf8", problem="holds a NUL byte; save the file as UTF-8 text")
    if len(record.fields) != columns:
        return replace(
            record,
            code="wrong_fields",
            problem=f"has {len(record.fields)} fields, but the header has {columns}; "
            "put values that contain the separator or a line break in double quotes",
        )
    return record

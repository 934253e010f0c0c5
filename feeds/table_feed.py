"""Reads a delimited feed with a row for each item: CSV, and Google Merchant's TSV."""

from collections.abc import Iterator

from contracts.items import MISSING_VALUES
from contracts.text_form import one_form
from feeds.checking import RowChecker, bad_row
from feeds.delimited import Record
from feeds.google_names import LEFT_OUT, google_name
from feeds.head import Head
from feeds.names import Layout, Names, layout_of
from feeds.options import ReadingOptions
from feeds.rows import BadRow, FeedRow
from feeds.table import read_table


def read_csv_feed(options: ReadingOptions, head: Head) -> Iterator[FeedRow | BadRow]:
    """The rows of a CSV feed with a column of ids and one of pictures; every other column is an attribute.

    Raises:
        FeedError: see `feeds.opening.open_feed`.
    """
    return _rows(options, head, Names(options.mapping))


def read_google_tsv(options: ReadingOptions, head: Head) -> Iterator[FeedRow | BadRow]:
    """The rows of a Google Merchant feed in TSV.

    Raises:
        FeedError: see `feeds.opening.open_feed`.
    """
    return _rows(options, head, Names(options.mapping, google_name, LEFT_OUT))


def _rows(options: ReadingOptions, head: Head, names: Names) -> Iterator[FeedRow | BadRow]:
    checker = RowChecker(needs_picture=options.needs_picture)
    records = read_table(options, head)
    header = next(records)
    place = f"{options.path}, line {header.line}"
    layout = layout_of(header.fields, names, needs_picture=options.needs_picture, place=place)
    for record in records:
        yield _row(record, layout, checker)


def _row(record: Record, layout: Layout, checker: RowChecker) -> FeedRow | BadRow:
    fields = record.fields
    if record.code is not None:
        known = one_form(fields[layout.id_at]) if record.code == "wrong_fields" and layout.id_at < len(fields) else None
        return bad_row(record.line, known, record.code, record.problem or "")
    for at in layout.nameless:
        if fields[at].strip():
            return bad_row(
                record.line, one_form(fields[layout.id_at]), "wrong_fields", f"has a value in column {at + 1}, which "
                "has no name; name it in the header, or remove it",
            )  # fmt: skip
    attributes = {}
    for at, name in layout.attributes:
        value = fields[at]
        if value:
            value = one_form(value)
            if value not in MISSING_VALUES:
                attributes[name] = value
    picture = "" if layout.image_at is None else fields[layout.image_at]
    return checker.row(record.line, fields[layout.id_at], picture, attributes)

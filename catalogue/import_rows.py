"""Rows of the table of imports as records."""

import time
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Row

from catalogue.import_records import ImportRecord


def now() -> float:
    """Seconds since 1970, for people: nothing is decided by it."""
    return time.time()


def record_of(row: Row[Any]) -> ImportRecord:
    """The record of a row with all columns of `imports`."""
    return ImportRecord(
        id=row.id,
        caller=row.caller,
        status=row.status,
        mode=row.mode,
        max_removed=row.max_removed,
        source=row.source,
        format=row.format,
        mapping=None if row.mapping is None else orjson.loads(row.mapping),
        position=row.position,
        rows=row.rows,
        created=row.created,
        replaced=row.replaced,
        unchanged=row.unchanged,
        deleted=row.deleted,
        failed=row.failed,
        sequence=row.sequence,
        detail=row.detail,
        created_at=datetime.fromtimestamp(row.created_at, UTC),
        updated_at=datetime.fromtimestamp(row.updated_at, UTC),
    )

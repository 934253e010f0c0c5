"""Imports as they appear in responses."""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from catalogue.import_records import ImportRecord, RowProblem
from contracts.spreadsheet_cells import safe_cells

_HEADER: Final = ("row", "id", "code", "detail")


def import_members(record: ImportRecord, *, served: int | None) -> dict[str, object]:
    """An import without its errors.

    Args:
        record: from the database.
        served: sequence number that this process serves; None: no change is.
    """
    changed = record.sequence
    return {
        "import_id": record.id,
        "status": record.status,
        "mode": record.mode,
        "format": record.format,
        "rows": record.rows,
        "created": record.created,
        "replaced": record.replaced,
        "unchanged": record.unchanged,
        "deleted": record.deleted,
        "failed": record.failed,
        "sequence": changed,
        # What changed nothing has nothing to wait for.
        "visible": changed is None or (served is not None and served >= changed),
        "detail": record.detail,
        "created_at": time_of(record.created_at),
        "updated_at": time_of(record.updated_at),
    }


def error_members(problem: RowProblem) -> dict[str, object]:
    """A row's error."""
    members = asdict(problem)
    return {"row": members["row"], "id": members["item_id"], "code": members["code"], "detail": members["detail"]}


def errors_csv(problems: Iterable[RowProblem], *, with_header: bool) -> bytes:
    """Rows of a CSV file that a spreadsheet opens; what it would take for a formula has a `'` in front."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    if with_header:
        writer.writerow(_HEADER)
    for problem in problems:
        writer.writerow(safe_cells((problem.row, problem.item_id or "", problem.code, problem.detail)))
    return stream.getvalue().encode("utf-8", "replace")


def time_of(moment: datetime) -> str:
    """A time as RFC 3339, UTC; one without a time zone is of UTC."""
    given = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return given.isoformat(timespec="milliseconds").replace("+00:00", "Z")

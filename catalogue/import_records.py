"""What is known of an import, and what one of its batches brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from catalogue.items import Delete, Put

ImportMode = Literal["upsert", "replace", "delete"]
ImportStatus = Literal["queued", "running", "succeeded", "succeeded_with_errors", "failed"]


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """An import as the database holds it.

    Attributes:
        id: 32 hex digits.
        caller: who asked for it, as `create` was told.
        mode: whether rows are put, put and all others removed, or deleted.
        max_removed: share of the items, 0 to 1, that `replace` may remove.
        source: where the feed is.
        format: name of its format; None: recognised by content.
        mapping: column of the feed -> what it is; None: as the format says.
        position: rows of the feed that are done; an interrupted import goes on after them.
        rows: rows that were read.
        created: rows that made an item.
        replaced: rows that changed an item.
        unchanged: rows that found everything as they say.
        deleted: items that were removed.
        failed: rows that could not be used; `Imports.errors` lists them.
        sequence: of its last change, or None.
        detail: why it failed, or what is to be known.
        created_at: UTC.
        updated_at: UTC.
    """

    id: str
    caller: str
    status: ImportStatus
    mode: ImportMode
    max_removed: float
    source: str
    format: str | None
    mapping: Mapping[str, str | None] | None
    position: int
    rows: int
    created: int
    replaced: int
    unchanged: int
    deleted: int
    failed: int
    sequence: int | None
    detail: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that could not be used.

    Attributes:
        row: its number in the feed, from 1.
        item_id: as the row says it, or None if it says none.
        code: short and fixed, for programs.
        detail: a sentence for people.
    """

    row: int
    item_id: str | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """What a row of the feed changes."""

    row: int
    change: Put | Delete


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """Some rows of a feed, written in one transaction.

    Attributes:
        position: rows of the feed that are done after it.
        rows: rows that it stands for, with those that failed.
        changes: in the order of the feed.
        seen: ids that the feed names, whether their rows could be used or not; what `replace` keeps.
        problems: rows that could not be used.
    """

    position: int
    rows: int
    changes: Sequence[RowChange] = ()
    seen: Sequence[str] = ()
    problems: Sequence[RowProblem] = ()


@dataclass(frozen=True, slots=True)
class BatchWritten:
    """What a batch did.

    Attributes:
        sequence: of its changes; None if it changed nothing.
        created: items that it made.
        replaced: items that it changed.
        unchanged: rows that found everything as they say.
        deleted: items that it removed.
        refused: rows that the database could not take, such as one with a column too many; recorded as problems.
    """

    sequence: int | None
    created: int
    replaced: int
    unchanged: int
    deleted: int
    refused: Sequence[RowProblem] = ()


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a replacing import would remove.

    Attributes:
        unseen: live items that the feed did not name.
        live: live items.
    """

    unseen: int
    live: int

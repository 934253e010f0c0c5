"""Imports of feeds into the live catalogue."""

from dataclasses import dataclass

from lookalike_client.results.items import IndexSummary

_OPEN = frozenset({"queued", "running"})


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row of a feed was not imported.

    Attributes:
        row: of the feed, from 1.
        id: of the item, if the row names one.
        code: stable, for programs.
        detail: what is wrong and what to do.
    """

    row: int
    id: str | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Import:
    """An import.

    Attributes:
        import_id: of the import.
        status: `queued`, `running`, `succeeded`, `succeeded_with_errors` or `failed`.
        mode: `upsert`, `replace` or `delete`.
        format: of the feed; None: recognised by content.
        rows: that were read so far; the next five count them by what became of them.
        sequence: of its last change; None before the first.
        visible: whether the process that has answered serves all that the import has changed so far.
        detail: why it failed, or what else is to be known.
        created_at: RFC 3339, UTC.
        updated_at: likewise.
        errors: a page of the rows that could not be used.
        errors_total: how many of them are kept.
    """

    import_id: str
    status: str
    mode: str
    format: str | None
    rows: int
    created: int
    replaced: int
    unchanged: int
    deleted: int
    failed: int
    sequence: int | None
    visible: bool
    detail: str | None
    created_at: str
    updated_at: str
    errors: tuple[RowError, ...] = ()
    errors_total: int = 0

    @property
    def finished(self) -> bool:
        """Whether it has ended, well or badly."""
        return self.status not in _OPEN


@dataclass(frozen=True, slots=True)
class ImportList:
    """The newest imports.

    Attributes:
        request_id: what finds the request in the service's log.
        imports: without their errors.
        waiting: number of changed items that wait for the next index; they are served all the same.
        index: that is served; None before the first.
    """

    request_id: str
    imports: tuple[Import, ...]
    waiting: int = 0
    index: IndexSummary | None = None

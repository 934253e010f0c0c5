"""One import: rows of a feed become items, batch by batch; a killed one goes on where it stopped."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import closing
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from catalogue.import_records import BatchWritten, ImportBatch, ImportRecord, ImportStatus, RowChange, RowProblem
from catalogue.items import Delete, Put
from contracts.errors import EmbeddingMissingError, EmbeddingsError, FeedError, UnreachableError, UrlRefusedError
from feeds.rows import BadRow
from importer.intake import Intake, Preparation, Row, open_intake
from importer.networks import Network
from importer.preparing import PreparedRow
from importer.removing import remove_unseen
from importer.stopped import Stopped
from importer.surroundings import Surroundings

# Rows of one transaction, and so the most that are done again after kill -9.
WINDOW = 256
_WINDOWS_AHEAD = 3
_EMBEDDED_AT_ONCE = 64
LEASE_S = 60.0
# Also how soon a stop is noticed while pictures are slow to come.
_RENEW_S = 2.0


def run_import(record: ImportRecord, owner: str, around: Surroundings) -> ImportRecord:
    """Run a claimed import to its end, from where it is.

    Returns:
        The record as it ended.

    Raises:
        Stopped: `around.stopping` said so.
        DatabaseUnavailableError, StoreUnavailableError, OSError: something is away or full; run it again later.
        LookalikeError: the lease is another's, or the network cannot be loaded.
    """
    detail = None
    try:
        intake = open_intake(record, around)
        # The whole feed is read before anything is changed: one that is cut off changes nothing.
        total = _count(intake, around)
        _import_rows(record, owner, around, intake, total)
        intake.check_unchanged()
        if record.mode == "replace":
            detail = remove_unseen(around.catalogue.imports, record, owner, stopping=around.stopping)
    except (FeedError, UrlRefusedError, UnreachableError, EmbeddingsError) as error:
        if around.stopping():
            raise Stopped from error
        detail = str(error)
    if detail is not None:
        return _finish(around, record, owner, "failed", detail)
    now = around.catalogue.imports.get(record.id) or record
    if now.rows and now.failed == now.rows:
        return _finish(around, record, owner, "failed", "none of the rows could be used; the errors say why")
    return _finish(around, record, owner, "succeeded_with_errors" if now.failed else "succeeded", None)


def _finish(
    around: Surroundings, record: ImportRecord, owner: str, status: ImportStatus, detail: str | None
) -> ImportRecord:
    around.catalogue.imports.finish(record.id, owner, status, detail)
    return around.catalogue.imports.get(record.id) or record


def _count(intake: Intake, around: Surroundings) -> int:
    total = 0
    for total, _ in enumerate(intake.rows(), 1):
        if total % WINDOW == 0 and around.stopping():
            raise Stopped
    return total


def _import_rows(record: ImportRecord, owner: str, around: Surroundings, intake: Intake, total: int) -> None:
    position, delete = record.position, record.mode == "delete"
    around.progress(position, total)
    with (
        intake.preparation(delete=delete) as preparation,
        closing(
            _ahead(intake.rows(position), preparation.prepare, lambda: _renew(around, record, owner), around.stopping)
        ) as windows,
    ):
        for window in windows:
            if around.stopping():
                # Pictures that were given up because of that would count as not to be had.
                raise Stopped
            position += len(window)
            written = _commit(record, owner, around, window, position, intake.network, preparation, delete=delete)
            refused = {problem.row for problem in written.refused}
            notes = [row.note for row in window if row.note is not None and row.row.row not in refused]
            if notes:
                around.catalogue.note_pictures(notes)
            around.progress(position, total)
            around.between()


def _commit(
    record: ImportRecord,
    owner: str,
    around: Surroundings,
    window: list[PreparedRow],
    position: int,
    network: Network,
    preparation: Preparation,
    *,
    delete: bool,
) -> BatchWritten:
    try:
        return around.catalogue.imports.commit(record.id, owner, _batch(window, position, network, delete=delete))
    except EmbeddingMissingError:
        # Forgotten since these rows were prepared, because no other item had their pictures.
        again = preparation.prepare([row.row for row in window])
        return around.catalogue.imports.commit(record.id, owner, _batch(again, position, network, delete=delete))


def _renew(around: Surroundings, record: ImportRecord, owner: str) -> None:
    """Keep the lease while pictures are slow to come."""
    if around.stopping():
        raise Stopped
    around.catalogue.imports.renew(record.id, owner)


def _ahead(
    rows: Iterator[Row],
    prepare: Callable[[list[Row]], list[PreparedRow]],
    waiting: Callable[[], None],
    stopping: Callable[[], bool],
) -> Generator[list[PreparedRow], None, None]:
    """Prepared windows in order; the next ones are prepared meanwhile.

    Args:
        rows: of the feed.
        prepare: of one window; called from other threads.
        waiting: called every few seconds while a window is awaited.
        stopping: whether the process ends, so that nobody waits for windows that are being prepared.
    """
    windows = ThreadPoolExecutor(_WINDOWS_AHEAD, thread_name_prefix="window")
    coming: deque[Future[list[PreparedRow]]] = deque()
    try:
        while True:
            while len(coming) < _WINDOWS_AHEAD and (some := list(islice(rows, WINDOW))):
                coming.append(windows.submit(prepare, some))
            if not coming:
                return
            yield _awaited(coming.popleft(), waiting)
    finally:
        windows.shutdown(wait=not stopping(), cancel_futures=True)


def _awaited(future: "Future[list[PreparedRow]]", waiting: Callable[[], None]) -> list[PreparedRow]:
    while True:
        try:
            return future.result(timeout=_RENEW_S)
        except NotYet:
            if future.done():
                raise
            waiting()


def _batch(window: "list[PreparedRow]", position: int, network: Network, *, delete: bool) -> ImportBatch:
    embeddings = _embedded(window, network)
    changes: list[RowChange] = []
    problems: list[RowProblem] = []
    for row in window:
        change = None if row.fault is not None else _change(row, embeddings, network, delete=delete)
        if change is not None:
            changes.append(RowChange(row.row.row, change))
        else:
            code, detail = _why(row)
            problems.append(RowProblem(row.row.row, row.row.id, code, detail))
    seen = [row.row.id for row in window if row.row.id is not None]
    return ImportBatch(position=position, rows=len(window), changes=changes, seen=seen, problems=problems)


def _why(row: PreparedRow) -> tuple[str, str]:
    if row.fault is not None:
        return row.fault.code, row.fault.detail
    if isinstance(row.row, BadRow):
        return row.row.code, f"the row {row.row.detail}"
    return "missing_image", "the row names no picture"


def _change(
    row: PreparedRow, embeddings: Mapping[bytes, NDArray[np.float32]], network: Network, *, delete: bool
) -> Put | Delete | None:
    if isinstance(row.row, BadRow):
        return None
    if delete:
        return Delete(row.row.id)
    picture = row.picture
    if picture is None:
        return None
    return Put(
        id=row.row.id,
        image=picture.image,
        crop=picture.crop,
        content=picture.content,
        attributes=row.row.attributes,
        embedding=embeddings.get(picture.content),
        model=network.model.version,
    )


def _embedded(window: "list[PreparedRow]", network: Network) -> dict[bytes, NDArray[np.float32]]:
    """The embeddings of a window's new pictures; equal ones are embedded once."""
    waiting = {
        row.picture.content: row.picture.fitted
        for row in window
        if row.picture is not None and row.picture.fitted is not None
    }
    contents = list(waiting)
    embedded = {
        row.picture.content: row.picture.embedding
        for row in window
        if row.picture is not None and row.picture.embedding is not None
    }
    for start in range(0, len(contents), _EMBEDDED_AT_ONCE):
        some = contents[start : start + _EMBEDDED_AT_ONCE]
        embeddings = network.engine().embed(np.stack([waiting[content] for content in some])).embeddings
        if not np.isfinite(embeddings).all():
            raise EmbeddingsError(
                f"the network {network.model.version} returned embeddings that are not finite; train it again"
            )
        embedded.update(zip(some, embeddings, strict=True))
    return embedded

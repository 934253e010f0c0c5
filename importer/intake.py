"""The rows of an import and their pictures, whatever its source: a feed, a folder of pictures, embeddings."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol, TypeAlias

from catalogue.import_records import ImportRecord
from contracts.errors import CatalogueError, FeedError
from contracts.items import Item
from feeds.opening import Feed, open_feed
from feeds.rows import BadRow, FeedRow
from importer.embedded_rows import EmbeddedRows
from importer.networks import Network
from importer.preparing import PreparedRow, RowPreparation
from importer.row_pictures import PictureFinder
from importer.sources import COMMAND, EMBEDDINGS, FILE, FOLDER, fetched_feed, is_url, local_path, spooled_feed
from importer.surroundings import Surroundings
from model.catalogue.folder import read_folder
from model.tolerance import EVERYTHING

Row: TypeAlias = FeedRow | BadRow


class Preparation(Protocol):
    """Makes rows ready to be written."""

    def prepare(self, rows: Sequence[Row]) -> list[PreparedRow]:
        """Prepare some rows; called from several threads at once."""
        ...


class Intake(Protocol):
    """What an import takes in."""

    def rows(self, start: int = 0) -> Iterator[Row]:
        """Its rows in order, without the first `start`."""
        ...

    def preparation(self, *, delete: bool) -> AbstractContextManager[Preparation]:
        """What makes its rows ready; to be used as a context manager."""
        ...

    def check_unchanged(self) -> None:
        """Refuse a source that was changed while it was read.

        Raises:
            FeedError: it was.
        """
        ...

    @property
    def network(self) -> Network:
        """The network whose embeddings the items get."""
        ...


def open_intake(record: ImportRecord, around: Surroundings) -> Intake:
    """Open what an import takes in.

    Raises:
        FeedError: there is no such source, or it cannot be read.
        UrlRefusedError, UnreachableError: it cannot be fetched.
        EmbeddingsError: the folder of embeddings is damaged.
    """
    begun = record.position > 0
    # Whoever asks over HTTP names no files of this machine, whatever the address looks like.
    kind = record.source.partition(":")[0] if record.caller == COMMAND else ""
    if kind == FOLDER:
        return _FolderIntake(Path(record.source.removeprefix(f"{FOLDER}:")), around)
    if kind == EMBEDDINGS:
        return EmbeddedRows.open(local_path(record.source, begun=begun), around)
    if kind == FILE:
        path = local_path(record.source, begun=begun)
        return _FeedIntake(path, _opened(path, record), around, path.parent)
    if is_url(record.source):
        path = fetched_feed(
            record.source,
            record.id,
            work=around.work,
            rules=around.rules,
            dialer=around.dialer,
            most_bytes=around.most_bytes,
            begun=begun,
            stopping=around.stopping,
        )
    else:
        path = spooled_feed(record.source, around.spool)
    return _FeedIntake(path, _opened(path, record), around, None)


def _opened(path: Path, record: ImportRecord) -> Feed:
    # A row says all of its item, so one without a picture is bad, unless it only names what is deleted.
    return open_feed(path, format=record.format, mapping=record.mapping, needs_picture=record.mode != "delete")


class _Deletion:
    """Rows that delete need no picture, and are good without one."""

    def prepare(self, rows: Sequence[Row]) -> list[PreparedRow]:
        """Prepare some rows."""
        return [PreparedRow(row) for row in rows]


class _FeedIntake:
    def __init__(self, path: Path, feed: Feed, around: Surroundings, pictures: Path | None) -> None:
        self._path = path
        self._feed = feed
        self._around = around
        self._pictures = pictures
        self._state = _state(path)
        self.network = around.network()

    def rows(self, start: int = 0) -> Iterator[Row]:
        return self._feed.rows(start)

    def preparation(self, *, delete: bool) -> AbstractContextManager[Preparation]:
        return nullcontext(_Deletion()) if delete else _preparation(self._around, self._pictures, self.network)

    def check_unchanged(self) -> None:
        if _state(self._path) != self._state:
            raise FeedError(f"{self._path} was changed while it was imported; import it again")


class _FolderIntake:
    def __init__(self, root: Path, around: Surroundings) -> None:
        try:
            catalogue = read_folder(root, tolerance=EVERYTHING)
        except CatalogueError as error:
            raise FeedError(str(error)) from error
        self._root = root
        self._items: list[Item] = catalogue.items
        self._bad = [BadRow(0, None, "invalid_id", str(bad)) for bad in catalogue.bad_rows]
        self._around = around
        self.network = around.network()

    def rows(self, start: int = 0) -> Iterator[Row]:
        good: Iterator[Row] = (
            FeedRow(number, item.id, item.image, item.attributes) for number, item in enumerate(self._items, 1)
        )
        for place, row in enumerate([*good, *self._bad]):
            if place >= start:
                yield row

    def preparation(self, *, delete: bool) -> AbstractContextManager[Preparation]:
        return nullcontext(_Deletion()) if delete else _preparation(self._around, self._root, self.network)

    def check_unchanged(self) -> None:
        """A folder is read once, at the beginning."""


def _preparation(around: Surroundings, pictures: Path | None, network: Network) -> RowPreparation:
    folder = None if pictures is None else pictures.resolve()
    return RowPreparation(
        around.catalogue,
        around.store,
        PictureFinder(folder, around.rules, around.dialer, around.store, around.stopping),
        network,
        workers=around.workers,
    )


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise FeedError(f"{path} cannot be read: {error.strerror}; import it again") from None
    return status.st_size, status.st_mtime_ns

"""Imports that a command runs in its own process."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from catalogue.database_url import parse_database_url
from catalogue.import_records import ImportMode, ImportRecord, RowProblem
from catalogue.live_catalogue import LiveCatalogue
from contracts.engine_names import EngineName
from contracts.errors import (
    BundleError,
    DatabaseError,
    EngineError,
    LaunchError,
    ModelError,
    SearchUnavailableError,
)
from contracts.progress import Progress, unseen
from contracts.search_defaults import Scaling
from importer.claiming import claim_next, finish_claimed
from importer.folders import Folders
from importer.networks import Networks
from importer.owner import held_owner
from importer.search_engine import search_engine
from importer.service import Service
from importer.settings import ImporterSettings, read_settings
from importer.sources import COMMAND, EMBEDDINGS, is_url, source_of
from index.building import BuildReport
from storage.embeddings_folder import read_identity
from storage.picture_store import default_store, open_picture_store

_PROBLEMS_READ: Final = 20
_WAIT_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did.

    Attributes:
        record: as it ended.
        problems: the first rows that could not be used.
        seconds: that it took, wall clock.
        built: version of the first bundle, if it was built now.
        bundles: folder of bundles.
    """

    record: ImportRecord
    problems: list[RowProblem]
    seconds: float
    built: str | None
    bundles: Path


def bundles_beside(url: str) -> Path:
    """The folder of bundles where none is named: `bundles` beside an SQLite database.

    Raises:
        LaunchError: the database is on a server.
    """
    file = parse_database_url(url).file
    if file is None:
        raise LaunchError("a PostgreSQL database has no folder beside it; pass --bundles DIR")
    return Path(file).resolve().parent / "bundles"


@dataclass(slots=True)
class CommandImport:
    """Runs imports; use as a context manager.

    Attributes:
        service: what an importer does.
        owner: name under which it claims.
        format, mapping: of feeds, see `feeds.opening.open_feed`.
        announce: called with lines for people.
    """

    service: Service
    owner: str
    format: str | None
    mapping: Mapping[str, str | None] | None
    announce: Callable[[str], object]
    _stack: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def open(
        cls,
        url: str,
        bundles: Path | None,
        settings: ImporterSettings,
        *,
        format: str | None = None,  # noqa: A002 - named as the option of the command line
        mapping: Mapping[str, str | None] | None = None,
        checkpoint: str | None = None,
        device: str = "auto",
        engine: EngineName = "auto",
        announce: Callable[[str], object] = lambda _line: None,
    ) -> Self:
        """Open the database, and take the items of the current bundle over if it is empty.

        Raises:
            DatabaseError, DatabaseUnavailableError: the database cannot be used.
            LaunchError: nothing says where bundles are.
        """
        bundles = bundles or bundles_beside(url)
        with ExitStack() as stack:
            catalogue = LiveCatalogue.open(url, create=True)
            stack.callback(catalogue.close)
            # At once, with its reason, instead of after the feed was read.
            catalogue.sequence()
            bundles.mkdir(parents=True, exist_ok=True)
            owner = stack.enter_context(held_owner(bundles))
            store = open_picture_store(settings.picture_store or default_store(bundles))
            networks = Networks(bundles, checkpoint, device, engine, announce)
            service = Service(
                Folders.of(bundles, settings.picture_store),
                settings,
                catalogue,
                store,
                networks,
                engine=stack.enter_context(search_engine(settings)),
            )
            try:
                service.adopt()
            except BundleError as error:
                # Its items are imported all the same; the index is made when there is one of this database.
                announce(str(error))
            return cls(service, owner, format, mapping, announce, stack.pop_all())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(
        self, feed: str, *, mode: ImportMode = "upsert", max_removed: float = 0.05, progress: Progress = unseen
    ) -> Outcome:
        """Import a feed; one that was interrupted goes on.

        Raises:
            FeedError: there is no such feed.
            LookalikeError: something that it needs is away.
        """
        started = time.monotonic()
        source = feed if is_url(feed) else source_of(Path(feed))
        wanted = self._queued(source, mode, max_removed)
        ended = self._ended(wanted, progress)
        model = read_identity(Path(feed)) if source.startswith(f"{EMBEDDINGS}:") else None
        built = None
        try:
            built = None if ended.status == "failed" else self.service.build_first(model)
            self.service.fill()
            self.service.load_current()
        except (BundleError, EngineError, ModelError, SearchUnavailableError) as error:
            # The items are there; what is missing is made by the next import, or by an importer.
            self.announce(str(error))
        problems, _ = self.service.catalogue.imports.errors(ended.id, limit=_PROBLEMS_READ, offset=0)
        return Outcome(ended, problems, time.monotonic() - started, built, self.service.folders.bundles)

    def _queued(self, source: str, mode: ImportMode, max_removed: float) -> ImportRecord:
        imports = self.service.catalogue.imports
        asked = (COMMAND, source, mode, self.format, self.mapping)
        for record in imports.latest(100):
            if (record.caller, record.source, record.mode, record.format, record.mapping) == asked and (
                record.status in {"queued", "running"}
            ):
                self.announce(f"import {record.id} was interrupted after {record.position:,} rows; it goes on there")
                return record
        return imports.create(
            key=None,
            body_sha256=hashlib.sha256(source.encode("utf-8", "surrogatepass")).digest(),
            caller=COMMAND,
            mode=mode,
            max_removed=max_removed,
            source=source,
            format=self.format,
            mapping=self.mapping,
        )

    def _ended(self, wanted: ImportRecord, progress: Progress) -> ImportRecord:
        """Run imports, the oldest first as everywhere, until the wanted one has ended."""
        waits = False
        while True:
            claimed = claim_next(self.service.catalogue, self.owner, commands_too=True)
            if claimed is not None:
                if claimed.id != wanted.id:
                    self.announce(f"import {claimed.id}, which was begun before, is finished first")
                shown = progress if claimed.id == wanted.id else unseen
                around = self.service.surroundings(stopping=lambda: False, progress=shown)
                ended = finish_claimed(claimed, self.owner, around)
                if ended is not None and ended.id == wanted.id:
                    return ended
                continue
            record = self.service.catalogue.imports.get(wanted.id)
            if record is None:
                raise DatabaseError(f"import {wanted.id} was removed from the database; import it again")
            if record.status not in {"queued", "running"}:
                return record
            if not waits:
                self.announce("another process is importing; this import begins when it has ended")
                waits = True
            time.sleep(_WAIT_S)


def refit(
    url: str,
    bundles: Path,
    *,
    scaling: Scaling,
    components: int | float,
    whiten: bool,
    kinds: Mapping[str, str] | None,
    announce: Callable[[str], object] = lambda _line: None,
) -> BuildReport:
    """Build a bundle of all items of a database; it becomes current if none is.

    Raises:
        DatabaseError, DatabaseUnavailableError: the database cannot be used.
        BundleError: it has no items, or the bundle cannot be written.
    """
    with _service(url, bundles, announce) as service:
        service.fill()
        return service.refit(scaling=scaling, components=components, whiten=whiten, kinds=kinds)


def compact(url: str, bundles: Path, *, announce: Callable[[str], object] = lambda _line: None) -> str | None:
    """Make the changes since the current bundle part of a new one; its version, or None if there are none.

    Raises:
        DatabaseError, DatabaseUnavailableError: the database cannot be used.
        BundleError: the current bundle is not of this database, or another process compacts.
        EngineError, SearchUnavailableError: the search engine cannot hold the bundle, or cannot answer now.
    """
    with _service(url, bundles, announce) as service:
        return service.compact()


@contextmanager
def _service(url: str, bundles: Path, announce: Callable[[str], object]) -> Iterator[Service]:
    settings = read_settings()
    with closing(LiveCatalogue.open(url, create=True)) as catalogue, search_engine(settings) as engine:
        store = open_picture_store(settings.picture_store or default_store(bundles))
        networks = Networks(bundles, engine=settings.engine, announce=announce)
        yield Service(Folders.of(bundles, settings.picture_store), settings, catalogue, store, networks, engine=engine)

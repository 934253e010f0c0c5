"""The importer process: adopts, imports, compacts and clears up, until a signal asks it to stop."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import DatabaseUnavailableError, LaunchError, LookalikeError, StoreUnavailableError
from contracts.log_format import LogFormat, log_formatter
from importer.claiming import claim_next, finish_claimed
from importer.clearing import Clearing
from importer.folders import Folders
from importer.networks import Networks
from importer.owner import held_owner
from importer.search_engine import search_engine
from importer.service import Service
from importer.settings import ImporterSettings
from importer.stopped import Stopped
from storage.picture_store import default_store, open_picture_store

logger = logging.getLogger(__name__)

_POLL_S = 0.5
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
# Where it shares its machine with the API, an import or a new bundle must not take the processor from searches.
_NICENESS = 10


def run(bundles: Path, settings: ImporterSettings, *, device: str = "auto", checkpoint: str | None = None) -> int:
    """Run an importer until SIGTERM or SIGINT.

    Args:
        bundles: folder of bundles; created if missing.
        settings: of this process.
        device: where networks run, `auto`, `cpu`, `cuda` or `cuda:N`.
        checkpoint: folder of the network on this machine; None: where the bundle says.

    Returns:
        0.

    Raises:
        LaunchError: no database is named.
        DatabaseError: the database is of a newer version of Lookalike, or can never be used.
        EngineError: the address of the search engine is wrong.
    """
    if settings.database_url is None:
        raise LaunchError("there is no database to import into; set LOOKALIKE_DATABASE_URL, or pass --database URL")
    configure_logging(settings.log_format)
    os.nice(_NICENESS)
    bundles.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stop = stack.enter_context(_stopped_by_signals())
        catalogue = LiveCatalogue.open(settings.database_url.get_secret_value(), create=True)
        stack.callback(catalogue.close)
        owner = stack.enter_context(held_owner(bundles))
        store = open_picture_store(settings.picture_store or default_store(bundles))
        networks = Networks(bundles, checkpoint, device, settings.engine, logger.info)
        service = Service(
            Folders.of(bundles, settings.picture_store),
            settings,
            catalogue,
            store,
            networks,
            stop.is_set,
            engine=stack.enter_context(search_engine(settings)),
        )
        Importer(service, owner, stop).work()
    _leave_threads()
    return 0


def _leave_threads() -> None:
    """End at once if threads still wait for others, such as for the address of a host; all that counts is written."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        logging.shutdown()
        sys.stderr.flush()
        os._exit(0)


def configure_logging(log_format: LogFormat) -> None:
    """Write log lines to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        log_formatter(log_format, "importer", "%(asctime)s %(levelname)-7s importer: %(message)s (%(name)s)")
    )
    logging.basicConfig(level="INFO", handlers=[handler])
    # It tells of each migration that it looks at.
    logging.getLogger("alembic").setLevel(logging.WARNING)


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class Importer:
    """Does what there is to do, over and over.

    Attributes:
        service: what an importer does.
        owner: name under which it claims imports.
        stop: set when it shall end.
    """

    service: Service
    owner: str
    stop: threading.Event
    _clearing: Clearing = field(init=False)
    # What was said last of each step, so that it is said once.
    _said: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._clearing = Clearing(self.service.catalogue, self.service.folders, self.service.store)

    def work(self) -> None:
        """Work until `stop` is set; whatever is away is waited for."""
        logger.info("the importer is ready")
        pause_s = _FIRST_PAUSE_S
        away = False
        while not self.stop.is_set():
            try:
                busy = self.step()
                if away:
                    logger.info("the importer goes on")
                away, pause_s = False, _FIRST_PAUSE_S
            except Stopped:
                break
            except (DatabaseUnavailableError, StoreUnavailableError, OSError) as error:
                if not away:
                    logger.warning("%s; the importer waits, and tries again", error)
                away = True
                self.stop.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                continue
            if not busy:
                self.stop.wait(_POLL_S)
        logger.info("the importer has stopped")

    def step(self) -> bool:
        """Do what there is to do; whether there may be more.

        Raises:
            Stopped: an import was interrupted, to go on later.
            DatabaseUnavailableError, StoreUnavailableError, OSError: something is away, or the disk is full.
        """
        self._try("adopting the bundle", self.service.adopt)
        self._try("embedding", self.service.fill)
        self._try("loading the search engine", self.service.load_current)
        self._try("compacting", lambda: self.service.compact_if_due(importing=False))
        imported = self._import()
        if imported:
            self._try("building the first bundle", self.service.build_first)
            self._try("loading the search engine", self.service.load_current)
        self._clearing.clear_if_due()
        return imported

    def _import(self) -> bool:
        claimed = claim_next(self.service.catalogue, self.owner, commands_too=False)
        if claimed is None:
            return False
        logger.info("import %s runs from row %d", claimed.id, claimed.position + 1)
        around = self.service.surroundings(stopping=self.stop.is_set)
        ended = finish_claimed(claimed, self.owner, around)
        if ended is not None:
            logger.info(
                "import %s: %s; %d rows, %d created, %d replaced, %d unchanged, %d deleted, %d failed%s",
                ended.id,
                ended.status,
                ended.rows,
                ended.created,
                ended.replaced,
                ended.unchanged,
                ended.deleted,
                ended.failed,
                "" if ended.detail is None else f": {ended.detail}",
            )
        return True

    def _try(self, what: str, work: Callable[[], object]) -> None:
        """Do something that may fail without keeping the rest from being done; says a failure once."""
        try:
            work()
            self._said.pop(what, None)
        except (DatabaseUnavailableError, StoreUnavailableError):
            raise
        except LookalikeError as error:
            if self._said.get(what) != str(error):
                logger.warning("%s failed: %s", what, error)
            self._said[what] = str(error)

"""What an import works with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from catalogue.live_catalogue import LiveCatalogue
from contracts.progress import Progress, unseen
from fetching.dialing import Dialer
from fetching.rules import UrlRules
from importer.networks import Network
from storage.picture_store import PictureStore


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an import works with.

    Attributes:
        catalogue: that items are written to.
        store: that pictures are put into.
        network: gives the network that embeds.
        rules: from where pictures and feeds are fetched.
        dialer: that connects to them; one for all, because it reads the certificates that are trusted.
        most_bytes: size of the largest feed that is fetched.
        work: folder of the feeds that are fetched.
        spool: folder of the feeds that the API was sent.
        catalogue_root: folder of items' pictures that are not in the store, resolved; None: there is none.
        workers: threads that read and decode pictures.
        stopping: whether to stop at the next border of a batch.
        between: called after each batch.
        progress: called with the rows done and the rows in all.
    """

    catalogue: LiveCatalogue
    store: PictureStore
    network: Callable[[], Network]
    rules: UrlRules
    dialer: Dialer
    most_bytes: int
    work: Path
    spool: Path
    catalogue_root: Path | None
    workers: int = 2
    stopping: Callable[[], bool] = lambda: False
    between: Callable[[], None] = lambda: None
    progress: Progress = unseen

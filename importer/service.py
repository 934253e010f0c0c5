"""What an importer does, step by step; the process and the commands call it."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from catalogue.live_catalogue import LiveCatalogue
from contracts.embedding_set import ModelIdentity
from contracts.errors import BundleError, EngineError, ModelError, SearchUnavailableError
from contracts.object_urls import is_object_url
from contracts.progress import Progress, unseen
from contracts.search_defaults import COMPONENTS, SCALING, WHITEN, Scaling
from engines.engine import Engine
from fetching.dialing import Dialer
from fetching.rules import UrlRules
from importer.adopting import adopt_current, current_manifest, sequence_of
from importer.building import build_from_database
from importer.compacting import compact_current
from importer.engine_loading import EngineLoading
from importer.filling import Filling
from importer.folders import Folders
from importer.networks import Networks
from importer.pace import compaction_is_due
from importer.settings import ImporterSettings
from importer.surroundings import Surroundings
from index.building import BuildReport
from model.engines.processor import usable_cores
from storage.picture_store import PictureStore, default_store

logger = logging.getLogger(__name__)

_LOOK_S = 1.0
_LOOK_AFTER_FAILURE_S = 60.0


@dataclass(slots=True)
class Service:
    """What an importer does.

    Attributes:
        folders: that it works in.
        settings: of the process.
        catalogue: the database.
        store: of pictures.
        networks: that embed.
        stopping: whether to stop soon.
        dialer: that connects to hosts.
        engine: the search engine that serves versions; None: they are searched in memory.
    """

    folders: Folders
    settings: ImporterSettings
    catalogue: LiveCatalogue
    store: PictureStore
    networks: Networks
    stopping: Callable[[], bool] = lambda: False
    dialer: Dialer = field(default_factory=Dialer)
    engine: Engine | None = None
    _loading: EngineLoading | None = field(default=None, init=False)
    _filling: Filling = field(init=False)
    _look_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._filling = Filling(self.catalogue, self.store, usable_cores(), self.stopping)
        if self.engine is not None:
            self._loading = EngineLoading(self.engine, self.folders.bundles, self.stopping)

    def adopt(self) -> bool:
        """See `importer.adopting.adopt_current`."""
        return adopt_current(self.catalogue, self.folders.bundles)

    def fill(self) -> int:
        """Embed changed items with the network of the current bundle, where another one embedded them.

        Returns:
            How many pictures were embedded.

        Raises:
            BundleError: the current bundle is damaged.
            ModelError: its network cannot be loaded.
        """
        manifest = current_manifest(self.folders.bundles)
        if manifest is None:
            return 0
        sequence = sequence_of(self.catalogue, manifest.version, manifest.catalogue, manifest.sequence)
        return 0 if sequence is None else self._fill_after(sequence)

    def compact_if_due(self, *, importing: bool) -> str | None:
        """Make changes part of a new bundle when enough wait; its version.

        Args:
            importing: whether an import is under way.

        Raises:
            BundleError: it cannot be written, or another process compacts.
            EngineError, SearchUnavailableError: the search engine cannot hold it, or cannot answer now.
            ModelError: changed items must be embedded first, and the network cannot be loaded.
        """
        bundles = self.folders.bundles
        manifest = current_manifest(bundles)
        if manifest is None:
            return None
        sequence = sequence_of(self.catalogue, manifest.version, manifest.catalogue, manifest.sequence)
        if sequence is None:
            return None
        waiting = self.catalogue.count_changes(after=sequence)
        if not compaction_is_due(waiting, manifest, max_changes=self.settings.max_changes, importing=importing):
            return None
        return self.compact()

    def compact(self) -> str | None:
        """See `importer.compacting.compact_current`."""
        return compact_current(self.catalogue, self.folders.bundles, self._fill_after, self._loading)

    def load_current(self) -> bool:
        """See `importer.engine_loading.EngineLoading.load_current`; False without a search engine."""
        return self._loading is not None and self._loading.load_current()

    def build_first(self, model: ModelIdentity | None = None) -> str | None:
        """Build the first bundle if there is none and there are items; its version.

        Args:
            model: the network whose embeddings the items have; None: the one that embeds here.

        Raises:
            BundleError: it cannot be written.
            ModelError: the network cannot be loaded.
        """
        if current_manifest(self.folders.bundles) is not None or self.catalogue.sequence() == 0:
            return None
        model = model or self.networks.served().model
        if not any(item.embedding is not None for item in self.catalogue.all_items(model.version)):
            return None
        report = build_from_database(self.catalogue, self.folders.bundles, model, catalogue_root=self._new_root())
        logger.info("built the first bundle %s of %d items", report.version, report.items)
        return report.version if report.is_current else None

    def refit(
        self,
        *,
        scaling: Scaling = SCALING,
        components: int | float = COMPONENTS,
        whiten: bool = WHITEN,
        kinds: Mapping[str, str] | None = None,
    ) -> BuildReport:
        """Build a bundle of all items afresh; see `importer.building.build_from_database`."""
        return build_from_database(
            self.catalogue,
            self.folders.bundles,
            self.networks.served().model,
            catalogue_root=self._served_root() or self._new_root(),
            scaling=scaling,
            components=components,
            whiten=whiten,
            kinds=kinds,
        )

    def surroundings(self, *, stopping: Callable[[], bool], progress: Progress = unseen) -> Surroundings:
        """What an import works with."""
        return Surroundings(
            catalogue=self.catalogue,
            store=self.store,
            network=self.networks.served,
            rules=UrlRules(self.settings.image_url_hosts, self.settings.image_url_http),
            dialer=self.dialer,
            most_bytes=self.settings.max_import_bytes,
            work=self.folders.bundles,
            spool=self.folders.spool,
            catalogue_root=self._catalogue_root(),
            workers=usable_cores(),
            stopping=stopping,
            between=self._between_batches,
            progress=progress,
        )

    def _between_batches(self) -> None:
        """Compact if it is due, but not look after each batch; what fails then is tried again after the import."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _LOOK_S
        try:
            self.compact_if_due(importing=True)
        except (BundleError, ModelError, EngineError, SearchUnavailableError) as error:
            logger.warning("the import goes on, but its changes are not made part of a bundle yet: %s", error)
            self._look_at = time.monotonic() + _LOOK_AFTER_FAILURE_S

    def _fill_after(self, sequence: int) -> int:
        return self._filling.fill(self.networks.served(), after=sequence, root=self._catalogue_root())

    def _catalogue_root(self) -> Path | None:
        """The folder of pictures that are not in the store; None if there is none, or they are in an object store."""
        named = self._served_root()
        return None if named is None or is_object_url(named) else Path(named)

    def _served_root(self) -> str | None:
        manifest = current_manifest(self.folders.bundles)
        if manifest is None or is_object_url(manifest.catalogue_root):
            return None if manifest is None else manifest.catalogue_root
        return str(Path(manifest.catalogue_root).resolve())

    def _new_root(self) -> str:
        """The folder of pictures of a first bundle, whose pictures are all in the store."""
        store = self.settings.picture_store
        return str(default_store(self.folders.bundles) if store is None or "://" in store else Path(store).resolve())

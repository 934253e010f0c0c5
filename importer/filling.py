"""Embedding the pictures of changed items with a network that has not embedded them yet."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalogue.items import StoredItem
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import PictureRejected
from importer.networks import Network
from importer.stored_pictures import item_picture
from model.picture_reading import crop_box
from pictures.decoding import decode
from storage.picture_store import PictureStore

logger = logging.getLogger(__name__)

_AT_ONCE = 64


@dataclass(slots=True)
class Filling:
    """Fills what a network lacks, and remembers up to where it did.

    Attributes:
        catalogue: that lacks embeddings.
        store: of pictures.
        workers: threads that read and decode.
        stopping: whether to stop between batches.
    """

    catalogue: LiveCatalogue
    store: PictureStore
    workers: int = 2
    stopping: Callable[[], bool] = lambda: False
    _done: dict[str, int] = field(default_factory=dict, init=False)

    def fill(self, network: Network, *, after: int, root: Path | None) -> int:
        """Embed what changed after a sequence number and has no embedding by a network.

        Args:
            network: that embeds.
            after: sequence of the bundle.
            root: folder of the pictures that are not in the store, resolved; None: there are none.

        Returns:
            How many pictures were embedded.

        Raises:
            DatabaseUnavailableError, StoreUnavailableError: one of the two is away; what was embedded stays.
            ModelError: the network cannot be loaded.
        """
        model = network.model.version
        after = max(after, self._done.get(model, after))
        changes = self.catalogue.changes(after=after, model=model)
        filled = 0
        for start in range(0, len(changes.lacking), _AT_ONCE):
            if self.stopping():
                return filled
            items = [self.catalogue.item(item_id) for item_id in changes.lacking[start : start + _AT_ONCE]]
            filled += self._fill([item for item in items if item is not None and not item.deleted], network, root)
        self._done = {model: changes.sequence}
        if filled:
            logger.info("embedded %d pictures of changed items with %s", filled, model)
        return filled

    def _fill(self, items: Sequence[StoredItem], network: Network, root: Path | None) -> int:
        with ThreadPoolExecutor(self.workers, thread_name_prefix="read") as pool:
            fitted = dict(
                read for read in pool.map(lambda item: self._fitted(item, network, root), items) if read is not None
            )
        if not fitted:
            return 0
        embeddings = network.engine().embed(np.stack(list(fitted.values()))).embeddings
        self.catalogue.add_embeddings(dict(zip(fitted, embeddings, strict=True)), network.model.version)
        return len(fitted)

    def _fitted(self, item: StoredItem, network: Network, root: Path | None) -> tuple[bytes, NDArray[np.uint8]] | None:
        engine = network.engine()
        try:
            data = item_picture(self.store, root, item.image)
            decoded = decode(data, box=crop_box(data, item.crop), target=engine.input_size, as_srgb=engine.as_srgb)
        except PictureRejected as rejection:
            logger.warning("the picture of item %r cannot be embedded: %s", item.id, rejection.detail)
            return None
        return item.content, engine.preprocess(decoded.pixels)

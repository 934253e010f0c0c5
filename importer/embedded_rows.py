"""The items and embeddings that `lookalike extract` wrote, as rows of an import: nothing is embedded again."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from contracts.embedding_set import EmbeddingSet
from contracts.errors import FeedError, PictureRejected
from contracts.object_urls import is_object_url
from contracts.stored_picture import stored_name
from feeds.rows import BadRow, FeedRow
from importer.networks import Network, fixed_network
from importer.preparing import PreparedRow
from importer.row_pictures import ReadyPicture, RowFault
from importer.stored_pictures import item_picture
from importer.surroundings import Surroundings
from model.picture_reading import picture_key
from pictures.without_metadata import without_metadata
from storage.embeddings_folder import picture_keys, read_digests, read_embeddings
from storage.object_store import ObjectStore, open_object_store
from storage.picture_store import PictureStore


class EmbeddedRows:
    """The rows of a folder of embeddings.

    Where the current bundle has the same folder of pictures, items keep their paths below it: the pictures are there
    for whoever serves it. Otherwise they are copied into the store, because an index has one such folder only.

    Args:
        embedding_set: what was extracted.
        keys: of the pictures, None where unknown.
        store: that pictures are copied into; None: they stay where they are.
        workers: threads that copy.
    """

    def __init__(
        self,
        embedding_set: EmbeddingSet,
        keys: Sequence[bytes | None],
        store: PictureStore | None,
        *,
        workers: int,
    ) -> None:
        self._set = embedding_set
        self._keys = keys
        self._store = store
        self._workers = workers
        root = embedding_set.catalogue_root
        self._root: Path | ObjectStore = (
            open_object_store(root, for_bundles=True, any_name=True) if is_object_url(root) else Path(root)
        )
        self.network: Network = fixed_network(embedding_set.model)

    @classmethod
    def open(cls, folder: Path, around: Surroundings) -> "EmbeddedRows":
        """Verify a folder and open it.

        Raises:
            EmbeddingsError: it is damaged.
            LaunchError: it names the URL of something else than an object store.
        """
        embedding_set = read_embeddings(folder)
        same = around.catalogue_root is not None and Path(embedding_set.catalogue_root) == around.catalogue_root
        keys = picture_keys(read_digests(folder))
        return cls(embedding_set, keys, None if same else around.store, workers=around.workers)

    def rows(self, start: int = 0) -> Iterator[FeedRow | BadRow]:
        """Its items in order, without the first `start`."""
        for row in range(start, len(self._set.items)):
            item = self._set.items[row]
            yield FeedRow(row + 1, item.id, item.image, item.attributes)

    def preparation(self, *, delete: bool) -> AbstractContextManager["EmbeddedRows"]:  # noqa: ARG002
        """Itself, also where rows are only deleted."""
        return nullcontext(self)

    def check_unchanged(self) -> None:
        """Its files are never changed, only replaced."""

    def prepare(self, rows: Sequence[FeedRow | BadRow]) -> list[PreparedRow]:
        """Rows with their embeddings."""
        with ThreadPoolExecutor(self._workers, thread_name_prefix="copy") as pool:
            return list(pool.map(self._prepared, rows))

    def _prepared(self, row: FeedRow | BadRow) -> PreparedRow:
        place = row.row - 1
        item, embedding = self._set.items[place], self._set.embeddings[place]
        try:
            image, key = item.image, self._keys[place]
            if self._store is not None:
                image, key = self._copied(image, item.crop)
            if key is None:
                raise RowFault("missing_image", "nothing says what its embedding was made from; extract it again")
        except RowFault as fault:
            return PreparedRow(row, fault=fault)
        return PreparedRow(row, ReadyPicture(image, item.crop, key, None, embedding))

    def _copied(self, image: str, crop: tuple[int, int, int, int] | None) -> tuple[str, bytes]:
        if self._store is None:
            raise FeedError("there is no store to copy pictures into")
        try:
            data = without_metadata(item_picture(self._store, self._root, image))
        except PictureRejected as rejection:
            raise RowFault(rejection.code, rejection.detail) from None
        return stored_name(self._store.put(data)), picture_key(data, crop)

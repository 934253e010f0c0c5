"""An open index with everything that responses need from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import orjson

from api.embedding.embedder import Embedder
from api.items.catalogue_root import catalogue_root
from api.items.columns_on_demand import ColumnsOnDemand
from api.items.object_pictures import ObjectPictures
from api.items.pictures import CataloguePictures
from api.items.remembered_answers import RememberedAnswers
from api.items.views import ItemViews
from api.settings import ApiSettings
from contracts.catalogue_location import ObjectPrefix
from contracts.changed_item import ChangedItem
from index.base_part import BasePart
from index.base_version import BaseVersion
from index.live_index import LiveIndex
from index.searcher import Searcher
from storage.object_store import open_object_store
from storage.picture_store import PictureStore

_RECALL_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class OpenIndex:
    """A searcher with everything else that responses need, prepared once.

    A request takes the index that is served when it begins and keeps it to its end, even if another one
    is served by then. Each change of the live catalogue makes another one.

    Attributes:
        live: a version and the changes since.
        searcher: searches and lists the items.
        version: name of its bundle.
        model_version: of the network that embedded the catalogue; only its embeddings are comparable.
        items: number of items.
        base: sequence number of the live catalogue that the bundle itself stands for; None: it is not known to be a
            bundle of that catalogue, so there are no changes to it.
        sequence: the one whose state is served; None if `base` is.
        views: items as JSON.
        pictures: the items' pictures.
        columns: the description of each column for `GET /attributes`.
        summary: the `index` member of responses.
        embedder: of the index's model version.
        answers: those that this index has given lately.
    """

    live: LiveIndex[BasePart]
    searcher: Searcher
    version: str
    model_version: str
    items: int
    base: int | None
    sequence: int | None
    views: ItemViews
    pictures: CataloguePictures
    columns: ColumnsOnDemand
    summary: orjson.Fragment
    embedder: Embedder
    answers: RememberedAnswers

    def placed(self, base: int) -> "OpenIndex":
        """The same index, known to stand for a sequence number of the live catalogue."""
        return self._with(self.live, base=base, sequence=base)

    def without_changes(self) -> "OpenIndex":
        """The index of the bundle alone; this one stays as it is."""
        return self._with(self.live.without_changes(), base=self.base, sequence=self.base)

    def changed(self, changes: Sequence[ChangedItem], sequence: int) -> "OpenIndex":
        """The index after some changes; this one stays as it is. It takes about a millisecond for one change.

        Args:
            changes: all that happened after `self.sequence` up to `sequence`; some may be older.
            sequence: the one whose state is served then.
        """
        live = self.live.changed(changes) if changes else self.live
        return self._with(live, base=self.base, sequence=sequence)

    def _with(self, live: LiveIndex[BasePart], *, base: int | None, sequence: int | None) -> "OpenIndex":
        searcher = live.searcher
        return replace(
            self,
            live=live,
            searcher=searcher,
            items=live.items,
            base=base,
            sequence=sequence,
            columns=self.columns if searcher is self.searcher else ColumnsOnDemand(searcher),
            summary=_summary(live, sequence),
            # They name the sequence, so those of another one are of no use.
            answers=RememberedAnswers(self.answers.most_bytes),
        )


def open_index(
    base: BaseVersion[BasePart], settings: ApiSettings, embedder: Embedder, *, store: PictureStore | None = None
) -> OpenIndex:
    """Prepare a version for serving.

    Args:
        base: the open version.
        settings: of the process.
        embedder: of the version's model.
        store: of the pictures of changed items; None: there are none.

    Raises:
        BundleError: the version names a place of pictures that it may not.
        LaunchError: it is no URL of an object store.
        SearchUnavailableError: the engine that holds the items cannot answer now.
    """
    root = catalogue_root(base.catalogue_root, settings)
    live = LiveIndex.over(base, window=settings.rerank)
    live.searcher.warm_up()
    columns = ColumnsOnDemand(live.searcher)
    if not live.searcher.remote:
        # The first change makes this work useless; without changes, nobody waits for it.
        _ = columns.json
    return OpenIndex(
        live=live,
        searcher=live.searcher,
        version=base.version,
        model_version=base.model.version,
        items=live.items,
        base=None,
        sequence=None,
        views=ItemViews(
            root_path=settings.root_path,
            image_url_template=settings.image_url_template,
            public_url=settings.public_url,
        ),
        pictures=CataloguePictures(
            ObjectPictures(open_object_store(root.url, any_name=True)) if isinstance(root, ObjectPrefix) else root,
            [place.resolve() for place in settings.allowed_catalogues if isinstance(place, Path)],
            store=store,
        ),
        columns=columns,
        summary=_summary(live, None),
        embedder=embedder,
        answers=RememberedAnswers(settings.answer_cache_bytes),
    )


def _summary(live: LiveIndex[BasePart], sequence: int | None) -> orjson.Fragment:
    base = live.base
    members: dict[str, object] = {"version": base.version, "model": base.model.version, "items": live.items}
    if base.approximate:
        members["recall"] = None if base.recall is None else round(base.recall, _RECALL_DECIMALS)
    if sequence is not None:
        members["sequence"] = sequence
    return orjson.Fragment(orjson.dumps(members))

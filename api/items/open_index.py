"""An open bundle with what answers need of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from api.embedding.embedder import Embedder
from api.http.problems import ServiceProblem
from api.items.listing import RandomOrders
from api.items.pictures import CataloguePictures
from api.items.views import ItemViews
from api.settings import ApiSettings
from index.attributes import AttributeTable
from index.bundle import Bundle
from index.reranking import RankedSearch
from index.selection import Selection


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class OpenIndex:
    """A bundle with what answers need of it, prepared once.

    A request takes the one that is served when it begins and keeps to it: another may be served by
    the time it ends.

    Attributes:
        bundle: the open bundle.
        ranking: the search over it.
        views: items as JSON.
        pictures: the items' pictures.
        orders: random orders of the items.
        attributes: the `attributes` member of `GET /attributes`.
        summary: the `index` member of answers.
        embedder: asks workers of the bundle's model.
    """

    bundle: Bundle
    ranking: RankedSearch
    views: ItemViews
    pictures: CataloguePictures
    orders: RandomOrders
    attributes: orjson.Fragment
    summary: orjson.Fragment
    embedder: Embedder

    def row(self, item_id: str) -> int:
        """The row of an item.

        Raises:
            ServiceProblem: `unknown_item`.
        """
        row = self.bundle.items.row(item_id)
        if row is None:
            raise ServiceProblem(
                "unknown_item", f"no item of the index has the id {item_id!r:.120}; GET /items lists them"
            )
        return row


def open_index(bundle: Bundle, settings: ApiSettings, embedder: Embedder) -> OpenIndex:
    """Prepare a bundle for answering.

    Args:
        bundle: the open bundle.
        settings: of the process.
        embedder: of the bundle's model.
    """
    ranking = RankedSearch(
        bundle.gallery, bundle.full_embeddings, window=settings.rerank, rerank_from=bundle.rerank_from
    )
    _warm_up(ranking, bundle)
    summary = {
        "version": bundle.version,
        "model": bundle.model.version,
        "items": len(bundle.items),
    }
    return OpenIndex(
        bundle=bundle,
        ranking=ranking,
        views=ItemViews(bundle.items, root_path=settings.root_path, image_url_template=settings.image_url_template),
        pictures=CataloguePictures(bundle.items, settings.catalogue_root or Path(bundle.catalogue_root)),
        orders=RandomOrders(len(bundle.items)),
        attributes=_describe(bundle.attributes),
        summary=orjson.Fragment(orjson.dumps(summary)),
        embedder=embedder,
    )


def _warm_up(ranking: RankedSearch, bundle: Bundle) -> None:
    """Do once what only the first search of its kind and the first range filter do, so that no request waits for it.

    Each kind of search is compiled when it is first made, or read from where its machine code is kept.
    """
    reduced, full = ranking.item_query(0)
    ranking.search(reduced, full, limit=1)
    bundle.gallery.nearest(reduced, 1, among=Selection(len(bundle.items), rows=np.zeros(1, np.int64)))
    bundle.gallery.at_least(reduced, 1.0)
    for column in bundle.attributes.columns.values():
        if column.kind == "number":
            _ = column.numbers


def _describe(table: AttributeTable) -> orjson.Fragment:
    described = {
        name: {"kind": column.kind, "values": dict(zip(column.values, column.counts, strict=True))}
        for name, column in table.columns.items()
    }
    return orjson.Fragment(orjson.dumps(described))

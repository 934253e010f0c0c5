"""An open bundle with what answers need of it."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from api.catalogue_pictures import CataloguePictures
from api.item_views import ItemViews
from api.problems import ServiceProblem
from api.settings import ApiSettings
from index.bundle import Bundle
from index.reranking import RankedSearch


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """A bundle with what answers need of it, prepared once.

    Attributes:
        bundle: the open bundle.
        ranking: the search over it.
        views: items as JSON.
        pictures: the items' pictures.
        summary: the `index` member of answers.
    """

    bundle: Bundle
    ranking: RankedSearch
    views: ItemViews
    pictures: CataloguePictures
    summary: orjson.Fragment

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


def open_index(bundle: Bundle, settings: ApiSettings) -> OpenIndex:
    """Prepare a bundle for answering."""
    summary = {
        "version": bundle.version,
        "model": bundle.model.version,
        "items": len(bundle.items),
    }
    return OpenIndex(
        bundle=bundle,
        ranking=RankedSearch(bundle.gallery, bundle.full_embeddings, window=settings.rerank),
        views=ItemViews(bundle.items, root_path=settings.root_path, image_url_template=settings.image_url_template),
        pictures=CataloguePictures(bundle.items, settings.catalogue_root or Path(bundle.catalogue_root)),
        summary=orjson.Fragment(orjson.dumps(summary)),
    )

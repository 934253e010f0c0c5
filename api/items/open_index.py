"""An open index with everything that responses need from it."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from api.embedding.embedder import Embedder
from api.items.catalogue_root import catalogue_root
from api.items.columns import described
from api.items.pictures import CataloguePictures
from api.items.remembered_answers import RememberedAnswers
from api.items.views import ItemViews
from api.settings import ApiSettings
from index.bundle import Bundle
from index.local_searcher import LocalSearcher
from index.searcher import Searcher


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class OpenIndex:
    """A searcher with everything else that responses need, prepared once.

    A request takes the index that is served when it begins and keeps it to its end, even if another one
    is served by then.

    Attributes:
        searcher: searches and lists the items.
        version: of the index.
        model_version: of the network that embedded the catalogue; only its embeddings are comparable.
        items: number of items.
        views: items as JSON.
        pictures: the items' pictures.
        columns: the description of each column for `GET /attributes`.
        attributes: all of them, the `attributes` member of its response.
        summary: the `index` member of responses.
        embedder: of the index's model version.
        answers: those that this index has given lately.
    """

    searcher: Searcher
    version: str
    model_version: str
    items: int
    views: ItemViews
    pictures: CataloguePictures
    columns: Mapping[str, Mapping[str, object]]
    attributes: orjson.Fragment
    summary: orjson.Fragment
    embedder: Embedder
    answers: RememberedAnswers


def open_index(bundle: Bundle, settings: ApiSettings, embedder: Embedder) -> OpenIndex:
    """Prepare a bundle for serving.

    Args:
        bundle: the open bundle.
        settings: of the process.
        embedder: of the bundle's model.

    Raises:
        BundleError: the bundle names a folder of pictures that it may not.
    """
    root = catalogue_root(bundle.catalogue_root, settings)
    searcher = LocalSearcher.of(bundle, window=settings.rerank)
    searcher.warm_up()
    columns = {column.name: described(column) for column in searcher.attributes()}
    version, model_version, items = bundle.version, bundle.model.version, len(bundle.items)
    return OpenIndex(
        searcher=searcher,
        version=version,
        model_version=model_version,
        items=items,
        views=ItemViews(root_path=settings.root_path, image_url_template=settings.image_url_template),
        pictures=CataloguePictures(root, [folder.resolve() for folder in settings.allowed_catalogues]),
        columns=columns,
        attributes=orjson.Fragment(orjson.dumps(columns)),
        summary=orjson.Fragment(orjson.dumps({"version": version, "model": model_version, "items": items})),
        embedder=embedder,
        answers=RememberedAnswers(settings.answer_cache_bytes),
    )

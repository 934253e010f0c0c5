"""The cosine from which a search is re-ranked: how close items usually are to their nearest other item."""

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity
from contracts.search_defaults import RERANKED
from index.attributes import AttributeTable
from index.embedded_rows import EmbeddedRows
from index.gallery import Gallery
from index.ranking import ALWAYS, Ranking

_SAMPLED = 1_000
_FEWEST = 20
_PERCENTILE = 5.0
# Two copies of one picture say nothing about the cosine between different pictures.
_SAME_PICTURE = 0.9995


def rerank_from(model: ModelIdentity, gallery: Gallery, full: NDArray[np.float16]) -> float:
    """The cosine of full embeddings that a candidate must reach for a search to be re-ranked by them.

    With one-part embeddings every search is re-ranked, because the full embeddings of most networks rank better for any
    query. The second part of a two-part embedding tells which thing a picture shows; for a query unlike anything in the
    gallery it is noise (docs/training.md).

    Args:
        model: the model that made the embeddings.
        gallery, full: see `nearest_neighbour_percentile`.
    """
    return nearest_neighbour_percentile(gallery, full) if len(model.parts) > 1 else ALWAYS


def nearest_neighbour_percentile(gallery: Gallery, full: NDArray[np.float16]) -> float:
    """The 5th percentile of the cosines between items and their nearest other items, by full embeddings.

    Measured on 1,000 items drawn with a fixed seed; items with a copy of the same picture are left out. The best cosine
    of a customer's photo is typically below this value; that of a catalogue picture, or of a copy of one, is above it
    (docs/training.md).

    Args:
        gallery: of the reduced embeddings, N items.
        full: (N, D) float16 unit rows, see `EmbeddedRows`.

    Returns:
        -1 to 1; -1, which every query reaches, if fewer than twenty items could be measured.
    """
    items = EmbeddedRows(gallery, full, AttributeTable.empty(len(gallery)))
    rows = np.random.default_rng(0).permutation(len(gallery))[:_SAMPLED]
    nearest = []
    for row in rows.tolist():
        ranking = Ranking(items.candidates(exclude_row=row), items.vectors(row), window=RERANKED)
        scores = ranking.page(limit=1).scores
        nearest += scores[(scores > 0.0) & (scores < _SAME_PICTURE)].tolist()
    return ALWAYS if len(nearest) < _FEWEST else float(np.percentile(nearest, _PERCENTILE))

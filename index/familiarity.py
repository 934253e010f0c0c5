"""How near an item's nearest other item is, so that a search can tell a query of the gallery's kind from a stranger."""

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
# The same picture twice says nothing of how near different ones are.
_SAME_PICTURE = 0.9995


def rerank_from(model: ModelIdentity, gallery: Gallery, full: NDArray[np.float16]) -> float:
    """The cosine of full embeddings that an item must reach for a search to be re-ranked by them.

    Full embeddings are the better ones of most networks, always. One of two parts says in its second part which thing a
    picture shows; to a stranger that part is noise (docs/training.md).

    Args:
        model: whose embeddings these are.
        gallery, full: see `usual_nearness`.
    """
    return usual_nearness(gallery, full) if len(model.parts) > 1 else ALWAYS


def usual_nearness(gallery: Gallery, full: NDArray[np.float16]) -> float:
    """The cosine of full embeddings that nineteen of twenty items have with their nearest other item.

    Measured on 1,000 items drawn with a fixed seed; items with a twin are left out. What a search is to re-rank by lies
    below it for a customer's photo, and above it for a shop's picture or a copy of one (docs/training.md).

    Args:
        gallery: of the reduced embeddings, N items.
        full: (N, D) float16 unit rows, see `EmbeddedRows`.

    Returns:
        -1 to 1; -1, which every query reaches, where fewer than twenty items tell.
    """
    items = EmbeddedRows(gallery, full, AttributeTable.empty(len(gallery)))
    rows = np.random.default_rng(0).permutation(len(gallery))[:_SAMPLED]
    nearest = []
    for row in rows.tolist():
        ranking = Ranking(items.candidates(exclude_row=row), items.vectors(row), window=RERANKED)
        scores = ranking.page(limit=1).scores
        nearest += scores[(scores > 0.0) & (scores < _SAME_PICTURE)].tolist()
    return ALWAYS if len(nearest) < _FEWEST else float(np.percentile(nearest, _PERCENTILE))

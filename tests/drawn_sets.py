"""Small embedding sets, drawn by seed."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS, EmbeddingSet, ModelIdentity
from contracts.items import Item

MODEL = ModelIdentity("resnet18-0123456789ab", "resnet18", "imagenet:resnet18", 224)
MakeSet = Callable[..., EmbeddingSet]


def draw_embeddings(rows: int, *, seed: int = 0, directions: int = 48) -> NDArray[np.float32]:
    """(rows, 512) float32 like pooled features: not negative, few strong directions."""
    generator = np.random.default_rng(seed)
    latent = generator.standard_normal((rows, directions)) * np.linspace(2.0, 0.1, directions)
    mixing = np.random.default_rng(99).standard_normal((directions, EMBEDDING_DIMENSIONS))
    return np.maximum(0.3 + 0.1 * latent @ mixing, 0.0).astype(np.float32)


def draw_items(rows: int) -> list[Item]:
    colours = ("Black", "Navy Blue", "Größe: L, weiß", 'a "quoted" \\ one')
    return [
        Item(
            id=f"shop/äö {row}",
            image=f"images/{row}.jpg",
            attributes={"title": f"Shirt {row}", "colour": colours[row % 4], "year": str(2007 + row % 5)}
            if row % 7
            else {"year": str(2007 + row % 5)},
            crop=(1, 2, 30 + row, 40) if row % 3 == 0 else None,
            partition="train" if row % 2 else None,
        )
        for row in range(rows)
    ]


def draw_set(
    rows: int = 200, *, seed: int = 0, embeddings: NDArray[np.float32] | None = None, items: list[Item] | None = None
) -> EmbeddingSet:
    chosen = draw_embeddings(rows, seed=seed) if embeddings is None else embeddings
    return EmbeddingSet(draw_items(len(chosen)) if items is None else items, chosen, MODEL, "/catalogue")

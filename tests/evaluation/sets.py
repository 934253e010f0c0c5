"""Small sets of embeddings, and settings to evaluate them with."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contracts.embedding_set import EmbeddingSet, ModelIdentity
from contracts.items import Item
from evaluation.evaluated_set import EvaluatedSet
from evaluation.settings import Settings
from evaluation.spaces import SPACE_NAMES, ReductionSettings, SpaceName
from storage.embeddings_folder import write_embeddings

MODEL = ModelIdentity("resnet18-0123456789ab", "resnet18", "imagenet:resnet18", 224)
OTHER = ModelIdentity("resnet18-ba9876543210", "resnet18", "imagenet:resnet18", 224)
REDUCTION = ReductionSettings("minmax", 30, whiten=False, rerank=400)


def make(
    items: Sequence[Item], vectors: NDArray[np.float64], model: ModelIdentity = MODEL, root: str = "/catalogue"
) -> EvaluatedSet:
    """A set whose embeddings begin with these vectors and go on with zeros."""
    wide = np.zeros((len(items), 512), np.float32)
    wide[:, : vectors.shape[1]] = vectors
    return EvaluatedSet(EmbeddingSet(items, wide, model, root), np.zeros((len(items), 32), np.uint8))


def settings(
    *relevant: Sequence[str], spaces: Sequence[SpaceName] = ("full",), resamples: int = 50, **others: object
) -> Settings:
    """Settings of a quick run."""
    return Settings(relevant, REDUCTION, spaces=spaces, resamples=resamples, **others)  # type: ignore[arg-type]


ALL_SPACES = SPACE_NAMES


def clustered(kinds: Sequence[str], each: int, *, noise: float, seed: int, prefix: str = "i") -> EvaluatedSet:
    """Items of some kinds around one centre a kind; pairs of items share a title."""
    # The centres hang on the kind alone, so that two sets of the same kinds belong together.
    centres = np.random.default_rng(7).standard_normal((len(kinds), 40)) * 3
    numbers = np.arange(len(kinds) * each) % len(kinds)
    vectors = centres[numbers] + np.random.default_rng(seed).standard_normal((len(numbers), 40)) * noise
    items = [
        Item(
            f"{prefix}{row}",
            f"{row}.png",
            {"title": f"{kinds[number]} {row // (2 * len(kinds))}", "type": kinds[number], "colour": "red"},
        )
        for row, number in enumerate(numbers.tolist())
    ]
    return make(items, vectors)


def drawn(folder: Path, evaluated: EvaluatedSet) -> EvaluatedSet:
    """The same set with a picture of each item below this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for row, item in enumerate(evaluated.items):
        colour = (40 * row % 256, 90 * row % 256, 70)
        Image.new("RGB", (60, 80), colour).save(folder / item.image)
    embeddings = evaluated.embeddings
    return EvaluatedSet(
        EmbeddingSet(embeddings.items, embeddings.embeddings, embeddings.model, str(folder)), evaluated.digests
    )


def written(folder: Path, evaluated: EvaluatedSet) -> Path:
    """The set as a folder of embeddings, each row with its own digest."""
    digests = [bytes([row % 256]) * 32 for row in range(len(evaluated.items))]
    write_embeddings(folder, evaluated.embeddings, digests)
    return folder

"""The held-out check: a quick look at how good a network is, before training and after each epoch.

It searches as an index is served, in a sample of the catalogue. It does not replace an evaluation.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity
from model.engines.torch_engine import TorchEngine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing
from model.training.epochs import Scored
from model.training.lookalikes.photo_queries import PhotoQueries, precision_at_ten
from model.training.served_measure import JudgedQueries, ServedMeasure

_QUERIES = 1_000
_GALLERY = 3_000
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class KnownPictures:
    """Pictures with their labels.

    Attributes:
        pixels: (N, P, P, 3) uint8.
        labels: (N, targets) int64, -1 where unknown.
        groups: (N,) int64, the same number for pictures of the same item.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]

    def drawn(self, most: int, draw: np.random.Generator) -> "KnownPictures":
        """At most so many of them, drawn at random, in their order."""
        rows = np.sort(draw.permutation(len(self.pixels))[:most])
        return KnownPictures(self.pixels[rows], self.labels[rows], self.groups[rows])


@dataclass(frozen=True, slots=True)
class HeldOutSet:
    """The pictures of the check: held-out items as queries, and others as their gallery.

    Attributes:
        pictures: all of them, the queries first; the queries are also part of the gallery.
        queries: number of queries.
        judged: those of the queries that can be judged.
    """

    pictures: KnownPictures
    queries: int
    judged: JudgedQueries


def choose_held_out_set(test: KnownPictures, train: KnownPictures, seed: int) -> HeldOutSet:
    """Draw at most 1,000 held-out and 3,000 training pictures from a seed."""
    draw = np.random.default_rng(seed)
    queries, others = test.drawn(_QUERIES, draw), train.drawn(_GALLERY, draw)
    labels, groups = (
        np.concatenate((queries.labels, others.labels)),
        np.concatenate((queries.groups, others.groups)),
    )
    count = len(queries.pixels)
    return HeldOutSet(
        KnownPictures(np.concatenate((queries.pixels, others.pixels)), labels, groups),
        count,
        JudgedQueries.among(labels, groups, count),
    )


def score_network(
    network: LookalikeNetwork,
    preprocessing: Preprocessing,
    held_out: HeldOutSet,
    queries: Mapping[str, PhotoQueries],
    measure: ServedMeasure,
    *,
    parts: tuple[int, ...],
    device: str,
) -> Scored:
    """Embed the held-out set, and search it for each query.

    Args:
        network: to test.
        preprocessing: of the network.
        held_out: queries and gallery.
        queries: held-out photos to search in that gallery as well, by the name of their score.
        measure: searches.
        parts: widths of the embedding's parts.
        device: where the pictures are embedded.
    """
    identity = ModelIdentity("in training", network.name, "", preprocessing.input_size)
    engine = TorchEngine(network, preprocessing, identity, device=device)
    pictures = held_out.pictures
    embeddings, guesses = _embedded(engine, pictures.pixels, preprocessing.input_size)
    number = {name: position for position, name in enumerate(network.categories)}
    guessed = np.array([-2 if guess is None else number[guess] for guess in guesses[: held_out.queries]])
    first = pictures.labels[: held_out.queries, 0]
    right = held_out.judged.right(measure, embeddings, parts=parts)
    precision = {
        name: precision_at_ten(
            measure,
            embeddings,
            pictures.labels[:, 0],
            _embedded(engine, photos.pixels, preprocessing.input_size)[0],
            photos.allowed,
            parts=parts,
        )
        for name, photos in queries.items()
    }
    return Scored(
        float((guessed == first).sum() / max(1, (first >= 0).sum())),
        tuple(right.tolist()),
        {name: value for name, value in precision.items() if value is not None},
    )


def _embedded(
    engine: TorchEngine, pixels: NDArray[np.uint8], size: int
) -> tuple[NDArray[np.float32], list[str | None]]:
    """Embeddings (N, 512) and guessed categories of stored pictures, (N, P, P, 3) uint8."""
    embeddings: list[NDArray[np.float32]] = []
    guesses: list[str | None] = []
    for start in range(0, len(pixels), _AT_ONCE):
        batch = engine.embed(fitted(pixels[start : start + _AT_ONCE], size))
        embeddings.append(batch.embeddings)
        guesses += [None if category is None else category[0] for category in batch.categories]
    return np.concatenate(embeddings), guesses


def fitted(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Scale stored pictures to the network's input: (N, P, P, 3) uint8 -> (N, 3, size, size) uint8."""
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    smaller = F.interpolate(pictures.float(), size=(size, size), mode="bilinear", antialias=True)
    fitted: NDArray[np.uint8] = smaller.round_().clamp_(0, 255).byte().contiguous().numpy()
    return fitted

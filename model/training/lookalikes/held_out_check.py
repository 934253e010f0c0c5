"""The held-out check: a quick look at how good a network is, before training and after each epoch.

It searches as an index is served, in a sample of the catalogue. It does not replace an evaluation.
"""

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
        measure: searches.
        parts: widths of the embedding's parts.
        device: where the pictures are embedded.
    """
    identity = ModelIdentity("in training", network.name, "", preprocessing.input_size)
    engine = TorchEngine(network, preprocessing, identity, device=device)
    embeddings, guesses = [], []
    pictures = held_out.pictures
    for start in range(0, len(pictures.pixels), _AT_ONCE):
        batch = engine.embed(fitted(pictures.pixels[start : start + _AT_ONCE], preprocessing.input_size))
        embeddings.append(batch.embeddings)
        guesses += [None if category is None else category[0] for category in batch.categories]
    number = {name: position for position, name in enumerate(network.categories)}
    guessed = np.array([-2 if guess is None else number[guess] for guess in guesses[: held_out.queries]])
    first = pictures.labels[: held_out.queries, 0]
    right = held_out.judged.right(measure, np.concatenate(embeddings), parts=parts)
    return Scored(float((guessed == first).sum() / max(1, (first >= 0).sum())), tuple(right.tolist()))


def fitted(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Scale stored pictures to the network's input: (N, P, P, 3) uint8 -> (N, 3, size, size) uint8."""
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    smaller = F.interpolate(pictures.float(), size=(size, size), mode="bilinear", antialias=True)
    fitted: NDArray[np.uint8] = smaller.round_().clamp_(0, 255).byte().contiguous().numpy()
    return fitted

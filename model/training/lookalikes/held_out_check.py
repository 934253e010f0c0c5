"""The held-out check: a quick look after each epoch at how good a network is. It does not replace an evaluation."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from contracts.embedding_set import ModelIdentity
from contracts.search_defaults import COMPONENTS
from model.engines.torch_engine import TorchEngine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing

_QUERIES = 1_000
_GALLERY = 3_000
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class HeldOutScores:
    """How good a network is on held-out items.

    Attributes:
        top1: share whose value of the first target is the head's first guess, of the items that have one.
        recall: share whose nearest item by the first 30 coordinates, siblings aside, has the same value of every
            target, of the items that have all targets.
    """

    top1: float
    recall: float


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
    """

    pictures: KnownPictures
    queries: int


def choose_held_out_set(test: KnownPictures, train: KnownPictures, seed: int) -> HeldOutSet:
    """Draw at most 1,000 held-out and 3,000 training pictures from a seed."""
    draw = np.random.default_rng(seed)
    queries, others = test.drawn(_QUERIES, draw), train.drawn(_GALLERY, draw)
    return HeldOutSet(
        KnownPictures(
            np.concatenate((queries.pixels, others.pixels)),
            np.concatenate((queries.labels, others.labels)),
            np.concatenate((queries.groups, others.groups)),
        ),
        len(queries.pixels),
    )


def score_network(
    network: LookalikeNetwork, preprocessing: Preprocessing, held_out: HeldOutSet, *, device: str
) -> HeldOutScores:
    """Embed the held-out set and compare each query with its nearest other item."""
    identity = ModelIdentity("in training", network.name, "", preprocessing.input_size)
    engine = TorchEngine(network, preprocessing, identity, device=device)
    embeddings, guesses = [], []
    pictures = held_out.pictures
    for start in range(0, len(pictures.pixels), _AT_ONCE):
        batch = engine.embed(fitted(pictures.pixels[start : start + _AT_ONCE], preprocessing.input_size))
        embeddings.append(torch.from_numpy(batch.embeddings))
        guesses += [None if category is None else category[0] for category in batch.categories]
    number = {name: position for position, name in enumerate(network.categories)}
    labels, groups = torch.from_numpy(pictures.labels), torch.from_numpy(pictures.groups)
    guessed = torch.tensor([-2 if guess is None else number[guess] for guess in guesses[: held_out.queries]])
    first = labels[: held_out.queries, 0]
    return HeldOutScores(
        _share(guessed == first, first >= 0), _recall(torch.cat(embeddings), labels, groups, held_out.queries)
    )


def _recall(embeddings: Tensor, labels: Tensor, groups: Tensor, queries: int) -> float:
    units = F.normalize(embeddings[:, :COMPONENTS], dim=1)
    right = torch.zeros(queries, dtype=torch.bool)
    for start in range(0, queries, 256):
        part = slice(start, min(start + 256, queries))
        # A query and its siblings do not count: finding them says nothing about which products look alike.
        similarities = (units[part] @ units.T).masked_fill(groups[part, None] == groups, -2.0)
        right[part] = (labels[similarities.argmax(1)] == labels[part]).all(1)
    return _share(right, (labels[:queries] >= 0).all(1))


def _share(right: Tensor, counted: Tensor) -> float:
    return float((right & counted).sum() / counted.sum().clamp(min=1))


def fitted(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Scale stored pictures to the network's input: (N, P, P, 3) uint8 -> (N, 3, size, size) uint8."""
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    smaller = F.interpolate(pictures.float(), size=(size, size), mode="bilinear", antialias=True)
    fitted: NDArray[np.uint8] = smaller.round_().clamp_(0, 255).byte().contiguous().numpy()
    return fitted

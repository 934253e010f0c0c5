"""How good a network is after an epoch: a quick look at the held-out items, not an evaluation."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from contracts.embedding_set import ModelIdentity
from contracts.search_defaults import COMPONENTS
from model.engine import Engine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing

_QUERIES = 1_000
_GALLERY = 3_000
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class TestFigures:
    """What a network makes of held-out items.

    Attributes:
        top1: share whose value of the first target the head guesses; of those that have one.
        recall: share whose nearest item, by the first 30 coordinates and siblings left out, has the same value of
            every target; of those that have all.
    """

    __test__ = False  # Not a test of pytest's.

    top1: float
    recall: float


@dataclass(frozen=True, slots=True)
class KnownPictures:
    """Pictures, and what is known of them.

    Attributes:
        pixels: (N, P, P, 3) uint8.
        labels: (N, targets) int64, -1 where unknown.
        groups: (N,) int64, the same number for pictures of the same item.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]

    def drawn(self, most: int, draw: np.random.Generator) -> "KnownPictures":
        """Some of them at random, in their order."""
        rows = np.sort(draw.permutation(len(self.pixels))[:most])
        return KnownPictures(self.pixels[rows], self.labels[rows], self.groups[rows])


@dataclass(frozen=True, slots=True)
class TestSet:
    """What is looked at after each epoch: held-out items, and others that they could be confused with.

    Attributes:
        pictures: all of them; the first `queries` are held out.
        queries: how many are asked for.
    """

    __test__ = False

    pictures: KnownPictures
    queries: int


def choose_test_set(test: KnownPictures, train: KnownPictures, seed: int) -> TestSet:
    """At most 1,000 held-out and 3,000 other items, drawn from a seed."""
    draw = np.random.default_rng(seed)
    queries, others = test.drawn(_QUERIES, draw), train.drawn(_GALLERY, draw)
    return TestSet(
        KnownPictures(
            np.concatenate((queries.pixels, others.pixels)),
            np.concatenate((queries.labels, others.labels)),
            np.concatenate((queries.groups, others.groups)),
        ),
        len(queries.pixels),
    )


def test_network(
    network: LookalikeNetwork, preprocessing: Preprocessing, test_set: TestSet, *, device: str
) -> TestFigures:
    """Embed the test set and look for each query's nearest other item."""
    identity = ModelIdentity("in training", network.name, "", preprocessing.input_size)
    engine = Engine(network, preprocessing, identity, device=device)
    embeddings, guesses = [], []
    pictures = test_set.pictures
    for start in range(0, len(pictures.pixels), _AT_ONCE):
        batch = engine.embed(fitted(pictures.pixels[start : start + _AT_ONCE], preprocessing.input_size))
        embeddings.append(torch.from_numpy(batch.embeddings))
        guesses += [None if category is None else category[0] for category in batch.categories]
    number = {name: position for position, name in enumerate(network.categories)}
    labels, groups = torch.from_numpy(pictures.labels), torch.from_numpy(pictures.groups)
    guessed = torch.tensor([-2 if guess is None else number[guess] for guess in guesses[: test_set.queries]])
    first = labels[: test_set.queries, 0]
    return TestFigures(
        _share(guessed == first, first >= 0), _recall(torch.cat(embeddings), labels, groups, test_set.queries)
    )


# Its name begins as pytest's do.
test_network.__test__ = False  # type: ignore[attr-defined]


def _recall(embeddings: Tensor, labels: Tensor, groups: Tensor, queries: int) -> float:
    units = F.normalize(embeddings[:, :COMPONENTS], dim=1)
    right = torch.zeros(queries, dtype=torch.bool)
    for start in range(0, queries, 256):
        part = slice(start, min(start + 256, queries))
        # Itself and its siblings: to find these says nothing of what looks alike.
        similarities = (units[part] @ units.T).masked_fill(groups[part, None] == groups, -2.0)
        right[part] = (labels[similarities.argmax(1)] == labels[part]).all(1)
    return _share(right, (labels[:queries] >= 0).all(1))


def _share(right: Tensor, counted: Tensor) -> float:
    return float((right & counted).sum() / counted.sum().clamp(min=1))


def fitted(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Stored pictures scaled to the network's input: (N, P, P, 3) uint8 -> (N, 3, size, size) uint8."""
    pictures = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    smaller = F.interpolate(pictures.float(), size=(size, size), mode="bilinear", antialias=True)
    fitted: NDArray[np.uint8] = smaller.round_().clamp_(0, 255).byte().contiguous().numpy()
    return fitted

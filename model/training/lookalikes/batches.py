"""What is trained on, and which pictures meet in a step."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.training.lookalikes.config import LookalikeConfig


@dataclass(frozen=True, slots=True)
class TrainingPictures:
    """What is trained on: the catalogue's pictures, then the customers' photos.

    Attributes:
        parts: (N1, P, P, 3) and (N2, P, P, 3) uint8, the catalogue's and the photos, may be mapped; N2 may be 0.
        allowed: for each target (N, classes) bool, the values that are right or may be.
        groups: (N,) int64, the same number for pictures of the same item.
    """

    parts: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    allowed: tuple[NDArray[np.bool_], ...]
    groups: NDArray[np.int64]

    @property
    def photos(self) -> int:
        """The first row that is a customer's photo; N where there are none."""
        return len(self.parts[0])

    def pixels(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Pictures of some rows, rising: (B,) int64 -> (B, P, P, 3) uint8."""
        own = int(np.searchsorted(rows, self.photos))
        return np.concatenate((self.parts[0][rows[:own]], self.parts[1][rows[own:] - self.photos]))


def steps_an_epoch(data: TrainingPictures, config: LookalikeConfig) -> int:
    """How many steps one pass over the catalogue's pictures takes."""
    return math.ceil(data.photos / (config.batch_size - _photos_a_batch(data, config)))


def epoch_batches(
    data: TrainingPictures, config: LookalikeConfig, order: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Rows of each step: all of the catalogue's in random order, with photos, as many in each, among them."""
    photos_a_batch = _photos_a_batch(data, config)
    count = steps_an_epoch(data, config)
    products = np.array_split(order.permutation(data.photos), count)
    if not photos_a_batch:
        return [np.sort(rows) for rows in products]
    photos = np.arange(data.photos, len(data.groups))
    rounds = math.ceil(count * photos_a_batch / len(photos))
    dealt = np.concatenate([order.permutation(photos) for _ in range(rounds)])[: count * photos_a_batch]
    shares = dealt.reshape(count, photos_a_batch)
    return [np.sort(np.concatenate((rows, share))) for rows, share in zip(products, shares, strict=True)]


def _photos_a_batch(data: TrainingPictures, config: LookalikeConfig) -> int:
    if data.photos == len(data.groups):
        return 0
    return min(config.batch_size - 1, round(config.batch_size * config.photo_share))

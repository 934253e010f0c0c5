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
        parts: (N, P, P, 3) and (M, P, P, 3) uint8, the catalogue's and the photos, may be mapped; M may be 0.
        labels: (N, targets) int64, which value is right for each picture of the catalogue, -1 where unknown.
        photo_values: for each target (M, classes) bool, the values that each photo may show.
        groups: (N + M,) int64, the same number for pictures of the same item.
    """

    parts: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    labels: NDArray[np.int64]
    photo_values: tuple[NDArray[np.bool_], ...]
    groups: NDArray[np.int64]

    @property
    def photos(self) -> int:
        """The first row that is a customer's photo; N + M where there are none."""
        return len(self.parts[0])

    def pixels(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Pictures of some rows, rising: (B,) int64 -> (B, P, P, 3) uint8."""
        own = int(np.searchsorted(rows, self.photos))
        return np.concatenate((self.parts[0][rows[:own]], self.parts[1][rows[own:] - self.photos]))

    def allowed(self, rows: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
        """For each target which values are right or may be, of some rows, rising: (B,) int64 -> (B, classes) bool."""
        own = int(np.searchsorted(rows, self.photos))
        tables = []
        for column, values in enumerate(self.photo_values):
            table = np.zeros((len(rows), values.shape[1]), np.bool_)
            labels = self.labels[rows[:own], column]
            known = np.flatnonzero(labels >= 0)
            table[known, labels[known]] = True
            table[own:] = values[rows[own:] - self.photos]
            tables.append(table)
        return tables


def steps_an_epoch(data: TrainingPictures, config: LookalikeConfig) -> int:
    """How many steps one pass over the catalogue's pictures takes."""
    photos_a_batch = _photos_a_batch(data, config)
    steps = math.ceil(data.photos / (config.batch_size - photos_a_batch))
    # A batch of one picture has no batch statistics.
    return steps if photos_a_batch else max(1, min(steps, data.photos // 2))


def epoch_batches(
    data: TrainingPictures, config: LookalikeConfig, order: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Rows of each step, rising: all of the catalogue's, dealt at random, and as many photos in each among them."""
    photos_a_batch = _photos_a_batch(data, config)
    count = steps_an_epoch(data, config)
    products = np.array_split(order.permutation(data.photos), count)
    if not photos_a_batch:
        return [np.sort(rows) for rows in products]
    photos = np.arange(data.photos, len(data.groups))
    rounds = math.ceil(count * photos_a_batch / len(photos))
    dealt = np.concatenate([order.permutation(photos) for _ in range(rounds)])[: count * photos_a_batch]
    # At the seam of two rounds a photo may meet itself: once is enough.
    shares = [np.unique(share) for share in dealt.reshape(count, photos_a_batch)]
    return [np.concatenate((np.sort(rows), share)) for rows, share in zip(products, shares, strict=True)]


def _photos_a_batch(data: TrainingPictures, config: LookalikeConfig) -> int:
    if data.photos == len(data.groups) or not config.photo_share:
        return 0
    return min(config.batch_size - 1, max(1, round(config.batch_size * config.photo_share)))

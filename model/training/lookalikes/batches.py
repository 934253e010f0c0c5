"""The pictures to train on, and the batches of an epoch."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.training.lookalikes.config import LookalikeConfig


@dataclass(frozen=True, slots=True)
class TrainingPictures:
    """The pictures to train on: the catalogue's pictures, followed by the customers' photos.

    Attributes:
        parts: (N, P, P, 3) uint8, the catalogue's pictures, and (M, P, P, 3) uint8, the photos; may be memory-mapped,
            and M may be 0.
        labels: (N, targets) int64, the value of each picture of the catalogue, -1 where unknown.
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
        """The pictures of some rows, which must be ascending: (B,) int64 -> (B, P, P, 3) uint8."""
        own = int(np.searchsorted(rows, self.photos))
        return np.concatenate((self.parts[0][rows[:own]], self.parts[1][rows[own:] - self.photos]))

    def tensor(self, rows: NDArray[np.int64], device: torch.device) -> Tensor:
        """The pictures of some rows, which must be ascending, on a device: (B,) int64 -> (B, 3, P, P) uint8."""
        return torch.from_numpy(self.pixels(rows)).to(device).permute(0, 3, 1, 2)

    def allowed(self, rows: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
        """The values of each target that are or may be right.

        Args:
            rows: (B,) int64, ascending.

        Returns:
            For each target (B, classes) bool.
        """
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
    """The number of steps in one pass over the catalogue's pictures."""
    photos_a_batch = _photos_a_batch(data, config)
    steps = math.ceil(data.photos / (config.batch_size - photos_a_batch))
    # Batch normalisation needs two pictures at least.
    return steps if photos_a_batch else max(1, min(steps, data.photos // 2))


def epoch_batches(
    data: TrainingPictures, config: LookalikeConfig, order: np.random.Generator
) -> list[NDArray[np.int64]]:
    """The rows of each step, ascending.

    Every picture of the catalogue is in one step, at random; every step has the same number of photos.

    Args:
        data: to train on.
        config: batch size and share of photos.
        order: draws which pictures are in a step.
    """
    photos_a_batch = _photos_a_batch(data, config)
    count = steps_an_epoch(data, config)
    products = np.array_split(order.permutation(data.photos), count)
    if not photos_a_batch:
        return [np.sort(rows) for rows in products]
    photos = np.arange(data.photos, len(data.groups))
    rounds = math.ceil(count * photos_a_batch / len(photos))
    dealt = np.concatenate([order.permutation(photos) for _ in range(rounds)])[: count * photos_a_batch]
    # Where one round of photos ends and the next begins, a photo may be drawn twice for a step.
    shares = [np.unique(share) for share in dealt.reshape(count, photos_a_batch)]
    return [np.concatenate((np.sort(rows), share)) for rows, share in zip(products, shares, strict=True)]


def _photos_a_batch(data: TrainingPictures, config: LookalikeConfig) -> int:
    if data.photos == len(data.groups) or not config.photo_share:
        return 0
    return min(config.batch_size - 1, max(1, round(config.batch_size * config.photo_share)))

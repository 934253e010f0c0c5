"""The batches of an epoch: every picture of the catalogue once, and a share of photos and garments in each."""

import math

import numpy as np
from numpy.typing import NDArray

from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.training_pictures import TrainingPictures

# A photo or garment is drawn with a probability proportional to the size of its class to the power of minus this.
_BALANCE = 0.5


def steps_an_epoch(data: TrainingPictures, config: LookalikeConfig) -> int:
    """The number of steps in one pass over the catalogue's pictures."""
    others = sum(_others_a_batch(data, config))
    steps = math.ceil(data.photos / (config.batch_size - others))
    # Batch normalisation needs two pictures at least.
    return steps if others else max(1, min(steps, data.photos // 2))


def epoch_batches(
    data: TrainingPictures, config: LookalikeConfig, order: np.random.Generator
) -> list[NDArray[np.int64]]:
    """The rows of each step, ascending.

    Every picture of the catalogue is in one step, at random; every step has the same number of photos and of garments,
    none of them twice. Small classes are drawn more often than their size says.

    Args:
        data: to train on.
        config: batch size and shares of photos and garments.
        order: draws which pictures are in a step.
    """
    steps = np.array_split(order.permutation(data.photos), steps_an_epoch(data, config))
    batches = [np.sort(rows) for rows in steps]
    starts = (data.photos, data.garments, len(data.groups))
    for start, end, count in zip(starts, starts[1:], _others_a_batch(data, config), strict=False):
        if count:
            values = data.photo_values[0][start - data.photos : end - data.photos]
            chances = class_chances(values)
            drawn = (start + order.choice(end - start, count, replace=False, p=chances) for _ in batches)
            batches = [np.concatenate((rows, np.sort(more))) for rows, more in zip(batches, drawn, strict=True)]
    return batches


def class_chances(values: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How likely each photo is drawn: pictures that may show the same values are of one class.

    Args:
        values: (M, classes) bool.

    Returns:
        (M,) float64, with the sum 1.
    """
    _, numbers, sizes = np.unique(values, axis=0, return_inverse=True, return_counts=True)
    chances = sizes.astype(np.float64)[numbers.reshape(-1)] ** -_BALANCE
    shares: NDArray[np.float64] = chances / chances.sum()
    return shares


def _others_a_batch(data: TrainingPictures, config: LookalikeConfig) -> tuple[int, int]:
    """Photos and garments in a step; at least one picture of it is the catalogue's."""
    photos, garments = data.garments - data.photos, len(data.groups) - data.garments
    room = config.batch_size - 1
    of_photos = min(room, photos, max(1, round(config.batch_size * config.photo_share))) if config.photo_share else 0
    room -= of_photos
    of_street = (
        min(room, garments, max(1, round(config.batch_size * config.street_share))) if config.street_share else 0
    )
    return of_photos, of_street

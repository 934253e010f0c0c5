"""Draws the pictures of a step, so that small classes are seen more often than their size says."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.train_shipped.config import TrainingConfig
from tools.train_shipped.draws import Draws
from tools.train_shipped.training_set import TYPE, TrainingSet


@dataclass(frozen=True, slots=True, eq=False)
class BatchRows:
    """The pictures of a step; in tensors of the whole batch they are in this order.

    Attributes:
        products: (P,) int64, rows of `TrainingSet.products`.
        photos: (F,) int64, rows of `TrainingSet.photos`.
        garments: (G,) int64, rows of `TrainingSet.street`.
    """

    products: Tensor
    photos: Tensor
    garments: Tensor

    def __len__(self) -> int:
        return len(self.products) + len(self.photos) + len(self.garments)

    def index(self, pictures: TrainingSet) -> Tensor:
        """Numbers of the pictures among all pictures of a training, as `all_groups` has them: (B,) int64."""
        photos = len(pictures.products)
        garments = photos + len(pictures.photos)
        return torch.cat((self.products, photos + self.photos, garments + self.garments))


def all_groups(pictures: TrainingSet) -> Tensor:
    """The same number for pictures of the same item, for products, photos and garments: (N + M + G,) int64."""
    groups = pictures.products.groups
    # No photo is known to show a product, so each is an item of its own.
    others = torch.arange(len(pictures.photos) + len(pictures.street), device=groups.device) + groups.max() + 1
    return torch.cat((groups, others))


class BatchSampler:
    """Draws pictures that may be trained on, with replacement.

    Args:
        pictures: of the training.
        config: how many of each kind, and how much small classes are favoured.
        draws: of everything random.
    """

    def __init__(self, pictures: TrainingSet, config: TrainingConfig, draws: Draws) -> None:
        self._draws = draws
        self._config = config
        products, photos, street = pictures.products, pictures.photos, pictures.street
        self._rows = BatchRows(products.training_rows, photos.training_rows, street.training_rows)
        self._product_weights = class_weights(products.labels[self._rows.products, TYPE], config.product_balance)
        self._photo_weights = class_weights(photos.categories[self._rows.photos], config.photo_balance)
        self._street_weights = class_weights(street.categories[self._rows.garments], config.street_balance)

    def draw(self) -> BatchRows:
        """The pictures of the next step."""
        config, draws, rows = self._config, self._draws, self._rows
        return BatchRows(
            rows.products[draws.weighted(self._product_weights, config.products)],
            rows.photos[draws.weighted(self._photo_weights, config.photos)],
            rows.garments[draws.weighted(self._street_weights, config.street)],
        )


def class_weights(classes: Tensor, balance: float) -> Tensor:
    """The size of each picture's class to the power of minus `balance`: (N,) int64 -> (N,) float32."""
    return torch.bincount(classes).float().clamp(min=1)[classes] ** -balance

"""The two views of a step's pictures: keys, as a gallery or a careful customer shows them, and distorted ones."""

import torch
from torch import Tensor

from model.training.lookalikes.plain_background import border_colours, object_mask
from tools.train_shipped.augmentations import degraded, lit, moved
from tools.train_shipped.batch_rows import BatchRows
from tools.train_shipped.config import ViewConfig
from tools.train_shipped.draws import Draws
from tools.train_shipped.grounds import Grounds
from tools.train_shipped.training_set import TrainingSet


class ViewMaker:
    """Makes the views of a training.

    Args:
        pictures: of the training.
        size: side of the views, pixels.
        config: how views are drawn.
        draws: of everything random.
    """

    def __init__(self, pictures: TrainingSet, size: int, config: ViewConfig, draws: Draws) -> None:
        self._pictures = pictures
        self._size = size
        self._config = config
        self._draws = draws
        self._grounds = Grounds(pictures, config, draws)

    def keys(self, rows: BatchRows) -> Tensor:
        """The pictures as they are, garments cut out exactly: (B, 3, size, size) float32, 0 to 1."""
        products = self._pictures.products
        return torch.cat(
            (
                products.plain_mixed(rows.products, self._size, self._config.large_keys, self._draws),
                self._pictures.photos.plain(rows.photos, self._size),
                self._pictures.street.plain(rows.garments, self._size),
            )
        )

    def distorted(self, rows: BatchRows) -> Tensor:
        """The pictures as phones, screenshots and chat apps would show them: (B, 3, size, size) float32, 0 to 1."""
        config, draws = self._config, self._draws
        calm = draws.chance(len(rows.products), config.calm)
        photos = self._pictures.photos.plain(rows.photos, self._size)
        values = torch.cat(
            (
                self._products(rows.products, calm),
                moved(photos, border_colours(photos), draws.chance(len(photos), config.strong), draws),
                self._pictures.street.jittered(rows.garments, self._size, config.neighbours, draws),
            )
        )
        # Photos and garments are never calm.
        calm = torch.cat((calm, calm.new_zeros(len(rows) - len(calm))))
        return degraded(lit(values, draws.chance(len(rows), config.lit) & ~calm, draws), calm, config, draws)

    def _products(self, rows: Tensor, calm: Tensor) -> Tensor:
        """Products, some of them pasted onto other backgrounds, and moved: (P, 3, size, size) float32."""
        config, draws, count = self._config, self._draws, len(rows)
        shown = self._pictures.products.plain_mixed(rows, self._size, config.large_views, draws)
        border = border_colours(shown)
        mask, plain = object_mask(shown, border)
        pasted = (draws.chance(count, config.pasted) & plain & ~calm)[:, None, None, None]
        ground = self._grounds.draw(count, self._size)
        shown = torch.where(pasted, mask * shown + (1 - mask) * ground, shown)
        border = torch.where(pasted, border_colours(shown), border)
        return moved(shown, border, draws.chance(count, config.strong) & ~calm, draws)

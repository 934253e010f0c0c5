"""The two views of a step's pictures: keys, as a gallery or a careful customer shows them, and distorted ones."""

import torch
from torch import Tensor

from model.training.lookalikes.plain_background import border_colours, object_mask
from tools.train_shipped.augmentations import degraded, lit, moved
from tools.train_shipped.batch_rows import BatchRows
from tools.train_shipped.config import ViewConfig
from tools.train_shipped.draws import Draws
from tools.train_shipped.grounds import Grounds
from tools.train_shipped.pixels import SMALL_SIDE
from tools.train_shipped.product_pictures import enlarged
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
        photos = self._pictures.photos.plain(rows.photos, self._size)
        others = torch.cat(
            (
                moved(
                    photos,
                    border_colours(photos),
                    self._draws.chance(len(photos), self._config.strong),
                    self._draws,
                ),
                self._pictures.street.jittered(rows.garments, self._size, self._config.neighbours, self._draws),
            )
        )
        # Photos and garments are never calm.
        calm = torch.zeros(len(others), dtype=torch.bool, device=others.device)
        return torch.cat((self._products(rows.products), self._worn(others, calm)))

    def _products(self, rows: Tensor) -> Tensor:
        """Distorted products, some of them at the size of a small shop picture: (P, 3, size, size) float32."""
        own_size = self._draws.chance(len(rows), self._config.own_size)
        result = torch.empty((len(rows), 3, self._size, self._size), device=rows.device)
        for chosen, side in ((own_size, SMALL_SIDE), (~own_size, self._size)):
            if bool(chosen.any()):
                result[chosen] = enlarged(self._distorted_products(rows[chosen], side), self._size)
        return result

    def _distorted_products(self, rows: Tensor, side: int) -> Tensor:
        """Products, some of them pasted onto other backgrounds, moved and degraded: (P, 3, side, side) float32."""
        config, draws, count = self._config, self._draws, len(rows)
        calm = draws.chance(count, config.calm)
        shown = self._pictures.products.plain_mixed(rows, side, config.large_views, draws)
        border = border_colours(shown)
        mask, plain = object_mask(shown, border)
        pasted = (draws.chance(count, config.pasted) & plain & ~calm)[:, None, None, None]
        ground = self._grounds.draw(count, side)
        shown = torch.where(pasted, mask * shown + (1 - mask) * ground, shown)
        border = torch.where(pasted, border_colours(shown), border)
        return self._worn(moved(shown, border, draws.chance(count, config.strong) & ~calm, draws), calm)

    def _worn(self, values: Tensor, calm: Tensor) -> Tensor:
        """Change the light and degrade all pictures but calm ones: (B, 3, S, S) float32, (B,) bool -> (B, 3, S, S)."""
        config, draws = self._config, self._draws
        return degraded(lit(values, draws.chance(len(values), config.lit) & ~calm, draws), calm, config, draws)

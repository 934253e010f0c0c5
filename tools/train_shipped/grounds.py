"""Backgrounds to paste products onto: parts of photos, of streets with people, and drawn ones."""

import torch
import torch.nn.functional as F
from torch import Tensor

from tools.train_shipped.config import ViewConfig
from tools.train_shipped.draws import Draws
from tools.train_shipped.training_set import TrainingSet


class Grounds:
    """Draws backgrounds from pictures that may be trained on.

    Args:
        pictures: of the training.
        config: the share of each kind of background.
        draws: of everything random.
    """

    def __init__(self, pictures: TrainingSet, config: ViewConfig, draws: Draws) -> None:
        self._pictures = pictures
        self._config = config
        self._draws = draws
        self._photos = pictures.photos.training_rows
        self._streets = pictures.street.training_photos

    def draw(self, count: int, size: int) -> Tensor:
        """Backgrounds of all three kinds: (count, 3, size, size) float32, 0 to 1."""
        config, draws = self._config, self._draws
        kind = draws.between(0, 1, count)[:, None, None, None]
        on_photo = self._photo_quarters(self._photos[draws.integers(len(self._photos), count)], size)
        streets = self._streets[draws.integers(len(self._streets), count)]
        on_street = self._pictures.street.patches(streets, size, draws)
        others = torch.where(kind < config.on_photo + config.on_street, on_street, drawn_grounds(count, size, draws))
        return torch.where(kind < config.on_photo, on_photo, others)

    def _photo_quarters(self, rows: Tensor, size: int) -> Tensor:
        """A quarter of each photo, enlarged, which rarely shows another whole garment."""
        shown = self._pictures.photos.plain(rows, size)
        half = size // 2
        top, left = self._draws.single_integer(size - half), self._draws.single_integer(size - half)
        quarter = shown[:, :, top : top + half, left : left + half]
        return F.interpolate(quarter, size=(size, size), mode="bilinear")


def drawn_grounds(count: int, size: int, draws: Draws) -> Tensor:
    """One colour with soft blotches and grain: (count, 3, size, size) float32, 0 to 1."""
    colour = draws.between(0, 1, count, 3, 1, 1)
    blotches = F.interpolate(draws.between(-1, 1, count, 3, 5, 5), size=(size, size), mode="bicubic")
    grain = draws.between(-1, 1, count, 1, size, size) * draws.between(0, 0.1, count, 1, 1, 1)
    return (colour + draws.between(0, 0.35, count, 1, 1, 1) * blotches + grain).clamp(0.0, 1.0)

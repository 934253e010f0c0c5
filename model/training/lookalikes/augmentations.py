"""Augmentations: product pictures as a customer's phone, a screenshot or a chat app would show them."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from model.training.lookalikes.jpeg import jpeg_compressed
from model.training.lookalikes.plain_background import border_colours, object_mask

_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class AugmentationConfig:
    """How often each augmentation is applied. Shares are of the pictures, 0 to 1.

    Attributes:
        backdrop: share whose background is replaced, if it is plain.
        strong: share that is rotated, tilted and shifted as in hand-held photos; the others only a little.
        light: share with other exposure, contrast, saturation and white balance.
        blur: share that is blurred.
        jpeg: share that is compressed as JPEG.
        erase: share that is partly covered by a rectangle.
        calm: share that gets none of these and is only mirrored and shifted a little, like pictures of a gallery.
    """

    backdrop: float = 0.35
    strong: float = 0.6
    light: float = 0.8
    blur: float = 0.3
    jpeg: float = 0.4
    erase: float = 0.2
    calm: float = 0.3


def random_views(
    pictures: Tensor, backdrops: Tensor | None, *, size: int, config: AugmentationConfig, generator: torch.Generator
) -> Tensor:
    """One augmented view of each picture.

    Args:
        pictures: (B, 3, P, P) uint8, padded to squares with the colour of their border.
        backdrops: (M, 3, P, P) uint8, pictures to use as backgrounds; with None, backgrounds are only synthesised.
        size: side of the views, pixels.
        config: how often each augmentation is applied.
        generator: on the CPU; the only source of random numbers.

    Returns:
        (B, 3, size, size) float32, 0 to 1.
    """
    draws = _Draws(generator, pictures.device, len(pictures), config.calm)
    values = pictures.float().div_(255.0)
    border = border_colours(values)
    values, border = _with_backdrop(values, border, backdrops, draws, config)
    values = _moved(values, border, size, draws, config)
    values = _lit(values, draws, config)
    values = _blurred(values, draws, config)
    values = _erased(values, draws, config)
    chosen = draws.augmented(config.jpeg)
    if bool(chosen.any()):
        quality = draws.between(35.0, 92.0, int(chosen.sum()))
        values[chosen] = jpeg_compressed(values[chosen], quality)
    return values.clamp_(0.0, 1.0)


class _Draws:
    """Random numbers from one generator on the CPU, so that they are the same for every device."""

    def __init__(self, generator: torch.Generator, device: torch.device, count: int, calm: float) -> None:
        self._generator = generator
        self._device = device
        self._count = count
        self._calm = self.chance(count, calm)

    def between(self, low: float, high: float, *shape: int) -> Tensor:
        return (torch.rand(shape, generator=self._generator) * (high - low) + low).to(self._device)

    def chance(self, count: int, share: float) -> Tensor:
        return (torch.rand(count, generator=self._generator) < share).to(self._device)

    def augmented(self, share: float) -> Tensor:
        """Which pictures of the batch an augmentation is applied to; never one of the calm ones."""
        return self.chance(self._count, share) & ~self._calm

    def integers(self, high: int, count: int) -> Tensor:
        return torch.randint(high, (count,), generator=self._generator).to(self._device)


def _with_backdrop(
    values: Tensor, border: Tensor, backdrops: Tensor | None, draws: _Draws, config: AugmentationConfig
) -> tuple[Tensor, Tensor]:
    chosen = draws.augmented(config.backdrop)
    if not bool(chosen.any()):
        return values, border
    mask, plain = object_mask(values[chosen], border[chosen])
    mask = mask * plain[:, None, None, None]
    count, side = len(mask), values.shape[-1]
    ground = _drawn_backdrops(count, side, draws)
    if backdrops is not None:
        picked = backdrops[draws.integers(len(backdrops), count)].float().div_(255.0)
        # A quarter of a photo, enlarged, rarely shows another whole garment.
        half = side // 2
        top, left = (int(draws.integers(side - half, 1)) for _ in range(2))
        patch = F.interpolate(
            picked[:, :, top : top + half, left : left + half], size=(side, side), mode="bilinear", align_corners=False
        )
        from_photo = draws.chance(count, 0.6)[:, None, None, None]
        ground = torch.where(from_photo, patch, ground)
    changed = values.clone()
    changed[chosen] = torch.where(
        plain[:, None, None, None], mask * values[chosen] + (1 - mask) * ground, values[chosen]
    )
    new_border = border.clone()
    new_border[chosen] = torch.where(plain[:, None, None, None], border_colours(changed[chosen]), border[chosen])
    return changed, new_border


def _drawn_backdrops(count: int, side: int, draws: _Draws) -> Tensor:
    """Synthetic backgrounds: one colour with soft blotches and grain, (count, 3, side, side) float, 0 to 1."""
    colour = draws.between(0.0, 1.0, count, 3, 1, 1)
    blotches = F.interpolate(draws.between(-1, 1, count, 3, 5, 5), size=(side, side), mode="bicubic")
    strength = draws.between(0.0, 0.35, count, 1, 1, 1)
    grain = draws.between(-1, 1, count, 1, side, side) * draws.between(0.0, 0.1, count, 1, 1, 1)
    return (colour + strength * blotches + grain).clamp(0.0, 1.0)


def _moved(values: Tensor, border: Tensor, size: int, draws: _Draws, config: AugmentationConfig) -> Tensor:
    """Rotate, scale, tilt, shift and mirror; uncovered areas get the colour of the border or a random one."""
    count = len(values)
    strong = draws.augmented(config.strong).to(values.dtype)
    degrees = draws.between(-1, 1, count) * (4 + 18 * strong)
    angle = degrees * (math.pi / 180)
    zoom = 1 + draws.between(-1, 1, count) * (0.06 + 0.24 * strong)
    stretch = 1 + draws.between(-1, 1, count) * (0.03 + 0.09 * strong)
    mirror = 1 - 2 * draws.chance(count, 0.5).to(values.dtype)
    shift = draws.between(-1, 1, count, 2) * (0.04 + 0.12 * strong)[:, None]
    tilt = draws.between(-1, 1, count, 2) * (0.16 * strong)[:, None]
    line = (torch.arange(size, device=values.device, dtype=values.dtype) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    cos, sin = torch.cos(angle), torch.sin(angle)
    matrix = torch.stack(
        (
            torch.stack((cos * zoom * stretch * mirror, -sin * zoom, shift[:, 0]), 1),
            torch.stack((sin * zoom * mirror, cos * zoom / stretch, shift[:, 1]), 1),
            torch.stack((tilt[:, 0], tilt[:, 1], torch.ones_like(angle)), 1),
        ),
        1,
    )
    points = torch.stack((x.flatten(), y.flatten(), torch.ones(size * size, device=values.device)), 0)
    projected = matrix @ points
    grid = (projected[:, :2] / projected[:, 2:]).transpose(1, 2).reshape(count, size, size, 2)
    fill = border
    other = draws.chance(count, 0.25)[:, None, None, None]
    fill = torch.where(other, draws.between(0.0, 1.0, count, 3, 1, 1), fill)
    inside = F.grid_sample(
        torch.cat((values, torch.ones_like(values[:, :1])), 1), grid, mode="bilinear", align_corners=False
    )
    return inside[:, :3] + (1 - inside[:, 3:]) * fill


def _lit(values: Tensor, draws: _Draws, config: AugmentationConfig) -> Tensor:
    """Change exposure, contrast, saturation and white balance, little enough that colours keep their names."""
    count = len(values)
    amount = draws.augmented(config.light).to(values.dtype)[:, None, None, None]
    gamma = torch.exp(amount * draws.between(-0.35, 0.35, count, 1, 1, 1))
    gain = 1 + amount * draws.between(-0.2, 0.2, count, 1, 1, 1)
    balance = 1 + amount * draws.between(-0.07, 0.07, count, 3, 1, 1)
    contrast = 1 + amount * draws.between(-0.25, 0.25, count, 1, 1, 1)
    saturation = 1 + amount * draws.between(-0.25, 0.25, count, 1, 1, 1)
    lit = values.clamp(1e-4, 1.0) ** gamma * gain * balance
    luma = torch.tensor(_LUMA, device=values.device).view(1, 3, 1, 1)
    grey = (lit * luma).sum(1, keepdim=True)
    lit = grey + (lit - grey) * saturation
    mean = lit.mean((1, 2, 3), keepdim=True)
    return (mean + (lit - mean) * contrast).clamp(0.0, 1.0)


def _blurred(values: Tensor, draws: _Draws, config: AugmentationConfig) -> Tensor:
    """Blur by scaling down and up again, and add grain."""
    size = values.shape[-1]
    chosen = draws.augmented(config.blur)
    if bool(chosen.any()):
        smaller = int(draws.between(0.35, 0.9, 1) * size)
        small = F.interpolate(values[chosen], size=(smaller, smaller), mode="bilinear", antialias=True)
        values[chosen] = F.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)
    noisy = draws.augmented(0.25)
    if bool(noisy.any()):
        # One sheet of grain for the batch, shifted for each picture: a sheet each would be the slowest step of all.
        sheet = draws.between(-0.06, 0.06, 3, size, size)
        moves = draws.integers(size, int(noisy.sum())).tolist()
        values[noisy] = values[noisy] + torch.stack([sheet.roll(move, 1) for move in moves])
    return values


def _erased(values: Tensor, draws: _Draws, config: AugmentationConfig) -> Tensor:
    """Cover a part with a plain rectangle, like a hand, a price tag or a button of an app."""
    size = values.shape[-1]
    for row in draws.augmented(config.erase).nonzero().flatten().tolist():
        height, width = (int(side) for side in draws.between(0.1, 0.35, 2) * size)
        top, left = int(draws.integers(size - height, 1)), int(draws.integers(size - width, 1))
        values[row, :, top : top + height, left : left + width] = draws.between(0.0, 1.0, 3, 1, 1)
    return values

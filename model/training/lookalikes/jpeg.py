"""JPEG compression of a batch of pictures without files: the quantised 8 x 8 DCT."""

import math
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

_BLOCK = 8
# The tables of ITU-T T.81, Annex K: luminance, chrominance.
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8 for _ in range(4)),
)
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def jpeg_compressed(pictures: Tensor, quality: Tensor) -> Tensor:
    """Quantise as a JPEG encoder would, with chroma subsampled by two in both directions.

    Args:
        pictures: (B, 3, S, S) float32, 0 to 1.
        quality: (B,) float, 1 to 100, the scale of the Independent JPEG Group.

    Returns:
        (B, 3, S, S) float32, 0 to 1.

    Source: ITU-T T.81 (JPEG), Annexes A and K.
    """
    to_ycc = torch.tensor(_TO_YCC, device=pictures.device)
    ycc = torch.einsum("ij,bjhw->bihw", to_ycc, pictures * 255.0 - 128.0)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    size = pictures.shape[-1]
    luma = _quantised(ycc[:, :1], scale, _LUMINANCE)
    chroma = _quantised(F.avg_pool2d(ycc[:, 1:], 2, ceil_mode=True), scale, _CHROMINANCE)
    chroma = F.interpolate(chroma, size=(size, size), mode="bilinear", align_corners=False)
    rgb = torch.einsum("ij,bjhw->bihw", torch.linalg.inv(to_ycc), torch.cat((luma, chroma), 1))
    return ((rgb + 128.0) / 255.0).clamp(0.0, 1.0)


def _quantised(plane: Tensor, scale: Tensor, table: tuple[tuple[int, ...], ...]) -> Tensor:
    """DCT, rounding to multiples of the scaled table, and back: (B, C, S, S) -> (B, C, S, S)."""
    count, channels, height, width = plane.shape
    padded = F.pad(plane, (0, -width % _BLOCK, 0, -height % _BLOCK), mode="replicate")
    rows, columns = padded.shape[2] // _BLOCK, padded.shape[3] // _BLOCK
    blocks = padded.reshape(count, channels, rows, _BLOCK, columns, _BLOCK).transpose(3, 4)
    basis = _dct(plane.device)
    steps = torch.tensor(table, device=plane.device, dtype=plane.dtype)
    steps = (steps * scale[:, None, None]).round().clamp(1, 255)[:, None, None, None]
    coefficients = ((basis @ blocks @ basis.T) / steps).round() * steps
    restored = (basis.T @ coefficients @ basis).transpose(3, 4).reshape(padded.shape)
    return restored[:, :, :height, :width]


@cache
def _dct(device: torch.device) -> Tensor:
    """The orthonormal DCT-II of 8 values: (8, 8)."""
    frequency = torch.arange(_BLOCK).view(-1, 1)
    place = torch.arange(_BLOCK).view(1, -1)
    basis = torch.cos(math.pi * (2 * place + 1) * frequency / (2 * _BLOCK)) * math.sqrt(2 / _BLOCK)
    basis[0] /= math.sqrt(2)
    return basis.to(device)

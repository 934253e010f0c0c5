"""Normalises views as the ImageNet training of a backbone did."""

import torch
from torch import Tensor

from model.backbones import backbone_spec


def normalised(views: Tensor, backbone: str) -> Tensor:
    """Shift and scale the channels, in channels-last memory: (B, 3, S, S) float, 0 to 1 -> the same shape."""
    spec = backbone_spec(backbone)
    mean = torch.tensor(spec.mean, device=views.device).view(1, 3, 1, 1)
    std = torch.tensor(spec.std, device=views.device).view(1, 3, 1, 1)
    return ((views - mean) / std).contiguous(memory_format=torch.channels_last)

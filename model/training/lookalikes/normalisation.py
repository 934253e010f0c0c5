"""Normalises views as a backbone's own training did."""

import torch
from torch import Tensor

from model.backbone_spec import BackboneSpec


def normalised(views: Tensor, backbone: BackboneSpec) -> Tensor:
    """Shift and scale the channels, in channels-last memory: (B, 3, S, S) float, 0 to 1 -> the same shape."""
    mean = torch.tensor(backbone.mean, device=views.device).view(1, 3, 1, 1)
    std = torch.tensor(backbone.std, device=views.device).view(1, 3, 1, 1)
    return ((views - mean) / std).contiguous(memory_format=torch.channels_last)

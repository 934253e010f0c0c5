"""Other light, colours and sharpness for a batch of views."""

import torch
import torch.nn.functional as F
from torch import Tensor


def relit(views: Tensor, generator: torch.Generator) -> Tensor:
    """Change exposure, contrast, saturation and white balance, and blur some: (B, 3, S, S) float32, 0 to 1, same."""
    count = len(views)

    def between(low: float, high: float, channels: int = 1) -> Tensor:
        return torch.rand(count, channels, 1, 1, generator=generator) * (high - low) + low

    grey = views.mean(1, keepdim=True)
    values = grey + (views - grey) * between(0.4, 1.5)
    values = values * between(0.7, 1.35) * between(0.9, 1.1, 3)
    mean = values.mean((1, 2, 3), keepdim=True)
    values = (mean + (values - mean) * between(0.7, 1.3)).clamp(0.0, 1.0)
    values = values ** between(0.75, 1.35)
    blurred = F.interpolate(F.avg_pool2d(values, 2), scale_factor=2.0, mode="bilinear")
    values = torch.where(between(0, 1) < 0.15, blurred, values)
    noise = torch.randn(values.shape, generator=generator) * between(0.0, 0.05)
    values = torch.where(between(0, 1) < 0.2, values + noise, values)
    # A tenth stays as it is.
    return torch.where(between(0, 1) < 0.1, views, values).clamp(0.0, 1.0)

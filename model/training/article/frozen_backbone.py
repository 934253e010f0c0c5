"""A backbone with its ImageNet weights as an engine that gives pooled features."""

import torch
from torch import Tensor

from contracts.embedding_set import ModelIdentity
from model.engine import Engine
from model.network import LookalikeNetwork, NetworkOutput
from model.preprocessing import Preprocessing


class _PooledNetwork(LookalikeNetwork):
    """A network that ends at its pooling."""

    def from_pooled(self, pooled: Tensor, feature_map: Tensor | None = None) -> NetworkOutput:
        return NetworkOutput(None, pooled, pooled if feature_map is None else feature_map)


def pooling_engine(network: LookalikeNetwork, preprocessing: Preprocessing, *, device: str) -> Engine:
    """An engine whose embeddings are the network's pooled features, (B, features) float32.

    It runs in eval mode: a frozen backbone keeps the batch statistics it was trained with.

    Raises:
        ModelError: the device cannot be had.
    """
    with torch.device("meta"):
        pooled = _PooledNetwork(network.name)
    # The engine copies what it is given; the projection is there for its type only.
    pooled.backbone, pooled.projection = network.backbone, torch.nn.Linear(1, 1)
    identity = ModelIdentity(f"{network.name}-pooled", network.name, f"imagenet:{network.name}", 0)
    return Engine(pooled, preprocessing, identity, device=device)

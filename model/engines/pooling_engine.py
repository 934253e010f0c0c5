"""A frozen backbone as an engine that returns pooled features."""

import torch
from torch import Tensor

from contracts.embedding_set import ModelIdentity
from model.engines.torch_engine import TorchEngine
from model.network import LookalikeNetwork, NetworkOutput
from model.preprocessing import Preprocessing


class _PooledNetwork(LookalikeNetwork):
    """A network without the layers behind the pooling."""

    def from_pooled(self, pooled: Tensor, feature_map: Tensor | None = None) -> NetworkOutput:
        return NetworkOutput(None, pooled, pooled if feature_map is None else feature_map)


def pooling_engine(network: LookalikeNetwork, preprocessing: Preprocessing, *, device: str) -> TorchEngine:
    """An engine whose embeddings are the network's pooled features, (B, features) float32.

    It runs in eval mode: a frozen backbone keeps the batch statistics that it was trained with.

    Raises:
        ModelError: the device is not available.
    """
    with torch.device("meta"):
        pooled = _PooledNetwork(network.spec)
    # The engine copies the network; the projection is never called.
    pooled.backbone, pooled.projection = network.backbone, torch.nn.Linear(1, 1)
    identity = ModelIdentity(f"{network.name}-pooled", network.name, "", 0)
    return TorchEngine(pooled, preprocessing, identity, device=device)

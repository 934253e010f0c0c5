"""The forward pass of a training: from views to embeddings, convolutions in half precision where that is fast."""

from torch import Tensor

from model.network import LookalikeNetwork
from model.training.lookalikes.half_precision import half_where_fast
from model.training.lookalikes.normalisation import normalised


def pooled_features(network: LookalikeNetwork, views: Tensor) -> Tensor:
    """The backbone's features of a batch of views, averaged over the picture.

    Args:
        network: on the device of the views.
        views: (B, 3, S, S) float32, 0 to 1.

    Returns:
        (B, features) float32.
    """
    with half_where_fast(views.device):
        feature_map = network.backbone(normalised(views, network.spec))
    pooled: Tensor = network.pool(feature_map.float()).flatten(1)
    return pooled


def embed(network: LookalikeNetwork, views: Tensor) -> Tensor:
    """Embed a batch of views.

    Args:
        network: on the device of the views.
        views: (B, 3, S, S) float32, 0 to 1.

    Returns:
        (B, 512) float32, not normalised.
    """
    embedding: Tensor = network.projection(pooled_features(network, views))
    return embedding

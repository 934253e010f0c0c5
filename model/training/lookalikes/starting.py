"""Where a training's first weights come from."""

from typing import Any

import torch

from contracts.errors import ModelError
from contracts.networks import SHIPPED_NETWORK
from model.backbones import imagenet_state
from model.loading import load_model
from model.network import LookalikeNetwork
from model.shipped_networks import SHIPPED, SHIPPED_FOLDERS
from model.training.lookalikes.config import LookalikeConfig

IMAGENET_START, RANDOM_START = "imagenet", "random"


def starting_network(config: LookalikeConfig, categories: tuple[str, ...]) -> tuple[LookalikeNetwork, str | None]:
    """A network with its first weights; what is new is drawn from the seed.

    Args:
        config: `start` is `imagenet`, `random`, a shipped network, or the folder of a checkpoint.
        categories: values of the first target.

    Returns:
        The network, and the version of the checkpoint it starts from, if it does.

    Raises:
        ModelError: the weights cannot be had, or are of another architecture.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = LookalikeNetwork(config.network, categories)
    if config.start == RANDOM_START:
        return network, None
    if config.start == IMAGENET_START:
        network.backbone.load_state_dict(imagenet_state(config.network))
        return network, None
    checkpoint = load_model(config.start)
    before = checkpoint.network
    if before.name != config.network:
        raise ModelError(
            f"--start {config.start} holds a {before.name}, and --network asks for {config.network}; "
            f"leave --network out, or start from {IMAGENET_START}, {RANDOM_START} or {SHIPPED}"
        )
    network.backbone.load_state_dict(before.backbone.state_dict())
    network.projection.load_state_dict(before.projection.state_dict())
    if network.head is not None and before.head is not None and before.categories == network.categories:
        network.head.load_state_dict(before.head.state_dict())
    return network, checkpoint.version


def default_start(network: str | None, start: str | None) -> dict[str, Any]:
    """Backbone, first weights and input size where they are not named.

    Without a backbone and first weights a training starts from the network that ships with the project: it knows
    clothes already and needs no download. Another backbone starts from its own shipped network, if there is one, or
    from its ImageNet weights. The input is of the size that the first weights were trained at; at another they know
    little.

    Returns:
        `network`, `start` and, where the first weights are a checkpoint's, `input_size`, as `LookalikeConfig` takes
        them.
    """
    if start is None:
        shipped = {folder.name: source for source, folder in SHIPPED_FOLDERS.items()}
        start = shipped.get(network or SHIPPED_NETWORK, IMAGENET_START)
    if start in {IMAGENET_START, RANDOM_START}:
        return {"network": network or SHIPPED_NETWORK, "start": start}
    checkpoint = load_model(start)
    return {
        "network": network or checkpoint.network.name,
        "start": start,
        "input_size": checkpoint.preprocessing.input_size,
    }

"""Where a training's first weights come from."""

import torch

from contracts.errors import ModelError
from contracts.networks import SHIPPED_NETWORK
from model.backbones import imagenet_state
from model.loading import load_model
from model.network import LookalikeNetwork
from model.shipped_networks import SHIPPED
from model.training.lookalikes.config import LookalikeConfig

IMAGENET_START, RANDOM_START = "imagenet", "random"


def starting_network(config: LookalikeConfig, categories: tuple[str, ...]) -> tuple[LookalikeNetwork, str | None]:
    """A network with its first weights; what is new is drawn from the seed.

    Args:
        config: `start` is `imagenet`, `random`, `shipped`, or the folder of a checkpoint.
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
    return network, checkpoint.version


def default_start(network: str | None, start: str | None) -> tuple[str, str]:
    """Backbone and first weights where one or both are not named.

    Without either, a training starts from the network that ships with the project: it knows clothes already and
    needs no download. Another backbone starts from its ImageNet weights.

    Returns:
        Network and start, as `LookalikeConfig` takes them.
    """
    if start is None:
        start = SHIPPED if network in {None, SHIPPED_NETWORK} else IMAGENET_START
    if network is None:
        network = SHIPPED_NETWORK if start in {IMAGENET_START, RANDOM_START} else load_model(start).network.name
    return network, start

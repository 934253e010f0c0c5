"""The initial weights of a training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from contracts.embedding_set import ONE_PART
from contracts.errors import ModelError
from contracts.hold_out import HeldOutBy
from contracts.networks import SHIPPED_NETWORK, is_foreign
from model.backbones import backbone_spec, published_state
from model.detection.carrying import detector_of
from model.detection.files import DetectorFiles
from model.held_out_record import held_out_by
from model.network import LookalikeNetwork
from model.shipped_networks import SHIPPED, SHIPPED_FOLDERS
from model.torch_loading import load_model
from model.training.lookalikes.config import PUBLISHED_START, LookalikeConfig

RANDOM_START = "random"


@dataclass(frozen=True, slots=True)
class InitialNetwork:
    """A network before training.

    Attributes:
        network: with its initial weights.
        version: of the checkpoint that it starts from, or None.
        input_size: that its weights were trained with, pixels.
        parts: widths of its embedding's parts.
    """

    network: LookalikeNetwork
    version: str | None
    input_size: int
    parts: tuple[int, ...] = ONE_PART


def initial_network(config: LookalikeConfig, categories: tuple[str, ...]) -> InitialNetwork:
    """A network with its initial weights; layers without given weights are drawn from the seed.

    Args:
        config: `start` is `imagenet`, `random`, a shipped network, or the folder of a checkpoint.
        categories: values of the first target.

    Raises:
        ModelError: the weights are not available, or are of another architecture.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = LookalikeNetwork(config.network, categories)
    if config.start == RANDOM_START:
        return InitialNetwork(network, None, config.input_size)
    if config.start == PUBLISHED_START:
        network.backbone.load_state_dict(published_state(network.spec, _path(config.weights)))
        return InitialNetwork(network, None, config.input_size)
    checkpoint = load_model(config.start)
    before = checkpoint.network
    if before.name != config.network:
        raise ModelError(
            f"--start {config.start} holds a {before.name}, and --network asks for {config.network}; "
            f"leave --network out, or start from {PUBLISHED_START}, {RANDOM_START} or {SHIPPED}"
        )
    network.backbone.load_state_dict(before.backbone.state_dict())
    network.projection.load_state_dict(before.projection.state_dict())
    if network.head is not None and before.head is not None and before.categories == network.categories:
        network.head.load_state_dict(before.head.state_dict())
    return InitialNetwork(network, checkpoint.version, checkpoint.preprocessing.input_size, checkpoint.parts)


def _path(weights: str | None) -> Path | None:
    return None if weights is None else Path(weights)


def start_held_out(start: str) -> HeldOutBy:
    """How the training of the initial weights held items out; `start` as in the configuration.

    Raises:
        ModelError: the weights are not available.
    """
    untrained = start in {PUBLISHED_START, RANDOM_START}
    return "untrained" if untrained else held_out_by(load_model(start).training)


def start_detector(start: str) -> DetectorFiles | None:
    """The garment detector of the initial weights, which the new network takes along; `start` as in the configuration.

    Raises:
        ModelError: it is damaged.
    """
    return None if start in {PUBLISHED_START, RANDOM_START} else detector_of(start)


def default_start(network: str | None, start: str | None) -> dict[str, Any]:
    """Defaults for the backbone, the initial weights and the input size.

    If neither backbone nor weights are given, a training starts from the network that ships with the project, which
    knows clothes already and needs no download. Another backbone starts from its own shipped network if there is one,
    else from the weights that it was published with. The input has the size that the initial weights were trained with,
    since at another size they are worth little.

    Args:
        network: the backbone asked for, or None.
        start: the initial weights asked for, or None.

    Returns:
        `network`, `start` and, if the initial weights ask for one, `input_size`: fields of `LookalikeConfig`.

    Raises:
        ModelError: there is no such network.
    """
    if network is not None:
        network = backbone_spec(network).name
    if start is None:
        if network in {None, SHIPPED_NETWORK}:
            start = SHIPPED
        else:
            named = f"{SHIPPED}:{network}"
            start = named if named in SHIPPED_FOLDERS else PUBLISHED_START
    if start in {PUBLISHED_START, RANDOM_START}:
        own_size = {"input_size": backbone_spec(network).input_size} if network and is_foreign(network) else {}
        return {"network": network or SHIPPED_NETWORK, "start": start, **own_size}
    checkpoint = load_model(start)
    return {
        "network": network or checkpoint.network.name,
        "start": start,
        "input_size": checkpoint.preprocessing.input_size,
    }

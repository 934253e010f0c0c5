"""The optimiser: AdamW with a lower learning rate for the backbone, and gradient clipping."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from model.network import LookalikeNetwork
from model.training.lookalikes.config import LookalikeConfig


def adamw(network: LookalikeNetwork, objective: nn.Module, config: LookalikeConfig) -> torch.optim.AdamW:
    """AdamW over a network and the parameters of the loss terms.

    Norms and biases are not decayed: weight decay would shift them instead of regularising.

    Returns:
        An optimiser whose last two groups are the new layers.
    """
    new = [*network.projection.parameters(), *objective.parameters(), *_head_parameters(network)]
    return torch.optim.AdamW(
        [
            {
                "params": [parameter for parameter in parameters if (parameter.ndim > 1) == decayed],
                "lr": highest_lr,
                "weight_decay": config.weight_decay if decayed else 0.0,
            }
            for parameters, highest_lr in ((list(network.backbone.parameters()), config.backbone_lr), (new, config.lr))
            for decayed in (True, False)
        ]
    )


def clip_gradients(network: LookalikeNetwork, objective: nn.Module, longest: float) -> None:
    """Clip the gradients of a step to a length; the category head's apart, or they would shorten the others."""
    trunk = [*network.backbone.parameters(), *network.projection.parameters(), *objective.parameters()]
    for parameters in (trunk, _head_parameters(network)):
        nn.utils.clip_grad_norm_(parameters, longest)


def moments(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's moments by `<parameter number>.<name>`."""
    state = optimiser.state_dict()["state"]
    return {f"{number}.{name}": value for number, values in state.items() for name, value in values.items()}


def load_moments(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Load what `moments` returned.

    Raises:
        ValueError: they are of other parameters.
    """
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        number, name = key.split(".")
        state.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})


def _head_parameters(network: LookalikeNetwork) -> list[nn.Parameter]:
    return [] if network.head is None else list(network.head.parameters())

"""Stochastic depth: residual blocks are skipped at random while a network trains."""

from timm.layers.drop import DropPath
from torch import nn


def with_drop_path(network: nn.Module, highest: float) -> None:
    """Give the residual blocks of a timm network a rate that rises from 0 with the depth, in place.

    Nothing changes in eval mode or in the state dict. A network without such blocks stays as it is.

    Args:
        network: in which timm's blocks are found.
        highest: rate to rise to, 0 to below 1.

    Source: Huang et al. 2016, Deep networks with stochastic depth.
    """
    blocks = [module for module in network.modules() if hasattr(module, "drop_path")]
    for number, block in enumerate(blocks):
        rate = highest * number / len(blocks)
        block.drop_path = DropPath(rate) if rate else nn.Identity()

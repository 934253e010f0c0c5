"""Half precision in the forward passes of a training, where the device is fast at it."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def half_where_fast(device: torch.device) -> torch.autocast:
    """Autocast to bfloat16, whose range is that of float32, so that gradients need no scaling.

    On a CPU without bfloat16 instructions everything stays in float32: emulation is many times slower.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu" or _cpu_multiplies_bfloat16())


def _cpu_multiplies_bfloat16() -> bool:
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def keep_depthwise_float32(network: nn.Module) -> None:
    """Exclude a network's depthwise convolutions from autocast, in place; its state dict does not change.

    On the CPU their bfloat16 backward pass has no fast kernel: EfficientNet-Lite0 trains twice as fast without it.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            module.forward = _outside_autocast(module.forward)  # type: ignore[method-assign, assignment]


def _outside_autocast(forward: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def wrapped(values: Tensor) -> Tensor:
        with torch.autocast(values.device.type, enabled=False):
            return forward(values.float())

    return wrapped

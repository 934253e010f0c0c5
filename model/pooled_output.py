"""Whether a foreign network returns one vector per picture, and how long it is; computed without weights."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from contracts.errors import ModelError

# What the code of a foreign network raises where a picture, or weights, do not fit it.
FAILURES = (RuntimeError, LookupError, ValueError, TypeError, AttributeError, AssertionError, ArithmeticError)


def pooled_width(network: str, build: Callable[[], nn.Module], input_size: int) -> int:
    """The length of a network's pooled output.

    Args:
        network: its name, for messages.
        build: makes the network, (B, 3, S, S) -> (B, features, 1, 1).
        input_size: side of the square input, pixels.

    Raises:
        ModelError: it takes no pictures of this size, or has no pooled output.
    """
    output = _shape(network, build, input_size)
    if len(output) != 4 or output[2:] != (1, 1):
        raise ModelError(
            f"{network} has no pooled output: for a picture it returns {_dimensions(output)} instead of one vector, so "
            "it cannot make an embedding; choose another network"
        )
    return output[1]


def _shape(network: str, build: Callable[[], nn.Module], input_size: int) -> tuple[int, ...]:
    # On the meta device nothing is computed, whatever the size of the network; some networks cannot be built there.
    failure: Exception | None = None
    for device in ("meta", "cpu"):
        try:
            with torch.device(device), torch.inference_mode():
                output = build().eval()(torch.zeros(1, 3, input_size, input_size))
            return tuple(output.shape) if isinstance(output, Tensor) else ()
        except FAILURES as error:
            failure = error
    why = " ".join(str(failure).split()) or type(failure).__name__
    raise ModelError(f"{network} cannot take pictures of {input_size} x {input_size} pixels ({why:.200})") from failure


def _dimensions(shape: tuple[int, ...]) -> str:
    return f"a tensor of {' x '.join(map(str, shape[1:]))}" if shape else "several tensors"

"""Weights of a network that was trained elsewhere: a safetensors file, and whether it fits the architecture."""

from pathlib import Path

import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from contracts.errors import ModelError

_SHOWN = 3


def read_foreign_weights(path: Path) -> dict[str, Tensor]:
    """Read a file of weights, on the CPU.

    Raises:
        ModelError: it cannot be read, is no safetensors file, or has a weight that is not finite.
    """
    if path.suffix != ".safetensors":
        raise ModelError(
            f"{path} is no safetensors file by its name. Only those are read: files such as .bin, .pt and .pth could "
            "run code when they are read. Pass a .safetensors file of the same weights"
        )
    try:
        state = load_file(path)
    except OSError as error:
        raise ModelError(
            f"the weights {path} cannot be read ({error.strerror or error}); pass the path of a file"
        ) from error
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise ModelError(
            f"{path} is no whole safetensors file ({error!s:.200}); download it again, or pass another --weights"
        ) from error
    for name, tensor in state.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor.float()).all()):
            raise ModelError(f"{path} has a weight that is not a finite number ({name!r:.80}); pass another --weights")
    return state


def check_fits(network: str, module: nn.Module, state: dict[str, Tensor], origin: Path) -> None:
    """Do nothing if a state has exactly the tensors of an architecture.

    Args:
        network: name of the architecture.
        origin: file of the state, for messages.

    Raises:
        ModelError: tensors are missing, superfluous, or of another shape; names some.
    """
    wanted = module.state_dict()
    problems = (
        ("without", [name for name in wanted if name not in state]),
        (
            "with other shapes of",
            [name for name in wanted if name in state and wanted[name].shape != state[name].shape],
        ),
        ("with unknown", [name for name in state if name not in wanted]),
    )
    found = [f"{what} {_some(names)}" for what, names in problems if names]
    if found:
        raise wrong_architecture(network, origin, "; ".join(found))


def wrong_architecture(network: str, origin: Path, how: str) -> ModelError:
    """The error for weights that are another architecture's.

    Args:
        how: they differ, as a part of a sentence.
    """
    return ModelError(
        f"{origin} holds weights of another architecture than {network} ({how:.400}); pass the network that they were "
        "trained with, or the file of this one's"
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

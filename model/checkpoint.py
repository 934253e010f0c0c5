"""A trained network on disk: `weights.safetensors` and `checkpoint.json`, the latter written last."""

import copy
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from contracts.embedding_set import ONE_PART, TWO_PARTS, parse_parts
from contracts.errors import ModelError
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing
from model.version import model_version
from storage.durable_files import replace_file

_WEIGHTS = "weights.safetensors"
_DESCRIPTION = "checkpoint.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network in eval mode, how pictures are fitted for it, and how it came to be.

    Attributes:
        version: model version.
        training: configuration and metrics, JSON types.
        parts: widths of the embedding's parts, see `contracts.embedding_set.ModelIdentity`.
    """

    network: LookalikeNetwork
    preprocessing: Preprocessing
    version: str
    training: Mapping[str, Any]
    parts: tuple[int, ...]


def save_checkpoint(
    folder: Path,
    network: LookalikeNetwork,
    preprocessing: Preprocessing,
    training: Mapping[str, Any],
    *,
    parts: tuple[int, ...] = ONE_PART,
) -> str:
    """Write a checkpoint; a killed run leaves none, or the one before.

    Matrices and filters are kept in half precision, which halves the file and moves an embedding by less than a
    picture saved again as JPEG; what is loaded is exactly what was written, and the version is taken from that.

    Args:
        training: configuration and metrics, JSON types.
        parts: widths of the embedding's parts. No part of the version, for it changes no embedding.

    Returns:
        The model version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: _halved(tensor.detach().cpu()).contiguous() for name, tensor in network.state_dict().items()}
    rounded = copy.deepcopy(network).cpu()
    rounded.load_state_dict(state)
    version = model_version(rounded, preprocessing)
    weights = folder / f"{version}.{_WEIGHTS}"
    replace_file(weights, save(state))
    description = {
        "format": _FORMAT,
        "version": version,
        "weights": weights.name,
        "network": network.name,
        "categories": list(network.categories),
        "parts": list(parts),
        "preprocessing": asdict(preprocessing),
        "training": dict(training),
    }
    replace_file(folder / _DESCRIPTION, (json.dumps(description, indent=1) + "\n").encode())
    for stale in folder.glob(f"*.{_WEIGHTS}"):
        if stale != weights:
            stale.unlink(missing_ok=True)
    return version


def _halved(tensor: Tensor) -> Tensor:
    """A matrix or filter in half precision; biases and batch statistics, which are small, as they are."""
    if tensor.ndim < 2 or tensor.dtype != torch.float32:
        return tensor
    half = tensor.half()
    # Beyond 65,504 half precision knows infinity only.
    return half if bool(half.isfinite().all()) else tensor


def _load_weights(network: LookalikeNetwork, path: Path) -> None:
    """Put a file's tensors into a network; half-precision ones are widened, which is exact."""
    state = load_file(path)
    wanted = network.state_dict()
    fits = state.keys() == wanted.keys() and all(state[name].shape == wanted[name].shape for name in wanted)
    if not fits:
        raise ValueError(
            f"{path.name} holds weights of another architecture than {network.name} with {len(network.categories)} "
            "categories"
        )
    network.load_state_dict(state)


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint back and prove that it is the one that was written.

    Raises:
        ModelError: it is missing, torn, of another format or architecture, or its weights were changed.
    """
    description_file = folder / _DESCRIPTION
    try:
        description = json.loads(description_file.read_text())
        if description["format"] != _FORMAT:
            raise ModelError(f"{description_file} has format {description['format']}; this version reads {_FORMAT}")
        raw = description["preprocessing"]
        preprocessing = Preprocessing(
            raw["input_size"], raw["fit"], tuple(raw["mean"]), tuple(raw["std"]), raw.get("colours", "stored")
        )
        network = LookalikeNetwork(description["network"], description["categories"])
        # Only a plain name: a path in the description would reach outside the folder.
        weights = folder / Path(description["weights"]).name
        _load_weights(network, weights)
        said, training = str(description["version"]), dict(description["training"])
        parts = _parts(description)
    except FileNotFoundError as error:
        raise ModelError(
            f"there is no checkpoint in {folder} ({error.filename} is missing); "
            "pass the folder that `lookalike train` wrote"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, safetensors.SafetensorError) as error:
        raise ModelError(
            f"the checkpoint in {folder} is damaged ({error!s:.300}); train again or restore a copy"
        ) from error
    version = model_version(network, preprocessing)
    if version != said:
        raise ModelError(
            f"the checkpoint in {folder} says it is {said}, but its weights are {version}; restore a whole copy"
        )
    return Checkpoint(network.eval(), preprocessing, version, training, parts)


def _parts(description: Mapping[str, Any]) -> tuple[int, ...]:
    if "parts" in description:
        return parse_parts(description["parts"])
    # Written before checkpoints named their parts: two of them where the training had a share for the first.
    return TWO_PARTS if "first_share" in description["training"] else ONE_PART

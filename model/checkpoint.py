"""A trained network on disk: weights, graph and `checkpoint.json`, the latter written last."""

import copy
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from contracts.embedding_set import ONE_PART
from model.backbones import backbone_spec
from model.description import DESCRIPTION, FORMAT, check_version, damage_named, read_description
from model.detection.description import DETECTOR, remove_stale_detectors
from model.detection.files import DetectorFiles
from model.graph import graph_file, int8_graph_file
from model.graph_check import GraphError
from model.graph_export import export_checked_graph
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing
from model.stale_files import WEIGHTS, remove_stale
from model.version import model_version
from storage.durable_files import replace_file, seal_file


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
    origin: Mapping[str, Any] | None = None,
    detector: DetectorFiles | None = None,
) -> str:
    """Write a checkpoint; a killed run leaves none, or the one before.

    Matrices and filters are kept in half precision, which halves the file and moves an embedding by less than a
    picture saved again as JPEG; what is loaded is exactly what was written, and the version is taken from that.
    Beside the weights lies the network's graph, with which engines other than torch's run it. Not every foreign
    architecture can be written as one; then the description says why, and only torch runs the network.

    Args:
        training: configuration and metrics, JSON types.
        parts: widths of the embedding's parts. No part of the version, for it changes no embedding.
        origin: what a network that was never trained here was made from, JSON types.
        detector: of garments in photos, which the checkpoint takes along; no part of the version either.

    Returns:
        The model version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = _rounded_state(network)
    rounded = copy.deepcopy(network).cpu()
    rounded.load_state_dict(state)
    version = version_of(rounded, preprocessing)
    weights = folder / f"{version}.{WEIGHTS}"
    replace_file(weights, save(state))
    graph = graph_file(folder, version)
    without_graph = None
    try:
        export_checked_graph(rounded.eval(), preprocessing, weights, graph)
    except GraphError as error:
        without_graph = str(error)
    description: dict[str, Any] = {
        "format": FORMAT,
        "version": version,
        "weights": weights.name,
        "graph": None if without_graph else asdict(seal_file(graph)),
        "network": network.name,
        "categories": list(network.categories),
        "parts": list(parts),
        "preprocessing": asdict(preprocessing),
        "training": dict(training),
    }
    more = {"architecture": network.spec.architecture, "without_graph": without_graph, "origin": origin}
    description |= {name: value for name, value in more.items() if value is not None}
    if detector is not None:
        description[DETECTOR] = detector.write(folder)
    replace_file(folder / DESCRIPTION, (json.dumps(description, indent=1) + "\n").encode())
    remove_stale(folder, version)
    remove_stale_detectors(folder, None if detector is None else detector.description.version)
    # The description no longer names it.
    int8_graph_file(folder, version).unlink(missing_ok=True)
    return version


def round_weights(network: LookalikeNetwork) -> None:
    """Round a network's weights as a checkpoint keeps them, in place."""
    network.load_state_dict(_rounded_state(network))


def _rounded_state(network: LookalikeNetwork) -> dict[str, Tensor]:
    # Cloned, because a file keeps no tensors that share their memory.
    return {name: _halved(tensor.detach().cpu()).contiguous().clone() for name, tensor in network.state_dict().items()}


def version_of(network: LookalikeNetwork, preprocessing: Preprocessing) -> str:
    """The model version of a network in memory."""
    weights = {name: tensor.detach().cpu().numpy() for name, tensor in network.state_dict().items()}
    return model_version(network.name, weights, preprocessing)


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
    description = read_description(folder)
    with damage_named(folder):
        spec = backbone_spec(description.network, description.architecture)
        network = LookalikeNetwork(spec, description.categories)
        _load_weights(network, description.weights)
    version = version_of(network, description.preprocessing)
    check_version(description, version)
    return Checkpoint(network.eval(), description.preprocessing, version, description.training, description.parts)

"""Writes a garment detector into a checkpoint's folder."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from model.checkpoint import halved
from model.description import DESCRIPTION, damage_named
from model.detection.description import (
    DETECTOR,
    DetectorDescription,
    detector_version,
    graph_file,
    remove_stale_detectors,
    weights_file,
)
from model.detection.graph import REACHES, SCORES
from model.detection.grid import COARSEST
from model.detection.network import GarmentInference, GarmentNetwork
from model.graph import PICTURES
from model.graph_export import pointed_at, traced
from model.weights_file import tensor_places
from storage.durable_files import replace_file, seal_file


def write_detector(folder: Path, network: GarmentNetwork, input_size: int, training: Mapping[str, Any]) -> str:
    """Give a checkpoint a garment detector, in place of the one that it may have.

    The network that embeds, and its model version, stay what they are.

    Args:
        folder: of a checkpoint.
        network: on the CPU; copied, not changed. Its matrices and filters are kept in half precision.
        input_size: side of the square that photos are fitted into, pixels; a multiple of `COARSEST`.
        training: configuration and scores, JSON types.

    Returns:
        The detector's version.

    Raises:
        ModelError: there is no checkpoint in the folder.
    """
    with damage_named(folder):
        fields = json.loads((folder / DESCRIPTION).read_text())
    state = {name: halved(tensor.detach()).contiguous() for name, tensor in network.state_dict().items()}
    version = detector_version(
        network.name, network.classes, input_size, {name: tensor.numpy() for name, tensor in state.items()}
    )
    weights, graph = weights_file(folder, version), graph_file(folder, version)
    replace_file(weights, save(state))
    replace_file(graph, _graph(network, weights))
    description = DetectorDescription(
        version, network.name, network.classes, input_size, seal_file(weights), seal_file(graph), training
    )
    fields[DETECTOR] = description.to_json()
    replace_file(folder / DESCRIPTION, (json.dumps(fields, indent=1) + "\n").encode())
    remove_stale_detectors(folder, version)
    return version


def _graph(network: GarmentNetwork, weights: Path) -> bytes:
    """The graph of a detector, whose weights stay in their file."""
    module = GarmentInference(copy.deepcopy(network).eval())
    graph = traced(
        module,
        torch.zeros(2, 3, 2 * COARSEST, 3 * COARSEST, dtype=torch.uint8),
        inputs={PICTURES: {0: "batch", 2: "height", 3: "width"}},
        outputs={name: {0: "batch", 1: "points"} for name in (SCORES, REACHES)},
    )
    return pointed_at(graph, tensor_places(weights), weights.name)

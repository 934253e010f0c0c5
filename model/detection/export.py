"""Writes a garment detector into a checkpoint's folder."""

import copy
import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import torch
from safetensors.torch import save
from torch import Tensor, nn

from model.detection.description import DetectorDescription, detector_version, graph_file, weights_file
from model.detection.files import DetectorFiles, put_detector
from model.detection.graph import REACHES, SCORES
from model.detection.grid import COARSEST
from model.detection.network import GarmentInference, GarmentNetwork
from model.graph import PICTURES
from model.graph_export import pointed_at
from storage.durable_files import replace_file, seal_file

# What OpenVINO and ONNX Runtime have read for years.
_OPERATIONS = 17


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
    state = {name: _halved(tensor.detach()).contiguous() for name, tensor in network.state_dict().items()}
    arrays = {name: tensor.numpy() for name, tensor in state.items()}
    version = detector_version(network.name, network.classes, input_size, arrays)
    weights, graph = weights_file(folder, version), graph_file(folder, version)
    replace_file(weights, save(state))
    replace_file(graph, pointed_at(_trace(network), weights))
    description = DetectorDescription(
        version, network.name, network.classes, input_size, seal_file(weights), seal_file(graph), dict(training)
    )
    put_detector(folder, DetectorFiles(description, weights.read_bytes(), graph.read_bytes()))
    return version


def _halved(tensor: Tensor) -> Tensor:
    """A matrix or filter in half precision; biases and batch statistics, which are small, as they are."""
    return tensor.half() if tensor.ndim >= 2 else tensor


def _trace(network: GarmentNetwork) -> bytes:
    """The graph of a detector with random weights, which keep their names: the exporter merges equal ones."""
    module: nn.Module = GarmentInference(copy.deepcopy(network)).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(0)
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.uniform_(generator=generator)
    stream = io.BytesIO()
    with warnings.catch_warnings():
        # See `model.graph_export`.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            module,
            (torch.zeros(2, 3, 2 * COARSEST, 3 * COARSEST, dtype=torch.uint8),),
            stream,  # type: ignore[arg-type] # which this exporter takes, too
            dynamo=False,
            do_constant_folding=False,
            opset_version=_OPERATIONS,
            input_names=[PICTURES],
            output_names=[SCORES, REACHES],
            dynamic_axes={
                PICTURES: {0: "batch", 2: "height", 3: "width"},
                **{name: {0: "batch", 1: "points"} for name in (SCORES, REACHES)},
            },
        )
    graph = onnx.load_from_string(stream.getvalue())
    for node in graph.graph.node:
        # Lines of source code that made it.
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    content: bytes = graph.SerializeToString()
    return content

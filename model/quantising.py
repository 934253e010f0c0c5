"""Quantises a network's graph: int8 in all convolutions but the first ones."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from contracts.errors import ModelError
from model.graph import PICTURES

# Rounding does most harm where pictures enter; `model.engines.exact_beginning` leaves out as many.
EXACT_CONVOLUTIONS: Final = 3
_BATCH: Final = 16
_OWN_DOMAINS = ("", "ai.onnx")


def quantised_graph(graph: Path, pictures: NDArray[np.uint8]) -> bytes:
    """A graph in int8 by static quantisation, one scale for each output channel of a convolution's weights.

    Only convolutions are quantised, weights to int8 and their inputs and outputs to uint8; with additions and matrix
    products too, EfficientNet-Lite0 loses three times as much.

    Args:
        graph: file of the graph in float32, checked.
        pictures: (N, 3, S, S) uint8, N at least 1: their ranges of values become the scales.

    Returns:
        An ONNX file with its weights, which names no other file.

    Raises:
        ModelError: the graph cannot be quantised.
    """
    with tempfile.TemporaryDirectory(prefix="lookalike-int8-") as name:
        folded, quantised = Path(name) / "folded.onnx", Path(name) / "quantised.onnx"
        # Widens the weights and folds batch normalisation. Symbolic shapes would need another package.
        quant_pre_process(onnx.load(graph), folded, skip_symbolic_shape=True)
        nodes = onnx.load(folded).graph.node
        quantize_static(
            folded,
            quantised,
            _Batches(pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[node.name for node in nodes if node.op_type == "Conv"][:EXACT_CONVOLUTIONS],
            calibrate_method=CalibrationMethod.MinMax,
        )
        return _own_operations(onnx.load(quantised))


def _own_operations(model: onnx.ModelProto) -> bytes:
    """The graph without the names of operations that it could have used, but does not."""
    used = {node.domain for node in model.graph.node}
    if not used.issubset(_OWN_DOMAINS):
        raise ModelError(f"the graph in int8 has operations that are not ONNX's own ({', '.join(sorted(used))})")
    own = [imported for imported in model.opset_import if imported.domain in _OWN_DOMAINS]
    del model.opset_import[:]
    model.opset_import.extend(own)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


class _Batches(CalibrationDataReader):  # type: ignore[misc] # which has no types
    """Feeds pictures to the calibration."""

    def __init__(self, pictures: NDArray[np.uint8]) -> None:
        self._batches: Iterator[NDArray[np.uint8]] = (
            pictures[start : start + _BATCH] for start in range(0, len(pictures), _BATCH)
        )

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {PICTURES: batch}

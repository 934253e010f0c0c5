"""Whether a foreign network's graph computes what the network computes."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from model.engines.choosing import is_installed
from model.graph import PICTURES

# Of the largest number of an embedding. Both sides compute in float32, where orders of addition differ by far less.
_MOST_DIFFERENCE = 0.01
# None of them is the batch that the graph was traced with.
_BATCHES = (1, 3)


class GraphError(Exception):
    """An architecture cannot be written as a graph; the message says why, as part of a sentence."""


def check_graph(module: nn.Module, input_size: int, graph: Path) -> None:
    """Run a graph and compare.

    The tracer writes down what one batch did. A network that chose its way by what it saw has a graph that is wrong for
    other batches, and no error says so.

    Args:
        module: what the graph was made of, in eval mode: pictures (B, 3, S, S) uint8 -> embeddings and more.
        input_size: S.
        graph: an ONNX file, its weights beside it.

    Raises:
        GraphError: no engine here runs it, or what it returns differs.
    """
    generator = np.random.default_rng(0)
    for count in _BATCHES:
        pictures = generator.integers(0, 256, (count, 3, input_size, input_size), dtype=np.uint8)
        with torch.inference_mode():
            expected = module(torch.from_numpy(pictures))[0].numpy()
        try:
            found = _run(graph, pictures)
        # Engines raise errors of their own; all of them are derived from this one.
        except (RuntimeError, ValueError) as error:
            raise GraphError(f"no engine runs its graph ({' '.join(str(error).split())[:200]})") from error
        most = float(np.abs(expected).max())
        if found.shape != expected.shape or not np.abs(found - expected).max() <= _MOST_DIFFERENCE * most:
            raise GraphError("its graph does not return what the network returns")


def _run(graph: Path, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    if is_installed("openvino"):
        import openvino
        from openvino.properties import hint

        compiled = openvino.Core().compile_model(graph, "CPU", {hint.inference_precision: openvino.Type.f32})
        embeddings: NDArray[np.float32] = compiled({PICTURES: pictures})[0]
        return embeddings
    if is_installed("onnxruntime"):
        import onnxruntime

        session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        found: NDArray[np.float32] = session.run(None, {PICTURES: pictures})[0]
        return found
    raise GraphError("neither OpenVINO nor ONNX Runtime is installed here to check its graph with")

"""The ONNX Runtime engine: runs a network's graph where OpenVINO cannot be installed."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity
from model.description import Description
from model.engines.graph_engine import GraphEngine
from model.graph import PICTURES


class OnnxRuntimeEngine(GraphEngine):
    """A graph in float32 or int8, run by ONNX Runtime on the CPU.

    Args:
        graph: file of the graph, checked.
        description: of its checkpoint.
        identity: of the model, for its embeddings.
        precision: that the graph computes in.
        threads: of each forward pass.
    """

    def __init__(
        self, graph: Path, description: Description, identity: ModelIdentity, *, precision: str, threads: int
    ) -> None:
        super().__init__(description.preprocessing, identity, description.categories)
        self.precision = precision
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # A thread that waits by spinning takes a core from those that decode.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(self, batch: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """See `GraphEngine.run`."""
        embeddings, *rest = self._session.run(None, {PICTURES: batch})
        return embeddings, rest[0] if rest else None

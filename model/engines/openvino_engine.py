"""The OpenVINO engine: runs a network's graph on the CPU, without torch."""

from pathlib import Path
from typing import Literal

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import properties
from openvino.properties import hint

from contracts.embedding_set import ModelIdentity
from model.description import Description
from model.engines.exact_beginning import with_exact_beginning
from model.engines.graph_engine import GraphEngine
from model.graph import PICTURES

_PRECISIONS = {
    "float32": openvino.Type.f32,
    "bfloat16": openvino.Type.bf16,
    "mixed": openvino.Type.bf16,
    # Of the layers that the graph does not compute in int8.
    "int8": openvino.Type.f32,
}
GraphPrecision = Literal["float32", "bfloat16", "mixed", "int8"]


class OpenVinoEngine(GraphEngine):
    """A graph compiled by OpenVINO.

    Args:
        graph: file of the graph, checked; for `int8` the graph in int8.
        description: of its checkpoint.
        identity: of the model, for its embeddings.
        precision: `mixed` is bfloat16 after the first convolutions, which stay in float32.
        threads: of each forward pass.
        cache: folder for compiled graphs, which only this user can write; None for none.
    """

    def __init__(
        self,
        graph: Path,
        description: Description,
        identity: ModelIdentity,
        *,
        precision: GraphPrecision,
        threads: int,
        cache: Path | None = None,
    ) -> None:
        super().__init__(description.preprocessing, identity, description.categories)
        self.precision = precision
        core = openvino.Core()
        if cache is not None:
            core.set_property({properties.cache_dir: str(cache)})
        compiled = core.compile_model(
            with_exact_beginning(core, graph) if precision == "mixed" else core.read_model(graph),
            "CPU",
            {
                hint.inference_precision: _PRECISIONS[precision],
                hint.performance_mode: hint.PerformanceMode.LATENCY,
                properties.inference_num_threads: threads,
                # Two processes that pin their threads may pin them to the same cores.
                hint.enable_cpu_pinning: False,
            },
        )
        self._outputs = len(compiled.outputs)
        self._request = compiled.create_infer_request()

    def run(self, batch: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """See `GraphEngine.run`."""
        self._request.infer({PICTURES: batch})
        embeddings, *rest = (self._request.get_output_tensor(index).data.copy() for index in range(self._outputs))
        return embeddings, rest[0] if rest else None

"""Keeps a graph's first convolutions in float32 while OpenVINO computes the rest in bfloat16.

Rounding does most harm where pictures enter: in EfficientNet-Lite2 the first two of 64 convolutions make nine tenths of
the error of all (docs/experiments/precision.md).
"""

import tempfile
from pathlib import Path
from typing import Final

import openvino
from openvino._offline_transformations import apply_moc_transformations

EXACT_CONVOLUTIONS: Final = 3
_CONVOLUTIONS = frozenset({"Convolution", "GroupConvolution"})
# What OpenVINO computes together with the convolution before it.
_FUSED = frozenset({"Add", "Clamp", "Multiply", "Relu"})
_MARK = "precise_0"


def with_exact_beginning(core: openvino.Core, graph: Path) -> openvino.Model:
    """Read a graph and mark its first convolutions so that no compilation lowers their precision.

    Args:
        core: that will compile the model.
        graph: file of the graph, checked.
    """
    model = core.read_model(graph)
    # Folds batch normalisation. OpenVINO does so when it compiles, and would lose the marks with the folded nodes.
    apply_moc_transformations(model, cf=True)
    convolutions = [node for node in model.get_ordered_ops() if node.get_type_name() in _CONVOLUTIONS]
    for node in convolutions[:EXACT_CONVOLUTIONS]:
        for marked in _fused(node):
            marked.get_rt_info()[_MARK] = ""
    # Only while it reads a file does OpenVINO turn a mark into one that its compiler knows.
    with tempfile.TemporaryDirectory(prefix="lookalike-graph-") as folder:
        file, weights = Path(folder) / "graph.xml", Path(folder) / "graph.bin"
        openvino.serialize(model, file, weights)
        return core.read_model(file, weights)


def _fused(node: openvino.Node) -> list[openvino.Node]:
    found = [node]
    while True:
        readers = [reader.get_node() for reader in found[-1].output(0).get_target_inputs()]
        if len(readers) != 1 or readers[0].get_type_name() not in _FUSED:
            return found
        found.append(readers[0])
